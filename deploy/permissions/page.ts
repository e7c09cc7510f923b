// docs/permissions.md as it must be: the API is put together, not started, and asked for its catalogue.

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import { createApi } from '../../cloud/api/create-api.ts';
import { permissionMatrix } from '../../cloud/domains/roles/index.ts';
import { createLiveFeed } from '../../cloud/domains/telemetry/index.ts';

export const permissionsFile = fileURLToPath(new URL('../../docs/permissions.md', import.meta.url));

export async function permissionsPage(): Promise<string> {
  const log = pino({ level: 'silent' });
  const app = await createApi({
    databaseUrl: 'postgres://127.0.0.1/never-opened',
    liveFeed: createLiveFeed({ url: 'mqtt://127.0.0.1', username: '', password: '', log }),
    health: () => ({}),
    webDirectory: null,
    jwtSecret: randomBytes(32).toString('base64'),
    cors: { origins: [] },
    limits: { perAddress: 1, perActor: 1, signInsPerAddress: 1, maxDelayMs: 1_000 },
    metrics: null,
    log,
  });
  try {
    return await permissionMatrix(app.permissionCatalogue);
  } finally {
    await app.close();
  }
}
