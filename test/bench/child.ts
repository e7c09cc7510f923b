// A process of a benchmark that does as it is told over IPC, and what it cost: each part of the road has
// a process of its own, so that its CPU time and memory are its alone.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** CPU seconds are in ticks of 1/100 s in /proc (USER_HZ is 100 on every Linux Node runs on). */
const ticksPerSecond = 100;
const stopTimeoutMs = 20_000;

export interface Asked {
  readonly command: string;
  readonly argument: unknown;
}

type Answer = { readonly answer: unknown } | { readonly error: string };

export class Child {
  readonly pid: number;
  readonly #process: ChildProcess;
  #busy: Promise<unknown> = Promise.resolve();

  private constructor(child: ChildProcess) {
    this.#process = child;
    this.pid = child.pid ?? 0;
  }

  /** Starts a file that calls `obey`. */
  static start(file: URL, options: { readonly profile?: string | null; readonly name?: string } = {}): Child {
    const { profile, name = 'child' } = options;
    return new Child(
      fork(fileURLToPath(file), {
        execArgv: [
          '--no-warnings',
          ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`, `--cpu-prof-name=${name}.cpuprofile`] : []),
        ],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        serialization: 'advanced',
      }),
    );
  }

  /** One command after the other; rejects with the child's own words, or when it ends. */
  ask<T>(command: string, argument?: unknown): Promise<T> {
    const asked = this.#busy.then(async () => {
      if (!this.#process.connected) throw new Error(`the process for ${command} has ended`);
      this.#process.send({ command, argument } satisfies Asked);
      const ended = new AbortController();
      const reply = await Promise.race([
        once(this.#process, 'message', { signal: ended.signal }) as Promise<[Answer]>,
        once(this.#process, 'exit', { signal: ended.signal }).then(() => null),
      ]).finally(() => ended.abort());
      if (reply === null) throw new Error(`the process for ${command} ended without an answer`);
      const [answer] = reply;
      if ('error' in answer) throw new Error(answer.error);
      return answer.answer as T;
    });
    this.#busy = asked.catch(() => undefined);
    return asked;
  }

  /** Lets the process end by itself, so that a CPU profile gets written; kills it where it does not. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    await this.ask('stop').catch(() => undefined);
    if (this.#process.connected) this.#process.disconnect();
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), stopTimeoutMs);
    await gone;
    clearTimeout(timer);
  }
}

/** User and system CPU seconds of a process and its threads so far (proc(5), fields 14 and 15). */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory in MB (10^6 bytes): now, and the most it ever was. */
export async function memoryOf(pid: number): Promise<{ now: number; peak: number }> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1_024) / 1e6;
  return { now: field('VmRSS'), peak: field('VmHWM') };
}
