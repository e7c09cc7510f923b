// A real PostgreSQL that comes with npm: the default database of a plant that has none of its own.

import { createHash } from 'node:crypto';
import { mkdir, readlink, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { findPostgres, reachableByOthers, sharedPlace } from './embedded-postgres-binaries.ts';
import { type PostgresLog, type PostgresServer, startPostgresServer, stopPostgresServer } from './postgres-server.ts';

/** Nobody replicates from such a server; loading into a new table then needs no log of its own. */
export const THROW_AWAY_SETTINGS = {
  shared_buffers: '64MB',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '2GB',
  checkpoint_timeout: '1h',
};

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its password and its log. Made when missing. */
  readonly directory: string;
  /** Wanted port on 127.0.0.1; a free one is taken when another program has it. Default: the one used last. */
  readonly port?: number | undefined;
  /** Small memory and few checkpoints, for databases of tests. Durability stays as it is: the product insists on it. */
  readonly fast?: boolean | undefined;
  readonly log: PostgresLog;
}

/**
 * Starts the PostgreSQL of this directory, or adopts the one that runs there already.
 * @throws when the programs are missing, the disk is full, or the server does not come up; the message holds its last words.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<PostgresServer> {
  const { directory, port, log } = options;
  const programs = await findPostgres();
  await mkdir(directory, { recursive: true });
  const data = await dataDirectory(directory, programs.owner !== null);
  return startPostgresServer({
    programs,
    directory,
    data,
    port,
    log,
    settings: options.fast ? THROW_AWAY_SETTINGS : {},
  });
}

/** Stops the PostgreSQL of this directory, whoever started it; nothing happens when none runs. */
export async function stopEmbeddedPostgres(directory: string): Promise<void> {
  const data = path.join(path.resolve(directory), 'data');
  await stopPostgresServer({ data: await realpath(data).catch(() => data), programs: await findPostgres() });
}

/** `directory/data`; where PostgreSQL's user could not reach it, a link to a shared place. */
async function dataDirectory(directory: string, otherUser: boolean): Promise<string> {
  const data = path.join(path.resolve(directory), 'data');
  const linked = await readlink(data).catch(() => null);
  if (linked !== null) return linked;
  if (!otherUser || (await reachableByOthers(data))) return data;
  const name = createHash('sha256').update(data).digest('hex').slice(0, 16);
  const place = await sharedPlace(`data-${name}`);
  await symlink(place, data).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return place;
}
