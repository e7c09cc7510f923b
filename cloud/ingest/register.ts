// What a birth makes known: NBIRTH the edge's buffer and session, DBIRTH a device and its tags. Only
// registered edges get here; nothing is made for strangers.

import type pg from 'pg';
import { datatypeCode, datatypeFamily, datatypeName } from '../../protocols/sparkplug/datatypes.ts';
import type { Metric, Payload } from '../../protocols/sparkplug/payload.ts';
import { counterKinds, names, properties, tagRoles } from '../../protocols/sparkplug/unison.ts';
import type { DeviceSession, EdgeAgent, EdgeSession, TagKind, TagRef } from './edge-session.ts';
import { heldByUs, LeaseLost } from './lease.ts';

/** Tags one edge may have. */
export const maxTagsPerEdge = 50_000;

/** Longest name of a tag, in characters: an index entry must fit a page. */
const maxNameLength = 500;

export class BirthRefused extends Error {
  override name = 'BirthRefused';
}

const ownReports = new Map<string, TagKind>([
  [names.coverage, 'coverage'],
  [names.gap, 'gap'],
  [names.clockOffset, 'clock_offset'],
]);

const unregistered = new Set<string>([names.offset, names.watermark, names.bdSeq, names.rebirth]);

const marking = new Set(['state', 'total_count', 'good_count', 'reject_count', 'order', 'material']);

/** What a tag is to us by its mapping, whoever made that. mes.role_marks says the same. */
export function meaningFor(mapping: { machineId: number | null; role: string | null }): {
  machineId: number | null;
  marks: boolean;
  isState: boolean;
} {
  const { machineId, role } = mapping;
  const marks = machineId !== null && role !== null && marking.has(role);
  return { machineId, marks, isState: marks && role === 'state' };
}

/** An edge's session, and the name of the ingestor that believes to hold its lease. */
export interface Held {
  readonly session: EdgeSession;
  readonly holder: string;
}

/**
 * Notes an NBIRTH. A buffer we have not seen before means that what the last one held is gone: a gap row
 * `buffer_lost` runs from the watermark to now. Throws LeaseLost where another ingestor has taken over: a
 * frozen one may wake up with a birth that is long past.
 */
export async function registerNode(db: pg.ClientBase, { session, holder }: Held, payload: Payload): Promise<void> {
  const text = (name: string): string | null => {
    const value = payload.metrics.find((metric) => metric.name === name)?.value;
    return typeof value === 'string' ? value : null;
  };
  const bdSeq = payload.metrics.find((metric) => metric.name === names.bdSeq)?.value;
  const buffer = text(names.buffer);
  const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  const edgeSession = text(names.session);
  for (const [name, value] of [
    [names.buffer, buffer],
    [names.session, edgeSession],
  ] as const) {
    if (value !== null && !uuid.test(value)) throw new BirthRefused(`${name} is no UUID`);
  }
  const { agent } = session;
  const { rowCount } = await db.query(
    `WITH before AS (
       SELECT edge_states.buffer_id, edge_states.watermark FROM mes.edge_states
       WHERE edge_states.edge_agent_id = $1 AND EXISTS (${heldByUs})
     ), gap AS (
       INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, from_time, to_time, cause)
       SELECT $4, $5, $1, before.watermark, greatest(before.watermark, now()), 'buffer_lost'
       FROM before
       WHERE before.buffer_id <> $6::uuid AND before.watermark IS NOT NULL
       ON CONFLICT DO NOTHING
     )
     INSERT INTO mes.edge_states AS known (edge_agent_id, organization_id, plant_id, buffer_id, online, online_changed_at, last_message_at, version)
     SELECT $1, $4, $5, $6, true, now(), now(), $7
     WHERE EXISTS (${heldByUs})
     ON CONFLICT (edge_agent_id) DO UPDATE
     SET buffer_id = coalesce(excluded.buffer_id, known.buffer_id), online = true, last_message_at = now(), version = excluded.version,
         online_changed_at = CASE WHEN known.online THEN known.online_changed_at ELSE now() END`,
    [agent.id, holder, session.generation, agent.organizationId, agent.plantId, buffer, text(names.version)],
  );
  if (rowCount === 0) throw new LeaseLost();
  await openLink(db, agent, '');
  session.bdSeq = typeof bdSeq === 'number' ? bdSeq : null;
  session.buffer = buffer;
  session.session = edgeSession;
}

/** The edge is gone, as far as the broker knows. For the live picture only. */
export async function registerNodeDeath(db: pg.ClientBase, { session, holder }: Held): Promise<void> {
  const { rowCount } = await db.query(
    `UPDATE mes.edge_states SET online = false, online_changed_at = now()
     WHERE edge_states.edge_agent_id = $1 AND EXISTS (${heldByUs})`,
    [session.agent.id, holder, session.generation],
  );
  if (rowCount === 0) throw new LeaseLost();
  await db.query(
    'UPDATE mes.edge_links SET to_time = now() WHERE edge_links.edge_agent_id = $1 AND edge_links.to_time IS NULL',
    [session.agent.id],
  );
}

