// The shared services of the tests — embedded PostgreSQL, TimescaleDB, Redis — started when the first
// process wants them and stopped when the last one lets go. Each process that uses them leaves a file with its id; a killed
// one is noticed by the next. `keep` holds them until `release` is called for it.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { startEmbeddedPostgres, stopEmbeddedPostgres } from '../../cloud/platform/embedded-postgres.ts';
import { isAlive } from '../../cloud/platform/local-process.ts';
import { withLock } from '../setup/lock.mjs';
import { ensureChromium } from './chromium.ts';
import { readServicesConfig } from './config.ts';
import { stopDaemon } from './daemon.ts';
import { ensureDebianRoot, isCurrent, rootOf } from './debian-root.ts';
import { ensureFaketime } from './faketime.ts';
import { startRedis } from './redis.ts';
import { startTimescale, stopTimescale } from './timescale.ts';

/** Another process may be installing everything. */
const LOCK_WAIT_MS = 20 * 60_000;

export interface Services {
  /** A superuser's URL of the PostgreSQL that comes with npm, database `postgres`. */
  readonly embeddedUrl: string;
  /** The same of a PostgreSQL with TimescaleDB. */
  readonly timescaleUrl: string;
  readonly redisUrl: string;
  /** Path of the browser. */
  readonly chromium: string;
  /** Path of the library that shifts a program's clock. */
  readonly faketime: string;
}

const log = { info: () => {}, warn: () => {} };

type Tell = (line: string) => void;
type User = 'keep' | number;

/** Brings the services up for `user`. @throws when they cannot be had; the message says what to do. */
export async function acquireServices(options: { user: User; tell: Tell }): Promise<Services> {
  const { user, tell } = options;
  const config = readServicesConfig();
  return locked(config.directory, tell, async () => {
    const needsRoot =
      config.timescaleUrl === undefined || config.redisUrl === undefined || config.mosquitto === undefined;
    if (needsRoot) {
      if (!(await isCurrent(config.directory))) await stopAll(config.directory);
      await ensureDebianRoot(config.directory, tell);
    }
    const chromium = await ensureChromium(tell);
    const faketime = await ensureFaketime(tell);
    const users = path.join(config.directory, 'users');
    await mkdir(users, { recursive: true });
    await writeFile(path.join(users, String(user)), '');
    const root = rootOf(config.directory);
    const place = (name: string) => path.join(config.directory, name);
    const embedded = await startEmbeddedPostgres({ directory: place('embedded'), fast: true, log });
    return {
      embeddedUrl: embedded.url,
      timescaleUrl: config.timescaleUrl ?? (await startTimescale({ directory: place('timescale'), root })).url,
      redisUrl: config.redisUrl ?? (await startRedis({ directory: place('redis'), root })),
      chromium,
      faketime,
    };
  });
}

/** Lets go of the services; the last user stops them. */
export async function releaseServices(options: { user: User; tell: Tell }): Promise<void> {
  const { directory } = readServicesConfig();
  await locked(directory, options.tell, async () => {
    const users = path.join(directory, 'users');
    await rm(path.join(users, String(options.user)), { force: true });
    for (const name of await readdir(users).catch(() => [])) {
      if (name === 'keep' || isAlive(Number(name))) return;
      await rm(path.join(users, name), { force: true });
    }
    await stopAll(directory);
  });
}

async function stopAll(directory: string): Promise<void> {
  await stopDaemon(path.join(directory, 'redis'));
  await stopTimescale(rootOf(directory));
  await stopEmbeddedPostgres(path.join(directory, 'embedded'));
}

function locked<T>(directory: string, tell: Tell, work: () => Promise<T>): Promise<T> {
  const onWait = (owner: number) => {
    tell(`waiting for process ${owner}, which is at the services`);
  };
  return withLock({ file: path.join(directory, 'lock'), waitMs: LOCK_WAIT_MS, onWait }, work);
}
