// A large CSV file: taken at once, imported in the background with its progress shown, whole or not at all.

import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { kinds } from '../../domains/resources.ts';
import { Background } from '../jobs/background.ts';
import { cleanKit, csvImportProcessor } from './import-job.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let worker: Background;
let lea: ApiUser;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const plant = { organization: 'N', name: 'Plant', timeZone: 'UTC', machines: [] };
  const { organizationId } = await insertPlant(database.ownerUrl, plant);
  const person = { email: 'lea@n.example', password, name: 'Lea', organizationIds: [organizationId] };
  await insertPerson(database.ownerUrl, person);
  worker = new Background({
    databaseUrl: database.workerUrl,
    redisUrl: null,
    prefix: 'unison',
    attempts: 3,
    visibilityMs: 30_000,
    processors: [csvImportProcessor(kinds)],
    schedules: [{ ...cleanKit, everyMs: 500 }],
    rounds: [],
    registry: new Registry(),
    log: pino({ level: 'silent' }),
  });
  await worker.start();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  lea = await signIn(api.url, { email: 'lea@n.example', password });
});

afterAll(async () => {
  await api?.stop();
  await worker?.stop();
  await broker?.stop();
  await database?.drop();
});

const file = (rows: number, spoil: (number: number) => string | null = () => null): string =>
  ['plant,code,name', ...Array.from({ length: rows }, (_, at) => spoil(at) ?? `Plant,C${at},Name ${at}`)].join('\n');

async function ended(answer: Answer): Promise<Record<string, unknown>> {
  const { jobId } = answer.body as { jobId: string };
  let row: Record<string, unknown> = {};
  await expect
    .poll(
      async () => {
        [row = {}] = await asOwner(database.ownerUrl, 'SELECT * FROM mes.background_jobs WHERE id = $1', [jobId]);
        return row['state'];
      },
      { timeout: 60_000 },
    )
    .toMatch(/completed|dead/);
  return row;
}

async function count(table: string): Promise<number> {
  return Number((await asOwner(database.ownerUrl, `SELECT count(*) AS n FROM mes.${table}`))[0]?.['n']);
}

describe('a large CSV file', () => {
  it('is imported in the background, in the name of who sent it, and once more it changes nothing', async () => {
    const answer = await lea.ask('POST', '/departments/import', file(5_000));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe(`/api/v1/jobs/${(answer.body as { jobId: string }).jobId}`);
    const job = await ended(answer);
    expect(job).toMatchObject({ state: 'completed', progress: 1, actor_name: 'Lea' });
    expect(job['result']).toMatchObject({ rows: 5_000, created: 5_000, faults: [] });
    expect(await count('departments')).toBe(5_000);
    expect(await count(`audit_logs WHERE entity = 'departments' AND actor_name = 'Lea'`)).toBe(5_000);
    expect(await count('import_files')).toBe(0);
    const again = await ended(await lea.ask('POST', '/departments/import', file(5_000)));
    expect(again['result']).toMatchObject({ rows: 5_000, created: 0, updated: 0, unchanged: 5_000 });
  });

  it('with a wrong row leaves nothing behind, and says which row it is', async () => {
    const before = await count('departments');
    const spoilt = file(3_000, (at) => (at === 2_500 ? 'Nowhere,X1,Name' : `Plant,NEW${at},Name`));
    const job = await ended(await lea.ask('POST', '/departments/import', spoilt));
    expect(job['state']).toBe('dead');
    expect(job['error']).toContain('nothing was imported');
    expect((job['result'] as { faults: object[] }).faults).toMatchObject([{ line: 2_502, column: 'plant' }]);
    expect(await count('departments')).toBe(before);
  });

  it('is kept for a day only, like the answers to repeated requests', async () => {
    await asOwner(database.ownerUrl, "UPDATE mes.import_files SET created_at = now() - interval '25 hours'");
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.idempotency_keys SELECT id, 'a', old::text, 'f', '{}', now() - old * interval '23 hours'
       FROM mes.organizations CROSS JOIN generate_series(1, 2) AS old`,
    );
    await expect.poll(() => count('import_files'), { timeout: 30_000 }).toBe(0);
    await expect.poll(() => count('idempotency_keys'), { timeout: 30_000 }).toBe(1);
  });
});
