// Runs a PostgreSQL cluster of its own in a directory: makes it, starts it, adopts it, stops it.
//
// States of one cluster:
//
//   empty ──initdb beside, rename──▶ stopped ──start──▶ running
//                                       ▲                  │ our process is killed: it runs on
//                                       └──────stop()──────┤
//                                                          └──the next start adopts it
//
// The server is no part of our process: it sits in a process group of its own and outlives us, so that
// a killed or crashed parent never takes the database down. The next start asks the server that
// `postmaster.pid` names for an answer under our password: an answer means it is ours and it is used;
// a dead pid is left to PostgreSQL's own recovery. Two starts at once end with the same server:
// PostgreSQL lets one of them have the directory, and the other adopts it.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chown,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { choosePort, isAlive, NEUTRAL_ENVIRONMENT, type ProcessUser, runProgram } from './local-process.ts';

const SUPERUSER = 'postgres';
/** A crashed server replays its log before it answers; a slow disk takes its time. */
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;
const LOG_BOUND_BYTES = 10 * 1024 * 1024;

export interface PostgresLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}

/** PostgreSQL's programs, and how to run them. */
export interface PostgresPrograms {
  /** The command that runs one of the programs. */
  command(program: 'initdb' | 'postgres' | 'pg_ctl', args: readonly string[]): { file: string; args: string[] };
  /** The user to spawn the command as; null is ourselves. */
  readonly runAs: ProcessUser | null;
  /** The user who must own the cluster; null is ourselves. */
  readonly owner: ProcessUser | null;
  /** A path of ours as the programs see it: they may live in a chroot. */
  inside(file: string): string;
}

export interface PostgresServerOptions {
  readonly programs: PostgresPrograms;
  /** Holds the password and the log; must exist. */
  readonly directory: string;
  /** The cluster itself. Its parent must exist and be open to the programs' user. */
  readonly data: string;
  /** Wanted port on 127.0.0.1; a free one is taken when another program has it. Default: the one used last. */
  readonly port?: number | undefined;
  /** Settings over those of `serverSettings`. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly log: PostgresLog;
}

export interface PostgresServer {
  readonly port: number;
  readonly superuser: string;
  readonly password: string;
  /** Connection URL of the superuser, database `postgres`. Give others with `databaseUrl`. */
  readonly url: string;
  /** True when the server was running already. */
  readonly adopted: boolean;
  /** Ends all sessions and stops the server, whoever started it. Safe twice, bounded. */
  stop(): Promise<void>;
}

/**
 * Starts the PostgreSQL of this directory, or adopts the one that runs there already.
 * @throws when the disk is full or the server does not come up; the message holds its last words.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const { directory, data, programs, log } = options;
  const password = await loadPassword(directory, data);
  if (!(await exists(path.join(data, 'PG_VERSION')))) {
    log.info({ directory: data }, 'creating a PostgreSQL cluster');
    await createCluster({ data, password, programs });
  }
  await claim(data, programs.owner);

  let port = await adopt({ data, password });
  const adopted = port !== null;
  for (let attempt = 1; port === null; attempt += 1) {
    const wanted = await choosePort([options.port, await lastPort(data)]);
    try {
      port = await launch({ ...options, port: wanted, password });
    } catch (error) {
      // Another start may have won the directory, or another program the port, since we looked.
      port = await adopt({ data, password });
      if (port === null && attempt >= 3) throw error;
    }
  }
  if (options.port !== undefined && port !== options.port) {
    log.warn({ wanted: options.port, port }, 'PostgreSQL listens on another port than the one asked for');
  }
  log.info({ port, adopted }, adopted ? 'using the PostgreSQL that runs already' : 'PostgreSQL is up');
  const url = `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/postgres`;
  return { port, superuser: SUPERUSER, password, url, adopted, stop: () => stopPostgresServer({ data, programs }) };
}

/** Linked into place, so that two starts at once agree on one password and no one reads half of it. */
async function loadPassword(directory: string, data: string): Promise<string> {
  const file = path.join(directory, 'password');
  if (!(await exists(file))) {
    if (await exists(path.join(data, 'PG_VERSION'))) {
      throw new Error(
        `The password of the database in ${directory} is gone: put ${file} back from your backup, ` +
          'or move the directory away to begin with an empty database.',
      );
    }
    const fresh = `${file}.${randomBytes(6).toString('hex')}.new`;
    await writeFile(fresh, `${randomBytes(24).toString('hex')}\n`, { mode: 0o600 });
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(fresh, { force: true });
  }
  return (await readFile(file, 'utf8')).trim();
}

