// Stands between the ingestor and PostgreSQL. Shut, it is a database server that was stopped: every
// connection is reset and its port refuses. Open again, it is the same server come back on the same port.

import { once } from 'node:events';
import net from 'node:net';

export interface Gate {
  /** The given URL, through the gate. */
  readonly url: string;
  shut(): Promise<void>;
  open(): Promise<void>;
  /** Safe twice. */
  stop(): Promise<void>;
}

export async function startGate(url: string): Promise<Gate> {
  const through = new URL(url);
  const target = { host: through.hostname, port: Number(through.port) };
  const sockets = new Set<net.Socket>();
  let server = net.createServer();
  const open = async (port: number): Promise<number> => {
    server = net.createServer({ noDelay: true }, (near) => {
      const far = net.connect({ ...target, noDelay: true });
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far);
      far.pipe(near);
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as net.AddressInfo).port;
  };
  const shut = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  };
  const port = await open(0);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  return {
    url: through.href,
    shut,
    stop: shut,
    async open() {
      await open(port);
    },
  };
}
