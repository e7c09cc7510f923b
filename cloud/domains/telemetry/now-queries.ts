// Everything the page Now and the live stream's snapshot need of one plant, from the tables of last values.

import { sql } from 'kysely';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { TagValue } from '../state-maps/index.ts';
import type { Run } from './rules.ts';
import type { Plant } from './schema.ts';

/** More tags of one plant than a page can show. */
const MAX_TAGS = 20_000;

export async function findPlant(ctx: Context, plantId: number): Promise<Plant> {
  const row = await ctx.db
    .selectFrom('mes.plants as plants')
    .select(['plants.id', 'plants.name', 'plants.time_zone'])
    .where('plants.id', '=', plantId)
    .executeTakeFirst();
  if (!row) throw new DomainError('not_found', 'There is no such plant, or you may not see it.');
  return { id: row.id, name: row.name, timeZone: row.time_zone };
}

/** Lanes of a plant in physical order. */
export function listLanes({ db }: Context, plantId: number) {
  return db
    .selectFrom('mes.lanes as lanes')
    .select(['lanes.id', 'lanes.name', 'lanes.kind'])
    .where('lanes.plant_id', '=', plantId)
    .where('lanes.archived_at', 'is', null)
    .orderBy('lanes.position')
    .orderBy('lanes.id')
    .execute();
}

/** Machines of a plant as they stand now, each lane's in the direction of the product. */
export function listMachines({ db, now }: Context, plantId: number) {
  return db
    .selectFrom('mes.machines as machines')
    .leftJoin('mes.lane_memberships as places', (join) =>
      join
        .onRef('places.machine_id', '=', 'machines.id')
        .on('places.archived_at', 'is', null)
        .on('places.valid_from', '<=', now)
        .on((on) => on.or([on('places.valid_to', 'is', null), on('places.valid_to', '>', now)])),
    )
    .select(['machines.id', 'places.lane_id', 'machines.name', 'machines.display_name'])
    .where('machines.plant_id', '=', plantId)
    .where('machines.archived_at', 'is', null)
    .orderBy('places.position')
    .orderBy('machines.id')
    .execute();
}

export interface TagNow {
  readonly id: number;
  readonly machineId: number;
  readonly deviceId: number;
  readonly name: string;
  readonly role: string | null;
  readonly datatype: string;
  readonly unit: string | null;
  readonly reason: string | null;
  readonly pollMs: number | null;
  readonly value: TagValue;
  readonly time: Date | null;
  readonly status: number;
}

/** Tags that mean something to a machine, with their last values. */
export async function listTags({ db }: Context, plantId: number): Promise<TagNow[]> {
  const rows = await db
    .selectFrom('mes.tags as tags')
    .leftJoin('mes.tag_last as last', 'last.tag_id', 'tags.id')
    .select(['tags.id', 'tags.machine_id', 'tags.device_id', 'tags.name', 'tags.role', 'tags.datatype', 'tags.unit'])
    .select(['tags.reason', 'tags.poll_ms', 'last.time', 'last.value', 'last.text_value', 'last.status'])
    .where('tags.plant_id', '=', plantId)
    .where('tags.machine_id', 'is not', null)
    .where((where) => where.or([where('tags.role', 'is not', null), where('tags.name', 'ilike', '%cause')]))
    .orderBy('tags.id')
    .limit(MAX_TAGS)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    machineId: row.machine_id ?? 0,
    deviceId: row.device_id,
    name: row.name,
    role: row.role,
    datatype: row.datatype,
    unit: row.unit,
    reason: row.reason,
    pollMs: row.poll_ms,
    value: valueOf(row),
    time: row.time,
    status: (row.status ?? 0) >>> 0,
  }));
}

/** These tags of a plant with their last values, mapped or not. */
export async function listTagsById({ db }: Context, plantId: number, ids: readonly number[]) {
  const rows = await db
    .selectFrom('mes.tags as tags')
    .leftJoin('mes.tag_last as last', 'last.tag_id', 'tags.id')
    .select(['tags.id', 'tags.datatype', 'last.time', 'last.value', 'last.text_value', 'last.status'])
    .where('tags.plant_id', '=', plantId)
    .where('tags.id', 'in', [...ids])
    .execute();
  return rows.map((row) => ({
    id: row.id,
    datatype: row.datatype,
    time: row.time,
    value: valueOf(row),
    status: (row.status ?? 0) >>> 0,
  }));
}

