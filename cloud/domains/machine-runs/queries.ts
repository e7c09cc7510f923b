// Runs, and what they are made from, in the database.

import { sql } from 'kysely';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { PlcTag, PlcText } from './rules.ts';

export type RunSource = 'plc' | 'operator' | 'schedule';
export type RunKind = 'production' | 'setup' | 'rework' | 'trial';

export interface RunRow {
  readonly id: number;
  readonly plant_id: number;
  readonly machine_id: number;
  readonly work_order_id: number | null;
  readonly operation_id: number | null;
  readonly material_id: number | null;
  readonly kind: RunKind;
  readonly from_time: Date;
  readonly to_time: Date | null;
  readonly source: RunSource;
  readonly plc_order: string | null;
  readonly plc_material: string | null;
  readonly plc_tag_id: number | null;
  readonly corrected: boolean;
  readonly reason: string | null;
  readonly created_by: number | null;
  readonly version: number;
}

export interface MachineRow {
  readonly id: number;
  readonly plant_id: number;
  readonly display_name: string;
  /** As set, or as the mapped tags have it. */
  readonly source: RunSource;
  readonly source_since: Date | null;
}

/** How far back the last value of a text tag is looked for. */
const LOOK_BACK = sql`interval '31 days'`;

/** One at a time writes the runs of a machine, until the end of the transaction. Throws `not_found`. */
export async function lockMachine({ db }: Context, id: number): Promise<MachineRow> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.machine_runs'), ${id}::int)`.execute(db);
  const { rows } = await sql<MachineRow>`
    SELECT machines.id, machines.plant_id, machines.display_name, nullif(machines.run_source_since, '-infinity') AS source_since,
           coalesce(machines.run_source, CASE WHEN EXISTS (
             SELECT FROM mes.tags WHERE tags.machine_id = machines.id AND tags.role IN ('order', 'material')
           ) THEN 'plc' ELSE 'operator' END) AS source
    FROM mes.machines WHERE machines.id = ${id} AND machines.archived_at IS NULL`.execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such machine, or you may not see it.');
  return rows[0];
}

/** Runs that end after `from`, in order. */
export async function runsAfter({ db }: Context, machineId: number, from: Date | null): Promise<RunRow[]> {
  const { rows } = await sql<RunRow>`
    SELECT runs.* FROM mes.machine_runs AS runs
    WHERE runs.machine_id = ${machineId} AND coalesce(runs.to_time, 'infinity') > coalesce(${from}::timestamptz, '-infinity')
    ORDER BY runs.from_time`.execute(db);
  return rows;
}

/** The last run that the PLC began before `time`, and that nobody has corrected. */
export async function plcRunBefore({ db }: Context, machineId: number, time: Date): Promise<RunRow | undefined> {
  const { rows } = await sql<RunRow>`
    SELECT runs.* FROM mes.machine_runs AS runs
    WHERE runs.machine_id = ${machineId} AND runs.from_time < ${time} AND runs.source = 'plc' AND NOT runs.corrected
    ORDER BY runs.from_time DESC LIMIT 1`.execute(db);
  return rows[0];
}

export async function plcTags({ db }: Context, machineId: number): Promise<PlcTag[]> {
  const { rows } = await sql<PlcTag>`
    SELECT tags.id, tags.role FROM mes.tags
    WHERE tags.machine_id = ${machineId} AND tags.role IN ('order', 'material') ORDER BY tags.id`.execute(db);
  return rows;
}

/** What each tag said last before `from`, and everything since. A bad value says nothing: what was before holds. */
export async function plcTexts({ db }: Context, tagIds: readonly number[], from: Date): Promise<PlcText[]> {
  if (tagIds.length === 0) return [];
  const { rows } = await sql<{ tag_id: number; time: Date; value: string }>`
    SELECT before.tag_id, before.time, before.value
    FROM unnest(${tagIds}::int[]) AS wanted (tag_id)
    CROSS JOIN LATERAL (
      SELECT texts.tag_id, texts.time, texts.value FROM mes.sample_texts AS texts
      WHERE texts.tag_id = wanted.tag_id AND texts.time < ${from}::timestamptz AND texts.time >= ${from}::timestamptz - ${LOOK_BACK}
        AND texts.value IS NOT NULL AND coalesce(texts.status, 0) >= 0
      ORDER BY texts.time DESC LIMIT 1
    ) AS before
    UNION ALL
    SELECT texts.tag_id, texts.time, texts.value FROM mes.sample_texts AS texts
    WHERE texts.tag_id = ANY (${tagIds}::int[]) AND texts.time >= ${from}::timestamptz AND texts.time < now() + interval '1 day'
      AND texts.value IS NOT NULL AND coalesce(texts.status, 0) >= 0`.execute(db);
  return rows.map(({ tag_id, time, value }) => ({ tagId: tag_id, time: time.getTime(), text: value.trim() }));
}

export interface CorrectionRow {
  readonly id: string;
  readonly from_time: Date;
  readonly to_time: Date | null;
  readonly held_since: Date;
}

