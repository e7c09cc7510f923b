// /metrics: figures with their numerators and denominators; /metrics/losses: where time was lost;
// /metrics/failures: MTBF and MTTR; /metrics/throughput and /metrics/yields: of orders;
// /metrics/target-now: what should have been made by now; /metrics/definitions: what each figure means.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Database } from '../../platform/database.ts';
import { asActor } from '../../platform/http/context.ts';
import { readReliability } from './failure-service.ts';
import { readThroughput, readYields } from './order-service.ts';
import {
  DefinitionsPage,
  FailuresPage,
  FailuresQuery,
  MetricsPage,
  MetricsQuery,
  ParetoPage,
  ParetoQuery,
  TargetNowPage,
  TargetNowQuery,
  ThroughputPage,
  ThroughputQuery,
  YieldsPage,
  YieldsQuery,
} from './schema.ts';
import { readDefinitions, readMetrics, readPareto } from './service.ts';
import { readTargetNow } from './target-service.ts';

export const metricsRoutes: FastifyPluginAsyncTypebox<{ db: Database }> = async (app, { db }) => {
  const tags = ['metrics'];
  const config = { permission: 'metrics.read' } as const;

  app.get(
    '/metrics',
    {
      config,
      schema: {
        tags,
        summary: 'OEE and its factors, losses, quantities: sums, and quotients of sums, by what you group by',
        querystring: MetricsQuery,
        response: { 200: MetricsPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readMetrics(ctx, request.query)),
  );

  app.get(
    '/metrics/losses',
    {
      config,
      schema: {
        tags,
        summary: 'Time lost by category and reason, and how often it began; longest first',
        querystring: ParetoQuery,
        response: { 200: ParetoPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readPareto(ctx, request.query)),
  );

  app.get(
    '/metrics/failures',
    {
      config,
      schema: {
        tags,
        summary: 'Failures, the time between them and the time of repair: MTBF by three methods, MTTR',
        querystring: FailuresQuery,
        response: { 200: FailuresPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readReliability(ctx, request.query)),
  );

  app.get(
    '/metrics/throughput',
    {
      config,
      schema: {
        tags,
        summary: 'Pieces by the time from the first start to the last end, of each order on each machine',
        querystring: ThroughputQuery,
        response: { 200: ThroughputPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readThroughput(ctx, request.query)),
  );

  app.get(
    '/metrics/yields',
    {
      config,
      schema: {
        tags,
        summary: 'First pass yield of each operation of orders or materials, and of all of them together',
        querystring: YieldsQuery,
        response: { 200: YieldsPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readYields(ctx, request.query)),
  );

  app.get(
    '/metrics/target-now',
    {
      config,
      schema: {
        tags,
        summary: 'What each machine makes now, and how many good pieces it should have made by now',
        querystring: TargetNowQuery,
        response: { 200: TargetNowPage },
      },
    },
    (request) => asActor({ db, request }, (ctx) => readTargetNow(ctx, request.query)),
  );

  app.get(
    '/metrics/definitions',
    {
      config,
      schema: {
        tags,
        summary: 'What each figure means: formula, name in ISO 22400, inputs, unit and rounding',
        response: { 200: DefinitionsPage },
      },
    },
    () => readDefinitions(),
  );
};
