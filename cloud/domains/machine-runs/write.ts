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
  const written: RunRow[] = [];
  for (const { after } of withoutCollision(update)) written.push(await updateRun(ctx, after));
  for (const run of insert) written.push(await insertRun(ctx, run));
  const before = [...gone, ...update.map((one) => one.before)];
  await recordAudits(ctx, [
    ...gone.map((run) => ({ ...about(run), action: 'delete', old: shown(run), reason })),
    ...update.map((one) => ({ ...about(one.after), action: 'update', ...differing(one.before, one.after), reason })),
    ...written.slice(update.length).map((run) => ({ ...about(run), action: 'create', new: shown(run), reason })),
  ]);
  const touched = [...before, ...written];
  await markDirty(ctx, {
    cause: 'run',
    stretches: touched.map((run) => ({ machineId: run.machine_id, from: run.from_time, to: run.to_time })),
  });
  await followRuns(
    ctx,
    touched.map((run) => run.work_order_id),
  );
  return written;
}

type Update = NonNullable<RunChanges['update']>[number];

/** Each change waits until the place it takes is left by the run that is there. */
function withoutCollision(update: readonly Update[]): Update[] {
  const left = [...update];
  const sorted: Update[] = [];
  while (left.length > 0) {
    const free = left.findIndex(({ after }, at) =>
      left.every(({ before }, other) => other === at || !overlap(after, before)),
    );
    sorted.push(...left.splice(Math.max(free, 0), 1));
  }
  return sorted;
}

const overlap = (a: RunRow, b: RunRow): boolean => ms(a.from_time) < ms(b.to_time) && ms(b.from_time) < ms(a.to_time);

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
