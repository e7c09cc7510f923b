// A stop does not wait for connections that browsers opened in advance.

import { once } from 'node:events';
import net from 'node:net';
import { fastify } from 'fastify';
import { expect, it } from 'vitest';
import { endSpareConnections } from './spare-connections.ts';

it('a connection over which nothing was ever asked ends with the server; an answer under way is given', async () => {
  const app = fastify({ forceCloseConnections: 'idle' });
  endSpareConnections(app);
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<string>();
  app.get('/', () => {
    asked.resolve();
    return go.promise;
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const spare = net.connect(Number(new URL(url).port), '127.0.0.1');
  await once(spare, 'connect');
  const ended = once(spare, 'close');
  const answer = fetch(url, { headers: { connection: 'close' } });
  await asked.promise;
  const stopped = app.close();
  await ended;
  go.resolve('answered');
  expect(await (await answer).text()).toBe('answered');
  await stopped;
});
