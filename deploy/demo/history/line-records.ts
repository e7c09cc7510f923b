// What the history finds in the database (the line's agents, devices and tags) and the few records that people
// would have made of a day: its orders and the reasons of its long stops.

import type pg from 'pg';
import type { EdgeSession, TagRef } from '../../../cloud/ingest/edge-session.ts';
import { newEdgeSession } from '../../../cloud/ingest/edge-session.ts';
import { meaningFor } from '../../../cloud/ingest/register.ts';
import { plantTags } from '../../../protocols/simulator/tags.ts';
import { datatypeCode, datatypeFamily, type SparkplugDatatype } from '../../../protocols/sparkplug/datatypes.ts';
import type { HistoryDay } from './days.ts';
import type { HistoryOrder, HistoryStop } from './simulate-day.ts';

export interface LineTag {
  readonly ref: TagRef;
  readonly session: EdgeSession;
  readonly modulus: number | null;
}

export interface HistoryLine {
  readonly organizationId: number;
  readonly plantId: number;
  readonly timeZone: string;
  /** By index of `plantTags`. */
  readonly tags: readonly LineTag[];
  readonly devices: readonly { readonly id: number; readonly name: string; readonly session: EdgeSession }[];
}

/** Null while the agents have not yet made all their tags known, or when the demo is gone. */
export async function findLine(db: pg.ClientBase, group: string): Promise<HistoryLine | null> {
  const { rows } = await db.query<TagRow>(
    `SELECT tags.id, tags.name, tags.datatype, tags.machine_id, tags.role, devices.id AS device_id, devices.name AS device,
            agents.id AS agent_id, agents.edge_id, agents.organization_id, agents.plant_id, plants.time_zone
     FROM mes.edge_agents AS agents
     JOIN mes.plants ON plants.id = agents.plant_id
     JOIN mes.devices ON devices.edge_agent_id = agents.id
     JOIN mes.tags ON tags.device_id = devices.id
     WHERE agents.group_id = $1`,
    [group],
  );
  const sessions = new Map<number, EdgeSession>();
  const devices = new Map<number, { id: number; name: string; session: EdgeSession }>();
  const byName = new Map(rows.map((row) => [row.name, row]));
  const tags = plantTags.flatMap(({ name, modulus }): LineTag[] => {
    const row = byName.get(name);
    if (!row) return [];
    const { agent_id: id, organization_id: organizationId, plant_id: plantId, edge_id: edge } = row;
    const session = sessions.get(id) ?? newEdgeSession({ id, organizationId, plantId, group, edge }, 0);
    sessions.set(id, session);
    devices.set(row.device_id, { id: row.device_id, name: row.device, session });
    const code = datatypeCode[row.datatype as SparkplugDatatype];
    const meaning = meaningFor({ machineId: row.machine_id, role: row.role });
    const ref = {
      id: row.id,
      deviceId: row.device_id,
      name,
      code,
      family: datatypeFamily(code),
      kind: 'sample' as const,
    };
    return [{ ref: { ...ref, ...meaning }, session, modulus }];
  });
  const [first] = rows;
  if (!first || tags.length < plantTags.length) return null;
  const { organization_id: organizationId, plant_id: plantId, time_zone: timeZone } = first;
  return { organizationId, plantId, timeZone, tags, devices: [...devices.values()] };
}

interface TagRow {
  readonly id: number;
  readonly name: string;
  readonly datatype: string;
  readonly machine_id: number | null;
  readonly role: string | null;
  readonly device_id: number;
  readonly device: string;
  readonly agent_id: number;
  readonly edge_id: string;
  readonly organization_id: number;
  readonly plant_id: number;
  readonly time_zone: string;
}

/** The first thing that the line's agents told; null for nothing yet. */
export async function firstTold(db: pg.ClientBase, { tags }: HistoryLine): Promise<Date | null> {
  const { rows } = await db.query<{ at: Date | null }>(
    `SELECT min(first.at) AS at FROM unnest($1::int[]) AS wanted (tag_id)
     CROSS JOIN LATERAL (
       SELECT least((SELECT min(sample.time) FROM telemetry.sample WHERE sample.tag_id = wanted.tag_id),
                    (SELECT min(text.time) FROM telemetry.sample_text AS text WHERE text.tag_id = wanted.tag_id)) AS at
     ) AS first`,
    [tags.map(({ ref }) => ref.id)],
  );
  return rows[0]?.at ?? null;
}

