// The API as a plant runs it, and the same list in bare Fastify and pg, each in this process of its own.

import { randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import pg from 'pg';
import pino from 'pino';
import { Registry } from 'prom-client';
import { createApi } from '../../../cloud/api/create-api.ts';
import { createLiveFeed } from '../../../cloud/domains/telemetry/index.ts';
import { obey } from '../obey.ts';

export interface ApiOrder {
  readonly databaseUrl: string;
  readonly connections: number;
}

const log = pino({ level: 'silent' });
const noLimit = 1e9;
let close: () => Promise<unknown> = async () => {};

obey({
  /** Address of the whole API. */
  async product({ databaseUrl, connections }: ApiOrder): Promise<string> {
    const app = await createApi({
      databaseUrl,
      databaseConnections: connections,
      // Nobody looks at live values here, and no broker runs.
      liveFeed: createLiveFeed({ url: 'mqtt://127.0.0.1:1', username: '', password: '', log }),
      health: () => ({}),
      webDirectory: null,
      jwtSecret: randomBytes(32).toString('base64'),
      cors: { origins: [] },
      limits: { perAddress: noLimit, perActor: noLimit, signInsPerAddress: noLimit, maxDelayMs: 60_000 },
      metrics: new Registry(),
      log,
    });
    close = () => app.close();
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  /** Address of the same list without a fence: who may ask is asked by nobody, and nothing is checked. */
  async bare({ databaseUrl, connections, organizationId }: ApiOrder & { organizationId: number }): Promise<string> {
    const pool = new pg.Pool({ connectionString: databaseUrl, max: connections });
    const app = fastify();
    app.get('/departments', async () => {
      const { rows } = await pool.query(
        `SELECT departments.id, departments.version, departments.created_at AS "createdAt", departments.updated_at AS "updatedAt",
                departments.archived_at AS "archivedAt", departments.plant_id AS "plantId", plants.name AS "plantName",
                departments.code, departments.name, departments.description
         FROM mes.departments LEFT JOIN mes.plants ON plants.id = departments.plant_id
         WHERE departments.organization_id = $1 AND departments.archived_at IS NULL
         ORDER BY departments.code COLLATE mes.natural, departments.id LIMIT $2`,
        [organizationId, 51],
      );
      return { items: rows.slice(0, 50), nextCursor: null };
    });
    close = async () => {
      await app.close();
      await pool.end();
    };
    return app.listen({ host: '127.0.0.1', port: 0 });
  },
  close: () => close(),
});