/** A device lost its PLC, as its agent said. For the live picture only: figures read its coverage. */
export async function registerDeviceDeath(db: pg.ClientBase, { agent }: EdgeSession, device: string): Promise<void> {
  await db.query(
    `UPDATE mes.edge_links SET to_time = now()
     WHERE edge_links.edge_agent_id = $1 AND edge_links.device_name = $2 AND edge_links.to_time IS NULL`,
    [agent.id, device],
  );
}

/** From now on there is a link, if there was none: a rebirth goes on with the one it has. The node's own has no device. */
async function openLink(db: pg.ClientBase, agent: EdgeAgent, device: string): Promise<void> {
  await db.query(
    `INSERT INTO mes.edge_links (organization_id, plant_id, edge_agent_id, device_name, from_time)
     SELECT $1, $2, $3, $4, now()
     WHERE NOT EXISTS (
       SELECT FROM mes.edge_links
       WHERE edge_links.edge_agent_id = $3 AND edge_links.device_name = $4 AND edge_links.to_time IS NULL)
     ON CONFLICT DO NOTHING`,
    [agent.organizationId, agent.plantId, agent.id, device],
  );
}

interface TagDeclaration {
  readonly name: string;
  readonly alias: number | null;
  readonly code: number;
  readonly machine: string | null;
  readonly role: string | null;
  readonly reason: string | null;
  readonly unit: string | null;
  readonly counter: string | null;
  readonly modulus: string | null;
  readonly pollMs: number | null;
}

const roles = new Set<string>(tagRoles);
const counters = new Set<string>(counterKinds);

/** Registers a device with its tags and answers what its aliases mean. Throws BirthRefused beyond maxTagsPerEdge. */
export async function registerDevice(
  db: pg.ClientBase,
  session: EdgeSession,
  device: string,
  payload: Payload,
): Promise<DeviceSession> {
  const { agent } = session;
  const declared = payload.metrics.flatMap((metric) => declarationOf(metric));
  const others = [...session.devices.values()]
    .filter((one) => one.name !== device)
    .reduce((sum, one) => sum + one.byName.size, 0);
  if (others + declared.length > maxTagsPerEdge) {
    throw new BirthRefused(
      `edge ${agent.edge} would have ${others + declared.length} tags; ${maxTagsPerEdge} are allowed. Split it into several agents`,
    );
  }
  const deviceId = await deviceIdOf(db, agent, device);
  await openLink(db, agent, device);
  // A birth may name a tag twice, by two aliases; it is one tag.
  const tags = new Map(
    declared
      .filter((tag) => ownReports.get(tag.name) !== 'coverage' && ownReports.get(tag.name) !== 'gap')
      .map((tag) => [`${tag.name}\n${tag.code}`, tag]),
  );
  const ids = await registerTags(db, agent, deviceId, [...tags.values()]);
  const known: DeviceSession = { id: deviceId, name: device, byAlias: new Map(), byName: new Map() };
  for (const tag of declared) {
    const row = ids.get(`${tag.name}\n${datatypeName(tag.code)}`);
    const ref: TagRef = {
      id: row?.id ?? 0,
      deviceId,
      name: tag.name,
      code: tag.code,
      family: datatypeFamily(tag.code),
      kind: ownReports.get(tag.name) ?? 'sample',
      ...meaningFor(row ?? { machineId: null, role: null }),
    };
    if (tag.alias !== null) known.byAlias.set(tag.alias, ref);
    known.byName.set(tag.name, ref);
  }
  return known;
}

async function deviceIdOf(db: pg.ClientBase, agent: EdgeAgent, device: string): Promise<number> {
  await db.query(
    `INSERT INTO mes.devices (organization_id, plant_id, edge_agent_id, name) VALUES ($1, $2, $3, $4)
     ON CONFLICT (organization_id, edge_agent_id, name) DO NOTHING`,
    [agent.organizationId, agent.plantId, agent.id, device],
  );
  const { rows } = await db.query<{ id: number }>(
    'SELECT devices.id FROM mes.devices WHERE devices.organization_id = $1 AND devices.edge_agent_id = $2 AND devices.name = $3',
    [agent.organizationId, agent.id, device],
  );
  const [row] = rows;
  if (!row) throw new Error(`device ${device} of edge agent ${agent.id} is not there after its registration`);
  return row.id;
}

/**
 * Keeps what the agent declares. It counts, unless somebody has mapped the tag on screen: that stays until
 * he gives it back to the agent.
 */
