// The whole API on a port of its own, over a database and a broker of the test.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type ApiOptions, createApi } from '../../cloud/api/create-api.ts';
import { createLiveFeed } from '../../cloud/domains/telemetry/index.ts';
import type { RequestLimits } from '../../cloud/platform/http/limits.ts';

export const jwtSecret = 'a secret of this test, long enough for it';

/** One machine, and a busy one, plays all visitors of a test. */
const withoutLimits = { perAddress: 1e6, perActor: 1e6, signInsPerAddress: 1e6, maxDelayMs: 0 };

export interface ApiOnPort {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startApi(
  options: { databaseUrl: string; brokerUrl: string } & Partial<
    Pick<
      ApiOptions,
      'webDirectory' | 'databaseConnections' | 'health' | 'redis' | 'mail' | 'jwtSecret' | 'jwtSecretPrevious'
    > & {
      limits: Partial<RequestLimits>;
      /** Adds routes before it listens. */
      extend: (app: Awaited<ReturnType<typeof createApi>>) => void;
    }
  >,
): Promise<ApiOnPort> {
  const log = pino({ level: 'silent' });
  const app = await createApi({
    databaseUrl: options.databaseUrl,
    databaseConnections: options.databaseConnections ?? 4,
    liveFeed: createLiveFeed({ url: options.brokerUrl, username: 'cloud', password: 'cloud', log }),
    health: options.health ?? (() => ({})),
    webDirectory: options.webDirectory ?? null,
    jwtSecret: options.jwtSecret ?? jwtSecret,
    jwtSecretPrevious: options.jwtSecretPrevious ?? null,
    limits: { ...withoutLimits, ...options.limits },
    redis: options.redis ?? null,
    cors: { origins: ['http://localhost:5173'] },
    ...(options.mail ? { mail: options.mail } : {}),
    metrics: new Registry(),
    log,
  });
  options.extend?.(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, stop: () => app.close() };
}
