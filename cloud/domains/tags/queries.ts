// Tags in the database: a page of them with their last values, and their mapping.

import { type RawBuilder, sql } from 'kysely';
import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Mapping, Tag, TagPage, TagsQuery } from './schema.ts';

const MAX_WORDS = 10;

interface TagRow {
  id: number;
  plant_id: number;
  agent_id: number;
  agent_name: string;
  device_id: number;
  device_name: string;
  name: string;
  datatype: string;
  unit: string | null;
  poll_ms: number | null;
  machine_id: number | null;
  machine_name: string | null;
  role: string | null;
  reason: string | null;
  loss_reason_id: number | null;
  counter_modulus: number | null;
  mapping: 'agent' | 'screen';
  mapping_version: number;
  declared_machine: string | null;
  declared_machine_id: number | null;
  declared_role: string | null;
  declared_reason: string | null;
  differs: boolean;
  value: number | null;
  text_value: string | null;
  time: Date | null;
  status: number | null;
}

/** A mapped tag in which the agent says otherwise. */
const differs = sql`(tags.mapping = 'screen' AND (machines.name, tags.role, tags.reason)
  IS DISTINCT FROM (tags.declared_machine, tags.declared_role, tags.declared_reason))`;
const unmapped = sql`(tags.machine_id IS NULL OR tags.role IS NULL)`;

const selected = sql`
  SELECT tags.id, tags.plant_id, agents.id AS agent_id, agents.edge_id AS agent_name, devices.id AS device_id,
         devices.name AS device_name, tags.name, tags.datatype, tags.unit, tags.poll_ms, tags.machine_id,
         machines.display_name AS machine_name, tags.role, tags.reason, tags.loss_reason_id, tags.counter_modulus::float8 AS counter_modulus, tags.mapping, tags.mapping_version,
         tags.declared_machine, declared.id AS declared_machine_id, tags.declared_role, tags.declared_reason, ${differs} AS differs,
         last.value, last.text_value, last.time, last.status
  FROM mes.tags
  JOIN mes.devices ON devices.id = tags.device_id
  JOIN mes.edge_agents AS agents ON agents.id = devices.edge_agent_id
  LEFT JOIN mes.machines ON machines.id = tags.machine_id
  LEFT JOIN mes.machines AS declared ON declared.plant_id = tags.plant_id AND declared.name = tags.declared_machine
  LEFT JOIN mes.tag_last AS last ON last.tag_id = tags.id`;

/** Unmapped tags first, then by device and name. Throws InvalidRequest for a cursor that is none. */
export async function listTags({ db }: Context, query: TagsQuery): Promise<TagPage> {
  const { limit, cursor } = query;
  const where = sql.join([...conditions(query), ...(cursor === undefined ? [] : [after(cursor)])], sql` AND `);
  const { rows } = await sql<TagRow>`
    ${selected} WHERE ${where}
    ORDER BY NOT ${unmapped}, devices.id, tags.name COLLATE mes.natural, tags.id
    LIMIT ${limit + 1}`.execute(db);
  const items = rows.slice(0, limit).map(toTag);
  const last = rows.length > limit ? items.at(-1) : undefined;
  const place = last && [last.machineId !== null && last.role !== null, last.deviceId, last.name, last.id];
  return { items, nextCursor: place ? Buffer.from(JSON.stringify(place)).toString('base64url') : null };
}

