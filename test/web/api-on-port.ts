// The whole API on a port of its own, over a database and a broker of the test.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type ApiOptions, createApi } from '../../cloud/api/create-api.ts';
import { createLiveFeed } from '../../cloud/domains/telemetry/index.ts';

export const jwtSecret = 'a secret of this test, long enough for it';

export interface ApiOnPort {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startApi(
  options: { databaseUrl: string; brokerUrl: string } & Partial<Pick<ApiOptions, 'webDirectory' | 'health'>>,
): Promise<ApiOnPort> {
  const log = pino({ level: 'silent' });
  const app = await createApi({
    databaseUrl: options.databaseUrl,
    databaseConnections: 4,
    liveFeed: createLiveFeed({ url: options.brokerUrl, username: 'cloud', password: 'cloud', log }),
    health: options.health ?? (() => ({})),
    webDirectory: options.webDirectory ?? null,
    jwtSecret,
    cors: { origins: ['http://localhost:5173'] },
    metrics: new Registry(),
    log,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, stop: () => app.close() };
}
