// A broker on loopback, and the ingestor's voice on it: live messages as they follow a COMMIT.

import { once } from 'node:events';
import net from 'node:net';
import { Aedes } from 'aedes';

export interface LiveBroker {
  readonly url: string;
  /** What the ingestor says of one machine's tags. */
  publishTags(
    organizationId: number,
    machineId: number,
    tags: readonly (readonly [number, number, unknown, number])[],
  ): Promise<void>;
  publishAgents(
    organizationId: number,
    agents: readonly (readonly [number, boolean, number, number | null])[],
  ): Promise<void>;
  publish(topic: string, payload: string): Promise<void>;
  /** Topics somebody is subscribed to, with how many. */
  subscriptions(): number;
  /** Every client loses its connection; they may come again. */
  cut(): void;
  stop(): Promise<void>;
}

export async function startLiveBroker(): Promise<LiveBroker> {
  const aedes = await Aedes.createBroker();
  aedes.on('clientError', () => {});
  aedes.on('connectionError', () => {});
  const subscriptions = new Map<string, Set<string>>();
  aedes.on('subscribe', (list, client) => {
    const topics = subscriptions.get(client.id) ?? new Set();
    subscriptions.set(client.id, topics);
    for (const { topic } of list) topics.add(topic);
  });
  aedes.on('unsubscribe', (list, client) => {
    for (const topic of list) subscriptions.get(client.id)?.delete(topic);
  });
  aedes.on('clientDisconnect', (client) => subscriptions.delete(client.id));
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    aedes.handle(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const publish = (topic: string, payload: string) =>
    new Promise<void>((resolve, reject) => {
      aedes.publish({ cmd: 'publish', topic, payload, qos: 0, retain: false, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `mqtt://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    publishTags: (organizationId, machineId, tags) =>
      publish(`unison/live/${organizationId}/${machineId}`, JSON.stringify({ at: Date.now(), tags })),
    publishAgents: (organizationId, agents) =>
      publish(`unison/live/${organizationId}/agents`, JSON.stringify({ at: Date.now(), agents })),
    publish,
    subscriptions: () => [...subscriptions.values()].reduce((sum, topics) => sum + topics.size, 0),
    cut,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await closed;
    },
  };
}
