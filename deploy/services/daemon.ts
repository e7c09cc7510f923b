// One small server of the tests that is no child of ours: started in a process group of its own,
// remembered in a file, adopted by the next process that wants it, stopped when asked.

import { spawn } from 'node:child_process';
import { mkdir, open, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../cloud/platform/local-process.ts';

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const LOG_BOUND_BYTES = 10 * 1024 * 1024;

export interface Daemon {
  readonly pid: number;
  readonly port: number;
  readonly password: string;
}

export interface DaemonOptions {
  /** Holds its files: `daemon.json`, its log and what it writes itself. */
  readonly directory: string;
  /** Writes the configuration and gives the command, which is run in `directory`. */
  prepare(): Promise<{ file: string; args: string[]; port: number; password: string }>;
  /** Whether it answers as ours. */
  isReady(daemon: { port: number; password: string }): Promise<boolean>;
  /** Kept running when this process ends; else it ends with us, and with a Ctrl-C. */
  readonly outlives: boolean;
}

/** Adopts the daemon of this directory or starts it. @throws when it does not answer, with its last words. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { directory } = options;
  await mkdir(directory, { recursive: true });
  const running = await runningDaemon(directory);
  if (running !== null && (await options.isReady(running))) return running;
  if (running !== null) await stopDaemon(directory);

  const { file, args, port, password } = await options.prepare();
  const logFile = path.join(directory, 'daemon.log');
  if (((await stat(logFile).catch(() => null))?.size ?? 0) > LOG_BOUND_BYTES) await rename(logFile, `${logFile}.1`);
  const output = await open(logFile, 'a', 0o600);
  let ended: string | null = null;
  let pid: number | undefined;
  try {
    const stdio = ['ignore', output.fd, output.fd] as const;
    const child = spawn(file, args, { cwd: directory, detached: options.outlives, stdio: [...stdio] });
    child.once('error', (error) => {
      ended = error.message;
    });
    const endWithUs = () => child.kill('SIGKILL');
    if (!options.outlives) process.once('exit', endWithUs);
    child.once('exit', (code, signal) => {
      process.removeListener('exit', endWithUs);
      ended = `it ended with ${code ?? signal}`;
    });
    child.unref();
    pid = child.pid;
  } finally {
    await output.close();
  }

  const deadline = performance.now() + START_TIMEOUT_MS;
  while (pid === undefined || ended !== null || !(await options.isReady({ port, password }))) {
    if (ended !== null || performance.now() > deadline) {
      if (pid !== undefined && ended === null) process.kill(pid, 'SIGKILL');
      const words = (await readFile(logFile, 'utf8')).trim().split('\n').slice(-8).join('\n');
      throw new Error(`${path.basename(directory)} did not start: ${ended ?? 'no answer in time'}\n${words}`);
    }
    await sleep(20);
  }
  const daemon = { pid, port, password };
  await writeFile(path.join(directory, 'daemon.json'), `${JSON.stringify(daemon)}\n`, { mode: 0o600 });
  return daemon;
}

/** Ends the daemon of this directory, gently at first. Nothing happens when none runs. */
export async function stopDaemon(directory: string, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  const running = await runningDaemon(directory);
  if (running !== null) {
    process.kill(running.pid, signal);
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while ((await runningDaemon(directory)) !== null) {
      if (performance.now() > deadline) process.kill(running.pid, 'SIGKILL');
      await sleep(20);
    }
  }
  await rm(path.join(directory, 'daemon.json'), { force: true });
}

/** The living daemon of this directory; a pid may be somebody else's by now, so its working directory is looked at. */
async function runningDaemon(directory: string): Promise<Daemon | null> {
  const text = await readFile(path.join(directory, 'daemon.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const daemon = JSON.parse(text) as Daemon;
  if (!isAlive(daemon.pid)) return null;
  if (process.platform !== 'linux') return daemon;
  // A process that ended and was not reaped yet has none.
  const folder = await readlink(`/proc/${daemon.pid}/cwd`).catch(() => null);
  return folder === (await realpath(directory)) ? daemon : null;
}
