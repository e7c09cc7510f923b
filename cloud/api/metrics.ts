// Metrics for Prometheus: how long requests take, by route; and everything else in the given registry.

import type { FastifyInstance } from 'fastify';
import { Histogram, type Registry } from 'prom-client';

export function addMetrics(app: FastifyInstance, registry: Registry): void {
  const duration = new Histogram({
    name: 'unison_http_request_duration_seconds',
    help: 'Time until the answer was sent, by route',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  });
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'unknown';
    duration.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1_000);
  });
  app.get('/internal/metrics', { config: { permission: 'public' }, schema: { hide: true } }, async (_, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
