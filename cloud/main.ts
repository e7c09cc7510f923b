// The cloud as one process: database, migrations, broker, ingest, worker and API, as UNISON_PARTS says. Larger
// installations run the parts apart, with DATABASE_URL and MQTT_URL naming what they share.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import pino from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { createApi } from './api/create-api.ts';
import { backgroundWork } from './background-work.ts';
import { type Broker, startBroker } from './broker/broker.ts';
import { keepAllSystemRoles } from './domains/roles/index.ts';
import { createLiveFeed } from './domains/telemetry/index.ts';
import { Ingestor } from './ingest/ingestor.ts';
import { type CloudConfig, ConfigError, type DatabaseUrls, readConfig } from './platform/config.ts';
import { MAX_DELAY_MS } from './platform/http/limits.ts';
import { Background } from './platform/jobs/background.ts';
import { migrate } from './platform/migrate.ts';
import { openOwnDatabase } from './platform/own-database.ts';
import { databaseUrls, provisionRoles } from './platform/roles.ts';

interface Running {
  readonly url: string | null;
  stop(): Promise<void>;
}

const stopTimeoutMs = 20_000;

/** Starts the parts in the order they need each other; stops them in the other. */
async function start(config: CloudConfig, log: pino.Logger): Promise<Running> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).reverse())
      await one().catch((error: unknown) => log.error({ err: error }, 'a part did not stop cleanly'));
  };
  try {
    const own = config.databaseUrl === null ? await openOwnDatabase(config.dataDirectory, log) : null;
    if (own) stops.push(() => own.stop());
    const ownerUrl = config.databaseUrl ?? own?.url ?? '';
    await migrate({ ownerUrl, log });
    await provisionRoles(ownerUrl, config.rolePasswords);
    await keepAllSystemRoles(ownerUrl);
    const urls = databaseUrls(config, ownerUrl);
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    let broker: Broker | null = null;
    if (config.broker.url === null && config.parts.includes('broker')) {
      const pool = new pg.Pool({ connectionString: urls.ingest, max: 2 });
      pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection was lost'));
      stops.push(() => pool.end());
      const { host, port, username, password } = config.broker;
      broker = await startBroker({ host, port, cloud: { username, password }, pool, log });
      const started = broker;
      stops.push(() => started.stop());
    }
    const account = {
      url: config.broker.url ?? broker?.url ?? `mqtt://${config.broker.host}:${config.broker.port}`,
      username: config.broker.username,
      password: config.broker.password,
    };
    let ingestor: Ingestor | null = null;
    if (config.parts.includes('ingest')) {
      const { name, maxBytes, retentionDays } = config.ingest;
      ingestor = new Ingestor({
        name,
        databaseUrl: urls.ingest,
        broker: account,
        maxBytes,
        retentionDays,
        registry,
        log,
      });
      await ingestor.start();
      const started = ingestor;
      stops.push(() => started.stop());
    }
    if (config.parts.includes('worker')) {
      const worker = createWorker({ config, databaseUrl: urls.worker, registry, log });
      stops.push(() => worker.stop());
      await worker.start();
    }
    if (!config.parts.includes('api')) return { url: null, stop };
    const { url, close } = await startApi({ config, urls, account, ingestor, registry, log });
    stops.push(close);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createWorker(options: {
  config: CloudConfig;
  databaseUrl: string;
  registry: Registry;
  log: pino.Logger;
}): Background {
  const { config, databaseUrl, registry, log } = options;
  const { redisUrl, prefix, attempts, visibilityS } = config.queue;
  return new Background({
    ...backgroundWork(config, registry),
    databaseUrl,
    redisUrl,
    prefix,
    attempts,
    visibilityMs: visibilityS * 1_000,
    registry,
    log,
  });
}

async function startApi(options: {
  config: CloudConfig;
  urls: DatabaseUrls;
  account: { url: string; username: string; password: string };
  ingestor: Ingestor | null;
  registry: Registry;
  log: pino.Logger;
}): Promise<{ url: string; close: () => Promise<unknown> }> {
  const { config, urls, account, ingestor, registry, log } = options;
  const web = fileURLToPath(new URL('../dist/web/', import.meta.url));
  const redis = config.queue.redisUrl === null ? null : openCounters(config.queue.redisUrl, log);
  const api = await createApi({
    databaseUrl: urls.api,
    databaseListenUrl: urls.apiDirect,
    liveFeed: createLiveFeed({ ...account, log }),
    agentBroker: {
      url: config.broker.url,
      port: config.broker.url === null ? Number(new URL(account.url).port) : null,
    },
    health: () => {
      if (!ingestor) return {};
      const { broker, database, edges, waitingBytes } = ingestor.health();
      return {
        broker: { ok: broker },
        ingest: { ok: broker && database, detail: `${edges} edges, ${waitingBytes} bytes waiting` },
      };
    },
    webDirectory: existsSync(join(web, 'index.html')) ? web : null,
    jwtSecret: config.jwtSecret,
    jwtSecretPrevious: config.jwtSecretPrevious,
    limits: { ...config.limits, maxDelayMs: MAX_DELAY_MS },
    redis,
    cors: { origins: config.http.corsOrigins },
    mail: config.mail,
    retentionDays: config.ingest.retentionDays,
    metrics: registry,
    log,
  });
  const { host, port } = config.http;
  try {
    return { url: await api.listen({ host, port }), close: () => api.close().finally(() => redis?.disconnect()) };
  } catch (error) {
    await api.close();
    redis?.disconnect();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new ConfigError(`Port ${port} is in use. Stop the program that has it, or choose another with HTTP_PORT.`, {
      cause: error,
    });
  }
}

/** Counts requests over all processes. While it is away requests go on uncounted, at once. */
function openCounters(url: string, log: pino.Logger): Redis {
  const redis = new Redis(url, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
  redis.on('error', (error) => log.warn({ err: error }, 'Redis does not answer: requests are not counted'));
  return redis;
}

async function main(): Promise<void> {
  const config = readConfig();
  const log = pino({ level: config.logLevel });
  const running = await start(config, log);
  log.info({ url: running.url, parts: config.parts }, 'cloud ready');
  const told = Promise.withResolvers<string>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => told.resolve(signal));
  log.info({ signal: await told.promise }, 'stopping');
  setTimeout(() => {
    log.error({}, 'not stopped in time; leaving');
    process.exit(1);
  }, stopTimeoutMs).unref();
  await running.stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? (error instanceof ConfigError ? error.message : error.stack) : String(error)}\n`,
  );
  process.exitCode = 1;
}
