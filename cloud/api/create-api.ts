// The HTTP API, put together: one Fastify instance that owns its database pool and its live feed.
//
// Order of a request: request id → CORS (preflights carry no token) → [rate limit by address] →
// authentication and organisation → [rate limit by user] → permission → handler.
//
// Nothing is opened before `listen` or `ready`; `close` ends the streams and closes everything. Several
// fit in one process.

import { randomUUID } from 'node:crypto';
import cookie from '@fastify/cookie';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import underPressure from '@fastify/under-pressure';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import type { Redis } from 'ioredis';
import type { Registry } from 'prom-client';
import { apiKeysRoutes, readApiKeyAccess } from '../domains/api-keys/index.ts';
import { auditRoutes } from '../domains/audit/index.ts';
import { calendarsRoutes } from '../domains/calendars/index.ts';
import { countersRoutes } from '../domains/counters/index.ts';
import { edgeAgentsRoutes } from '../domains/edge-agents/index.ts';
import { handoverNotesRoutes } from '../domains/handover-notes/index.ts';
import { identityRoutes } from '../domains/identity/index.ts';
import { installationRoutes } from '../domains/installation/index.ts';
import { jobsRoutes } from '../domains/jobs/index.ts';
import { lanesRoutes } from '../domains/lanes/index.ts';
import { lossReasonsRoutes } from '../domains/loss-reasons/index.ts';
import { machineRunsRoutes } from '../domains/machine-runs/index.ts';
import { machinesRoutes } from '../domains/machines/index.ts';
import { materialsRoutes } from '../domains/materials/index.ts';
import { metricsRoutes } from '../domains/metrics/index.ts';
import { createFiguresFeed, nowFiguresRoutes } from '../domains/now-figures/index.ts';
import { pairedDevicesRoutes } from '../domains/paired-devices/index.ts';
import { plannedWindowsRoutes } from '../domains/planned-windows/index.ts';
import { productionLogsRoutes } from '../domains/production-logs/index.ts';
import { productionStandardsRoutes } from '../domains/production-standards/index.ts';
import { kinds } from '../domains/resources.ts';
import { rolesRoutes } from '../domains/roles/index.ts';
import { settingsRoutes } from '../domains/settings/index.ts';
import { shiftReportsRoutes } from '../domains/shift-reports/index.ts';
import { stateMapsRoutes } from '../domains/state-maps/index.ts';
import { stopsRoutes } from '../domains/stops/index.ts';
import { tagsRoutes } from '../domains/tags/index.ts';
import { type LiveFeed, telemetryRoutes } from '../domains/telemetry/index.ts';
import { unitConversionsRoutes } from '../domains/unit-conversions/index.ts';
import { unitsRoutes } from '../domains/units/index.ts';
import { usersRoutes } from '../domains/users/index.ts';
import { workOrdersRoutes } from '../domains/work-orders/index.ts';
import { createAccessControl } from '../platform/access/access.ts';
import { openDatabase } from '../platform/database.ts';
import { DomainError, toProblem } from '../platform/errors.ts';
import { addAuthentication, addPermissionCheck } from '../platform/http/authentication.ts';
import { addActorLimits, addAddressLimits, type RequestLimits } from '../platform/http/limits.ts';
import { checkRoutes } from '../platform/http/permissions.ts';
import { endSpareConnections } from '../platform/http/spare-connections.ts';
import { validatorCompiler } from '../platform/http/validation.ts';
import { addResources } from '../platform/kit/routes.ts';
import { createMail, type MailSettings } from '../platform/mail/mail.ts';
import { addApiDescription, apiDescription } from './api-description.ts';
import { type HealthParts, healthRoutes } from './health.ts';
import { addMetrics } from './metrics.ts';
import { addWebPages, PAGES } from './web-pages.ts';

export interface ApiOptions {
  /** URL of mes_api. */
  readonly databaseUrl: string;
  /** The same past a pooler that shares connections between transactions, where there is one: to LISTEN. */
  readonly databaseListenUrl?: string;
  /** Connections of the pool, at most. Default 10. */
  readonly databaseConnections?: number | undefined;
  /** Started when the API is ready, stopped when it closes. */
  readonly liveFeed: LiveFeed;
  /** Where edge agents find the broker: its URL, or its port on the host of the API. */
  readonly agentBroker?: { readonly url: string | null; readonly port: number | null };
  /** State of the parts that the API cannot see itself (broker, ingest). */
  health(): HealthParts | Promise<HealthParts>;
  /** The built pages; null serves none. */
  readonly webDirectory: string | null;
  /** At least 32 characters. */
  readonly jwtSecret: string;
  /** The secret before: what it signed is still taken. */
  readonly jwtSecretPrevious?: string | null;
  readonly cors: { readonly origins: readonly string[] };
  /** Left out: there is no mail. */
  readonly mail?: MailSettings;
  /** How long samples are kept for sure, in days. Default 400. */
  readonly retentionDays?: number;
  /** How much one address and one person may ask. */
  readonly limits: RequestLimits;
  /** Counts for the limits over all instances; without it each process counts for itself. */
  readonly redis?: Redis | null;
  /** Metrics of the process; the API adds its own. Null: none are served. */
  readonly metrics: Registry | null;
  readonly log: FastifyBaseLogger;
}

