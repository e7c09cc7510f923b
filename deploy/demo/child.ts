// A process of the demo: its output goes to a log file, it is started again when it dies, and stopped
// by SIGTERM first.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Told when it died and is started again, or was given up. */
  readonly tell: (message: string) => void;
}

const stopMs = 15_000;
const restartMs = 1_000;
/** Deaths within deathWindowMs after which it is not started again. */
const mostDeaths = 5;
const deathWindowMs = 60_000;

export class Child {
  readonly #options: ChildOptions;
  #process: ChildProcess | null = null;
  #stopping = false;
  #deaths: number[] = [];
  #ended: Promise<void> = Promise.resolve();
  /** Resolves when it was given up. */
  readonly failed: Promise<void>;
  #giveUp: () => void = () => {};

  constructor(options: ChildOptions) {
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#giveUp = resolve;
    });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    const { args, env, logFile } = this.#options;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [...args], { env: { ...process.env, ...env }, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#process = child;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#process = null;
        resolve();
        if (!this.#stopping) void this.#died(signal ?? `exit code ${code}`);
      });
    });
  }

  /** From now on its end is no death: a terminal's Ctrl-C reaches every process of the demo at once. */
  expectEnd(): void {
    this.#stopping = true;
  }

  async stop(): Promise<void> {
    this.expectEnd();
    const child = this.#process;
    if (!child) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await this.#ended;
    clearTimeout(timer);
  }

  async #died(how: string): Promise<void> {
    const { name, logFile, tell } = this.#options;
    const now = performance.now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < deathWindowMs), now];
    if (this.#deaths.length >= mostDeaths) {
      tell(`${name} ended again and again (${how}) and is given up. Its last words are in ${logFile}.`);
      this.#giveUp();
      return;
    }
    tell(`${name} ended (${how}); it is started again.`);
    await sleep(restartMs);
    if (!this.#stopping) this.start();
  }
}
