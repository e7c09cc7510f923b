// Carries letters to the mail server. What the server puts off (4xx), or does not answer, is tried again;
// what it refuses (5xx) is dead at once, with the server's words. The Message-ID is the job's, so that a
// letter that goes twice (a crash between sending and noting it) can be told from two letters.

import { createTransport } from 'nodemailer';
import { DomainError } from '../errors.ts';
import { HopelessJob, type JobProcessor, outside } from '../jobs/processor.ts';
import { type MailSettings, mailSend } from './mail.ts';
import { write } from './templates.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 20_000;

/** The processor of `mail.send`; without a mail server every letter is dead, and says why. */
export function mailProcessor(settings: MailSettings): JobProcessor {
  const { smtpUrl, from } = settings;
  return outside(mailSend, async ({ jobId }, letter) => {
    if (smtpUrl === null) throw new HopelessJob('Mail is not configured any more: set SMTP_URL and replay it.');
    const server = new URL(smtpUrl);
    const transport = createTransport({
      url: smtpUrl,
      // A password must not cross the network in the clear, whatever stands between us and the server.
      requireTLS: server.username !== '' && server.searchParams.get('requireTLS') !== 'false',
      connectionTimeout: CONNECT_TIMEOUT_MS,
      greetingTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    try {
      const { response } = await transport.sendMail({
        from,
        to: letter.to,
        messageId: `<${jobId}@${/@([^>]+)>?$/.exec(from)?.[1] ?? 'unison'}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...write(letter),
      });
      return { answer: response };
    } catch (error) {
      throw translated(error);
    } finally {
      transport.close();
    }
  });
}

interface SmtpError {
  readonly code?: string;
  readonly responseCode?: number;
  readonly response?: string;
  readonly message?: string;
}

/** Codes of nodemailer for what an administrator must mend. */
const hopeless = new Set(['ETLS', 'EAUTH', 'ENOAUTH', 'ECONFIG', 'EENVELOPE']);

function translated(error: unknown): Error {
  const { code = '', responseCode, response, message } = error as SmtpError;
  if (responseCode !== undefined && responseCode >= 400 && responseCode < 500 && code !== 'ETLS') {
    return new DomainError('unavailable', `The mail server put it off: ${response ?? message}`, { cause: error });
  }
  if ((responseCode !== undefined && responseCode >= 500) || hopeless.has(code)) {
    return new HopelessJob(`The mail server refused it: ${response ?? message}`, { cause: error });
  }
  return new DomainError('unavailable', `The mail server could not be reached (${code || 'unknown reason'}).`, {
    cause: error,
  });
}
