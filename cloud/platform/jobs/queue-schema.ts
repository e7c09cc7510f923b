// BullMQ's own tables in PostgreSQL: schema `bullmq`, owned by mes_owner, used by mes_worker alone. They hold
// ids of jobs and nothing of an organisation's; the API has no right there.

import { runMigrations } from 'bullmq';
import pg from 'pg';

/** The only one that BullMQ uses on a pool it is given. */
export const QUEUE_SCHEMA = 'bullmq';
/** `work` carries organisations' jobs; `schedule` what recurs, so that a full list of work does not delay it. */
export const queueNames = { work: 'work', schedule: 'schedule' } as const;

/** Brings them to the version of the installed BullMQ. Safe to call from several processes at once. */
export async function migrateQueueSchema(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    // BullMQ locks its own part; two processes that grant at once would disturb each other.
    await client.query("SELECT pg_advisory_lock(hashtext('unison queue schema'))");
    // BullMQ says CREATE SCHEMA IF NOT EXISTS each time. A database's own grants are in no clone or dump of it.
    await client.query(`
      DO $$ BEGIN
        IF NOT has_database_privilege('mes_owner', current_database(), 'CREATE') THEN
          EXECUTE format('GRANT CREATE ON DATABASE %I TO mes_owner', current_database());
        END IF;
      END $$`);
    await client.query('SET ROLE mes_owner');
    await runMigrations(client, QUEUE_SCHEMA);
    await client.query(`SET search_path TO ${QUEUE_SCHEMA}`);
    // Each queue's sequence, which BullMQ would make at the first job: the worker's role makes nothing.
    for (const name of Object.values(queueNames)) await client.query('SELECT next_job_id($1)', [name]);
    await client.query(`
      GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO mes_worker;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO mes_worker;
      REVOKE INSERT, UPDATE, DELETE ON ${QUEUE_SCHEMA}.migration FROM mes_worker;
      GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO mes_worker;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO mes_worker`);
  } finally {
    await client.end();
  }
}
