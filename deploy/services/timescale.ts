// A real PostgreSQL with TimescaleDB for the tests, run by chroot in the installed Debian.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { THROW_AWAY_SETTINGS } from '../../cloud/platform/embedded-postgres.ts';
import {
  type PostgresLog,
  type PostgresPrograms,
  type PostgresServer,
  startPostgresServer,
  stopPostgresServer,
} from '../../cloud/platform/postgres-server.ts';
import { type DebianRoot, rootUser } from './debian-root.ts';

interface TimescaleOptions {
  /** Holds the password and the log; the cluster itself is inside the root. */
  readonly directory: string;
  readonly root: DebianRoot;
}

const log: PostgresLog = { info: () => {}, warn: () => {} };

/** Starts or adopts the server of this root. */
export async function startTimescale({ directory, root }: TimescaleOptions): Promise<PostgresServer> {
  await mkdir(directory, { recursive: true });
  await mkdir(path.dirname(dataOf(root)), { recursive: true, mode: 0o755 });
  return startPostgresServer({
    programs: await chrootPrograms(root),
    directory,
    data: dataOf(root),
    log,
    settings: {
      ...THROW_AWAY_SETTINGS,
      shared_preload_libraries: 'timescaledb',
      // The chroot has no shared memory file system.
      dynamic_shared_memory_type: 'mmap',
      'timescaledb.telemetry_level': 'off',
      // One background session per database would keep the template from being cloned; jobs are the product's own.
      'timescaledb.max_background_workers': '0',
    },
  });
}

/** Stops the server of this root; nothing happens when none runs. */
export async function stopTimescale(root: DebianRoot): Promise<void> {
  if (existsSync(dataOf(root))) await stopPostgresServer({ data: dataOf(root), programs: await chrootPrograms(root) });
}

function dataOf(root: DebianRoot): string {
  return path.join(root.path, 'srv', 'timescale', 'data');
}

async function chrootPrograms(root: DebianRoot): Promise<PostgresPrograms> {
  const { uid, gid } = await rootUser(root, 'postgres');
  const chroot = ['/usr/sbin/chroot', '/usr/bin/chroot'].find((file) => existsSync(file)) ?? 'chroot';
  return {
    command: (program, args) => ({
      file: chroot,
      args: [`--userspec=${uid}:${gid}`, root.path, `/usr/lib/postgresql/17/bin/${program}`, ...args],
    }),
    runAs: null,
    owner: { uid, gid },
    inside: (file) => `/${path.relative(root.path, file)}`,
  };
}
