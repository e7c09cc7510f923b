// Who says what a tag is: the agent's configuration, until a person says otherwise on screen; and what the
// values of a state tag mean. Real births through the real ingestor, commands over HTTP.

import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { createApi } from '../../cloud/api/create-api.ts';
import { meaningOf, plainMap } from '../../cloud/domains/state-maps/index.ts';
import { createLiveFeed } from '../../cloud/domains/telemetry/index.ts';
import { databaseKinds } from '../support/database.ts';
import { cloudAccount, Road, until } from '../support/road.ts';
import { type ApiUser, signIn } from '../web/api-client.ts';
import { jwtSecret } from '../web/api-on-port.ts';
import { insertPerson } from '../web/plant-rows.ts';

interface TagRow {
  id: number;
  name: string;
  machineId: number | null;
  role: string | null;
  mapping: string;
  version: number;
  counterModulus: number | null;
  differs: boolean;
  declared: { machine: string | null; role: string | null };
  value: unknown;
}

interface Mapped {
  items: TagRow[];
  undo: object[];
}

const login = { email: 'emil@example.com', password: 'correct horse battery' };

async function openApi(road: Road): Promise<{ url: string; emil: ApiUser }> {
  const log = pino({ level: 'silent' });
  const person = { ...login, name: 'Emil', organizationIds: [road.organization.id], role: 'plant_engineer' };
  await insertPerson(road.database.ownerUrl, person);
  const app = await createApi({
    databaseUrl: road.database.apiUrl,
    databaseConnections: 3,
    liveFeed: createLiveFeed({ url: road.brokerUrl, ...cloudAccount, log }),
    health: () => ({}),
    webDirectory: null,
    jwtSecret,
    limits: { perAddress: 1e6, perActor: 1e6, signInsPerAddress: 1e6, maxDelayMs: 0 },
    cors: { origins: [] },
    metrics: null,
    log,
  });
  road.alsoStop(() => app.close());
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url, emil: await signIn(url, login) };
}

const tagsOf = async (emil: ApiUser): Promise<Map<string, TagRow>> => {
  const { items } = (await emil.get('/tags')).body as { items: TagRow[] };
  return new Map(items.map((tag) => [tag.name, tag]));
};

