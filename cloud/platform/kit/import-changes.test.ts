// CSV files that change many records: each is as if it had been changed by itself, with its version and its
// row in the trail, and who was there first is not overrun.

import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import type { ImportReport } from './import.ts';

let story: Story<'lea'>;
let lea: ApiUser;

beforeAll(async () => {
  story = await startStory({ lea: 'North' });
  ({ lea } = story.users);
});

afterAll(() => story?.stop());

const owner = (query: string) => asOwner(story.database.ownerUrl, query);
const report = (answer: Answer) => answer.body as ImportReport;
const send = (lines: readonly string[], to = 'departments') => lea.ask('POST', `/${to}/import`, lines.join('\n'));
const header = 'plant,code,name,description';

describe('a file that changes many records', () => {
  // More than one statement takes.
  const rows = Array.from({ length: 1_500 }, (_, at) => at);
  const line = (at: number, name: string, description: string) => `Plant,D${at},${name},${description}`;

  it('counts a version and writes a row of the trail for each that differs, and leaves the others alone', async () => {
    await send([header, ...rows.map((at) => line(at, `Name ${at}`, 'as it was'))]);
    const [last] = await owner('SELECT max(id) AS id FROM mes.audit_logs');
    const changed = rows.map((at) =>
      line(
        at,
        at % 2 === 0 ? `New ${at}` : `Name ${at}`,
        at % 3 === 0 ? `other, ${at}`.replace(',', ' ') : 'as it was',
      ),
    );
    expect(report(await send([header, ...changed]))).toMatchObject({ updated: 1_000, unchanged: 500, faults: [] });
    const there = await owner(
      `SELECT code, name, description, version FROM mes.departments WHERE code IN ('D0', 'D1', 'D2', 'D1203') ORDER BY id`,
    );
    expect(there).toEqual([
      { code: 'D0', name: 'New 0', description: 'other  0', version: 2 },
      { code: 'D1', name: 'Name 1', description: 'as it was', version: 1 },
      { code: 'D2', name: 'New 2', description: 'as it was', version: 2 },
      { code: 'D1203', name: 'Name 1203', description: 'other  1203', version: 2 },
    ]);
    const trail = await owner(
      `SELECT departments.code, audit_logs.action, audit_logs.actor_name, audit_logs.old, audit_logs.new,
         audit_logs.plant_id = departments.plant_id AS "ofPlant"
       FROM mes.audit_logs JOIN mes.departments ON departments.id::text = audit_logs.entity_id
       WHERE audit_logs.id > ${String(last?.['id'])} ORDER BY departments.id`,
    );
    const seen = { action: 'update', actor_name: 'lea', ofPlant: true };
    expect(trail).toHaveLength(1_000);
    expect(trail.slice(0, 3)).toEqual([
      {
        code: 'D0',
        ...seen,
        old: { name: 'Name 0', description: 'as it was' },
        new: { name: 'New 0', description: 'other  0' },
      },
      { code: 'D2', ...seen, old: { name: 'Name 2' }, new: { name: 'New 2' } },
      { code: 'D3', ...seen, old: { description: 'as it was' }, new: { description: 'other  3' } },
    ]);
    const [waiting] = await owner(
      `SELECT count(*)::int AS n FROM mes.audit_unsealed WHERE audit_log_id > ${String(last?.['id'])}
       UNION ALL SELECT count(*)::int FROM mes.audit_seals WHERE audit_log_id > ${String(last?.['id'])} ORDER BY 1 DESC`,
    );
    expect(waiting).toEqual({ n: 1_000 });
  });

  it('waits for who is changing one of them, and then overruns nothing: the line says who was first', async () => {
    const codes = ['E1', 'E2', 'E3'];
    await send([header, ...codes.map((code) => `Plant,${code},Before,`)]);
    const other = new pg.Client({ connectionString: story.database.ownerUrl });
    await other.connect();
    try {
      await other.query("BEGIN; UPDATE mes.departments SET name = 'Theirs' WHERE code = 'E2'");
      const answer = send([header, ...codes.map((code) => `Plant,${code},Mine,`)]);
      await expect
        .poll(async () => (await owner("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'")).length)
        .toBeGreaterThan(0);
      await other.query('COMMIT');
      expect([(await answer).status, report(await answer).faults]).toMatchObject([
        422,
        [{ line: 3, code: 'changed_since' }],
      ]);
    } finally {
      await other.end();
    }
    const names = await owner("SELECT name FROM mes.departments WHERE code LIKE 'E_' ORDER BY code");
    expect(names.map(({ name }) => name)).toEqual(['Before', 'Theirs', 'Before']);
  });
});

describe('a rule of the domain', () => {
  it('is asked of each record of a file that changes many, and names the line that it refuses', async () => {
    await lea.ask('POST', '/machines', { plantId: story.plants.lea.plantId, name: 'f', displayName: 'Filler' });
    await send(['code,name', 'pcs,Piece'], 'units-of-measure');
    await send(['code,name,unit', 'COLA,Cola,pcs'], 'materials');
    const head = 'machine,material,validFrom,idealCycleS,piecesPerHour';
    const days = ['2026-01-01', '2026-02-01', '2026-03-01'];
    const made = await send([head, ...days.map((day) => `Filler,COLA,${day},1,`)], 'production-standards');
    expect(report(made)).toMatchObject({ created: 3 });
    const cycles = () => owner('SELECT ideal_cycle_s::float8 AS s FROM mes.production_standards ORDER BY valid_from');
    const wrong = [head, 'Filler,COLA,2026-01-01,2,', 'Filler,COLA,2026-02-01,2,1800', 'Filler,COLA,2026-03-01,2,'];
    const refused = await send(wrong, 'production-standards');
    expect([refused.status, report(refused).faults]).toMatchObject([422, [{ line: 3, column: 'idealCycleS' }]]);
    expect(await cycles()).toEqual([{ s: 1 }, { s: 1 }, { s: 1 }]);
    await owner('DELETE FROM mes.dirty_marks');
    const right = [head, ...days.map((day) => `Filler,COLA,${day},2,`)];
    expect(report(await send(right, 'production-standards'))).toMatchObject({ updated: 3, faults: [] });
    expect(await cycles()).toEqual([{ s: 2 }, { s: 2 }, { s: 2 }]);
    const marks = await owner('SELECT DISTINCT from_time, to_time FROM mes.dirty_marks ORDER BY from_time');
    expect(marks.map(({ from_time }) => (from_time as Date).toISOString().slice(0, 10))).toEqual([
      '2025-12-31',
      '2026-01-31',
      '2026-02-28',
    ]);
  });
});
