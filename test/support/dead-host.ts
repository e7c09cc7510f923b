// Peers that are not there, on loopback: one that never accepts a connection (its backlog is full, so
// the system drops every SYN, as a switched-off device does), one that accepts and says nothing, and a
// port where nobody listens.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface DeadHost {
  readonly host: string;
  readonly port: number;
  stop(): Promise<void>;
}

// Its event loop stops right after listening, so the kernel's accept queue fills and stays full.
const listener = `
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    require('node:fs').writeSync(1, server.address().port + '\\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
const QUIET_MS = 150;
const MAX_FILLERS = 16;

/** A host that never answers a SYN. */
export async function startUnansweringHost(): Promise<DeadHost> {
  const child = spawn(process.execPath, ['-e', listener], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const address = { host: '127.0.0.1', port: Number(line.toString()) };
  const fillers: net.Socket[] = [];
  let full = false;
  while (!full && fillers.length < MAX_FILLERS) {
    const connected = new AbortController();
    const socket = net.connect(address);
    socket.on('error', () => {});
    fillers.push(socket);
    socket.once('connect', () => connected.abort());
    full = await sleep(QUIET_MS, true, { signal: connected.signal }).catch(() => false);
  }
  const stop = async () => {
    for (const socket of fillers) socket.destroy();
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  };
  if (full) return { ...address, stop };
  await stop();
  throw new Error('the listening backlog of this system could not be filled');
}

/** A host that accepts connections, reads everything and never says a word. */
export async function startMuteHost(): Promise<DeadHost> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as net.AddressInfo).port,
    async stop() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** An address on loopback where nobody listens (it was free a moment ago). */
export async function refusedAddress(): Promise<{ host: string; port: number }> {
  const host = await startMuteHost();
  await host.stop();
  return { host: host.host, port: host.port };
}
