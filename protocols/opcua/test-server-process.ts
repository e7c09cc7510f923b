// Starts and commands the test server's own process (test-server-main.ts).

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestServerOptions } from './test-server.ts';
import type { ServerCommand } from './test-server-main.ts';

export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  set(name: string, value: number): Promise<void>;
  /** Change every bulk counter once each so many milliseconds; 0 stops. */
  tick(everyMs: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startServerProcess(options: TestServerOptions = {}): Promise<ServerProcess> {
  const child = fork(fileURLToPath(new URL('./test-server-main.ts', import.meta.url)), {
    execArgv: ['--no-warnings'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ask = async (command: ServerCommand): Promise<Record<string, number>> => {
    child.send(command);
    const [reply] = (await once(child, 'message')) as [{ answer?: Record<string, number>; error?: string }];
    if (!reply.answer) throw new Error(reply.error);
    return reply.answer;
  };
  const { port = 0 } = await ask({ start: options });
  return {
    port,
    pid: child.pid ?? 0,
    set: async (name, value) => {
      await ask({ set: { name, value } });
    },
    tick: async (everyMs) => {
      await ask({ tick: { everyMs } });
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
