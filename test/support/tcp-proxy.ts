// A TCP proxy on loopback that stands between a driver and its peer, so that cables can be pulled in
// a test: bytes pass, everything is cut, or the connection stays open and nothing moves any more.
import { once } from 'node:events';
import net from 'node:net';

export interface TcpProxy {
  readonly host: string;
  readonly port: number;
  /** Connections that reached the proxy since it started. */
  accepted(): number;
  /** Connections open now, as the driver's side sees them. */
  connections(): number;
  /** Bytes that came from the driver since the proxy started. */
  bytesFromDriver(): number;
  /** The cable holds but nothing comes through in either direction; new connections are accepted and not answered. */
  silence(): void;
  /** End of `silence`: what was held back is delivered, as TCP would do. */
  resume(): void;
  /** Reset every open connection; new ones are welcome. */
  cut(): void;
  /** The peer is gone: every connection reset, the port closed. */
  vanish(): Promise<void>;
  /** Close everything; safe twice. */
  stop(): Promise<void>;
}

interface Pair {
  readonly near: net.Socket;
  readonly far: net.Socket;
}

/** Start a proxy on a port chosen by the system that passes everything to `target`. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let silent = false;
  let accepted = 0;
  let bytesFromDriver = 0;

  const server = net.createServer({ noDelay: true }, (near) => {
    accepted += 1;
    const far = net.connect({ ...target, noDelay: true });
    const pair = { near, far };
    pairs.add(pair);
    if (silent) {
      near.pause();
      far.pause();
    }
    near.on('data', (chunk) => {
      bytesFromDriver += chunk.length;
      far.write(chunk);
    });
    far.on('data', (chunk) => near.write(chunk));
    near.on('end', () => far.end());
    far.on('end', () => near.end());
    const drop = () => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      socket.on('error', drop);
      socket.on('close', drop);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;

  const cut = () => {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.destroy();
    }
  };
  const closeServer = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };

  return {
    host: '127.0.0.1',
    port,
    accepted: () => accepted,
    connections: () => pairs.size,
    bytesFromDriver: () => bytesFromDriver,
    silence() {
      silent = true;
      for (const { near, far } of pairs) {
        near.pause();
        far.pause();
      }
    },
    resume() {
      silent = false;
      for (const { near, far } of pairs) {
        near.resume();
        far.resume();
      }
    },
    cut,
    vanish: closeServer,
    stop: closeServer,
  };
}
