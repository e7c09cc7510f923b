// The broker inside: aedes, for a plant that has none of its own. Every client has an account; what it
// may do is in access.ts. A larger installation names its own broker by MQTT_URL.

import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import type pg from 'pg';
import { type Identity, mayPublish, maySubscribe } from './access.ts';
import { verifySecret } from './credentials.ts';

export interface BrokerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly cloud: { readonly username: string; readonly password: string };
  /** As mes_ingest: reads the agents' credentials. */
  readonly pool: pg.Pool;
  readonly log: BrokerLog;
}

export interface BrokerLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}

export interface Broker {
  readonly port: number;
  readonly url: string;
  readonly connectedClients: number;
  stop(): Promise<void>;
}

/** A frozen subscriber may hold up the others this long, then it is thrown out. */
const drainTimeoutMs = 3_000;
/** Most messages waiting for one client. */
const queueLimit = 1_000;
const maxSockets = 1_000;
/** MQTT 3.1.1 return codes: bad user name or password; server unavailable. */
const badCredentials = 4;
const unavailable = 3;

/** Starts listening. Throws with what to do when the port is taken. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { log } = options;
  const identities = new WeakMap<Client, Identity>();
  const aedes = await Aedes.createBroker({
    drainTimeout: drainTimeoutMs,
    queueLimit,
    concurrency: 1_000,
    authenticate(client, username, password, done) {
      identify(options, username ?? '', password ?? Buffer.alloc(0)).then(
        (identity) => {
          if (identity) identities.set(client, identity);
          else log.warn({ client: client.id, username }, 'a broker client was refused: wrong user name or secret');
          done(identity ? null : refusal('wrong user name or secret', badCredentials), identity !== null);
        },
        (error: unknown) => {
          log.warn({ err: error }, 'a broker client could not be checked: the database is away');
          done(refusal('credentials cannot be checked now', unavailable), false);
        },
      );
    },
    authorizePublish(client, packet, done) {
      // The broker's own publications (a Will) have no client any more once it is gone.
      const identity = client === null ? null : identities.get(client);
      if (client === null || (identity && mayPublish(identity, packet.topic))) {
        done();
        return;
      }
      log.warn({ client: client.id, topic: packet.topic }, 'a publication was refused: not this account’s topic');
      done(new Error('not authorized for this topic'));
    },
    authorizeSubscribe(client, subscription, done) {
      const identity = identities.get(client);
      if (identity && maySubscribe(identity, subscription.topic)) done(null, subscription);
      else {
        log.warn(
          { client: client.id, topic: subscription.topic },
          'a subscription was refused: not this account’s topic',
        );
        done(null, null);
      }
    },
  });
  aedes.on('clientError', (client, error) =>
    log.info({ client: client.id, reason: error.message }, 'a broker client was dropped'),
  );
  aedes.on('connectionError', (client, error) =>
    log.info({ client: client.id, reason: error.message }, 'a broker connection failed'),
  );
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    aedes.handle(socket);
  });
  server.maxConnections = maxSockets;
  server.listen(options.port, options.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    aedes.close();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${options.port} for the MQTT broker is in use. Stop what uses it, or choose another with MQTT_PORT.`,
      { cause: error },
    );
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  log.info({ port }, 'broker listening');
  let stopping: Promise<void> | null = null;
  return {
    port,
    url: `mqtt://${options.host}:${port}`,
    get connectedClients() {
      return aedes.connectedClients;
    },
    stop() {
      stopping ??= (async () => {
        await new Promise<void>((resolve) => {
          aedes.close(() => resolve());
        });
        for (const socket of sockets) socket.destroy();
        await new Promise<void>((resolve) => {
          server.close(() => resolve());
        });
      })();
      return stopping;
    },
  };
}

async function identify(options: BrokerOptions, username: string, secret: Uint8Array): Promise<Identity | null> {
  if (username === options.cloud.username) {
    return isSame(secret, options.cloud.password) ? { kind: 'cloud' } : null;
  }
  const [group, edge, ...rest] = username.split('/');
  if (!group || !edge || rest.length > 0) return null;
  const { rows } = await options.pool.query<{ credential_hash: string }>(
    'SELECT edge_agents.credential_hash FROM mes.edge_agents WHERE edge_agents.group_id = $1 AND edge_agents.edge_id = $2',
    [group, edge],
  );
  const [row] = rows;
  return row && (await verifySecret(secret, row.credential_hash)) ? { kind: 'edge', group, edge } : null;
}

/** Takes the same time for every guess. */
function isSame(given: Uint8Array, expected: string): boolean {
  const digest = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function refusal(message: string, returnCode: number): Error & { returnCode: number } {
  return Object.assign(new Error(message), { returnCode });
}
