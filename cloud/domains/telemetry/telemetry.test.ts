// What the API tells of machines: to one organisation all of its own and nothing of another's.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows, storeSamples } from '../../../test/web/plant-rows.ts';
import type { AgentStates, GapPage, History, Now } from './schema.ts';

const password = 'correct horse battery';
const minute = 60_000;
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let north: PlantRows;
let south: PlantRows;
let lea: ApiUser;
let sid: ApiUser;

const machines = [
  {
    name: 'filler',
    displayName: 'Filler',
    tags: [
      { name: 'state', datatype: 'String', role: 'state' },
      { name: 'good_count', datatype: 'UInt32', role: 'good_count', unit: 'pcs', value: 4_294_967_295 },
      { name: 'fill_weight', datatype: 'Double', role: 'measurement', unit: 'g', pollMs: 1_000, value: 501.25 },
      { name: 'cap_jam', datatype: 'Boolean', role: 'alarm', reason: 'Cap jam' },
      { name: 'internal', datatype: 'Int32', value: 7 },
    ],
  },
  {
    name: 'capper',
    displayName: 'Capper',
    tags: [{ name: 'state', datatype: 'UInt16', role: 'state', value: 6, status: 0x8005_0000 }],
  },
];

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines };
  north = await insertPlant(ownerUrl, { ...plant, organization: 'North' });
  south = await insertPlant(ownerUrl, { ...plant, organization: 'South' });
  await insertPerson(ownerUrl, {
    email: 'lea@n.example',
    password,
    name: 'Lea',
    organizationIds: [north.organizationId],
  });
  await insertPerson(ownerUrl, {
    email: 'sid@s.example',
    password,
    name: 'Sid',
    organizationIds: [south.organizationId],
  });
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url });
  lea = await signIn(api.url, { email: 'lea@n.example', password });
  sid = await signIn(api.url, { email: 'sid@s.example', password });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

function tagOf(plant: PlantRows, name: string) {
  return { organizationId: plant.organizationId, plantId: plant.plantId, tagId: plant.tags[name] ?? 0 };
}

describe('the page Now', () => {
  it('has lanes and machines in physical order, last values, and since when states and alarms last', async () => {
    const now = Date.now();
    const ago = (minutes: number) => new Date(now - minutes * minute);
    await storeSamples(database.ownerUrl, tagOf(north, 'filler/state'), [
      { time: ago(30), value: 'Execute' },
      { time: ago(12), value: 'Stopping' },
      { time: ago(11), value: 'Stopped' },
    ]);
    await storeSamples(database.ownerUrl, tagOf(north, 'filler/cap_jam'), [
      { time: ago(40), value: false },
      { time: ago(12), value: true },
      { time: ago(5), value: true },
    ]);
    const { status, body } = await lea.get(`/now?plant=${north.plantId}`);
    expect(status).toBe(200);
    const { lanes, agents, plant } = body as Now;
    expect(plant).toEqual({ id: north.plantId, name: 'Plant', timeZone: 'Europe/Berlin' });
    expect(lanes.map((lane) => [lane.name, lane.machines.map((machine) => machine.displayName)])).toEqual([
      ['Line 1', ['Filler', 'Capper']],
      ['Utilities', []],
    ]);
    const [filler, capper] = lanes[0]?.machines ?? [];
    expect(filler?.state).toMatchObject({
      state: 'stopped',
      word: 'Stopped',
      since: ago(12).toISOString(),
      atLeast: false,
    });
    const values = Object.fromEntries(filler?.tags.map((tag) => [tag.name, tag.value]) ?? []);
    expect(values).toEqual({
      'filler/state': 'Stopped',
      'filler/good_count': 4_294_967_295,
      'filler/fill_weight': 501.25,
      'filler/cap_jam': true,
    });
    expect(filler?.tags.find((tag) => tag.role === 'alarm')?.since).toBe(ago(12).toISOString());
    // A value of bad quality is no state, and its unsigned code survives.
    expect(capper?.state?.state).toBe('unknown');
    expect(capper?.tags[0]?.status).toBe(0x8005_0000);
    expect(agents).toMatchObject([{ id: north.agentId, name: 'bottling', online: true }]);
  });
});

