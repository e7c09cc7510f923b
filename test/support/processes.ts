// The programs of an installation as processes of a test: started with a log file, killed as a plant
// would kill them, always ended with the test.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const crashModule = fileURLToPath(new URL('crash-at.ts', import.meta.url));

export interface ProgramOptions {
  /** Path in the checkout. */
  readonly program: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** `channel:step:n`: where it kills itself. */
  readonly crashAt?: string | undefined;
  /** Keep standard input open for commands. */
  readonly control?: boolean;
}

export class Program {
  readonly options: ProgramOptions;
  #child: ChildProcess | null = null;
  #exit: Promise<unknown> = Promise.resolve();

  constructor(options: ProgramOptions) {
    this.options = options;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  start(crashAt = this.options.crashAt): void {
    const { program, args = [], env = {}, logFile, control } = this.options;
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [root + program, ...args], {
      env: {
        PATH: process.env['PATH'],
        ...env,
        ...(crashAt !== undefined && { CRASH_AT: crashAt, NODE_OPTIONS: `--import=${crashModule}` }),
      },
      stdio: [control ? 'pipe' : 'ignore', log, log],
    });
    closeSync(log);
    this.#child = child;
    this.#exit = once(child, 'exit').then(() => {
      if (this.#child === child) this.#child = null;
    });
  }

  /** Ends it and waits for its end. SIGKILL is a process that lost power. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await this.#exit;
    clearTimeout(timer);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal);
  }

  /** Resolves when it is gone by itself. */
  async ended(): Promise<void> {
    await this.#exit;
  }

  tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  log(): string {
    return readFileSync(this.options.logFile, 'utf8');
  }
}