describe.each(databaseKinds)('a mapping on %s', { timeout: 240_000 }, (kind) => {
  let road: Road;
  afterEach(async () => road?.close());

  it('on screen stays whatever the agent declares, reaches the running ingestor, and is given back', async () => {
    road = await Road.open(kind, ['edge-1'], ['filler', 'capper']);
    await road.startIngestor();
    const { emil } = await openApi(road);
    const edge = await road.startEdge();
    const begun = Date.now() - 5_000;
    edge.push('count', begun, 1);
    edge.push('serial', begun, 7n);
    await road.drained(edge);
    const [filler, capper] = [road.organization.machines.get('filler'), road.organization.machines.get('capper')];
    const first = await tagsOf(emil);
    expect([...first.keys()][0]).toBe('serial');
    const count = first.get('count');
    expect(count).toMatchObject({ machineId: filler, role: 'good_count', mapping: 'agent', differs: false });

    await road.owner.query('DELETE FROM mes.dirty_marks');
    const wanted = { id: count?.id, version: 1, mapping: 'screen', machineId: capper, role: 'total_count' };
    const mapped = await emil.ask('POST', '/tags/map', { tags: [wanted] });
    expect(mapped.status, JSON.stringify(mapped.body)).toBe(200);
    const { items, undo } = mapped.body as Mapped;
    expect(items[0]).toMatchObject({ machineId: capper, role: 'total_count', mapping: 'screen', differs: true });
    expect(items[0]?.declared).toMatchObject({ machine: 'filler', role: 'good_count' });
    // Both machines are computed anew from the first sample on.
    const marks = await road.owner.query<{ machine_id: number; from: number }>(
      `SELECT machine_id, (extract(epoch FROM min(from_time)) * 1000)::float8 AS from FROM mes.dirty_marks GROUP BY 1`,
    );
    expect(new Map(marks.rows.map((row) => [row.machine_id, row.from]))).toEqual(
      new Map([
        [filler, begun],
        [capper, begun],
      ]),
    );

    // The running session marks and tells the new machine, without a birth.
    await road.owner.query('DELETE FROM mes.dirty_marks');
    let at = 10;
    await until(async () => {
      edge.push('count', Date.now(), at++);
      await edge.buffer.commit();
      const { rows } = await road.owner.query('SELECT FROM mes.dirty_marks WHERE machine_id = $1', [capper]);
      return rows.length > 1;
    }, 'the ingestor goes on with the old mapping');

    // A birth says filler again: the person is right until he takes it back.
    await edge.stop();
    const again = await road.startEdge();
    again.push('count', Date.now(), 99);
    await road.drained(again);
    expect((await tagsOf(emil)).get('count')).toMatchObject({ machineId: capper, role: 'total_count', differs: true });
    const old = await emil.ask('POST', '/tags/map', { tags: [wanted] });
    expect(old.status).toBe(409);
    const back = await emil.ask('POST', '/tags/map', { tags: undo });
    expect(back.status, JSON.stringify(back.body)).toBe(200);
    expect((await tagsOf(emil)).get('count')).toMatchObject({
      machineId: filler,
      role: 'good_count',
      mapping: 'agent',
    });
    await again.stop();
  });

  it('keeps the rollover that a person told where the agent tells none, and computes the counts anew', async () => {
    road = await Road.open(kind, ['edge-1'], ['filler']);
    await road.startIngestor();
    const { emil } = await openApi(road);
    const edge = await road.startEdge();
    edge.push('count', Date.now(), 1);
    edge.push('serial', Date.now(), 7n);
    await road.drained(edge);
    const tags = await tagsOf(emil);
    const { id, version, counterModulus } = tags.get('serial') ?? {};
    expect(counterModulus).toBeNull();
    const filler = road.organization.machines.get('filler');
    const wanted = { id, version, mapping: 'screen', machineId: filler, role: 'total_count', counterModulus: 65_536 };
    const mapped = await emil.ask('POST', '/tags/map', { tags: [wanted] });
    expect((mapped.body as Mapped).items[0]).toMatchObject({ counterModulus: 65_536, version: 2 });
    await road.owner.query('DELETE FROM mes.dirty_marks');
    const other = { id, version: 2, mapping: 'screen', counterModulus: 10_000 };
    expect((await emil.ask('POST', '/tags/map', { tags: [other] })).status).toBe(200);
    const { rows } = await road.owner.query('SELECT FROM mes.dirty_marks WHERE machine_id = $1', [filler]);
    expect(rows).toHaveLength(1);

    // Nothing is where a counter of nothing would begin again.
    const none = { id, version: 3, mapping: 'screen', counterModulus: 0 };
    expect((await emil.ask('POST', '/tags/map', { tags: [none] })).status).toBe(400);
    await edge.stop();
    const again = await road.startEdge();
    again.push('serial', Date.now(), 9n);
    await road.drained(again);
    expect((await tagsOf(emil)).get('serial')).toMatchObject({ role: 'total_count', counterModulus: 10_000 });
    await again.stop();
  });

  it('shows live what no machine has, and only to who asks for it', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const { url, emil } = await openApi(road);
    const edge = await road.startEdge();
    edge.push('serial', Date.now(), 1n);
    await road.drained(edge);
    const serial = (await tagsOf(emil)).get('serial');
    const closing = new AbortController();
    const stream = await fetch(`${url}/api/v1/live?plant=${road.organization.plantId}&tags=${serial?.id}`, {
      headers: { authorization: `Bearer ${emil.token}` },
      signal: closing.signal,
    });
    let seen = '';
    const reading = (async () => {
      for await (const chunk of stream.body ?? []) seen += Buffer.from(chunk).toString();
    })().catch(() => undefined);
    await until(() => seen.includes('event: snapshot'), 'no snapshot');
    let value = 100n;
    await until(async () => {
      edge.push('serial', Date.now(), (value += 1n));
      edge.push('count', Date.now(), Number(value));
      await edge.buffer.commit();
      return /event: change\ndata: .*"tags":\[\[/.test(seen);
    }, 'nothing is told of it');
    expect(seen).toContain(`[[${serial?.id},`);
    closing.abort();
    await reading;
    await edge.stop();
  });
});

describe.each(databaseKinds)('states on %s', { timeout: 240_000 }, (kind) => {
  let road: Road;
  afterEach(async () => road?.close());

  it('that no map knows are a task, mended once, for one machine or for all', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const { emil } = await openApi(road);
    const edge = await road.startEdge({
      tags: { state: { datatype: 'Int32', role: 'state', machine: 'filler' }, mode: { datatype: 'String' } },
    });
    const filler = road.organization.machines.get('filler');
    for (const [at, value] of [6, 42, 43, 42].entries()) edge.push('state', Date.now() - 4_000 + at * 1_000, value);
    edge.push('mode', Date.now() - 60_000, 'Wartet auf Tank');
    await road.drained(edge);
    const unmapped = async () =>
      (await emil.get('/state-maps/unmapped')).body as { count: number; items: { value: string }[] };
    await until(async () => (await unmapped()).count === 2, 'the codes are not found');
    expect((await unmapped()).items.map(({ value }) => value).sort()).toEqual(['42', '43']);

    await road.owner.query('DELETE FROM mes.dirty_marks');
    const made = await emil.ask('POST', '/state-maps', { machineId: filler, value: '42', state: 'setup' });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect((await emil.ask('POST', '/state-maps', { machineId: filler, value: ' 42', state: 'idle' })).status).toBe(
      409,
    );
    expect((await emil.ask('POST', '/state-maps', { value: '43', state: 'idle' })).status).toBe(201);
    expect((await unmapped()).count).toBe(0);
    expect(
      (await road.owner.query('SELECT FROM mes.dirty_marks WHERE machine_id = $1', [filler])).rowCount,
    ).toBeGreaterThan(0);
    const plant = road.organization.plantId;
    const now = (await emil.get(`/now?plant=${plant}`)).body as { lanes: { machines: { state: object }[] }[] };
    expect(now.lanes[0]?.machines[0]?.state).toMatchObject({ state: 'setup', word: '42' });

    // Archived, the value is unknown again; a tag that becomes a state brings the values it had.
    const { id, version } = made.body as { id: number; version: number };
    await emil.ask('DELETE', `/state-maps/${id}?version=${version}`);
    expect((await unmapped()).items).toMatchObject([{ value: '42' }]);
    const mode = (await tagsOf(emil)).get('mode');
    await emil.ask('POST', '/tags/map', {
      tags: [{ id: mode?.id, version: 1, mapping: 'screen', machineId: filler, role: 'state' }],
    });
    expect((await unmapped()).items.map(({ value }) => value).sort()).toEqual(['42', 'Wartet auf Tank']);
    await edge.stop();
  });

  it('mean the same in the database and on screen', async () => {
    road = await Road.open(kind);
    const { id, plantId, machines, agents } = road.organization;
    const { rows: devices } = await road.owner.query<{ id: number }>(
      `INSERT INTO mes.devices (organization_id, plant_id, edge_agent_id, name) VALUES ($1, $2, $3, 'd') RETURNING id`,
      [id, plantId, agents[0]?.id],
    );
    const values = [...Array(20).keys()].flatMap((number) => [number, String(number)]);
    const names = ['Execute', 'execute', 'Held', 'Manual', 'Maintenance', 'Unsuspending', 'RUN', '6.5'];
    for (const datatype of ['Int32', 'String', 'Boolean']) {
      const { rows } = await road.owner.query<{ id: number }>(
        `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id, role)
         VALUES ($1, $2, $3, $4, $4, $5, 'state') RETURNING id`,
        [id, plantId, devices[0]?.id, datatype, machines.get('filler')],
      );
      for (const numbering of ['packml_2015', 'packml_2008'] as const) {
        await road.owner.query('UPDATE mes.machines SET state_numbering = $1', [numbering]);
        for (const value of [...values, ...names]) {
          const isText = typeof value === 'string';
          if (isText !== (datatype === 'String')) continue;
          const said = datatype === 'Boolean' ? Boolean(value) : value;
          const { rows: found } = await road.owner.query<{ state: string; reason: string | null }>(
            'SELECT state, reason FROM mes.state_meaning($1, $2)',
            [rows[0]?.id, String(Number.isNaN(Number(value)) || isText ? value : Number(said))],
          );
          const { state, reason } = meaningOf(said, 0, { ...plainMap, numbering });
          expect([datatype, value, found[0]?.state ?? 'unknown', found[0]?.reason ?? null]).toEqual([
            datatype,
            value,
            state,
            reason,
          ]);
        }
      }
    }
  });
});
