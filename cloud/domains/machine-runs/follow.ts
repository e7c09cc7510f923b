// Runs that follow the PLC: read anew from what its order and material tags said, from the first mark on, and
// only where no person has put them right. The same samples give the same runs, in whatever order they came.

import { sql } from 'kysely';
import { type Database, inTenant } from '../../platform/database.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rounds } from '../../platform/jobs/rounds.ts';
import { followSchedules, linkUnknown } from './catch-up.ts';
import type { MachineRow, NewRun, RunRow } from './queries.ts';
import * as queries from './queries.ts';
import { type PlcConflict, type PlcRun, runsOfPlc, SETTLE_MS, type Stretch, without } from './rules.ts';
import { writeRuns } from './write.ts';

const EVERY_MS = 500;
/** Rounds between two looks for orders that have become known, and for planned begins. */
const SLOW_EVERY = 10;

/** Looks for marks twice a second; several workers may, a machine is followed by one at a time. */
export function followingRuns(): Rounds {
  let round = 0;
  return {
    failure: 'the runs of machines could not be read from what their PLCs said',
    everyMs: EVERY_MS,
    async run(db, signal) {
      const marked = await sql<{ id: number }>`
        SELECT organization AS id FROM mes.organizations_with_run_marks() AS marked (organization)`.execute(db);
      for (const { id } of marked.rows) await followMarks(db, id, signal);
      if (round++ % SLOW_EVERY !== 0) return;
      const all = await sql<{ id: number }>`SELECT id FROM mes.organizations_to_serve() AS serve (id)`.execute(db);
      for (const { id } of all.rows) {
        if (signal.aborted) return;
        await asSystem(db, id, async (ctx) => {
          await linkUnknown(ctx);
          await followSchedules(ctx);
        });
      }
    },
  };
}

async function followMarks(db: Database, organizationId: number, signal: AbortSignal): Promise<void> {
  const machines = await asSystem(db, organizationId, async (ctx) => {
    const { rows } = await sql<{ id: number }>`
      SELECT DISTINCT run_marks.machine_id AS id FROM mes.run_marks ORDER BY 1`.execute(ctx.db);
    return rows;
  });
  for (const { id } of machines) {
    if (signal.aborted) return;
    await asSystem(db, organizationId, (ctx) => followMachine(ctx, id));
  }
}

function asSystem<T>(db: Database, organizationId: number, work: (ctx: Context) => Promise<T>): Promise<T> {
  const tenant = { organizationId, plantIds: 'all' } as const;
  const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: 'PLC' } as const;
  const requestId = 'machine-runs.follow';
  // Nothing here logs: what fails, the rounds tell.
  const log = { warn: () => {} } as unknown as Context['log'];
  return inTenant(db, tenant, (trx) => work({ db: trx, actor, log, now: new Date(), requestId }));
}

/** Takes the marks of one machine and makes its runs what the PLC said. */
async function followMachine(ctx: Context, machineId: number): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.machine_runs'), ${machineId}::int)`.execute(ctx.db);
  const { rows } = await sql<{ from_time: Date }>`
    DELETE FROM mes.run_marks WHERE run_marks.machine_id = ${machineId} RETURNING run_marks.from_time`.execute(ctx.db);
  const marked = Math.min(...rows.map(({ from_time }) => from_time.getTime()));
  const known = await sql`
    SELECT FROM mes.machines WHERE machines.id = ${machineId} AND machines.archived_at IS NULL`.execute(ctx.db);
  if (rows.length === 0 || known.rows.length === 0) return;
  const machine = await queries.lockMachine(ctx, machineId);
  if (machine.source === 'plc') await followPlc(ctx, machine, marked);
}

interface Begin {
  readonly time: number;
  readonly holder: number | null;
}

async function followPlc(ctx: Context, machine: MachineRow, marked: number): Promise<void> {
  const tags = await queries.plcTags(ctx, machine.id);
  const ids = tags.map(({ id }) => id);
  const begin = await whereToBegin(ctx, { machine, tagIds: ids, marked });
  // A material may have come a little before its order.
  const texts = await queries.plcTexts(ctx, ids, new Date(begin.time - SETTLE_MS));
  const said = runsOfPlc(tags, { texts, holder: begin.holder });
  const there = await queries.runsAfter(ctx, machine.id, new Date(begin.time));
  const ours = there.filter((run) => run.source === 'plc' && !run.corrected);
  const others = there.filter((run) => !ours.includes(run));
  const runs = without(said.runs, [{ from: Number.NEGATIVE_INFINITY, to: begin.time }]);
  const { taken, ended } = await takenStretches(ctx, { machine, tagIds: ids, begin: begin.time, others, runs });
  const wanted = without(runs, taken);
  await writeRuns(ctx, difference({ ours, ended, wanted: await resolve(ctx, machine, wanted) }));
  await replaceConflicts(ctx, { machine, from: begin.time, conflicts: said.conflicts });
}

/**
 * From the begin of a run that the marked samples cannot have moved; before that nothing changes. Where there
 * is none, from when the tags took what they say.
 */
async function whereToBegin(
  ctx: Context,
  { machine, tagIds, marked }: { machine: MachineRow; tagIds: readonly number[]; marked: number },
): Promise<Begin> {
  const safe = marked - 2 * SETTLE_MS;
  const floor = machine.source_since?.getTime() ?? Number.NEGATIVE_INFINITY;
  const run = await queries.plcRunBefore(ctx, machine.id, new Date(safe));
  if (run && run.from_time.getTime() >= floor) return { time: run.from_time.getTime(), holder: run.plc_tag_id };
  const texts = await queries.plcTexts(ctx, tagIds, new Date(safe));
  const since = texts.filter(({ text, time }) => text !== '' && time < safe).map(({ time }) => time);
  return { time: Math.max(floor, Math.min(safe, ...since)), holder: null };
}