export async function correctionsAfter({ db }: Context, machineId: number, from: Date): Promise<CorrectionRow[]> {
  const { rows } = await sql<CorrectionRow>`
    SELECT corrections.id, corrections.from_time, corrections.to_time, corrections.held_since
    FROM mes.machine_run_corrections AS corrections
    WHERE corrections.machine_id = ${machineId}
      AND coalesce(corrections.to_time, corrections.held_since + ${LOOK_BACK}) > ${from}::timestamptz
    ORDER BY corrections.id`.execute(db);
  return rows;
}

/** When one of the tags first said something else than it did at `since`; null: not yet. */
export async function nextChange({ db }: Context, tagIds: readonly number[], since: Date): Promise<Date | null> {
  const { rows } = await sql<{ time: Date | null }>`
    SELECT min(changed.time) AS time
    FROM unnest(${tagIds}::int[]) AS wanted (tag_id)
    LEFT JOIN LATERAL (
      SELECT texts.value FROM mes.sample_texts AS texts
      WHERE texts.tag_id = wanted.tag_id AND texts.time <= ${since}::timestamptz AND texts.time >= ${since}::timestamptz - ${LOOK_BACK}
        AND texts.value IS NOT NULL AND coalesce(texts.status, 0) >= 0
      ORDER BY texts.time DESC LIMIT 1
    ) AS then_said ON true
    CROSS JOIN LATERAL (
      SELECT texts.time FROM mes.sample_texts AS texts
      WHERE texts.tag_id = wanted.tag_id AND texts.time > ${since}::timestamptz AND texts.time <= ${since}::timestamptz + ${LOOK_BACK}
        AND texts.value IS NOT NULL AND coalesce(texts.status, 0) >= 0
        AND trim(texts.value) <> trim(coalesce(then_said.value, ''))
      ORDER BY texts.time LIMIT 1
    ) AS changed`.execute(db);
  return rows[0]?.time ?? null;
}

/** Orders of a plant by what a PLC calls them, with their material: number first, then linked names. */
export async function ordersByName(
  { db }: Context,
  plantId: number,
  names: readonly string[],
): Promise<Map<string, { id: number; materialId: number }>> {
  const { rows } = await sql<{ name: string; id: number; material_id: number }>`
    SELECT wanted.name, orders.id, orders.material_id
    FROM unnest(${names}::text[]) AS wanted (name)
    CROSS JOIN LATERAL (
      SELECT found.id, found.material_id FROM (
        SELECT work_orders.id, work_orders.material_id, 1 AS rank FROM mes.work_orders
        WHERE work_orders.plant_id = ${plantId} AND work_orders.number = wanted.name
        UNION ALL
        SELECT work_orders.id, work_orders.material_id, 2 FROM mes.work_order_names
        JOIN mes.work_orders ON work_orders.id = work_order_names.work_order_id
        WHERE work_order_names.plant_id = ${plantId} AND work_order_names.name = wanted.name
      ) AS found ORDER BY found.rank LIMIT 1
    ) AS orders`.execute(db);
  return new Map(rows.map(({ name, id, material_id }) => [name, { id, materialId: material_id }]));
}

/** Materials by their code, else by a name that only one has. */
export async function materialsByName({ db }: Context, names: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ name: string; id: number }>`
    SELECT wanted.name, coalesce(
      (SELECT materials.id FROM mes.materials WHERE materials.code = wanted.name AND materials.archived_at IS NULL),
      (SELECT min(materials.id) FROM mes.materials WHERE materials.name = wanted.name AND materials.archived_at IS NULL HAVING count(*) = 1)
    ) AS id
    FROM unnest(${names}::text[]) AS wanted (name)`.execute(db);
  return new Map(rows.flatMap(({ name, id }) => (id === null ? [] : [[name, id] as const])));
}

export type NewRun = Omit<RunRow, 'id' | 'version'>;

export async function insertRun({ db, actor }: Context, run: NewRun): Promise<RunRow> {
  const { rows } = await sql<RunRow>`
    INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, work_order_id, operation_id, material_id, kind, from_time, to_time,
      source, plc_order, plc_material, plc_tag_id, corrected, reason, created_by)
    VALUES (${actor.organizationId}, ${run.plant_id}, ${run.machine_id}, ${run.work_order_id}, ${run.operation_id}, ${run.material_id}, ${run.kind},
      ${run.from_time}, ${run.to_time}, ${run.source}, ${run.plc_order}, ${run.plc_material}, ${run.plc_tag_id}, ${run.corrected}, ${run.reason}, ${run.created_by})
    RETURNING *`.execute(db);
  return rows[0] as RunRow;
}

export async function updateRun({ db }: Context, run: RunRow): Promise<RunRow> {
  const { rows } = await sql<RunRow>`
    UPDATE mes.machine_runs SET work_order_id = ${run.work_order_id}, operation_id = ${run.operation_id}, material_id = ${run.material_id},
      kind = ${run.kind}, from_time = ${run.from_time}, to_time = ${run.to_time}, plc_order = ${run.plc_order}, plc_material = ${run.plc_material},
      plc_tag_id = ${run.plc_tag_id}, corrected = ${run.corrected}, reason = ${run.reason}
    WHERE machine_runs.id = ${run.id} RETURNING *`.execute(db);
  return rows[0] as RunRow;
}

export async function deleteRun({ db }: Context, id: number): Promise<void> {
  await sql`DELETE FROM mes.machine_runs WHERE machine_runs.id = ${id}`.execute(db);
}
