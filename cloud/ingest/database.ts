// The ingestor's connection for writing, and what its errors mean.

import pg from 'pg';

const connectTimeoutMs = 5_000;
/** A goodbye to a server that does not answer is not waited for any longer. */
const goodbyeMs = 1_000;

/** One connection, made when it is needed and made again after it was lost. */
export class WriterConnection {
  readonly #url: string;
  readonly #name: string;
  #client: pg.Client | null = null;

  /** `name` is what pg_stat_activity shows. */
  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  /**
   * Does this work on the connection, or rejects after `withinMs`: a database behind a dead cable does not
   * say that it is away. The connection is thrown away then, and what it had begun is undone or done.
   */
  async use<T>(withinMs: number, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#get();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(new Error(`the database did not answer within ${withinMs} ms`)), withinMs);
    const gone = (): void => reject(new Error('the database closed the connection'));
    client.once('end', gone);
    const working = work(client);
    // Where the timer wins, the work fails later, with its connection.
    working.catch(() => undefined);
    try {
      return await Promise.race([working, late]);
    } finally {
      clearTimeout(timer);
      client.off('end', gone);
    }
  }

  async drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    if (client) await endInTime(client);
  }

  async #get(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: this.#name,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    this.#client = client;
    return client;
  }
}

async function endInTime(client: pg.Client): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, goodbyeMs);
  await Promise.race([client.end().catch(() => undefined), late]);
  clearTimeout(timer);
  // pg's types do not name the socket; without a word from the server only this ends it.
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** A pool whose queries fail, instead of waiting for ever, when the database does not answer. */
export function impatientPool(options: { url: string; name: string; max: number; queryTimeoutMs: number }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    application_name: options.name,
    max: options.max,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: options.queryTimeoutMs,
  });
  // The pool stops listening to a connection that it is taking leave of; a server that ends meanwhile
  // still says so, and nobody would hear it.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Errors that say the data is wrong (classes 21, 22, 23, and 54: beyond a limit of the server), not that
 * the database is away.
 */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(21|22|23|54)[0-9A-Z]{3}$/.test(code);
}

export async function refuseUnsafeDatabase(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    "SELECT pg_settings.name, pg_settings.setting FROM pg_settings WHERE pg_settings.name IN ('fsync', 'full_page_writes', 'synchronous_commit')",
  );
  const off = rows.filter((row) => row.setting === 'off').map((row) => row.name);
  if (off.length > 0) {
    throw new Error(
      `This database does not keep what it commits: ${off.join(', ')} is off. Switch it on; an acknowledgement would be a lie.`,
    );
  }
}