/** Made beside and renamed: a cluster is whole or not there, also when we are killed in the middle. */
async function createCluster(options: { data: string; password: string; programs: PostgresPrograms }): Promise<void> {
  const { data, password, programs } = options;
  const { owner } = programs;
  const parent = path.dirname(data);
  await removeLeftovers(data);
  const fresh = `${data}.new-${process.pid}-${randomBytes(3).toString('hex')}`;
  const passwordFile = `${fresh}.password`;
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (owner !== null) {
      await chown(fresh, owner.uid, owner.gid);
      await chown(passwordFile, owner.uid, owner.gid);
    }
    const args = ['--pgdata', programs.inside(fresh), '--pwfile', programs.inside(passwordFile)];
    args.push('--username', SUPERUSER, '--auth=scram-sha-256');
    // The built-in locale sorts and folds the same on every machine, and after every update of its C library.
    args.push('--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8');
    await runProgram({ ...programs.command('initdb', args), user: programs.runAs, timeoutMs: START_TIMEOUT_MS });
    await rename(fresh, data).catch(async (error: unknown) => {
      if (!(await exists(path.join(data, 'PG_VERSION')))) throw error;
    });
  } catch (cause) {
    throw new Error(`No PostgreSQL cluster could be made in ${parent}: ${(cause as Error).message}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

/** A cluster that was copied or restored by root belongs to root, and PostgreSQL's user could not read it. */
async function claim(data: string, owner: ProcessUser | null): Promise<void> {
  if (owner === null || (await stat(data)).uid === owner.uid) return;
  const args = ['-R', `${owner.uid}:${owner.gid}`, data];
  await runProgram({ file: 'chown', args, user: null, timeoutMs: START_TIMEOUT_MS });
}

/** What earlier, killed attempts left beside the cluster. */
async function removeLeftovers(data: string): Promise<void> {
  const parent = path.dirname(data);
  const prefix = `${path.basename(data)}.new-`;
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix) || isAlive(Number.parseInt(name.slice(prefix.length), 10))) continue;
    await rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** The port of the server that runs on this directory and knows our password; null when none runs. */
async function adopt(options: { data: string; password: string }): Promise<number | null> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const running = await readPidFile(options.data);
    if (running === null) return null;
    if (!(await isPostmaster(running.pid, options.data))) {
      // After a reboot the pid may be anyone's, and PostgreSQL would take that process for itself.
      if (isAlive(running.pid)) await rm(path.join(options.data, 'postmaster.pid'), { force: true });
      return null;
    }
    if (running.port !== null) {
      const answer = await ping({ port: running.port, password: options.password });
      if (answer === 'yes') return running.port;
      if (answer === 'refused') {
        throw new Error(
          `A PostgreSQL (process ${running.pid}, port ${running.port}) runs in ${options.data} and refuses our password: ` +
            'stop it, or put the right password file back.',
        );
      }
    }
    if (performance.now() > deadline) {
      throw new Error(
        `The PostgreSQL in ${options.data} (process ${running.pid}) does not answer: stop it and start again.`,
      );
    }
    await sleep(100);
  }
}

async function launch(options: PostgresServerOptions & { port: number; password: string }): Promise<number> {
  const { directory, data, port, password, programs, settings } = options;
  const logFile = path.join(directory, 'postgres.log');
  if (((await stat(logFile).catch(() => null))?.size ?? 0) > LOG_BOUND_BYTES) await rename(logFile, `${logFile}.1`);
  const output = await open(logFile, 'a', 0o600);
  const logStart = (await output.stat()).size;
  let ended: string | null = null;
  try {
    const { file, args } = programs.command('postgres', [
      '-D',
      programs.inside(data),
      ...serverSettings(port, settings),
    ]);
    const child = spawn(file, args, {
      ...programs.runAs,
      cwd: path.parse(data).root,
      detached: true,
      windowsHide: true,
      stdio: ['ignore', output.fd, output.fd],
      env: NEUTRAL_ENVIRONMENT,
    });
    child.once('error', (error) => {
      ended = error.message;
    });
    child.once('exit', (code, signal) => {
      ended = `it ended with ${code ?? signal}`;
    });
    child.unref();
  } finally {
    await output.close();
  }

  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    // The port may be answered by another server: ours is the one with our password and our pid file.
    const running = await readPidFile(data);
    if (running?.port === port && (await ping({ port, password })) === 'yes') return port;
    if (ended !== null || performance.now() > deadline) {
      const words = (await readFile(logFile, 'utf8')).slice(logStart).trim().split('\n').slice(-10).join('\n');
      throw new Error(`PostgreSQL did not start in ${directory}: ${ended ?? 'no answer in time'}\n${words}`);
    }
    await sleep(25);
  }
}

function serverSettings(port: number, more: Readonly<Record<string, string>> = {}): string[] {
  const settings: Record<string, string> = {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %u@%d ',
    log_checkpoints: 'off',
    jit: 'off',
    shared_buffers: '256MB',
    ...more,
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Ends all sessions and stops the server of this cluster, whoever started it. Safe twice, bounded. */
export async function stopPostgresServer(options: { data: string; programs: PostgresPrograms }): Promise<void> {
  const { data, programs } = options;
  const running = await readPidFile(data);
  if (running === null || !(await isPostmaster(running.pid, data))) return;
  const stop = (mode: string, seconds: number) =>
    runProgram({
      ...programs.command('pg_ctl', ['stop', '-D', programs.inside(data), '-m', mode, '-w', '-t', String(seconds)]),
      user: programs.runAs,
      timeoutMs: (seconds + 5) * 1_000,
    });
  try {
    await stop('fast', STOP_TIMEOUT_MS / 1_000);
  } catch {
    // Nothing committed is lost by stopping at once: the next start replays the log.
    if (await isPostmaster(running.pid, data)) await stop('immediate', 10);
  }
}

/** Process, and port once the server knows it. The file's lines are PostgreSQL's (miscadmin.h, LOCK_FILE_LINE_*). */
async function readPidFile(data: string): Promise<{ pid: number; port: number | null } | null> {
  const text = await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const port = Number.parseInt(lines[3] ?? '', 10);
  return { pid, port: Number.isInteger(port) && port > 0 ? port : null };
}

/** A pid may belong to somebody else by now; a postmaster's working directory is its data directory. */
async function isPostmaster(pid: number, data: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  const folder = await readlink(`/proc/${pid}/cwd`).catch((error: NodeJS.ErrnoException) => error.code);
  return folder === (await realpath(data).catch(() => data)) || folder === 'EACCES';
}

async function ping(options: { port: number; password: string }): Promise<'yes' | 'refused' | 'not yet'> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: options.port,
    user: SUPERUSER,
    password: options.password,
    database: 'postgres',
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return 'yes';
  } catch (error) {
    return (error as { code?: unknown }).code === '28P01' ? 'refused' : 'not yet';
  } finally {
    await client.end().catch(() => {});
  }
}

async function lastPort(data: string): Promise<number | undefined> {
  // PostgreSQL keeps the command line of its last start.
  const line = await readFile(path.join(data, 'postmaster.opts'), 'utf8').catch(() => '');
  const found = /"port=(\d+)"/.exec(line);
  return found === null ? undefined : Number(found[1]);
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null)) !== null;
}
