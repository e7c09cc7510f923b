// One MQTT connection of an edge: one client, one Will, one bdSeq. It is thrown away when it ends;
// mqtt.js's own reconnect would send the same Will, and so the same bdSeq, again.

import { readFileSync } from 'node:fs';
import mqtt, { type MqttClient } from 'mqtt';

export interface LinkSettings {
  /** mqtt:// or mqtts:// with host and port. */
  readonly url: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  /** Seconds. */
  readonly keepAlive: number;
  /** Certificate authorities for mqtts, a PEM file; the system's where it is not given. */
  readonly caFile?: string | undefined;
  readonly will: { readonly topic: string; readonly payload: Buffer };
}

export interface LinkEvents {
  message(topic: string, payload: Buffer): void;
  /** The connection is gone. Once, and not after `close`. */
  lost(reason: Error): void;
}

const connectTimeoutMs = 10_000;
const closeTimeoutMs = 2_000;

export class LinkError extends Error {
  override name = 'LinkError';
}

export class Link {
  readonly #client: MqttClient;
  #over = false;

  private constructor(client: MqttClient, events: LinkEvents) {
    this.#client = client;
    client.on('message', (topic, payload) => {
      if (!this.#over) events.message(topic, payload);
    });
    const end = (reason: Error): void => {
      if (this.#over) return;
      this.#over = true;
      client.end(true);
      events.lost(reason);
    };
    client.on('close', () => end(new LinkError('the broker closed the connection')));
    client.on('error', (error) => end(error));
  }

  /** Connects and subscribes (QoS 1) [tck-id-message-flow-edge-node-ncmd-subscribe], or rejects and leaves nothing behind. */
  static async open(options: {
    settings: LinkSettings;
    topics: string[];
    events: LinkEvents;
    signal: AbortSignal;
  }): Promise<Link> {
    const { settings, topics, events, signal } = options;
    const client = mqtt.connect(settings.url, {
      clientId: settings.clientId,
      username: settings.username,
      password: settings.password,
      protocolVersion: 4,
      clean: true,
      reconnectPeriod: 0,
      connectTimeout: connectTimeoutMs,
      keepalive: settings.keepAlive,
      queueQoSZero: false,
      resubscribe: false,
      ...(settings.caFile && { ca: readFileSync(settings.caFile) }),
      will: { ...settings.will, qos: 1, retain: false },
    });
    const { promise: ended, reject } = Promise.withResolvers<never>();
    // Only races look at it, and there may be none at that moment.
    ended.catch(() => undefined);
    const onAbort = (): void => reject(new LinkError('stopped while connecting'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    client.once('error', (error) => reject(explain(error, settings)));
    client.once('close', () => reject(new LinkError(`no connection to ${settings.url}: is the broker running there?`)));
    try {
      await Promise.race([new Promise<void>((resolve) => client.once('connect', () => resolve())), ended]);
      const link = new Link(client, events);
      const subscribing = client.subscribeAsync(
        Object.fromEntries(topics.map((topic) => [topic, { qos: 1 as const }])),
      );
      subscribing.catch(() => undefined);
      const granted = await Promise.race([subscribing, ended]);
      const refused = granted.find((grant) => grant.qos > 2);
      if (refused)
        throw new LinkError(
          `the broker refused the subscription to ${refused.topic}: check the agent's group and name`,
        );
      return link;
    } catch (error) {
      client.on('error', () => {});
      client.end(true);
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Publishes at QoS 0. Resolves when the bytes are handed to the socket. */
  publish(topic: string, payload: Buffer): void {
    if (!this.#over) this.#client.publish(topic, payload, { qos: 0, retain: false });
  }

  /** Publishes a last message, says DISCONNECT and closes, in bounded time. */
  async close(last: { topic: string; payload: Buffer }): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    const goodbye = this.#client
      .publishAsync(last.topic, last.payload, { qos: 0 })
      .then(() => this.#client.endAsync(false))
      .catch(() => undefined);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeTimeoutMs);
    await Promise.race([goodbye, late]);
    clearTimeout(timer);
    this.#client.end(true);
  }

  /** Drops the connection without a word, so that the broker sends the Will. */
  drop(): void {
    this.#over = true;
    this.#client.end(true);
  }
}

function explain(error: Error & { code?: unknown }, settings: LinkSettings): LinkError {
  // MQTT 3.1.1 return codes 4 and 5: bad user name or password, not authorized.
  if (error.code === 4 || error.code === 5) {
    return new LinkError(
      `The broker at ${settings.url} refused user ${settings.username}. Check uplink.username and the password file, or enrol the agent again.`,
      { cause: error },
    );
  }
  if (error.code === 'ECONNREFUSED')
    return new LinkError(`Nothing listens at ${settings.url}. Is the broker running there?`, { cause: error });
  return new LinkError(`No connection to ${settings.url}: ${error.message || String(error.code)}`, { cause: error });
}
