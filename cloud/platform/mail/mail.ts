// Mail as the rest of the cloud sees it: whether it is configured, and a letter that a command asks for in
// its own transaction. A job carries it to the mail server (mail-processor.ts).

import Type, { type Static } from 'typebox';
import type { Database, TenantTransaction } from '../database.ts';
import { DomainError } from '../errors.ts';
import type { Context } from '../http/context.ts';
import { enqueueJob, insertJob } from '../jobs/enqueue.ts';
import { jobKind } from '../jobs/job-kind.ts';

export interface MailSettings {
  /** `smtp://` or `smtps://`; null: there is no mail. */
  readonly smtpUrl: string | null;
  readonly from: string;
  /** Where people reach the pages: links begin with it. */
  readonly publicUrl: string;
}

const Letter = Type.Object(
  {
    to: Type.String({ minLength: 3, maxLength: 254, pattern: '^[^\\s@<>,;"]+@[^\\s@<>,;"]+$' }),
    language: Type.Union([Type.Literal('en'), Type.Literal('de')]),
    template: Type.Union([Type.Literal('reset_link'), Type.Literal('invitation')]),
    words: Type.Object(
      {
        /** Whom it greets. */
        name: Type.String({ maxLength: 200 }),
        organization: Type.String({ maxLength: 200 }),
        link: Type.String({ maxLength: 2_000, pattern: '^https?://' }),
        /** How long the link is good. */
        minutes: Type.Integer({ minimum: 1 }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
export type Letter = Static<typeof Letter>;

/** A mail server that defers (greylisting) wants minutes: 1, 2, 4, 8 and 16 of them. The link in it is a secret. */
export const mailSend = jobKind('mail.send', Letter, { secret: true, attempts: 6, patience: 12 });

export interface Mail {
  readonly configured: boolean;
  /** A path of the pages as a whole address. */
  link(path: string): string;
  /** Asks in the name of who is signed in; returns the job's id. Throws `unavailable` without a mail server. */
  send(ctx: Context, letter: Letter): Promise<string>;
  /** The same for a visitor, who is not signed in. The transaction carries the organisation. */
  sendForVisitor(
    db: Database | TenantTransaction,
    letter: Letter & { readonly organizationId: number; readonly requestId: string },
  ): Promise<string>;
}

export function createMail({ smtpUrl, publicUrl }: MailSettings): Mail {
  const mustBeConfigured = (): void => {
    if (smtpUrl !== null) return;
    throw new DomainError(
      'unavailable',
      'Mail is not configured. Ask your administrator to set SMTP_URL, or for a link instead of a mail.',
    );
  };
  return {
    configured: smtpUrl !== null,
    link: (path) => new URL(path, publicUrl).toString(),
    async send(ctx, letter) {
      mustBeConfigured();
      return enqueueJob(ctx, { kind: mailSend, payload: letter });
    },
    async sendForVisitor(db, { organizationId, requestId, ...payload }) {
      mustBeConfigured();
      const tenant = { organizationId, plantIds: 'all' } as const;
      const actor = { kind: 'system', userId: null, name: 'visitor' } as const;
      return insertJob(db, { kind: mailSend, payload, tenant, actor, requestId });
    },
  };
}
