// api.list: a page of a list through row security, permission check and audit context, against the same
// query in bare Fastify and pg. api.signin: signing in, against the password hash it cannot do without.

import { performance } from 'node:perf_hooks';
import { verify } from '@node-rs/argon2';
import { hashPassword } from '../../../cloud/domains/identity/index.ts';
import { asOwner, insertPerson, insertPlant } from '../../web/plant-rows.ts';
import { type Bench, type BenchContext, inTurn, median, type Result } from '../bench.ts';
import { Child } from '../child.ts';
import type { BenchDatabase } from '../services.ts';
import type { ApiOrder } from './api-process.ts';
import type { Asking } from './asker-process.ts';

const departments = 10_000;
const connections = 10;
const askers = 20;
const signers = 4;
const seconds = 4;
const login = { email: 'lea@example.com', password: 'correct horse battery' };

export const apiBench: Bench = {
  names: ['api.list', 'api.signin'],
  async run(context) {
    const database = await context.services.database();
    const product = Child.start(new URL('./api-process.ts', import.meta.url), {
      profile: context.profile,
      name: 'api',
    });
    const bare = Child.start(new URL('./api-process.ts', import.meta.url));
    const asker = Child.start(new URL('./asker-process.ts', import.meta.url));
    try {
      const organizationId = await fill(database);
      const url = await product.ask<string>('product', order(database.apiUrl));
      const bareUrl = await bare.ask<string>('bare', { ...order(database.ownerUrl), organizationId });
      const list = await measureList(context, { asker, url, bareUrl });
      return [list, await measureSignIn(context, { asker, url })];
    } finally {
      await asker.stop();
      await product.ask('close').catch(() => undefined);
      await bare.ask('close').catch(() => undefined);
      await product.stop();
      await bare.stop();
      await database.drop();
    }
  },
};

const order = (databaseUrl: string): ApiOrder => ({ databaseUrl, connections });

/** Two organisations, so that the fence has something to hold back. */
async function fill({ ownerUrl }: BenchDatabase): Promise<number> {
  const ids: number[] = [];
  for (const organization of ['North', 'South']) {
    const plant = { organization, name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
    const { organizationId, plantId } = await insertPlant(ownerUrl, plant);
    ids.push(organizationId);
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.departments (organization_id, plant_id, code, name, description)
       SELECT $1, $2, 'D' || number, 'Department ' || number, 'What department ' || number || ' does'
       FROM generate_series(1, $3::int) AS number`,
      [organizationId, plantId, departments / 2],
    );
  }
  const [organizationId = 0] = ids;
  await insertPerson(ownerUrl, { ...login, name: 'Lea', organizationIds: [organizationId] });
  await asOwner(ownerUrl, 'CREATE INDEX ON mes.departments (organization_id, code COLLATE mes.natural, id)');
  await asOwner(ownerUrl, 'VACUUM ANALYZE mes.departments');
  return organizationId;
}

async function measureList(
  context: BenchContext,
  { asker, url, bareUrl }: { asker: Child; url: string; bareUrl: string },
): Promise<Result> {
  const answer = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  const { accessToken } = (await answer.json()) as { accessToken: string };
  const asking = { method: 'GET', connections: askers, seconds } as const;
  const authorization = `Bearer ${accessToken}`;
  const path = '/departments?limit=50';
  const runs = await inTurn(context, {
    reference: () => asker.ask<number>('ask', { ...asking, url: bareUrl + path, headers: {} } satisfies Asking),
    subject: () =>
      asker.ask<number>('ask', { ...asking, url: `${url}/api/v1${path}`, headers: { authorization } } satisfies Asking),
  });
  return {
    name: 'api.list',
    value: median(runs.subject),
    unit: 'requests/s',
    reference: { name: 'the same query in bare Fastify and pg', value: median(runs.reference) },
    aims: [{ of: 'ratio', is: 'at least', bound: 0.6 }],
    runs,
    conditions: `the first 50 of ${departments / 2} departments of one organisation, as many of another beside them; ${askers} people at once, ${connections} database connections; token, session, permission and limits checked, organisation and plants set in the transaction of each request; PostgreSQL with TimescaleDB, asker and server on the same cores; ${seconds} s a run`,
  };
}

async function measureSignIn(context: BenchContext, { asker, url }: { asker: Child; url: string }): Promise<Result> {
  const asking: Asking = {
    url: `${url}/api/v1/auth/login`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
    connections: signers,
    seconds,
  };
  const stored = await hashPassword(login.password);
  const runs = await inTurn(context, {
    reference: async () => {
      const until = performance.now() + seconds * 1_000;
      let checks = 0;
      const loop = async (): Promise<void> => {
        for (; performance.now() < until; checks += 1) await verify(stored, login.password);
      };
      await Promise.all(Array.from({ length: signers }, loop));
      return checks / seconds;
    },
    subject: () => asker.ask<number>('ask', asking),
  });
  return {
    name: 'api.signin',
    value: median(runs.subject),
    unit: 'sign-ins/s',
    reference: { name: 'argon2id alone, as many at once', value: median(runs.reference) },
    aims: [],
    runs,
    conditions: `e-mail and password of one person, ${signers} at once: lock-out, argon2id (19 MiB, 2 passes), session and audit row each; ${seconds} s a run`,
  };
}
