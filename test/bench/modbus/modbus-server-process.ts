// The Modbus device of the benchmark: modbus-serial's own server, in a process of its own, so that both
// readers ask the same stranger.

import { once } from 'node:events';
import { ServerTCP } from 'modbus-serial';
import { choosePort } from '../../../cloud/platform/local-process.ts';
import { obey } from '../obey.ts';

const state: { server: ServerTCP | null } = { server: null };

obey({
  async start(): Promise<number> {
    // modbus-serial takes port 0 for 502.
    const port = await choosePort([undefined]);
    const server = new ServerTCP(
      {
        getMultipleHoldingRegisters: (start: number, count: number) =>
          Array.from({ length: count }, (_, index) => (start + index) & 0xffff),
      },
      { host: '127.0.0.1', port, unitID: 1 },
    );
    state.server = server;
    server.on('socketError', () => {});
    await once(server, 'initialized');
    return port;
  },
});