describe('since when a state lasts', () => {
  it('does not reach back across a time nobody saw the device', async () => {
    const { organizationId, plantId, deviceId } = south;
    const wholeMinute = Math.floor(Date.now() / minute) * minute;
    const ago = (minutes: number) => new Date(wholeMinute - minutes * minute);
    await storeSamples(database.ownerUrl, tagOf(south, 'filler/state'), [
      { time: ago(200), value: 'Stopped' },
      { time: ago(150), value: 'Execute' },
      { time: ago(90), value: 'Execute' },
    ]);
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.device_coverage (organization_id, plant_id, device_id, time, state)
       VALUES ($1, $2, $3, $4, 'up'), ($1, $2, $3, $5, 'down'), ($1, $2, $3, $6, 'up'), ($1, $2, $3, $7, 'up')`,
      [organizationId, plantId, deviceId, ago(300), ago(120), ago(90), ago(89)],
    );
    const { lanes } = (await sid.get(`/now?plant=${plantId}`)).body as Now;
    expect(lanes[0]?.machines[0]?.state).toMatchObject({
      state: 'running',
      since: ago(90).toISOString(),
      atLeast: true,
    });
  });
});

describe('the history of a tag', () => {
  it('is what SQL says of the same samples, bucket by bucket, and skips empty ones', async () => {
    const from = new Date(Math.floor(Date.now() / minute) * minute - 60 * minute);
    const samples = Array.from({ length: 500 }, (_, at) => ({
      // Nothing in the third quarter.
      time: new Date(from.getTime() + at * 3_600 + (at >= 250 ? 15 * minute : 0)),
      value: at % 50 === 7 ? null : Math.sin(at) * 100,
      status: at % 50 === 7 ? 0x8000_0000 : 0,
    }));
    const tag = tagOf(north, 'filler/fill_weight');
    await storeSamples(database.ownerUrl, tag, samples);
    const to = new Date(from.getTime() + 60 * minute);
    const period = `from=${from.toISOString()}&to=${to.toISOString()}`;
    const { body } = await lea.get(`/tags/${tag.tagId}/history?${period}&buckets=60`);
    const { buckets, bucketMs, gaps } = body as History;
    expect(bucketMs).toBe(minute);
    expect(gaps).toEqual([]);
    const expected = await asOwner(
      database.ownerUrl,
      `SELECT date_trunc('minute', time) AS time, count(value)::int AS count, min(value), avg(value) AS mean, max(value),
              (array_agg(value ORDER BY time) FILTER (WHERE value IS NOT NULL))[1] AS first,
              (array_agg(value ORDER BY time DESC) FILTER (WHERE value IS NOT NULL))[1] AS last
       FROM telemetry.sample WHERE tag_id = $1 AND time >= $2 AND time < $3 GROUP BY 1 HAVING count(value) > 0 ORDER BY 1`,
      [tag.tagId, from, to],
    );
    expect(buckets).toEqual(expected.map((row) => ({ ...row, time: (row['time'] as Date).toISOString() })));
    expect(buckets.length).toBeGreaterThan(20);
    expect(buckets.length).toBeLessThan(60);
  });

  it('of text is its changes, newest first, 500 at most', async () => {
    const tag = tagOf(south, 'filler/state');
    const start = Date.now() - 60 * minute;
    const samples = Array.from({ length: 1_102 }, (_, at) => ({
      time: new Date(start + at * 100),
      value: `state ${Math.floor(at / 2)}`,
    }));
    await storeSamples(database.ownerUrl, tag, samples);
    const period = `from=${new Date(start).toISOString()}&to=${new Date().toISOString()}`;
    const { body } = await sid.get(`/tags/${tag.tagId}/history?${period}`);
    const { changes, truncated } = body as History;
    expect(changes).toHaveLength(500);
    expect(truncated).toBe(true);
    expect(changes[0]).toEqual({ time: samples[1_100]?.time.toISOString(), value: 'state 550', status: 0 });
  });

  it('tells gaps of the ledger and times the device was not seen', async () => {
    const { organizationId, plantId, agentId, deviceId } = north;
    const hour = (at: number) => `2026-03-04T${String(at).padStart(2, '0')}:00:00.000Z`;
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, from_time, to_time, cause, lost_count)
       VALUES ($1, $2, $3, $4, $5, 'buffer_full', 9007199254740993)`,
      [organizationId, plantId, agentId, hour(6), hour(7)],
    );
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.device_coverage (organization_id, plant_id, device_id, time, state)
       VALUES ($1, $2, $3, $4, 'up'), ($1, $2, $3, $5, 'down'), ($1, $2, $3, $6, 'up'), ($1, $2, $3, $7, 'up')`,
      [organizationId, plantId, deviceId, hour(1), hour(8), hour(9), hour(10)],
    );
    const period = `from=${hour(5)}&to=${hour(12)}`;
    const { body } = await lea.get(`/tags/${north.tags['filler/fill_weight']}/history?${period}`);
    expect((body as History).gaps).toEqual([
      { from: hour(6), to: hour(7), cause: 'buffer_full' },
      { from: hour(8), to: hour(9), cause: 'device_down' },
    ]);
    const page = (await lea.get(`/gaps?${period}`)).body as GapPage;
    expect(page.gaps).toMatchObject([{ agent: 'bottling', device: null, lostCount: '9007199254740993' }]);
  });

  it('refuses a period that is backwards, longer than 400 days, or cut finer than 2000 times', async () => {
    const of = (query: string) => lea.get(`/tags/${north.tags['filler/fill_weight']}/history?${query}`);
    for (const query of [
      'from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z',
      'from=2024-01-01T00:00:00Z&to=2026-03-01T00:00:00Z',
      'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&buckets=2001',
      'from=yesterday&to=2026-03-02T00:00:00Z',
      'from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z&bukets=20',
    ]) {
      expect(await of(query), query).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });
});

describe('an agent', () => {
  it('is told with its lag, tags, gaps and dead letters', async () => {
    const { organizationId, plantId } = north;
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.dead_letters (organization_id, plant_id, topic, reason, payload)
       VALUES ($1, $2, $3, 'not_sparkplug', 'x'), ($1, $2, $3, 'not_sparkplug', 'y'), (NULL, NULL, $3, 'unknown_edge', 'z')`,
      [organizationId, plantId, `spBv1.0/group-${organizationId}/DDATA/bottling/line`],
    );
    const { body } = await lea.get('/ingest/agents');
    const [agent, ...others] = (body as AgentStates).agents;
    expect(others).toEqual([]);
    expect(agent).toMatchObject({ edgeId: 'bottling', online: true, version: '0.1.0', tagCount: 6, deadLetters24h: 2 });
    expect(agent?.lagSeconds).toBeGreaterThan(0);
  });
});

describe('another organisation', () => {
  it('is not there: not its plants, tags, gaps, agents, nor its live stream', async () => {
    const period = `from=2026-03-01T00:00:00Z&to=${new Date().toISOString()}`;
    const { items } = (await sid.get('/plants')).body as { items: { id: number }[] };
    expect(items.map(({ id }) => id)).toEqual([south.plantId]);
    expect((await sid.get(`/now?plant=${north.plantId}`)).status).toBe(404);
    const foreignTag = `/tags/${north.tags['filler/fill_weight']}/history?${period}`;
    expect((await lea.get(foreignTag)).status).toBe(200);
    expect((await sid.get(foreignTag)).status).toBe(404);
    expect(((await sid.get(`/gaps?${period}`)).body as GapPage).gaps).toEqual([]);
    expect(((await lea.get(`/gaps?${period}`)).body as GapPage).gaps).toHaveLength(1);
    expect(((await sid.get('/ingest/agents')).body as AgentStates).agents.map((agent) => agent.id)).toEqual([
      south.agentId,
    ]);
    expect((await sid.get(`/live?plant=${north.plantId}`)).status).toBe(404);
  });
});
