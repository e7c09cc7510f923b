// Links committed audit rows into their organisation's chain, within a second. It looks four times a
// second at a table that is empty while there is nothing to do.

import { sql } from 'kysely';
import { type Database, inTenant } from '../database.ts';
import type { Rounds } from './rounds.ts';

const BATCH = 500;

export const auditSealing: Rounds = {
  failure: 'the audit trail could not be sealed',
  everyMs: 250,
  run: sealAll,
};

/** Several workers may do this at once: the organisation's lock lets one at a time, and the other finds nothing left. */
async function sealAll(db: Database, signal: AbortSignal): Promise<void> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM mes.organizations_to_seal() AS seal (id)`.execute(db);
  for (const { id: organizationId } of rows) {
    let sealed = BATCH;
    while (sealed === BATCH && !signal.aborted) {
      sealed = await inTenant(db, { organizationId, plantIds: 'all' }, async (trx) => {
        const answer = await sql<{ sealed: number }>`SELECT mes.seal_audit(${BATCH}) AS sealed`.execute(trx);
        return answer.rows[0]?.sealed ?? 0;
      });
    }
  }
}