/** What people have put right, and runs that others opened: the PLC takes over only from those that go on. */
async function takenStretches(
  ctx: Context,
  {
    machine,
    tagIds,
    begin,
    others,
    runs,
  }: {
    machine: MachineRow;
    tagIds: readonly number[];
    begin: number;
    others: readonly RunRow[];
    runs: readonly PlcRun[];
  },
): Promise<{ taken: Stretch[]; ended: { before: RunRow; after: RunRow }[] }> {
  const corrections = await queries.correctionsAfter(ctx, machine.id, new Date(begin));
  const taken: Stretch[] = [];
  const ended: { before: RunRow; after: RunRow }[] = [];
  const endAt = (run: RunRow, to: Date | null): void => {
    if (run.to_time?.getTime() !== to?.getTime()) ended.push({ before: run, after: { ...run, to_time: to } });
    taken.push({ from: run.from_time.getTime(), to: to?.getTime() ?? null });
  };
  const left = new Set(others);
  for (const [index, one] of corrections.entries()) {
    if (one.to_time !== null) {
      taken.push({ from: one.from_time.getTime(), to: one.to_time.getTime() });
      continue;
    }
    const until = await queries.nextChange(ctx, tagIds, one.held_since);
    taken.push({ from: one.from_time.getTime(), to: until?.getTime() ?? null });
    // What was corrected once more after that has its end from there.
    const again = corrections
      .slice(index + 1)
      .some((later) => later.to_time === null || later.to_time > one.held_since);
    const run = again ? undefined : others.find((other) => other.corrected && isAt(other, one.held_since));
    if (!run) continue;
    left.delete(run);
    endAt(run, until);
  }
  for (const run of left) {
    const next =
      run.to_time === null && !run.corrected ? runs.find(({ from }) => from > run.from_time.getTime()) : undefined;
    endAt(run, next ? new Date(next.from) : run.to_time);
  }
  return { taken, ended };
}

const isAt = ({ from_time, to_time }: RunRow, time: Date): boolean =>
  from_time <= time && (to_time === null || to_time >= time);

async function resolve(ctx: Context, machine: MachineRow, runs: readonly PlcRun[]): Promise<NewRun[]> {
  const names = runs.flatMap(({ order }) => (order === null ? [] : [order]));
  const orders = await queries.ordersByName(ctx, machine.plant_id, [...new Set(names)]);
  const said = runs.flatMap(({ material }) => (material === null ? [] : [material]));
  const materials = await queries.materialsByName(ctx, [...new Set(said)]);
  return runs.map(({ from, to, tagId, order, material }) => {
    const found = order === null ? undefined : orders.get(order);
    return {
      plant_id: machine.plant_id,
      machine_id: machine.id,
      work_order_id: found?.id ?? null,
      operation_id: null,
      // The machine knows best what is on it; where it does not say, the order does.
      material_id: material === null ? (found?.materialId ?? null) : (materials.get(material) ?? null),
      kind: 'production',
      from_time: new Date(from),
      to_time: to === null ? null : new Date(to),
      source: 'plc',
      plc_order: order,
      plc_material: material,
      plc_tag_id: tagId,
      corrected: false,
      reason: null,
      created_by: null,
    };
  });
}

/** A run that begins where one did stays that run, with its id. */
function difference({
  ours,
  ended,
  wanted,
}: {
  ours: readonly RunRow[];
  ended: { before: RunRow; after: RunRow }[];
  wanted: readonly NewRun[];
}) {
  const left = new Map(ours.map((run) => [run.from_time.getTime(), run]));
  const insert: NewRun[] = [];
  const update = [...ended];
  for (const run of wanted) {
    const before = left.get(run.from_time.getTime());
    left.delete(run.from_time.getTime());
    if (!before) insert.push(run);
    else if (!isSame(before, run))
      update.push({ before, after: { ...before, ...run, operation_id: before.operation_id } });
  }
  return { insert, update, delete: [...left.values()] };
}

function isSame(before: RunRow, run: NewRun): boolean {
  const names = ['work_order_id', 'material_id', 'plc_order', 'plc_material', 'plc_tag_id'] as const;
  return names.every((name) => before[name] === run[name]) && before.to_time?.getTime() === run.to_time?.getTime();
}

async function replaceConflicts(
  ctx: Context,
  { machine, from, conflicts }: { machine: MachineRow; from: number; conflicts: readonly PlcConflict[] },
): Promise<void> {
  await sql`
    DELETE FROM mes.machine_run_conflicts AS conflicts
    WHERE conflicts.machine_id = ${machine.id} AND conflicts.time >= ${new Date(from)}`.execute(ctx.db);
  for (const { tagId, time, order, heldBy } of conflicts.filter((one) => one.time >= from)) {
    await sql`
      INSERT INTO mes.machine_run_conflicts (organization_id, plant_id, machine_id, tag_id, time, plc_order, held_by)
      VALUES (${ctx.actor.organizationId}, ${machine.plant_id}, ${machine.id}, ${tagId}, ${new Date(time)}, ${order}, ${heldBy})`.execute(
      ctx.db,
    );
  }
}
