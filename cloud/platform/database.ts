// The core's way to the database: Kysely over a pool of mes_api, and the one door through the tenant
// fence, a transaction that carries its organisation and plants.

import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import pg from 'pg';
import type { DB } from './database-types.generated.ts';
import { SteadyClient } from './steady-client.ts';

export type Database = Kysely<DB>;
/** Behind the fence. Another transaction inside it would end it, so there is no way to begin one. */
export type TenantTransaction = Omit<Transaction<DB>, 'transaction' | 'startTransaction' | 'connection'>;

/** Whose rows a transaction sees: one organisation, and of it all plants or those listed. */
export interface Tenant {
  readonly organizationId: number;
  readonly plantIds: 'all' | readonly number[];
}

export interface DatabaseOptions {
  /** URL of mes_api or mes_worker. */
  readonly url: string;
  /** Connections at most. */
  readonly max: number;
  /** A statement that takes longer is ended by the server. */
  readonly statementTimeoutMs: number;
  /** A transaction in which nothing happens for so long is ended: its process is frozen, and others wait for its rows. Left out: never. */
  readonly idleInTransactionMs?: number;
  readonly log: { warn(data: object, message: string): void };
}

const CONNECT_TIMEOUT_MS = 5_000;
/**
 * Ten times PostgreSQL's default: to start parallel workers took longer (15 ms) than they saved in what people ask
 * for most, a day or a week of a plant. Years are far beyond either.
 */
const PARALLEL_SETUP_COST = 10_000;

/** Opens nothing yet: the pool connects at the first query. `destroy()` closes it. */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, max, statementTimeoutMs, idleInTransactionMs = 0, log } = options;
  const pool = new pg.Pool({
    connectionString: url,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: idleInTransactionMs,
    options: `-c parallel_setup_cost=${PARALLEL_SETUP_COST}`,
    application_name: 'unison-api',
    Client: SteadyClient,
  });
  // An idle connection that the server ends is replaced at the next query; without a listener it would end the process.
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was ended'));
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) });
}

/**
 * Runs `work` in one transaction that sees the tenant's rows and no others. The settings end with the
 * transaction, so a pooled connection never carries them to the next request.
 *
 * `readOnly`: the database refuses to write, and the answer does not wait for the end of the transaction.
 */
export function inTenant<T>(
  db: Database,
  tenant: Tenant & { readonly readOnly?: boolean },
  work: (trx: TenantTransaction) => Promise<T>,
): Promise<T> {
  const answer = Promise.withResolvers<T>();
  db.connection()
    .execute(async (connection) => {
      // Not awaited: the first statement of the work goes with it in one round trip. Should it fail, that
      // statement runs without an organisation, and the fence shows and takes nothing.
      const opened = sql.raw(opening(tenant)).execute(connection);
      opened.catch(() => {
        // Told below.
      });
      try {
        const result = await work(connection as unknown as TenantTransaction);
        await opened;
        if (tenant.readOnly) answer.resolve(result);
        await sql`COMMIT`.execute(connection);
        answer.resolve(result);
      } catch (error) {
        await sql`ROLLBACK`.execute(connection).catch(() => {
          // The connection is gone, and the transaction with it; what went wrong first is told.
        });
        throw error;
      }
    })
    .catch(answer.reject);
  return answer.promise;
}

/** Begins and says whose rows are seen, in one message: numbers only, so that nothing needs a parameter. */
function opening({ organizationId, plantIds, readOnly }: Tenant & { readonly readOnly?: boolean }): string {
  const whole = (id: number): number => {
    if (!Number.isSafeInteger(id)) throw new Error(`no id: ${id}`);
    return id;
  };
  const plants = plantIds === 'all' ? 'all' : `{${plantIds.map(whole).join(',')}}`;
  // SET LOCAL is set_config(…, true) without a query to plan.
  return `BEGIN${readOnly ? ' READ ONLY' : ''};
    SET LOCAL mes.organization_id = '${whole(organizationId)}'; SET LOCAL mes.plant_ids = '${plants}'`;
}

/** One round trip to the database; rejects when it does not answer in time. */
export async function pingDatabase(db: Database, timeoutMs: number): Promise<void> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  try {
    await Promise.race([sql`SELECT 1`.execute(db), timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
