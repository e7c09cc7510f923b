// The recurring work on shifts: a machine that came later gets its shifts, what is over is marked ended, and
// a plant whose shifts overlap holds up no other.

import pino from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inTenant, openDatabase } from '../../platform/database.ts';
import { extendShifts } from './extend.ts';
import { type CalendarStage, calendarStage, idOf } from './test-stage.ts';

let stage: CalendarStage;
beforeAll(async () => {
  stage = await calendarStage('embedded');
});
afterAll(() => stage?.stop());

/** As the worker does it, until there is nothing more to do. */
async function extend(now = new Date()): Promise<void> {
  const log = pino({ level: 'silent' });
  const { organizationId } = stage.story.plants.lea;
  const tenant = { organizationId, plantIds: 'all' as const };
  const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: 'shifts.extend' } as const;
  const db = openDatabase({ url: stage.story.database.workerUrl, max: 1, statementTimeoutMs: 60_000, log });
  try {
    for (let turns = 0; turns < 20; turns++) {
      const more = await inTenant(db, tenant, (trx) =>
        extendShifts.run({ db: trx, actor, log, now, requestId: 'test' }),
      );
      if (!more) return;
    }
    throw new Error('it never ends');
  } finally {
    await db.destroy();
  }
}

describe('shifts to come', () => {
  it('are made for a machine that came later, and go from one that was put away', async () => {
    const { plantId, machine } = await stage.newPlant();
    const { id } = await stage.newCalendar(plantId, ['06:00-14:00']);
    await stage.follow({ plantId }, id);
    const [row] = await stage.owner(
      `INSERT INTO mes.machines (organization_id, plant_id, name, display_name)
       SELECT organization_id, id, 'later', 'Later' FROM mes.plants WHERE id = $1 RETURNING id`,
      [plantId],
    );
    await stage.owner('UPDATE mes.machines SET archived_at = now() WHERE id = $1', [machine]);
    await extend();
    expect((await stage.startingOn(Number(row?.['id']), stage.inDays(5))).map(stage.brief)).toEqual(['Early 8 h']);
    expect(await stage.startingOn(machine, stage.inDays(5))).toEqual([]);
  });

  it('are there at once for a machine that somebody makes, and when it enters a lane with its own calendar', async () => {
    const { lea } = stage.story.users;
    const { plantId, laneId } = await stage.newPlant();
    const ofPlant = await stage.newCalendar(plantId, ['06:00-14:00']);
    await stage.follow({ plantId }, ofPlant.id);
    const ofLane = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
    await stage.follow({ plantId, laneId }, ofLane.id);
    const made = await lea.ask('POST', '/machines', { plantId, name: 'new', displayName: 'New' });
    const machineId = idOf(made);
    const day = stage.inDays(5);
    expect((await stage.startingOn(machineId, day)).map(stage.brief)).toEqual(['Early 8 h']);

    const path = `/lanes/${laneId}/arrangement`;
    const { version, machines } = (await lea.get(path)).body as {
      version: number;
      machines: { machineId: number }[];
    };
    const arranged = [...machines.map((one) => ({ machineId: one.machineId })), { machineId }];
    expect((await lea.ask('PUT', path, { version, machines: arranged })).status).toBe(200);
    expect((await stage.startingOn(machineId, day)).map(stage.brief)).toEqual(['Early 8 h', 'Late 8 h']);
  });

  it('come with each day, and what is over is marked', async () => {
    const { plantId, machine } = await stage.newPlant();
    const { id } = await stage.newCalendar(plantId, ['06:00-14:00']);
    await stage.follow({ plantId }, id);
    expect(await stage.startingOn(machine, stage.inDays(61))).toEqual([]);
    await extend();
    await extend(new Date(Date.now() + 3 * 86_400_000));
    expect((await stage.startingOn(machine, stage.inDays(61))).map(stage.brief)).toEqual(['Early 8 h']);
    expect(await stage.startingOn(machine, stage.inDays(1))).toMatchObject([{ state: 'ended' }]);
    expect(await stage.startingOn(machine, stage.inDays(5))).toMatchObject([{ state: 'open' }]);
  });

  it('stay as they are where they would overlap, and other plants go on', async () => {
    const wrong = await stage.newPlant();
    const right = await stage.newPlant();
    for (const { plantId } of [wrong, right]) {
      const { id } = await stage.newCalendar(plantId, ['06:00-14:00', '14:00-22:00']);
      await stage.follow({ plantId }, id);
    }
    // Past the API, which would refuse it.
    await stage.owner(`UPDATE mes.shifts SET start_time = '12:00' WHERE plant_id = $1 AND name = 'Late'`, [
      wrong.plantId,
    ]);
    await extend(new Date(Date.now() + 2 * 86_400_000));
    expect((await stage.startingOn(wrong.machine, stage.inDays(5))).map(stage.brief)).toEqual([
      'Early 8 h',
      'Late 8 h',
    ]);
    expect((await stage.startingOn(right.machine, stage.inDays(61))).map(stage.brief)).toEqual([
      'Early 8 h',
      'Late 8 h',
    ]);
  });
});