/** Samples hold booleans as 0 and 1, and text apart. */
function valueOf(row: { datatype: string; value: number | null; text_value: string | null }): TagValue {
  if (row.value === null) return row.text_value;
  return row.datatype === 'Boolean' ? row.value !== 0 : row.value;
}

export async function listAgents({ db }: Context, plantId: number) {
  const rows = await db
    .selectFrom('mes.edge_agents as agents')
    .leftJoin('mes.edge_states as states', 'states.edge_agent_id', 'agents.id')
    .select(['agents.id', 'agents.edge_id', 'states.online', 'states.online_changed_at'])
    .select(['states.last_message_at', 'states.watermark'])
    .where('agents.plant_id', '=', plantId)
    .orderBy('agents.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.edge_id,
    online: row.online ?? false,
    onlineChangedAt: row.online_changed_at,
    lastMessageAt: row.last_message_at,
    watermark: row.watermark,
  }));
}

/** Devices of a plant with what their agents last said of them. */
export async function listDevices({ db }: Context, plantId: number) {
  return db
    .selectFrom('mes.devices as devices')
    .leftJoinLateral(
      (lateral) =>
        lateral
          .selectFrom('mes.device_coverage as coverage')
          .select(['coverage.state', 'coverage.time'])
          .whereRef('coverage.device_id', '=', 'devices.id')
          .orderBy('coverage.time', 'desc')
          .limit(1)
          .as('latest'),
      (join) => join.onTrue(),
    )
    .select(['devices.id', 'devices.name', 'devices.edge_agent_id', 'latest.state', 'latest.time'])
    .where('devices.plant_id', '=', plantId)
    .orderBy('devices.id')
    .execute();
}

/** Since when each of these devices has been covered without a break, as its agent said. */
export async function listCoveredSince({ db }: Context, deviceIds: readonly number[]): Promise<Map<number, Date>> {
  const { rows } = await sql<{ device_id: number; since: Date }>`
    SELECT coverage.device_id, min(coverage.time) AS since
    FROM mes.device_coverage AS coverage
    WHERE coverage.device_id = ANY (${[...deviceIds]}::int[])
      AND coverage.time > coalesce(
        (SELECT max(breaks.time) FROM mes.device_coverage AS breaks
         WHERE breaks.device_id = coverage.device_id AND breaks.state <> 'up'), '-infinity')
    GROUP BY coverage.device_id`.execute(db);
  return new Map(rows.map((row) => [row.device_id, row.since]));
}

export interface RunsWanted {
  readonly tagId: number;
  /** Text and numbers lie in different tables. */
  readonly text: boolean;
  /** Look at samples of [from, to]. */
  readonly from: Date;
  readonly to: Date;
}

/**
 * The stretches of equal value of these tags, newest first, at most 100 each. One window over the samples,
 * since the views keep LIMIT from reaching the index: the caller bounds the range.
 */
export async function listRuns({ db }: Context, wanted: readonly RunsWanted[]): Promise<Map<number, Run[]>> {
  const runs = new Map<number, Run[]>();
  for (const text of [false, true]) {
    const these = wanted.filter((one) => one.text === text);
    if (these.length === 0) continue;
    const source = sql.table(text ? 'mes.sample_texts' : 'mes.samples');
    const { rows } = await sql<{ tag_id: number; time: Date; value: number | string | null; status: number | null }>`
      SELECT wanted.tag_id, runs.time, runs.value, runs.status
      FROM unnest(${these.map((one) => one.tagId)}::int[], ${these.map((one) => one.from)}::timestamptz[],
                  ${these.map((one) => one.to)}::timestamptz[]) AS wanted (tag_id, from_time, to_time)
      CROSS JOIN LATERAL (
        SELECT changes.time, changes.value, changes.status
        FROM (
          SELECT source.time, source.value, source.status, lag(source.value) OVER history AS before,
                 row_number() OVER history AS number
          FROM ${source} AS source
          WHERE source.tag_id = wanted.tag_id AND source.time >= wanted.from_time AND source.time <= wanted.to_time
          WINDOW history AS (ORDER BY source.time)
        ) AS changes
        WHERE changes.number = 1 OR changes.value IS DISTINCT FROM changes.before
        ORDER BY changes.time DESC
        LIMIT 100
      ) AS runs
      ORDER BY wanted.tag_id, runs.time DESC`.execute(db);
    for (const row of rows) {
      const run = { from: row.time, value: row.value, status: (row.status ?? 0) >>> 0 };
      runs.set(row.tag_id, [...(runs.get(row.tag_id) ?? []), run]);
    }
  }
  return runs;
}
