// The broker inside: aedes, for a plant that has none of its own. Every client has an account; what it
// may do is in access.ts. A larger installation names its own broker by MQTT_URL.
//
// An agent has one credential, or for a while two: after a new enrolment the one before ends with the first
// use of the new one, or after a day. Who is connected with one that has ended is dropped within seconds:
// the broker looks at the credentials of all that are connected, which needs no word from whoever revoked.

import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Aedes, type Client } from 'aedes';
import type pg from 'pg';
import { type Identity, mayPublish, maySubscribe } from './access.ts';
import { endedCredentials, signIn, type UsedCredential } from './agents.ts';

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
/** How soon a connection ends after its credential did, at most. */
const checkMs = 2_000;
/** MQTT 3.1.1 return codes: bad user name or password; server unavailable. */
const badCredentials = 4;
const unavailable = 3;

/** Starts listening. Throws with what to do when the port is taken. */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { log } = options;
  const identities = new WeakMap<Client, Identity>();
  const agents = new Map<Client, UsedCredential>();
  const aedes = await Aedes.createBroker({
    drainTimeout: drainTimeoutMs,
    queueLimit,
    concurrency: 1_000,
    authenticate(client, username, password, done) {
      identify(options, username ?? '', password ?? Buffer.alloc(0)).then(
        (account) => {
          const identity = account?.identity ?? null;
          if (identity) identities.set(client, identity);
          if (account?.credential) agents.set(client, account.credential);
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
  aedes.on('clientDisconnect', (client) => agents.delete(client));
  const checking = new AbortController();
  const checked = checkForever({ pool: options.pool, agents, log, signal: checking.signal });
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
    checking.abort();
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
        checking.abort();
        await checked;
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

interface Account {
  readonly identity: Identity;
  /** Of an agent. */
  readonly credential?: UsedCredential;
}

async function identify(options: BrokerOptions, username: string, secret: Uint8Array): Promise<Account | null> {
  if (username === options.cloud.username) {
    return isSame(secret, options.cloud.password) ? { identity: { kind: 'cloud' } } : null;
  }
  const [group, edge, ...rest] = username.split('/');
  if (!group || !edge || rest.length > 0) return null;
  const credential = await signIn(options.pool, { group, edge, secret });
  return credential && { identity: { kind: 'edge', group, edge }, credential };
}

/** Drops who is connected with a credential that has ended, until it is told to stop. Never rejects. */
async function checkForever(check: {
  pool: pg.Pool;
  agents: Map<Client, UsedCredential>;
  log: BrokerLog;
  signal: AbortSignal;
}): Promise<void> {
  const { pool, agents, log, signal } = check;
  while (!signal.aborted) {
    await sleep(checkMs, undefined, { signal }).catch(() => undefined);
    const connected = [...agents];
    if (signal.aborted || connected.length === 0) continue;
    try {
      const ended = await endedCredentials(
        pool,
        connected.map(([, used]) => used),
      );
      for (const [client, used] of connected) {
        if (!ended.has(used)) continue;
        log.warn({ client: client.id }, 'an agent was dropped: its credential has ended');
        client.close();
      }
    } catch (error) {
      // Nobody can have revoked anything meanwhile.
      log.warn({ err: error }, 'the credentials of connected agents could not be checked');
    }
  }
}

/** Takes the same time for every guess. */
function isSame(given: Uint8Array, expected: string): boolean {
  const digest = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function refusal(message: string, returnCode: number): Error & { returnCode: number } {
  return Object.assign(new Error(message), { returnCode });
}
