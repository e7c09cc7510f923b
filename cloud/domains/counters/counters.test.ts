// Counters as a plant engineer meets them: readings go in as an edge sends them, in any order and twice,
// and what they mean is read from the API. Each row of DEFINITIONS 8 is a machine of its own.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeMeaning } from '../../../edge/uplink/births.ts';
import { datatypeCode } from '../../../protocols/sparkplug/datatypes.ts';
import { databaseKinds } from '../../../test/support/database.ts';
import { RawEdge } from '../../../test/support/raw-edge.ts';
import { Road, until } from '../../../test/support/road.ts';
import { type Answer, type ApiUser, signIn } from '../../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { insertPerson } from '../../../test/web/plant-rows.ts';
import { recomputing } from '../../kpi/recompute.ts';
import { openDatabase } from '../../platform/database.ts';
import { RoundsRunner } from '../../platform/jobs/rounds.ts';
import type { Counts, Review, ReviewPage } from './index.ts';
import { cases, total } from './test-cases.ts';

/** An order that no sort makes; the same in each run. */
function shuffled<T>(items: readonly T[]): T[] {
  let state = 7;
  const keyed = items.map((item) => {
    state = (state * 48_271) % 2_147_483_647;
    return { item, key: state };
  });
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

describe.each(databaseKinds)('counters, on %s', (kind) => {
  let road: Road;
  let edge: RawEdge;
  let api: ApiOnPort;
  let lea: ApiUser;
  let max: ApiUser;
  let sid: ApiUser;
  let offset = 0;
  /** A whole hour of the plant, some hours ago. */
  const begin = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 5 * 3_600_000;
  const machineOf = (at: number) => `case-${at}`;
  const at = (second: number) => begin + second * 1000;

  beforeAll(async () => {
    road = await Road.open(
      kind,
      ['edge-1'],
      cases.map((_, index) => machineOf(index)),
    );
    const other = await road.addOrganization('hillside', []);
    await road.startIngestor();
    for (const [name, organization] of [
      ['lea', road.organization],
      ['max', road.organization],
      ['sid', other],
    ] as const) {
      const person = { email: `${name}@example.com`, password: 'correct horse battery', name };
      await insertPerson(road.database.ownerUrl, { ...person, organizationIds: [organization.id] });
    }
    await giveStandards();
    edge = await RawEdge.start(await road.connect('edge-1'), road.agent());
    await edge.born(tags());
    await bornAgainUntilKnown();
    const worker = openDatabase({ url: road.database.workerUrl, max: 2, statementTimeoutMs: 30_000, log: road.log });
    const rounds = new RoundsRunner(
      { ...recomputing({ retentionDays: 400 }), everyMs: 50 },
      { db: worker, log: road.log },
    );
    rounds.start();
    road.alsoStop(async () => {
      await rounds.stop();
      await worker.destroy();
    });
    api = await startApi({ databaseUrl: road.database.apiUrl, brokerUrl: road.brokerUrl });
    road.alsoStop(() => api.stop());
    const login = (name: string) =>
      signIn(api.url, { email: `${name}@example.com`, password: 'correct horse battery' });
    [lea, max, sid] = await Promise.all([login('lea'), login('max'), login('sid')]);
    await send(shuffled(allReadings()));
  });

  afterAll(() => road?.close());

  /** An ingestor that has just taken the lease asks for a birth once more. */
  async function bornAgainUntilKnown(): Promise<void> {
    let answered = 0;
    await until(async () => {
      if (edge.rebirths > answered) {
        answered = edge.rebirths;
        await edge.born(tags());
      }
      const { rows } = await road.owner.query<{ known: number }>('SELECT count(*)::int AS known FROM mes.tags');
      return (rows[0]?.known ?? 0) >= tags().length && edge.rebirths === answered;
    }, 'the births were not taken');
  }

  const numberOf = (machine: number, counter: number) => 1 + machine * 10 + counter;

  function tags() {
    return cases.flatMap(({ counters }, machine) =>
      counters.map(({ role = 'total_count', reason, counter, modulus }, index) => ({
        no: numberOf(machine, index),
        device: 'filling',
        name: `${machineOf(machine)}/${index}`,
        datatype: counter === 'delta' ? datatypeCode.Int32 : datatypeCode.UInt32,
        properties: encodeMeaning({
          machine: machineOf(machine),
          role,
          reason,
          counter: counter ?? 'cumulative',
          modulus,
        }),
      })),
    );
  }

  type Row = Parameters<RawEdge['data']>[0]['rows'][number];

  function allReadings(): Row[] {
    return cases.flatMap(({ counters }, machine) =>
      counters.flatMap(({ readings }, index) =>
        readings.map(([second, value]) => ({
          tag: numberOf(machine, index),
          time: at(second),
          value,
          ...(value === null && { status: 0x8000_0000 }),
        })),
      ),
    );
  }

  /** One message each, so that they arrive apart; historical, as what comes late is. */
  async function send(rows: readonly Row[]): Promise<void> {
    for (const row of rows)
      await edge.publish(
        'DDATA',
        edge.data({ offset: offset++, rows: [row], isHistorical: true, watermark: at(7200) }),
      );
    await until(() => edge.acknowledged.size === offset, `${edge.acknowledged.size} of ${offset} are committed`);
    await computed();
  }

  async function computed(): Promise<void> {
    await until(async () => {
      const { rows } = await road.owner.query<{ marks: number }>('SELECT count(*)::int AS marks FROM mes.dirty_marks');
      return rows[0]?.marks === 0;
    }, 'the marks are not worked off');
  }

  async function giveStandards(): Promise<void> {
    const { id, plantId, machines } = road.organization;
    const made = await road.owner.query<{ id: number }>(
      `WITH unit AS (INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'pieces') RETURNING id)
       INSERT INTO mes.materials (organization_id, code, name, unit_id) SELECT $1, 'COLA', 'Cola', unit.id FROM unit RETURNING id`,
      [id],
    );
    for (const [index, { idealCycle, piecesPerCount = 1, unseen = [] }] of cases.entries()) {
      const machine = machines.get(machineOf(index));
      await road.owner.query('UPDATE mes.machines SET default_material_id = $1 WHERE id = $2', [
        made.rows[0]?.id,
        machine,
      ]);
      if (idealCycle !== null)
        await road.owner.query(
          `INSERT INTO mes.production_standards (organization_id, plant_id, machine_id, material_id, valid_from, ideal_cycle_s, pieces_per_count)
           VALUES ($1, $2, $3, $4, '2020-01-01', $5, $6)`,
          [id, plantId, machine, made.rows[0]?.id, idealCycle, piecesPerCount],
        );
      gaps.push(...unseen.map(([from, to]) => ({ machine: index, from: at(from), to: at(to) })));
    }
  }
  const gaps: { machine: number; from: number; to: number }[] = [];

  const countsOf = async (machine: number, from = begin, to = at(7200)): Promise<Counts> => {
    const period = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
    const answer = await lea.get(`/machines/${road.organization.machines.get(machineOf(machine))}/counts?${period}`);
    expect([answer.status, answer.body]).toEqual([200, expect.anything()]);
    return answer.body as Counts;
  };

  /** What a computation from scratch, on what is stored, would give: the buckets and reviews, as text. */
  async function derived(): Promise<unknown> {
    const { rows } = await road.owner.query(
      'SELECT to_jsonb(b) AS b FROM mes.counter_buckets AS b ORDER BY tag_id, bucket',
    );
    const reviews = await road.owner.query(
      'SELECT to_jsonb(r) AS r FROM mes.counter_reviews AS r ORDER BY tag_id, time',
    );
    return { buckets: rows, reviews: reviews.rows };
  }

  it('notes what nobody saw', async () => {
    // As the agent reports it: a gap of one tag.
    for (const { machine, from, to } of gaps) {
      const tag = `${machineOf(machine)}/0`;
      await road.owner.query(
        `INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, device_id, tag_id, from_time, to_time, cause)
         SELECT tags.organization_id, tags.plant_id, devices.edge_agent_id, devices.id, tags.id, $2, $3, 'device_down'
         FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id WHERE tags.name = $1`,
        [tag, new Date(from), new Date(to)],
      );
      await road.owner.query(
        `INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
         SELECT tags.organization_id, tags.machine_id, $2, $3 FROM mes.tags WHERE tags.name = $1`,
        [tag, new Date(from), new Date(to)],
      );
    }
    await computed();
  });

  it.each(cases.map(({ says }, index) => [says, index] as const))('%s', async (_, index) => {
    expect(await countsOf(index)).toMatchObject(cases[index]?.gives ?? {});
  });

  it('gives the same for any order of arrival, twice delivered, as from scratch', async () => {
    const before = await derived();
    await send(shuffled([...allReadings(), ...allReadings()]).toReversed());
    expect(await derived()).toEqual(before);
    await road.owner.query('DELETE FROM mes.counter_buckets');
    await road.owner.query(
      `INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
       SELECT machines.organization_id, machines.id, $1, $2 FROM mes.machines`,
      [new Date(begin), new Date(at(7200))],
    );
    await computed();
    expect(await derived()).toEqual(before);
  });

  it('adds up from any instant to any other', async () => {
    const hour = cases.findIndex(({ says }) => says.includes('belongs whole'));
    const cut = at(3602);
    const pieces = async (from: number, to: number) => (await countsOf(hour, from, to)).produced?.pieces;
    expect([
      await pieces(begin, cut),
      await pieces(cut, at(3605)),
      await pieces(at(3605), at(3606)),
      await pieces(cut, at(7200)),
    ]).toEqual([0, 0, 8, 8]);
  });

  it('says until when the figures are final', async () => {
    expect((await countsOf(0)).finalUntil).toBe(new Date(at(7200)).toISOString());
  });

  it('is put where it belongs when it comes late, and the hours after it follow', async () => {
    const hour = cases.findIndex(({ says }) => says.includes('belongs whole'));
    await send([{ tag: numberOf(hour, 0), time: at(3590), value: 7 }]);
    const { produced, hours } = await countsOf(hour);
    expect(produced?.pieces).toBe(11);
    expect(hours.map((counted) => counted.produced?.pieces)).toEqual([3, 8]);
  });

  describe('a jump under review', () => {
    const jump = cases.findIndex(({ says }) => says.startsWith('more than'));
    const reviews = async (by: ApiUser, more = ''): Promise<Review[]> => {
      const machine = road.organization.machines.get(machineOf(jump));
      return ((await by.get(`/counter-reviews?machine=${machine}${more}`)).body as ReviewPage).items;
    };
    const problem = ({ body }: Answer) => (body as { detail: string }).detail;
    const decide = (by: ApiUser, review: Review, counts: number, replaces: number | null = null) =>
      by.ask('POST', '/counter-reviews/decisions', {
        tagId: review.tagId,
        time: review.time,
        previous: review.previous,
        reading: review.reading,
        counts,
        reason: 'Counted by hand',
        replaces,
      });

    it('tells what the counter showed and what it may have been', async () => {
      const [review] = await reviews(lea);
      expect(review).toMatchObject({ kind: 'jump', previous: 100, reading: 151, allowed: 50, decision: null });
      expect(review?.proposals).toEqual([
        { as: 'nothing', counts: 0 },
        { as: 'counted', counts: 51 },
      ]);
      expect(await reviews(sid)).toEqual([]);
    });

    it('is booked at its own time when somebody approves it, by one of two people', async () => {
      const [review] = (await reviews(lea)) as [Review];
      const answers = await Promise.all([decide(lea, review, 51), decide(max, review, 0)]);
      expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([204, 409]);
      await computed();
      const [decided] = (await reviews(lea, '&state=decided')) as [Review];
      const winner = answers[0]?.status === 204 ? 51 : 0;
      expect(decided.decision).toMatchObject({ counts: winner, reason: 'Counted by hand' });
      expect((await countsOf(jump)).produced?.pieces).toBe(9 + winner);
      expect((await decide(lea, review, 51, decided.decision?.id ?? 0)).status).toBe(204);
      await computed();
      expect(await countsOf(jump)).toMatchObject({ ...total(60), openReviews: 0 });
      expect(await reviews(lea)).toEqual([]);
    });

    it('is open again when late data changes what it was made for, and gone when it explains it', async () => {
      await send([{ tag: numberOf(jump, 0), time: at(5), value: 102 }]);
      const [again] = await reviews(lea);
      expect(again).toMatchObject({ previous: 102, reading: 151, decision: null });
      const stale = await decide(lea, { ...(again as Review), previous: 100 }, 51);
      expect([stale.status, problem(stale)]).toEqual([409, expect.stringContaining('Late data')]);
      await send([
        { tag: numberOf(jump, 0), time: at(9), value: 112 },
        { tag: numberOf(jump, 0), time: at(9.9), value: 113 },
      ]);
      expect((await reviews(lea)).map(({ previous }) => previous)).toEqual([113]);
    });

    it('is nobody else’s to decide', async () => {
      const [review] = (await reviews(lea)) as [Review];
      expect((await decide(sid, review, 5)).status).toBe(404);
      expect((await decide(lea, review, -1)).status).toBe(400);
      expect((await decide(lea, { ...review, time: new Date(0).toISOString() }, 5)).status).toBe(404);
    });
  });

  it('refuses a period that is empty, endless, or of a machine that is not yours', async () => {
    const machine = road.organization.machines.get(machineOf(0));
    const path = `/machines/${machine}/counts`;
    expect((await lea.get(`${path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`)).status).toBe(400);
    expect((await lea.get(`${path}?from=2025-01-01T00:00:00Z&to=2026-01-01T00:00:00Z`)).status).toBe(400);
    expect((await lea.get(path)).status).toBe(400);
    expect((await sid.get(`${path}?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z`)).status).toBe(404);
  });
});
