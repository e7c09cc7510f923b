// The ingestor's connection for writing, and what its errors mean.

import pg from 'pg';

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

  async get(): Promise<pg.Client> {
    if (this.#client) return this.#client;
    const client = new pg.Client({
      connectionString: this.#url,
      application_name: this.#name,
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => {
      if (this.#client === client) this.#client = null;
    });
    await client.connect();
    this.#client = client;
    return client;
  }

  async drop(): Promise<void> {
    const client = this.#client;
    this.#client = null;
    await client?.end().catch(() => undefined);
  }
}

/** Errors that say the data is wrong (class 22, 23), not that the database is away. */
export function isDataError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^(22|23)[0-9A-Z]{3}$/.test(code);
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
