// One place where runs are written, whoever changes them: in an order that never overlaps on the way, with
// the trail, the figures' dirty marks and the orders' status in the same transaction.

import { recordAudits } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import type { Context } from '../../platform/http/context.ts';
import { followRuns } from '../work-orders/index.ts';
import { deleteRun, insertRun, type NewRun, type RunRow, updateRun } from './queries.ts';

export interface RunChanges {
  readonly insert?: readonly NewRun[];
  /** Before and after. */
  readonly update?: readonly { readonly before: RunRow; readonly after: RunRow }[];
  readonly delete?: readonly RunRow[];
  readonly reason?: string | undefined;
}

const ms = (time: Date | null): number => time?.getTime() ?? Number.POSITIVE_INFINITY;

/** The machine must be locked. Returns what was inserted and updated. */
export async function writeRuns(ctx: Context, changes: RunChanges): Promise<RunRow[]> {
  const { insert = [], update = [], delete: gone = [], reason } = changes;
  for (const run of gone) await deleteRun(ctx, run.id);
  // Each run first keeps only what it has before and after; then it may grow into what the others left.
  for (const { before, after } of update) {
    const from = new Date(Math.max(ms(before.from_time), ms(after.from_time)));
    const to = ms(before.to_time) < ms(after.to_time) ? before.to_time : after.to_time;
    const moves = ms(from) !== ms(before.from_time) || ms(to) !== ms(before.to_time);
    if (moves && from.getTime() < ms(to)) await updateRun(ctx, { ...before, from_time: from, to_time: to });
  }
  const written: RunRow[] = [];
  for (const { after } of update) written.push(await updateRun(ctx, after));
  for (const run of insert) written.push(await insertRun(ctx, run));
  const before = [...gone, ...update.map((one) => one.before)];
  await recordAudits(ctx, [
    ...gone.map((run) => ({ ...about(run), action: 'delete', old: shown(run), reason })),
    ...update.map((one) => ({ ...about(one.after), action: 'update', ...differing(one.before, one.after), reason })),
    ...written.slice(update.length).map((run) => ({ ...about(run), action: 'create', new: shown(run), reason })),
  ]);
  const touched = [...before, ...written];
  await markDirty(
    ctx,
    touched.map((run) => ({ machineId: run.machine_id, from: run.from_time, to: run.to_time })),
  );
  await followRuns(
    ctx,
    touched.map((run) => run.work_order_id),
  );
  return written;
}

const about = (run: RunRow) => ({ entity: 'machine-runs', entityId: run.id, plantId: run.plant_id });

type Shown = Record<string, string | number | boolean | null>;

/** A run as the trail shows it. */
function shown(run: RunRow): Shown {
  return {
    machineId: run.machine_id,
    workOrderId: run.work_order_id,
    operationId: run.operation_id,
    materialId: run.material_id,
    kind: run.kind,
    from: run.from_time.toISOString(),
    to: run.to_time?.toISOString() ?? null,
    source: run.source,
    plcOrder: run.plc_order,
    plcMaterial: run.plc_material,
  };
}

function differing(before: RunRow, after: RunRow): { old: Shown; new: Shown } {
  const [old, now] = [shown(before), shown(after)];
  const names = Object.keys(now).filter((name) => old[name] !== now[name]);
  const pick = (from: Shown): Shown => Object.fromEntries(names.map((name) => [name, from[name] ?? null]));
  return { old: pick(old), new: pick(now) };
}