/** The first value of each tag from an instant on, so that what is counted before leads up to it. */
export async function valuesFrom(db: pg.ClientBase, { tags }: HistoryLine, from: number): Promise<(number | null)[]> {
  const { rows } = await db.query<{ id: number; value: number | null }>(
    `SELECT wanted.id, next.value FROM unnest($1::int[]) AS wanted (id)
     CROSS JOIN LATERAL (
       SELECT sample.value FROM telemetry.sample WHERE sample.tag_id = wanted.id AND sample.time >= $2 AND sample.value IS NOT NULL
       ORDER BY sample.time LIMIT 1) AS next`,
    [tags.map(({ ref }) => ref.id), new Date(from)],
  );
  const values = new Map(rows.map(({ id, value }) => [id, value]));
  return tags.map(({ ref }) => values.get(ref.id) ?? null);
}

/** The day's work orders, as they were completed. What is there already stays. */
export async function insertOrders(
  db: pg.ClientBase,
  { organizationId, plantId }: HistoryLine,
  { day, orders }: { day: HistoryDay; orders: readonly HistoryOrder[] },
): Promise<void> {
  await db.query(
    `INSERT INTO mes.work_orders (organization_id, plant_id, number, material_id, quantity, unit_id, promised_date, lane_id,
       planned_from, planned_to, actual_from, actual_to, status)
     SELECT $1, $2, made.number, materials.id, made.quantity, materials.unit_id, $3::date, lanes.id, made.from_time, made.to_time,
            made.from_time, made.to_time, 'completed'
     FROM unnest($4::text[], $5::text[], $6::numeric[], $7::timestamptz[], $8::timestamptz[])
       AS made (number, material, quantity, from_time, to_time)
     JOIN mes.materials ON materials.organization_id = $1 AND materials.code = made.material
     LEFT JOIN mes.lanes ON lanes.organization_id = $1 AND lanes.plant_id = $2 AND lanes.id = (
       SELECT min(first.id) FROM mes.lanes AS first WHERE first.plant_id = $2)
     ON CONFLICT (organization_id, number) DO NOTHING`,
    [
      organizationId,
      plantId,
      day.day,
      orders.map(({ number }) => number),
      orders.map(({ material }) => material),
      orders.map(({ bottles }) => bottles),
      orders.map(({ from }) => new Date(from)),
      orders.map(({ to }) => new Date(to)),
    ],
  );
}

/** Reasons of the day's long stops, as the shift lead would have given them; once. */
export async function insertReasons(
  db: pg.ClientBase,
  { organizationId, plantId }: HistoryLine,
  stops: readonly HistoryStop[],
): Promise<void> {
  await db.query(
    `INSERT INTO mes.stop_classifications (organization_id, plant_id, machine_id, from_time, to_time, loss_reason_id, created_by,
       created_by_name, created_at)
     SELECT $1, $2, machines.id, said.from_time, said.to_time, reasons.id, lead.id, coalesce(lead.display_name, 'Demo'), said.to_time
     FROM unnest($3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[]) AS said (machine, cause, from_time, to_time)
     JOIN mes.machines ON machines.plant_id = $2 AND machines.name = said.machine
     JOIN mes.loss_reasons AS reasons ON reasons.organization_id = $1 AND reasons.code = said.cause
     LEFT JOIN LATERAL (
       SELECT users.id, users.display_name FROM mes.users
       JOIN mes.user_roles ON user_roles.user_id = users.id JOIN mes.roles ON roles.id = user_roles.role_id
       WHERE users.organization_id = $1 AND roles.role_code = 'shift_lead' ORDER BY users.id LIMIT 1) AS lead ON true
     WHERE NOT EXISTS (
       SELECT FROM mes.stop_classifications AS there WHERE there.machine_id = machines.id AND there.from_time = said.from_time)`,
    [
      organizationId,
      plantId,
      stops.map(({ machine }) => machine),
      stops.map(({ cause }) => cause),
      stops.map(({ from }) => new Date(from)),
      stops.map(({ to }) => new Date(to)),
    ],
  );
}

/** A day off is in the calendar before its shifts are made. */
export async function insertDayOff(
  db: pg.ClientBase,
  { organizationId, plantId }: HistoryLine,
  day: string,
): Promise<void> {
  await db.query(
    `INSERT INTO mes.calendar_exceptions (organization_id, plant_id, kind, name, from_day, to_day)
     SELECT $1, $2, 'shutdown', 'Sunday off', $3::date, $3::date
     WHERE NOT EXISTS (
       SELECT FROM mes.calendar_exceptions AS there WHERE there.plant_id = $2 AND there.kind = 'shutdown' AND there.from_day = $3::date)`,
    [organizationId, plantId, day],
  );
}
