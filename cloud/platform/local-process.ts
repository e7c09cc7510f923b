// Small tools for processes and ports of this machine.

import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import path from 'node:path';

/** Another user to run a process as. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whether a process has this id; it need not be the one that once had it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** For programs that need nothing of ours: no secret of this process, nobody's language or time zone. */
export const NEUTRAL_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

/**
 * Ports that no system gives to outgoing connections (Linux: from 32768, others: from 49152). One of those could be
 * gone when the process that was told it listens, or starts again.
 */
const OWN_PORTS = { first: 20_000, count: 10_000 } as const;
const MOST_TRIES = 100;
let nextOwn = randomInt(OWN_PORTS.count);

/** The first wanted port that is free, else one that this process has not been given before. */
export async function choosePort(wanted: readonly (number | undefined)[]): Promise<number> {
  for (const candidate of wanted) {
    const port = candidate === undefined ? null : await tryListen(candidate);
    if (port !== null) return port;
  }
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    nextOwn = (nextOwn + 1) % OWN_PORTS.count;
    const port = await tryListen(OWN_PORTS.first + nextOwn);
    if (port !== null) return port;
  }
  throw new Error(
    `${MOST_TRIES} ports of 127.0.0.1 from ${OWN_PORTS.first} on are taken: end what listens there, or name the port.`,
  );
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(null);
    });
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : null);
      });
    });
  });
}

/** What a program prints is kept up to this many characters; of more, the end. */
const OUTPUT_BOUND = 64 * 1024;

/**
 * Runs a short program to its end, as `user`.
 * @returns what it printed.
 * @throws with the program's last words when it fails or takes longer than `timeoutMs`.
 */
export function runProgram(options: {
  file: string;
  args: readonly string[];
  user: ProcessUser | null;
  timeoutMs: number;
  /** Over the neutral environment. */
  env?: Readonly<Record<string, string | undefined>>;
}): Promise<{ stdout: string }> {
  const { file, args, user, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...user,
      cwd: path.parse(path.resolve(file)).root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: { ...NEUTRAL_ENVIRONMENT, ...options.env },
    });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        output[name] = `${output[name]}${chunk.toString()}`.slice(-OUTPUT_BOUND);
      });
    }
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // Not 'close': a program that starts a server may leave it the pipes. One turn brings the last words.
      setImmediate(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        if (code === 0) resolve({ stdout: output.stdout });
        else {
          const words = `${output.stdout}${output.stderr}`.trim().slice(-2_000);
          reject(new Error(`${path.basename(file)} ended with ${code ?? signal}: ${words}`));
        }
      });
    });
  });
}
