// Runs the test server as a process of its own, so that a test or benchmark that counts sockets, timers
// or CPU time sees the driver's alone. Commands come over the IPC channel.

import { DataType } from 'node-opcua';
import { startTestServer, type TestServerOptions } from './test-server.ts';

export type ServerCommand =
  | { readonly start: TestServerOptions }
  | { readonly set: { readonly name: string; readonly value: number } }
  /** Change every bulk counter once each so many milliseconds; 0 stops. */
  | { readonly tick: { readonly everyMs: number } };

const commands: {
  server: Awaited<ReturnType<typeof startTestServer>> | null;
  timer: NodeJS.Timeout | null;
  bulk: number;
} = {
  server: null,
  timer: null,
  bulk: 0,
};

async function obey(command: ServerCommand): Promise<unknown> {
  if ('start' in command) {
    commands.bulk = command.start.bulk ?? 0;
    commands.server = await startTestServer(command.start);
    return { port: commands.server.port };
  }
  const { server } = commands;
  if (!server) throw new Error('not started');
  if ('set' in command) {
    server.set(command.set.name, command.set.value);
    return {};
  }
  if (commands.timer) clearInterval(commands.timer);
  const nodes = Array.from({ length: commands.bulk }, (_, n) => server.variable(`Bulk.${n}`));
  let value = 0.5;
  const tick = (): void => {
    value += 1;
    for (const node of nodes) node.setValueFromSource({ dataType: DataType.Double, value });
  };
  commands.timer = command.tick.everyMs > 0 ? setInterval(tick, command.tick.everyMs) : null;
  return {};
}

process.on('message', (command: ServerCommand) => {
  obey(command).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
