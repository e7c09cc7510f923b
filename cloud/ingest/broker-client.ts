// The ingestor's connection to the broker: reconnects by itself, keeps nothing while it is away.

import mqtt from 'mqtt';

export interface BrokerClient {
  readonly connected: boolean;
  publish(topic: string, payload: string | Buffer): void;
  subscribe(topics: string[]): Promise<void>;
  unsubscribe(topics: string[]): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerClientOptions {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly log: { info(data: object, message: string): void; warn(data: object, message: string): void };
  readonly signal: AbortSignal;
  readonly onMessage: (topic: string, payload: Buffer) => void;
  readonly onConnect: (broker: BrokerClient) => Promise<void>;
}

const reconnectMs = 1_000;
/** Longest wait for the broker to take leave. */
const goodbyeMs = 2_000;

/** Resolves at the first connection; rejects when the broker refuses the account or the signal fires. */
export async function connectBroker(options: BrokerClientOptions): Promise<BrokerClient> {
  const { log } = options;
  const client = mqtt.connect(options.url, {
    clientId: options.clientId,
    username: options.username,
    password: options.password,
    protocolVersion: 4,
    clean: true,
    reconnectPeriod: reconnectMs,
    connectTimeout: 10_000,
    queueQoSZero: false,
    resubscribe: false,
  });
  client.on('message', (topic, payload) => options.onMessage(topic, payload));
  client.on('close', () => {
    if (!client.disconnecting) log.warn({ url: options.url }, 'no connection to the broker; trying again');
  });
  client.on('error', (error) => log.warn({ url: options.url, reason: error.message }, 'the broker connection failed'));
  const broker: BrokerClient = {
    get connected() {
      return client.connected;
    },
    publish(topic, payload) {
      if (client.connected) client.publish(topic, payload, { qos: 0 });
    },
    async subscribe(topics) {
      const granted = await client.subscribeAsync(topics, { qos: 0 });
      const refused = granted.find((grant) => grant.qos > 2);
      if (refused) throw new Error(`the broker refused the subscription to ${refused.topic}`);
    },
    async unsubscribe(topics) {
      await client.unsubscribeAsync(topics);
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, goodbyeMs);
      await Promise.race([client.endAsync(), late]);
      clearTimeout(timer);
      client.end(true);
    },
  };
  const first = Promise.withResolvers<void>();
  client.on('connect', () => {
    log.info({ url: options.url }, 'connected to the broker');
    options.onConnect(broker).then(first.resolve, (error: unknown) => {
      // Half-deaf is worse than away: the next connection subscribes anew.
      log.warn({ err: error }, 'subscribing failed; connecting again');
      client.stream?.destroy();
    });
  });
  client.once('error', (error: Error & { code?: unknown }) => {
    if (error.code === 4 || error.code === 5) {
      first.reject(
        new Error(
          `The broker at ${options.url} refused user ${options.username}. Check MQTT_USERNAME and MQTT_PASSWORD.`,
          { cause: error },
        ),
      );
    }
  });
  const onAbort = (): void => first.reject(new Error('stopped while connecting to the broker'));
  if (options.signal.aborted) onAbort();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await first.promise;
  } catch (error) {
    client.end(true);
    throw error;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
  return broker;
}