async function registerTags(
  db: pg.ClientBase,
  agent: EdgeAgent,
  deviceId: number,
  tags: readonly TagDeclaration[],
): Promise<Map<string, { id: number; machineId: number | null; role: string | null }>> {
  const column = <K extends keyof TagDeclaration>(key: K): TagDeclaration[K][] => tags.map((tag) => tag[key]);
  const { rows } = await db.query<{
    id: number;
    name: string;
    datatype: string;
    machine_id: number | null;
    role: string | null;
  }>(
    `WITH declared AS (
       SELECT births.*, machines.id AS machine_id
       FROM unnest($4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::numeric[], $12::int[])
         AS births (name, datatype, machine, role, reason, unit, counter_kind, counter_modulus, poll_ms)
       LEFT JOIN mes.machines ON machines.organization_id = $1 AND machines.plant_id = $2 AND machines.name = births.machine
     ), written AS (
       INSERT INTO mes.tags AS known
         (organization_id, plant_id, device_id, name, datatype, machine_id, role, reason, unit, counter_kind, counter_modulus, poll_ms,
          declared_machine, declared_role, declared_reason)
       SELECT $1, $2, $3, declared.name, declared.datatype, declared.machine_id, declared.role, declared.reason, declared.unit,
              declared.counter_kind, declared.counter_modulus, declared.poll_ms, declared.machine, declared.role, declared.reason
       FROM declared
       ON CONFLICT (organization_id, device_id, name, datatype) DO UPDATE
       SET machine_id = CASE known.mapping WHEN 'screen' THEN known.machine_id ELSE excluded.machine_id END,
           role = CASE known.mapping WHEN 'screen' THEN known.role ELSE excluded.role END,
           reason = CASE known.mapping WHEN 'screen' THEN known.reason ELSE excluded.reason END,
           declared_machine = excluded.declared_machine, declared_role = excluded.declared_role, declared_reason = excluded.declared_reason,
           unit = excluded.unit, counter_kind = excluded.counter_kind,
           counter_modulus = coalesce(excluded.counter_modulus, known.counter_modulus), poll_ms = excluded.poll_ms
       WHERE (known.declared_machine, known.declared_role, known.declared_reason, known.unit, known.counter_kind, known.counter_modulus, known.poll_ms)
           IS DISTINCT FROM (excluded.declared_machine, excluded.declared_role, excluded.declared_reason, excluded.unit, excluded.counter_kind,
                             coalesce(excluded.counter_modulus, known.counter_modulus), excluded.poll_ms)
         OR (known.mapping = 'agent' AND (known.machine_id, known.role, known.reason)
           IS DISTINCT FROM (excluded.machine_id, excluded.role, excluded.reason))
       RETURNING known.id, known.name, known.datatype, known.machine_id, known.role
     )
     SELECT written.id, written.name, written.datatype, written.machine_id, written.role FROM written
     UNION ALL
     SELECT tags.id, tags.name, tags.datatype, tags.machine_id, tags.role
     FROM mes.tags
     WHERE tags.organization_id = $1 AND tags.device_id = $3
       AND NOT EXISTS (SELECT FROM written WHERE written.id = tags.id)`,
    [
      agent.organizationId,
      agent.plantId,
      deviceId,
      column('name'),
      tags.map((tag) => datatypeName(tag.code)),
      column('machine'),
      column('role'),
      column('reason'),
      column('unit'),
      column('counter'),
      column('modulus'),
      column('pollMs'),
    ],
  );
  return new Map(
    rows.map((row) => [`${row.name}\n${row.datatype}`, { id: row.id, machineId: row.machine_id, role: row.role }]),
  );
}

function declarationOf(metric: Metric): TagDeclaration[] {
  if (metric.name === undefined || unregistered.has(metric.name)) return [];
  if (metric.name.includes('\0')) throw new BirthRefused('a metric name holds a NUL character');
  if (metric.name.length > maxNameLength) {
    throw new BirthRefused(`the metric name ${metric.name.slice(0, 40)}… is longer than ${maxNameLength} characters`);
  }
  const text = (key: string): string | null => {
    const value = metric.properties?.[key]?.value;
    return typeof value === 'string' && !value.includes('\0') ? value : null;
  };
  const number = (key: string): number | null => {
    const value = metric.properties?.[key]?.value;
    return typeof value === 'number' ? value : null;
  };
  const role = text(properties.role);
  const counter = text(properties.counter);
  return [
    {
      name: metric.name,
      alias: metric.alias ?? null,
      code: datatypeCode[metric.datatype ?? 'Unknown'],
      machine: text(properties.machine),
      role: role !== null && roles.has(role) ? role : null,
      reason: text(properties.reason),
      unit: text(properties.unit),
      counter: counter !== null && counters.has(counter) ? counter : null,
      modulus: number(properties.modulus)?.toString() ?? null,
      pollMs: number(properties.pollMs),
    },
  ];
}