function* conditions(query: TagsQuery): Generator<RawBuilder<unknown>> {
  // What an agent reports of itself is nothing to map.
  yield sql`tags.name NOT LIKE 'Unison/%'`;
  yield sql`agents.archived_at IS NULL`;
  if (query.plant !== undefined) yield sql`tags.plant_id = ${query.plant}`;
  if (query.agent !== undefined) yield sql`agents.id = ${query.agent}`;
  if (query.device !== undefined) yield sql`devices.id = ${query.device}`;
  if (query.machine !== undefined) yield sql`tags.machine_id = ${query.machine}`;
  if (query.role !== undefined) yield sql`tags.role = ${query.role}`;
  if (query.mapped === 'no') yield unmapped;
  if (query.mapped === 'yes') yield sql`NOT ${unmapped}`;
  if (query.mapped === 'screen') yield sql`tags.mapping = 'screen'`;
  if (query.mapped === 'differs') yield differs;
  for (const word of (query.search ?? '').split(/\s+/).filter(Boolean).slice(0, MAX_WORDS)) {
    const like = `%${word.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
    yield sql`(tags.name ILIKE ${like} OR devices.name ILIKE ${like} OR machines.display_name ILIKE ${like})`;
  }
}

function after(cursor: string): RawBuilder<unknown> {
  const wrong = () => new InvalidRequest([{ path: 'query/cursor', ...fault('not_of_list', {}) }]);
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw wrong();
  }
  if (!Array.isArray(place)) throw wrong();
  const [mapped, device, name, id] = place as unknown[];
  const isWhole = (value: unknown) =>
    typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 2 ** 31;
  if (
    typeof mapped !== 'boolean' ||
    typeof name !== 'string' ||
    name.includes('\0') ||
    !isWhole(device) ||
    !isWhole(id)
  )
    throw wrong();
  return sql`(NOT ${unmapped}, devices.id, tags.name COLLATE mes.natural, tags.id)
    > (${mapped}::boolean, ${device}::int, ${name}::text COLLATE mes.natural, ${id}::int)`;
}

/** Tags by id, as the API shows them. */
export async function findTags({ db }: Context, ids: readonly number[]): Promise<Tag[]> {
  const { rows } = await sql<TagRow>`
    ${selected} WHERE tags.id = ANY (${[...ids]}::int[]) ORDER BY tags.id`.execute(db);
  return rows.map(toTag);
}

/** Locks tags in order of id, so that two commands cannot wait for each other. */
export async function lockTags({ db }: Context, ids: readonly number[]): Promise<void> {
  await sql`SELECT FROM mes.tags WHERE tags.id = ANY (${[...ids]}::int[]) ORDER BY tags.id FOR UPDATE`.execute(db);
}

export interface NewMapping {
  readonly id: number;
  readonly mapping: Mapping['mapping'];
  readonly machineId: number | null;
  readonly role: string | null;
  readonly reason: string | null;
  readonly lossReasonId: number | null;
  readonly counterModulus: number | null;
}

/** All in one statement: what follows from it (sql/0015_edge_mapping.sql) is done once. */
export async function writeMappings({ db }: Context, wanted: readonly NewMapping[]): Promise<void> {
  await sql`
    UPDATE mes.tags
    SET mapping = given.mapping, machine_id = given.machine_id, role = given.role, reason = given.reason,
        loss_reason_id = given.loss_reason_id, counter_modulus = given.counter_modulus, mapping_version = tags.mapping_version + 1, mapped_at = now()
    FROM unnest(${wanted.map(({ id }) => id)}::int[], ${wanted.map(({ mapping }) => mapping)}::text[],
                ${wanted.map(({ machineId }) => machineId)}::int[], ${wanted.map(({ role }) => role)}::text[],
                ${wanted.map(({ reason }) => reason)}::text[], ${wanted.map(({ lossReasonId }) => lossReasonId)}::int[],
                ${wanted.map(({ counterModulus }) => counterModulus)}::numeric[])
      AS given (id, mapping, machine_id, role, reason, loss_reason_id, counter_modulus)
    WHERE tags.id = given.id`.execute(db);
}

/** Plants of these machines that are in use, by machine. */
export async function plantsOfMachines({ db }: Context, ids: readonly number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map();
  const rows = await db
    .selectFrom('mes.machines')
    .select(['id', 'plant_id'])
    .where('id', 'in', [...ids])
    .where('archived_at', 'is', null)
    .execute();
  return new Map(rows.map((row) => [row.id, row.plant_id]));
}

export async function knownLossReasons({ db }: Context, ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const rows = await db
    .selectFrom('mes.loss_reasons')
    .select('id')
    .where('id', 'in', [...ids])
    .where('archived_at', 'is', null)
    .execute();
  return new Set(rows.map(({ id }) => id));
}

function toTag(row: TagRow): Tag {
  return {
    id: row.id,
    plantId: row.plant_id,
    agentId: row.agent_id,
    agentName: row.agent_name,
    deviceId: row.device_id,
    deviceName: row.device_name,
    name: row.name,
    datatype: row.datatype,
    unit: row.unit,
    pollMs: row.poll_ms,
    machineId: row.machine_id,
    machineName: row.machine_name,
    role: row.role,
    reason: row.reason,
    lossReasonId: row.loss_reason_id,
    counterModulus: row.counter_modulus,
    mapping: row.mapping,
    version: row.mapping_version,
    declared: {
      machine: row.declared_machine,
      machineId: row.declared_machine_id,
      role: row.declared_role,
      reason: row.declared_reason,
    },
    differs: row.differs,
    value: row.value === null ? row.text_value : row.datatype === 'Boolean' ? row.value !== 0 : row.value,
    time: row.time?.toISOString() ?? null,
    status: (row.status ?? 0) >>> 0,
  };
}
