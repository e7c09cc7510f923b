// What the check list of machines is made from, for some machines or all of a plant, in one question for
// each kind of fact.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { laneChecks } from '../lanes/index.ts';
import type { LaneFacts, MachineFacts, TagFacts } from './checklist.ts';

/** What ran in so many days needs an ideal cycle; a shift must come within so many. */
const LOOK_BACK_DAYS = 30;
const LOOK_AHEAD_DAYS = 7;
/** Codes and materials of one machine that are named. */
const MOST_NAMED = 20;

export interface KnownMachine {
  readonly id: number;
  readonly plantId: number;
  readonly displayName: string;
  readonly goodSource: string;
  readonly rejectSource: string;
  readonly defaultMaterialId: number | null;
}

/** One machine, or all of a plant that are not archived. */
export async function readMachines(
  { db }: Context,
  which: { id: number } | { plantId: number },
): Promise<KnownMachine[]> {
  const query = db
    .selectFrom('mes.machines as machines')
    .select(['machines.id', 'machines.plant_id as plantId', 'machines.display_name as displayName'])
    .select(['machines.good_source as goodSource', 'machines.reject_source as rejectSource'])
    .select('machines.default_material_id as defaultMaterialId')
    .orderBy('machines.display_name')
    .orderBy('machines.id');
  return 'id' in which
    ? query.where('machines.id', '=', which.id).execute()
    : query.where('machines.plant_id', '=', which.plantId).where('machines.archived_at', 'is', null).execute();
}

export async function readFacts(ctx: Context, machines: readonly KnownMachine[]): Promise<MachineFacts[]> {
  const ids = machines.map(({ id }) => id);
  const tags = await readTags(ctx, ids);
  const unmapped = await readUnmapped(ctx, ids);
  const materials = await readMaterials(ctx, ids);
  const shifts = await readShifts(ctx, ids);
  const lanes = await readLanes(ctx, ids);
  const targets = await readTargets(ctx, ids);
  return machines.map(({ id, goodSource, rejectSource }) => ({
    machineId: id,
    goodSource,
    rejectSource,
    tags: tags.get(id) ?? [],
    unmapped: unmapped.get(id) ?? [],
    materials: materials.get(id) ?? [],
    nextShift: shifts.get(id) ?? null,
    lane: lanes.get(id) ?? null,
    targetPercent: targets.get(id) ?? null,
  }));
}

function grouped<R extends { readonly machineId: number }, V>(
  rows: readonly R[],
  value: (row: R) => V,
): Map<number, V[]> {
  return new Map(
    [...Map.groupBy(rows, ({ machineId }) => machineId)].map(([machineId, own]) => [machineId, own.map(value)]),
  );
}

async function readTags({ db }: Context, ids: readonly number[]): Promise<Map<number, TagFacts[]>> {
  const { rows } = await sql<TagFacts & { machineId: number }>`
    SELECT tags.machine_id AS "machineId", tags.id, tags.name, tags.role, tags.counter_kind AS "counterKind",
           tags.counter_modulus IS NOT NULL AS "hasModulus", agents.edge_id AS agent,
           coalesce(states.online, false) AS "agentOnline", states.last_message_at AS "agentLastMessage"
    FROM mes.tags
    JOIN mes.devices ON devices.id = tags.device_id
    JOIN mes.edge_agents AS agents ON agents.id = devices.edge_agent_id
    LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = agents.id
    WHERE tags.machine_id = ANY (${[...ids]}::int[]) AND tags.role IS NOT NULL
    ORDER BY tags.id`.execute(db);
  return grouped(rows, (tag) => tag);
}

async function readUnmapped({ db }: Context, ids: readonly number[]): Promise<Map<number, string[]>> {
  const { rows } = await sql<{ machineId: number; value: string }>`
    SELECT ranked."machineId", ranked.value
    FROM (
      SELECT unmapped.machine_id AS "machineId", unmapped.value,
             row_number() OVER (PARTITION BY unmapped.machine_id ORDER BY max(unmapped.last_seen_at) DESC) AS place
      FROM mes.unmapped_values AS unmapped
      WHERE unmapped.machine_id = ANY (${[...ids]}::int[])
      GROUP BY unmapped.machine_id, unmapped.value
    ) AS ranked
    WHERE ranked.place <= ${MOST_NAMED}
    ORDER BY ranked."machineId", ranked.place`.execute(db);
  return grouped(rows, ({ value }) => value);
}