/** What fastify expects of a JSON body here; files travel another way. */
const BODY_LIMIT_BYTES = 1_048_576;
const STATEMENT_TIMEOUT_MS = 30_000;
/** Until a request has arrived whole; a slow sender must not hold a connection. Answers may take longer. */
const REQUEST_TIMEOUT_MS = 120_000;
const RETENTION_DAYS = 400;
/** When to come back to a process that has more to do than it can. */
const RETRY_AFTER_S = 5;
const noMail: MailSettings = { smtpUrl: null, from: '', publicUrl: 'http://localhost' };
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { log, limits } = options;
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // What cannot even be routed is answered like the rest.
    frameworkErrors: (error, request, reply) => void answerProblem(error, request, reply),
    // Browsers keep connections open; those that wait for nothing must not hold up a stop.
    forceCloseConnections: 'idle',
    // A reverse proxy on this machine may say who the client is, nobody else.
    trustProxy: 'loopback',
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  checkRoutes(app, (url) => url === '*' || url.startsWith('/api/docs'));
  addErrors(app);
  endSpareConnections(app);

  const db = openDatabase({
    url: options.databaseUrl,
    max: options.databaseConnections ?? 10,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log,
  });
  const access = createAccessControl({
    db,
    listenUrl: options.databaseListenUrl ?? options.databaseUrl,
    catalogue: app.permissionCatalogue,
    metrics: options.metrics,
    log,
  });
  const figuresFeed = createFiguresFeed({ db, log });
  app.addHook('onReady', async () => {
    access.start();
    options.liveFeed.start();
  });
  app.addHook('onClose', async () => {
    await options.liveFeed.stop();
    await figuresFeed.stop();
    await access.stop();
    await db.destroy();
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  // The last answer on a connection says so; else a browser would keep it, and hold up the stop.
  let stopping = false;
  app.addHook('preClose', async () => {
    stopping = true;
  });
  app.addHook('onSend', async (_, reply) => {
    if (stopping) reply.header('connection', 'close');
  });
  await app.register(cors, {
    origin: [...options.cors.origins],
    credentials: true,
    exposedHeaders: ['x-request-id'],
    maxAge: 600,
  });
  await app.register(helmet, {
    // Plants serve this over plain HTTP in their own network, too.
    contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    strictTransportSecurity: false,
  });
  await app.register(cookie);
  // Measured over twice the bound: a shorter time may pass without a sample, which counts as endless.
  const sampleInterval = Math.max(1_000, 2 * limits.maxDelayMs);
  await app.register(underPressure, {
    maxEventLoopDelay: limits.maxDelayMs,
    sampleInterval,
    // The pages cost next to nothing, and say themselves that the server is busy: a browser would show this bare.
    pressureHandler: async (request, reply) => {
      if (request.routeOptions.url === PAGES) return;
      reply.header('retry-after', RETRY_AFTER_S);
      throw new DomainError('unavailable', 'The server has more to do than it can. Try again in a few seconds.');
    },
  });
  if (options.metrics) addMetrics(app, options.metrics);
  await app.register(apiDescription);

  await app.register(
    async (api) => {
      const mail = createMail(options.mail ?? noMail);
      await addAddressLimits(api, { limits, redis: options.redis ?? null });
      await addAuthentication(api, {
        secret: options.jwtSecret,
        previousSecret: options.jwtSecretPrevious ?? null,
        access,
        readApiKey: (key) => readApiKeyAccess(db, key),
      });
      addActorLimits(api, limits);
      addPermissionCheck(api);
      await api.register(identityRoutes, { db, mail, allowedOrigins: options.cors.origins });
      await api.register(apiKeysRoutes, { db });
      await api.register(installationRoutes, { db, allowedOrigins: options.cors.origins });
      await api.register(pairedDevicesRoutes, { db, allowedOrigins: options.cors.origins });
      await api.register(addResources, { kinds, db });
      await api.register(lanesRoutes, { db });
      await api.register(machinesRoutes, { db });
      await api.register(lossReasonsRoutes, { db });
      await api.register(calendarsRoutes, { db });
      await api.register(plannedWindowsRoutes, { db });
      await api.register(rolesRoutes, { db });
      await api.register(usersRoutes, { db, mail });
      await api.register(settingsRoutes, { db });
      await api.register(unitsRoutes, { db });
      await api.register(materialsRoutes, { db });
      await api.register(unitConversionsRoutes, { db });
      await api.register(productionStandardsRoutes, { db });
      await api.register(auditRoutes, { db });
      await api.register(jobsRoutes, { db });
      await api.register(countersRoutes, { db });
      await api.register(metricsRoutes, { db });
      await api.register(edgeAgentsRoutes, { db, broker: options.agentBroker ?? { url: null, port: null } });
      await api.register(tagsRoutes, { db });
      await api.register(stateMapsRoutes, { db });
      await api.register(workOrdersRoutes, { db });
      await api.register(machineRunsRoutes, { db });
      await api.register(productionLogsRoutes, { db });
      await api.register(shiftReportsRoutes, { db });
      await api.register(handoverNotesRoutes, { db });
      await api.register(stopsRoutes, { db, retentionDays: options.retentionDays ?? RETENTION_DAYS });
      await api.register(nowFiguresRoutes, { db, figuresFeed });
      await api.register(telemetryRoutes, { db, access, liveFeed: options.liveFeed, figuresFeed });
      await api.register(healthRoutes, { db, liveFeed: options.liveFeed, health: options.health });
      addApiDescription(api);
    },
    { prefix: '/api/v1' },
  );
  await addWebPages(app, options.webDirectory);
  return app;
}

function addErrors(app: FastifyInstance): void {
  app.setErrorHandler(answerProblem);
  app.setNotFoundHandler((request) => {
    throw new DomainError('not_found', `There is nothing at ${request.method} ${request.url.split('?')[0]}.`);
  });
}

function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem, fault } = toProblem(error, request.id);
  if (fault) request.log.error({ err: error, reqId: request.id, route: request.routeOptions.url }, 'a request failed');
  return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
}
