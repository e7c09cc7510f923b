// Production standards over HTTP, on both databases: seconds or pieces an hour, which one holds when, and
// the time for which figures are made anew.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseKinds } from '../../../test/support/database.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';

describe.each(databaseKinds)('a production standard on %s', (kind) => {
  let story: Story<'lea' | 'max' | 'sid'>;
  let lea: ApiUser;
  let sid: ApiUser;
  let machineId: number;
  let materialId: number;

  beforeAll(async () => {
    story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on: kind });
    ({ lea, sid } = story.users);
    const { plantId } = story.plants.lea;
    const idOf = async (answer: Promise<Answer>) => ((await answer).body as { id: number }).id;
    const unitId = await idOf(lea.ask('POST', '/units-of-measure', { code: 'pcs', name: 'Piece' }));
    materialId = await idOf(lea.ask('POST', '/materials', { code: 'COLA', name: 'Cola', unitId }));
    machineId = await idOf(lea.ask('POST', '/machines', { plantId, name: 'filler', displayName: 'Filler' }));
  });

  afterAll(() => story?.stop());

  const make = (fields: object, user = lea) =>
    user.ask('POST', '/production-standards', { machineId, materialId, ...fields });
  const held = async (at: string, operation = '') => {
    const answer = await lea.get(
      `/production-standards/effective?machineId=${machineId}&materialId=${materialId}&operation=${operation}&at=${at}`,
    );
    const { standard } = answer.body as { standard: { idealCycle: string; piecesPerCount: string } | null };
    return standard && Number(standard.idealCycle);
  };
  /** From and to of the marks since the last look. */
  const marks = async () => {
    const rows = await asOwner(story.database.ownerUrl, 'DELETE FROM mes.dirty_marks RETURNING from_time, to_time');
    return rows.map((row) => row as { from_time: Date; to_time: Date });
  };

  it('is given as seconds or as pieces an hour, not both, not neither', async () => {
    expect((await make({ validFrom: '2025-01-01' })).status).toBe(400);
    expect((await make({ validFrom: '2025-01-01', idealCycleS: 1, piecesPerHour: 3600 })).status).toBe(400);
    expect((await make({ validFrom: '2025-01-01', idealCycleS: 0 })).status).toBe(400);
    const made = await make({ validFrom: '2025-01-01', piecesPerHour: 7200 });
    expect(made.body).toMatchObject({ idealCycle: 0.5, idealCycleS: null, plantName: 'Plant', operation: '' });
    const { id } = made.body as { id: number };
    const changed = await lea.ask('PATCH', `/production-standards/${id}`, { version: 1, idealCycleS: 2 });
    expect(changed.body).toMatchObject({ idealCycle: 2, piecesPerHour: null });
    expect((await make({ validFrom: '2025-01-01', idealCycleS: 1 })).status).toBe(409);
  });

  it("holds from its plant's midnight until the next begins; the operation's own goes before", async () => {
    expect((await make({ validFrom: '2025-07-01', idealCycleS: 3 })).status).toBe(201);
    expect((await make({ validFrom: '2025-03-01', idealCycleS: 9, operation: 'fill' })).status).toBe(201);
    expect(await held('2024-12-31T22:59:59Z')).toBeNull();
    expect(await held('2024-12-31T23:00:00Z')).toBe(2);
    expect(await held('2025-06-30T21:59:59Z')).toBe(2);
    expect(await held('2025-06-30T22:00:00Z')).toBe(3);
    expect(await held('2025-08-01T00:00:00Z', 'fill')).toBe(9);
    expect(await held('2025-02-01T00:00:00Z', 'fill')).toBe(2);
    expect(await held('2025-08-01T00:00:00Z', 'pack')).toBe(3);
  });

  it('makes figures anew for the time in which it may hold, also where it held before it was moved', async () => {
    await marks();
    const { id } = (await make({ validFrom: '2025-05-01', idealCycleS: 4 })).body as { id: number };
    const summer = new Date('2025-06-30T22:00:00Z');
    expect(await marks()).toEqual([{ from_time: new Date('2025-04-30T22:00:00Z'), to_time: summer }]);
    await lea.ask('PATCH', `/production-standards/${id}`, { version: 1, validFrom: '2025-02-01' });
    expect((await marks()).map(({ from_time }) => from_time)).toEqual([
      new Date('2025-04-30T22:00:00Z'),
      new Date('2025-01-31T23:00:00Z'),
    ]);
    await lea.ask('DELETE', `/production-standards/${id}?version=2`);
    expect(await marks()).toEqual([{ from_time: new Date('2025-01-31T23:00:00Z'), to_time: summer }]);
    expect(await held('2025-02-10T00:00:00Z')).toBe(2);
  });

  it('is imported by names, the same line again changes nothing', async () => {
    const csv =
      'machine,material,operation,validFrom,idealCycleS,piecesPerHour,piecesPerCount\nFiller,COLA,,2026-01-01,,1800,6\nFiller,COLA,pack,2026-01-01,2.5,,\n';
    expect((await lea.ask('POST', '/production-standards/import', csv)).body).toMatchObject({ created: 2, faults: [] });
    expect((await lea.ask('POST', '/production-standards/import', csv)).body).toMatchObject({ unchanged: 2 });
    expect(await held('2026-02-01T00:00:00Z')).toBe(2);
    const wrong = 'machine,material,validFrom,idealCycleS\nFiller,NONE,2026-01-01,1\n';
    expect((await lea.ask('POST', '/production-standards/import', wrong)).status).toBe(422);
  });

  it('of a machine whose name two plants have is imported where the file says the plant, and goes out so', async () => {
    const { body } = await lea.ask('POST', '/plants', { name: 'Other', timeZone: 'Europe/Berlin' });
    const other = { plantId: (body as { id: number }).id, name: 'filler', displayName: 'Filler' };
    const { id } = (await lea.ask('POST', '/machines', other)).body as { id: number };
    const send = (csv: string) => lea.ask('POST', '/production-standards/import', csv);
    const unclear = await send('machine,material,validFrom,idealCycleS\nFiller,COLA,2028-01-01,1\n');
    const faults = [{ line: 2, column: 'machine', message: expect.stringContaining('Say which in a column "plant".') }];
    expect([unclear.status, unclear.body]).toMatchObject([422, { faults }]);
    const clear =
      'plant,machine,material,validFrom,idealCycleS\nPlant,Filler,COLA,2028-01-01,1\nOther,Filler,COLA,2028-01-01,7\n';
    expect((await send(clear)).body).toMatchObject({ created: 2, faults: [] });
    expect((await send(clear)).body).toMatchObject({ unchanged: 2 });
    const out = String((await lea.get(`/production-standards/export.csv?machineId=${id}`)).body);
    expect(out).toContain('Other,Filler,COLA,,2028-01-01,7,,1');
    expect((await send(out)).body).toMatchObject({ unchanged: 1, faults: [] });
    const elsewhere = clear.replace('Other,Filler', 'Other,Capper');
    await lea.ask('POST', '/machines', {
      ...other,
      plantId: story.plants.lea.plantId,
      name: 'c',
      displayName: 'Capper',
    });
    expect((await send(elsewhere)).body).toMatchObject({
      faults: [{ line: 3, column: 'machine', code: 'other_plant' }],
    });
    await lea.ask('DELETE', `/machines/${id}?version=1`);
  });

  it('is changed by one of two people at a time, and not by another organisation', async () => {
    const { id } = (await make({ validFrom: '2027-01-01', idealCycleS: 1 })).body as { id: number };
    const answers = await Promise.all(
      [lea, story.users.max].map((user, at) =>
        user.ask('PATCH', `/production-standards/${id}`, { version: 1, idealCycleS: 2 + at }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect((await sid.get(`/production-standards/${id}`)).status).toBe(404);
    expect((await make({ validFrom: '2027-01-01', idealCycleS: 1 }, sid)).status).toBe(400);
    const theirs = await sid.get(
      `/production-standards/effective?machineId=${machineId}&materialId=${materialId}&at=2027-02-01T00:00:00Z`,
    );
    expect(theirs.body).toEqual({ standard: null });
  });
});