/** A standard counts that holds today, for any operation, by the day of the machine's plant. */
async function readMaterials({ db, now }: Context, ids: readonly number[]) {
  const since = new Date(now.getTime() - LOOK_BACK_DAYS * 86_400_000);
  const { rows } = await sql<{ machineId: number; id: number; code: string; hasStandard: boolean }>`
    SELECT made.machine_id AS "machineId", materials.id, materials.code,
           EXISTS (
             SELECT FROM mes.production_standards AS standards
             WHERE standards.machine_id = made.machine_id AND standards.material_id = materials.id
               AND standards.archived_at IS NULL
               AND standards.valid_from <= (${now}::timestamptz AT TIME ZONE plants.time_zone)::date
           ) AS "hasStandard"
    FROM (
      SELECT runs.machine_id, runs.material_id
      FROM mes.machine_runs AS runs
      WHERE runs.machine_id = ANY (${[...ids]}::int[]) AND runs.material_id IS NOT NULL
        AND (runs.to_time IS NULL OR runs.to_time > ${since}) AND runs.from_time <= ${now}
      UNION
      SELECT machines.id, machines.default_material_id
      FROM mes.machines
      WHERE machines.id = ANY (${[...ids]}::int[]) AND machines.default_material_id IS NOT NULL
    ) AS made
    JOIN mes.materials ON materials.id = made.material_id
    JOIN mes.machines ON machines.id = made.machine_id
    JOIN mes.plants ON plants.id = machines.plant_id
    ORDER BY made.machine_id, materials.code`.execute(db);
  return grouped(rows, (material) => material);
}

async function readShifts({ db, now }: Context, ids: readonly number[]): Promise<Map<number, Date>> {
  const until = new Date(now.getTime() + LOOK_AHEAD_DAYS * 86_400_000);
  const { rows } = await sql<{ machineId: number; begin: Date }>`
    SELECT instances.machine_id AS "machineId", min(instances.from_time) AS begin
    FROM mes.shift_instances AS instances
    WHERE instances.machine_id = ANY (${[...ids]}::int[]) AND instances.to_time > ${now} AND instances.from_time < ${until}
    GROUP BY instances.machine_id`.execute(db);
  return new Map(rows.map(({ machineId, begin }) => [machineId, begin]));
}

async function readLanes({ db, now }: Context, ids: readonly number[]): Promise<Map<number, LaneFacts>> {
  const { rows } = await sql<{
    machineId: number;
    id: number;
    name: string;
    kind: string;
    constraint: boolean;
    outfeed: boolean;
  }>`
    WITH here AS (
      SELECT places.*
      FROM mes.lane_memberships AS places
      JOIN mes.machines ON machines.id = places.machine_id
      WHERE places.archived_at IS NULL AND machines.archived_at IS NULL
        AND places.valid_from <= ${now} AND (places.valid_to IS NULL OR places.valid_to > ${now})
    )
    SELECT here.machine_id AS "machineId", lanes.id, lanes.name, lanes.kind, flags.constraint, flags.outfeed
    FROM here
    JOIN mes.lanes ON lanes.id = here.lane_id
    CROSS JOIN LATERAL (
      SELECT bool_or(others.is_constraint) AS constraint, bool_or(others.is_outfeed) AS outfeed
      FROM here AS others WHERE others.lane_id = here.lane_id
    ) AS flags
    WHERE here.machine_id = ANY (${[...ids]}::int[])`.execute(db);
  return new Map(
    rows.map(({ machineId, id, name, kind, constraint, outfeed }) => [
      machineId,
      { id, name, lacks: laneChecks(kind, [{ isConstraint: constraint, isOutfeed: outfeed }]) },
    ]),
  );
}

async function readTargets({ db, now }: Context, ids: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ machineId: number; percent: string }>`
    SELECT DISTINCT ON (targets.machine_id) targets.machine_id AS "machineId", targets.target_percent AS percent
    FROM mes.machine_targets AS targets
    JOIN mes.plants ON plants.id = targets.plant_id
    WHERE targets.machine_id = ANY (${[...ids]}::int[]) AND targets.archived_at IS NULL
      AND targets.valid_from <= (${now}::timestamptz AT TIME ZONE plants.time_zone)::date
    ORDER BY targets.machine_id, targets.valid_from DESC`.execute(db);
  return new Map(rows.map(({ machineId, percent }) => [machineId, Number(percent)]));
}
