// Keeps shift instances ahead of time: what is over is marked ended, each day adds the day that comes, and
// plants whose machines, lanes or clock have changed are looked at again.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { Schedule } from '../../platform/jobs/schedules.ts';
import { HORIZON_DAYS, materialiseWhatFits, todayOf } from './materialise.ts';
import { addDays } from './rules.ts';

const EVERY_MS = 60_000;
const BATCH = 5_000;
/** A change that was committed late is still seen. */
const MARGIN_MS = 2 * 60_000;

export const extendShifts: Schedule = {
  name: 'shifts.extend',
  everyMs: EVERY_MS,
  async run(ctx) {
    if (await endShifts(ctx)) return true;
    const plantId = await nextPlant(ctx);
    if (plantId === null) return false;
    const { overlaps } = await materialiseWhatFits(ctx, { plantId });
    for (const overlap of overlaps)
      ctx.log.warn({ plant: plantId, overlap }, 'shifts overlap and were not planned further');
    await noteHorizon(ctx, plantId);
    return true;
  },
};

/** True: there is more to end. */
async function endShifts({ db, now }: Context): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('mes.shift_instances')
    .set({ state: 'ended' })
    .where('id', 'in', (over) =>
      over
        .selectFrom('mes.shift_instances as open')
        .select('open.id')
        .where('open.organization_id', '=', sql<number>`mes.current_organization_id()`)
        .where('open.state', '=', 'open')
        .where('open.to_time', '<=', now)
        .limit(BATCH),
    )
    .executeTakeFirst();
  return numUpdatedRows === BigInt(BATCH);
}

async function nextPlant({ db, now }: Context): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    SELECT plants.id FROM mes.plants
    LEFT JOIN mes.shift_horizons AS horizon ON horizon.organization_id = plants.organization_id AND horizon.plant_id = plants.id
    WHERE plants.archived_at IS NULL
      AND (EXISTS (SELECT FROM mes.work_center_shifts WHERE work_center_shifts.plant_id = plants.id)
        OR EXISTS (SELECT FROM mes.calendar_exceptions WHERE calendar_exceptions.plant_id = plants.id))
      AND (horizon.plant_id IS NULL
        OR horizon.until_day < (${now}::timestamptz AT TIME ZONE plants.time_zone)::date + ${HORIZON_DAYS}::int
        OR plants.updated_at > horizon.looked_at
        OR EXISTS (SELECT FROM mes.machines WHERE machines.plant_id = plants.id AND machines.updated_at > horizon.looked_at)
        OR EXISTS (SELECT FROM mes.lane_memberships WHERE lane_memberships.plant_id = plants.id AND lane_memberships.updated_at > horizon.looked_at))
      AND coalesce(horizon.looked_at < ${now}::timestamptz - interval '2 minutes' - interval '30 seconds', true)
    ORDER BY plants.id LIMIT 1`.execute(db);
  return rows[0]?.id ?? null;
}

async function noteHorizon(ctx: Context, plantId: number): Promise<void> {
  const looked_at = new Date(ctx.now.getTime() - MARGIN_MS);
  const until_day = sql<Date>`${addDays(await todayOf(ctx, plantId), HORIZON_DAYS)}::date`;
  await ctx.db
    .insertInto('mes.shift_horizons')
    .values({ organization_id: ctx.actor.organizationId, plant_id: plantId, until_day, looked_at })
    .onConflict((row) => row.columns(['organization_id', 'plant_id']).doUpdateSet({ until_day, looked_at }))
    .execute();
}
