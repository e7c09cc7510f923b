// The real services a test talks to, as the global set-up left them. Databases: see database.ts.

import { inject } from 'vitest';

export interface DatabaseServer {
  /** A superuser's URL, database `postgres`. */
  readonly url: string;
  /** The migrated database that tests clone. */
  readonly template: string;
  /** Of the roles mes_api, mes_ingest and mes_worker, the same for every database of a server. */
  readonly rolePassword: string;
}

export interface TestServices {
  readonly embedded: DatabaseServer;
  readonly timescale: DatabaseServer;
  readonly redisUrl: string;
  readonly chromium: string;
  readonly faketime: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    services: TestServices;
  }
}

/** Path of the browser, for playwright-core's `executablePath`. */
export function chromiumPath(): string {
  return inject('services').chromium;
}

/** Path of libfaketime, for a program's `LD_PRELOAD`. */
export function faketimePath(): string {
  return inject('services').faketime;
}
