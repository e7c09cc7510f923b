// What a planned window must be beyond its fields, its approval, and that figures of past time that it
// touches are made anew.

import { sql } from 'kysely';
import { recordAudit } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { type Fault, fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { getRecord, type Rules } from '../../platform/kit/commands.ts';
import type { AnyRecord } from '../../platform/kit/rows.ts';
import { windowFault } from './faults.ts';
import { plannedWindows } from './resource.ts';

const MAX_DAYS = 366;

type Window = Pick<
  Parameters<NonNullable<Rules<typeof plannedWindows>['beforeCreate']>>[1],
  'plantId' | 'laneId' | 'machineId' | 'fromTime' | 'toTime' | 'lossReasonId'
>;

export const plannedWindowRules: Rules<typeof plannedWindows> = {
  async beforeCreate(ctx, window) {
    await check(ctx, window);
  },
  async beforeUpdate(ctx, record, changes) {
    await check(ctx, { ...record, ...changes });
    // What was approved was these times and this reason; another name changes nothing of that.
    if (Object.keys(changes).every((name) => name === 'name')) return {};
    await mark(ctx, record);
    return { approvedAt: null, approvedBy: null };
  },
  async afterChange(ctx, record, action) {
    if (action !== 'create') await mark(ctx, record);
  },
};

/** Approves a window as it was read. Throws `not_found`, and `conflict` for another version or twice. */
export async function approveWindow(
  ctx: Context,
  { id, version, reason }: { id: number; version: number; reason?: string | undefined },
): Promise<AnyRecord> {
  await sql`SELECT FROM mes.planned_windows WHERE id = ${id} FOR UPDATE`.execute(ctx.db);
  const before = await getRecord(ctx, plannedWindows, id);
  if (before.version !== version) {
    throw new Conflict(
      fault('changed_since', { singular: 'planned window', who: null, version: before.version, yours: version }),
    );
  }
  if (before.archivedAt !== null) throw new Conflict(fault('is_archived', { singular: 'planned window' }));
  if (before['approvedAt'] !== null) throw new Conflict(windowFault('approved_already'));
  const set = { approved_at: ctx.now, approved_by: ctx.actor.name };
  await ctx.db.updateTable('mes.planned_windows').set(set).where('id', '=', id).execute();
  const window = await getRecord(ctx, plannedWindows, id);
  const entry = {
    action: 'approve',
    entity: plannedWindows.name,
    entityId: id,
    plantId: Number(window['plantId']),
    reason,
  };
  await recordAudit(ctx, { ...entry, new: { approvedAt: window['approvedAt'], approvedBy: window['approvedBy'] } });
  await mark(ctx, window as unknown as Window);
  return window;
}

async function check(
  { db }: Context,
  { plantId, laneId, machineId, fromTime, toTime, lossReasonId }: Window,
): Promise<void> {
  const refuse = (field: string, wrong: Fault): never => {
    throw new InvalidRequest([{ path: `body/${field}`, ...wrong }]);
  };
  if ((laneId === null) === (machineId === null)) refuse('machineId', windowFault('lane_or_machine'));
  const length = Date.parse(toTime) - Date.parse(fromTime);
  if (!(length > 0)) refuse('toTime', fault('ends_before_it_begins', {}));
  if (length > MAX_DAYS * 86_400_000) refuse('toTime', fault('within_days', { days: MAX_DAYS }));
  const { rows } = await sql<{ category: string; elsewhere: boolean }>`
    SELECT category,
      NOT EXISTS (SELECT FROM mes.machines WHERE id = ${machineId} AND plant_id = ${plantId}
                  UNION ALL SELECT FROM mes.lanes WHERE id = ${laneId} AND plant_id = ${plantId}) AS elsewhere
    FROM mes.loss_reasons WHERE id = ${lossReasonId}`.execute(db);
  if (rows[0] && rows[0].category !== 'planned_stop') refuse('lossReasonId', windowFault('planned_reason_only'));
  if (rows[0]?.elsewhere) refuse(machineId === null ? 'laneId' : 'machineId', fault('other_plant', {}));
}

/** Of a lane: all machines that have stood in it. */
async function mark(ctx: Context, { laneId, machineId, ...window }: Window): Promise<void> {
  const [from, to] = [new Date(window.fromTime), new Date(window.toTime)];
  const members =
    laneId === null
      ? [{ machine_id: machineId }]
      : await ctx.db
          .selectFrom('mes.lane_memberships')
          .select('machine_id')
          .distinct()
          .where('lane_id', '=', laneId)
          .execute();
  const until = to < ctx.now ? to : ctx.now;
  await markDirty(ctx, {
    cause: 'calendar',
    stretches: members.flatMap(({ machine_id }) =>
      machine_id === null ? [] : [{ machineId: machine_id, from, to: until }],
    ),
  });
}
