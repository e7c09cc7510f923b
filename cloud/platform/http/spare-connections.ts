// Browsers open connections in advance, and often never send anything over them. Node counts such a
// connection neither as idle nor as busy, and a server that stops would wait for it.

import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Ends connections over which nothing was asked yet when the server stops. */
export function endSpareConnections(app: FastifyInstance): void {
  const spare = new Set<Socket>();
  let stopping = false;
  app.server.on('connection', (socket: Socket) => {
    if (stopping) socket.destroy();
    spare.add(socket);
    socket.once('close', () => spare.delete(socket));
  });
  app.server.on('request', ({ socket }) => spare.delete(socket));
  app.addHook('preClose', async () => {
    stopping = true;
    for (const socket of spare) socket.destroy();
  });
}
