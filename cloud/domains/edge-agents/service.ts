// Enrolment. Who may, offers a token: shown once, good for a day, of which the database knows the hash. The
// agent exchanges it once for a credential of its own. A new enrolment is also how a credential is renewed:
// the one before goes on until the new one was first used, for 24 hours at most. Revoking ends all at once.

import { createHash, randomBytes } from 'node:crypto';
import type { Static } from 'typebox';
import { hashSecret, newSecret } from '../../broker/credentials.ts';
import { insertAudit, recordAudit } from '../../platform/audit.ts';
import { type Database, inTenant } from '../../platform/database.ts';
import { Conflict, DomainError } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord } from '../../platform/kit/commands.ts';
import * as queries from './queries.ts';
import { edgeAgents } from './resource.ts';
import type { Enrolled } from './schema.ts';

const TOKEN_LIFETIME_MS = 24 * 60 * 60_000;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Throws `not_found`, and `conflict` for an archived agent. */
export async function offerToken(ctx: Context, id: number): Promise<{ token: string; expiresAt: string }> {
  const agent = await getRecord(ctx, edgeAgents, id);
  if (agent.archivedAt !== null) {
    throw new Conflict(fault('is_archived', { singular: 'edge agent' }));
  }
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(ctx.now.getTime() + TOKEN_LIFETIME_MS);
  await queries.keepToken(ctx, { id, hash: hashOf(token), expiresAt });
  const plantId = Number(agent['plantId']);
  await recordAudit(ctx, { action: 'offer_token', entity: edgeAgents.name, entityId: id, plantId });
  return { token, expiresAt: expiresAt.toISOString() };
}

/** Ends the agent's credentials and token; the embedded broker drops it within seconds. Throws `not_found`. */
export async function revokeCredential(ctx: Context, id: number): Promise<void> {
  const agent = await getRecord(ctx, edgeAgents, id);
  await queries.revoke(ctx, id);
  const plantId = Number(agent['plantId']);
  await recordAudit(ctx, { action: 'revoke', entity: edgeAgents.name, entityId: id, plantId });
}

/** Answers the agent's new secret. Throws `not_found` for a token that is no good. */
export async function enrolAgent(
  db: Database,
  { token, requestId }: { token: string; requestId: string },
): Promise<Omit<Static<typeof Enrolled>, 'broker'>> {
  const secret = newSecret();
  const enrolled = await queries.enrol(db, { tokenHash: hashOf(token), credentialHash: await hashSecret(secret) });
  if (!enrolled) {
    throw new DomainError(
      'not_found',
      'This enrolment token is wrong, older than a day, or used already. Make a new one on the page of the agent.',
    );
  }
  const {
    edge_agent_id: id,
    organization_id: organizationId,
    plant_id: plantId,
    group_id: group,
    edge_id: name,
  } = enrolled;
  await inTenant(db, { organizationId, plantIds: 'all' }, (trx) =>
    insertAudit(trx, {
      organizationId,
      actor: { kind: 'visitor', id: null, name: `${group}/${name}` },
      requestId,
      action: 'enrol',
      entity: edgeAgents.name,
      entityId: id,
      plantId,
    }),
  );
  return { group, name, username: `${group}/${name}`, secret };
}
