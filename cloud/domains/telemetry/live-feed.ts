// What changes now, from the broker to whoever follows: one MQTT connection per API process, subscribed
// to exactly those organisations that somebody looks at.
//
// A follower gets `current()` whenever everything published from now on reaches it: when the subscription
// stands, and again after each loss of the broker. Then, and only then, it reads what it may have missed
// from the database. Values are published after COMMIT, so nothing falls between the two.

import mqtt, { type MqttClient } from 'mqtt';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { AgentEntry, TagEntry } from './now-service.ts';

export interface LiveFollower {
  /** From here on nothing is missed. */
  current(): void;
  /** `machineId` null: tags that no machine has. */
  tags(machineId: number | null, entries: readonly TagEntry[]): void;
  agents(entries: readonly AgentEntry[]): void;
}

/** One instance belongs to one API: the API starts and stops it. */
export interface LiveFeed {
  start(): void;
  /** Safe twice and before `start`. */
  stop(): Promise<void>;
  connected(): boolean;
  /** Follows one organisation until the returned function is called. */
  follow(organizationId: number, follower: LiveFollower): () => void;
}

export interface LiveFeedOptions {
  /** `mqtt://` or `mqtts://` */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly log: { info(data: object, message: string): void; warn(data: object, message: string): void };
}

const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEPALIVE_S = 15;
/** A message that is wrong is told once in this time. */
const COMPLAINT_INTERVAL_MS = 60_000;

const time = Type.Number({ minimum: 0 });
const nullableTime = Type.Union([time, Type.Null()]);
const tagsMessage = Compile(
  Type.Object({
    at: time,
    tags: Type.Array(
      Type.Tuple([
        Type.Integer({ minimum: 1 }),
        time,
        Type.Union([Type.Number(), Type.String(), Type.Boolean(), Type.Null()]),
        Type.Integer(),
      ]),
    ),
  }),
);
const agentsMessage = Compile(
  Type.Object({
    at: time,
    agents: Type.Array(Type.Tuple([Type.Integer({ minimum: 1 }), Type.Boolean(), nullableTime, nullableTime])),
  }),
);

export function createLiveFeed({ url, username, password, log }: LiveFeedOptions): LiveFeed {
  const followers = new Map<number, Set<LiveFollower>>();
  let client: MqttClient | null = null;
  let lastComplaint = Number.NEGATIVE_INFINITY;

  const subscribe = (organizationId: number): void => {
    const connection = client;
    if (!connection?.connected) return; // `connect` does it
    connection.subscribe(topicOf(organizationId), { qos: 0 }, (error) => {
      if (error) {
        log.warn({ err: error, organizationId }, 'the broker refused a live subscription');
        // The connection is made anew, and with it the subscription.
        connection.reconnect();
        return;
      }
      for (const follower of followers.get(organizationId) ?? []) follower.current();
    });
  };

  const receive = (topic: string, payload: Buffer): void => {
    const [, , organization, subject] = topic.split('/');
    const audience = followers.get(Number(organization));
    if (!audience) return;
    const message = parse(payload);
    if (subject === 'agents' && agentsMessage.Check(message)) {
      for (const follower of audience) follower.agents(message.agents);
    } else if (/^(unmapped-)?[1-9][0-9]*$/.test(subject ?? '') && tagsMessage.Check(message)) {
      const machineId = subject?.startsWith('unmapped-') ? null : Number(subject);
      for (const follower of audience) follower.tags(machineId, message.tags);
    } else if (performance.now() - lastComplaint > COMPLAINT_INTERVAL_MS) {
      lastComplaint = performance.now();
      log.warn({ topic, bytes: payload.length }, 'a live message is not what it must be and is left out');
    }
  };

  return {
    start() {
      if (client) return;
      const connection = mqtt.connect(url, {
        username,
        password,
        clean: true,
        keepalive: KEEPALIVE_S,
        connectTimeout: CONNECT_TIMEOUT_MS,
        reconnectPeriod: RECONNECT_MS,
        resubscribe: false,
        queueQoSZero: false,
      });
      client = connection;
      connection.on('connect', () => {
        log.info({}, 'live values: connected to the broker');
        for (const organizationId of followers.keys()) subscribe(organizationId);
      });
      connection.on('message', receive);
      connection.on('close', () => log.warn({}, 'live values: no connection to the broker, trying again'));
      connection.on('error', (error) => log.warn({ err: error }, 'live values: the broker connection failed'));
    },

    async stop() {
      const connection = client;
      client = null;
      if (!connection) return;
      connection.removeAllListeners('close');
      await connection.endAsync(true);
    },

    connected: () => client?.connected ?? false,

    follow(organizationId, follower) {
      const known = followers.get(organizationId);
      if (known) {
        known.add(follower);
      } else {
        followers.set(organizationId, new Set([follower]));
      }
      // Also where the topic is subscribed already: the broker's answer says when that holds.
      subscribe(organizationId);
      return () => {
        const left = followers.get(organizationId);
        if (!left?.delete(follower) || left.size > 0) return;
        followers.delete(organizationId);
        client?.unsubscribe(topicOf(organizationId), () => {});
      };
    },
  };
}

function topicOf(organizationId: number): string {
  return `unison/live/${organizationId}/+`;
}

function parse(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}
