// What happens to figures as time goes by, with nobody doing anything: shifts that are over are closed, late
// data that rests restates them, and machines go on when their agent has been silent for long.

import { sql } from 'kysely';
import type { Context } from '../platform/http/context.ts';
import type { Schedule } from '../platform/jobs/schedules.ts';

const EVERY_MS = 30_000;
/** In one transaction; each holds the lock of its machine. */
const MOST_SHIFTS = 50;

export interface ShiftLifeOptions {
  /** Late data that has not come for so long rests. */
  readonly settledMs: number;
  /** Data that goes on coming makes a version after so long. */
  readonly longestMs: number;
}

const usual: ShiftLifeOptions = { settledMs: 120_000, longestMs: 1_800_000 };

/** Closes and restates shifts. Whatever it cannot have now, it finds again the next time. */
export function closeShifts({ settledMs, longestMs }: ShiftLifeOptions = usual): Schedule {
  return {
    name: 'shifts.close',
    everyMs: EVERY_MS,
    async run({ db }) {
      const { rows } = await sql<{ id: string; machine_id: number; cause: string }>`
        SELECT id, machine_id, cause FROM mes.shifts_to_write(${settledMs} * interval '1 millisecond',
          ${longestMs} * interval '1 millisecond', ${MOST_SHIFTS})`.execute(db);
      let written = 0;
      for (const { id, machine_id: machineId, cause } of rows) {
        if (!(await tryLock(db, machineId))) continue;
        // In a statement after the lock is there: a computation that just ended is seen.
        await sql`SELECT mes.write_shift_version(${id}, ${cause}, NULL)`.execute(db);
        written += 1;
      }
      return written === MOST_SHIFTS;
    },
  };
}

/** Marks what goes on without a new word: machines of silent agents, and those that have no signal. */
export const followTime: Schedule = {
  name: 'figures.follow_time',
  everyMs: EVERY_MS,
  async run({ db, log }) {
    const { rows } = await sql<{ marked: number }>`SELECT mes.follow_time() AS marked`.execute(db);
    const marked = rows[0]?.marked ?? 0;
    if (marked > 0) log.debug({ machines: marked }, 'figures go on without a new word of the machines');
    return false;
  },
};

async function tryLock(db: Context['db'], machineId: number): Promise<boolean> {
  const { rows } = await sql<{ ours: boolean }>`
    SELECT pg_try_advisory_xact_lock(hashtext('mes.recompute'), ${machineId}) AS ours`.execute(db);
  return rows[0]?.ours ?? false;
}
