// Small tools for processes and ports of this machine.

import { spawn } from 'node:child_process';
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

/** The first wanted port that is free, else one the system gives. */
export async function choosePort(wanted: readonly (number | undefined)[]): Promise<number> {
  for (const candidate of [...wanted, 0]) {
    if (candidate === undefined) continue;
    const port = await tryListen(candidate);
    if (port !== null) return port;
  }
  throw new Error('No free port on 127.0.0.1.');
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

/**
 * Runs a short program to its end, as `user`.
 * @throws with the program's last words when it fails or takes longer than `timeoutMs`.
 */
export function runProgram(options: {
  file: string;
  args: readonly string[];
  user: ProcessUser | null;
  timeoutMs: number;
}): Promise<void> {
  const { file, args, user, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      ...user,
      cwd: path.parse(path.resolve(file)).root,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    });
    let said = '';
    const listen = (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4_000);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    // 'exit', not 'close': a program that starts a server may leave it the pipes.
    child.once('exit', (code, signal) => {
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(file)} ended with ${code ?? signal}: ${said.trim()}`));
    });
  });
}
