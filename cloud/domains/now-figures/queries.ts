// What each machine of a plant is in now: its shift, the order that its PLC names, and the stop it stands in.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';

export interface MachineNow {
  readonly id: number;
  readonly shift_name: string | null;
  readonly shift_day: string | null;
  readonly shift_from: Date | null;
  readonly shift_to: Date | null;
  readonly plc_order: string | null;
  readonly up_to: Date | null;
  readonly state: string | null;
  readonly category: string | null;
  readonly stretch_from: Date | null;
  readonly machine_reason: string | null;
  readonly reason: {
    readonly id: number;
    readonly code: string;
    readonly name: string;
    readonly nameDe: string | null;
  } | null;
}

/**
 * One row for each machine. A reason counts for the whole stretch in which the machine stands: whoever said it
 * could not know how long it would go on.
 */
export async function listMachinesNow({ db, now, actor }: Context, plantId: number): Promise<MachineNow[]> {
  const { rows } = await sql<MachineNow>`
    SELECT machines.id, shifts.name AS shift_name, shifts.business_date::text AS shift_day, shifts.from_time AS shift_from,
           shifts.to_time AS shift_to, runs.plc_order, last.to_time AS up_to, last.state, last.category, last.stretch_from, said.machine_reason,
           CASE WHEN reasons.id IS NOT NULL THEN jsonb_build_object('id', reasons.id, 'code', reasons.code, 'name', reasons.name, 'nameDe', reasons.name_de) END AS reason
    FROM mes.machines
    LEFT JOIN mes.shift_instances AS shifts
      ON shifts.organization_id = machines.organization_id AND shifts.machine_id = machines.id AND shifts.from_time <= ${now} AND shifts.to_time > ${now}
    LEFT JOIN mes.machine_runs AS runs
      ON runs.organization_id = machines.organization_id AND runs.machine_id = machines.id AND runs.from_time <= ${now}
      AND (runs.to_time IS NULL OR runs.to_time > ${now})
    LEFT JOIN LATERAL (
      SELECT intervals.to_time, intervals.state, intervals.category, intervals.stretch_from FROM mes.machine_intervals AS intervals
      WHERE intervals.organization_id = machines.organization_id AND intervals.machine_id = machines.id
      ORDER BY intervals.from_time DESC LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
      SELECT parts.loss_reason_id, parts.machine_reason FROM mes.machine_intervals AS parts
      WHERE parts.organization_id = machines.organization_id AND parts.machine_id = machines.id AND last.state <> 'running'
        AND parts.stretch_from = last.stretch_from AND (parts.loss_reason_id IS NOT NULL OR parts.machine_reason IS NOT NULL)
      ORDER BY parts.from_time DESC LIMIT 1
    ) AS said ON true
    LEFT JOIN mes.loss_reasons AS reasons ON reasons.organization_id = machines.organization_id AND reasons.id = said.loss_reason_id
    WHERE machines.organization_id = ${actor.organizationId} AND machines.plant_id = ${plantId} AND machines.archived_at IS NULL
    ORDER BY machines.id`.execute(db);
  return rows;
}

/** Where a plant's lanes are measured as they stand now; `constraint` null for lanes whose machines are all counted. */
export async function listLaneMeasures({ db, now, actor }: Context, plantId: number) {
  const { rows } = await sql<{ id: number; constraint: string | null }>`
    SELECT lanes.id, min(machines.display_name) FILTER (WHERE places.is_constraint) AS "constraint"
    FROM mes.lanes
    JOIN mes.lane_memberships AS places
      ON places.organization_id = lanes.organization_id AND places.lane_id = lanes.id AND places.archived_at IS NULL
      AND places.valid_from <= ${now} AND (places.valid_to IS NULL OR places.valid_to > ${now})
    JOIN mes.machines ON machines.organization_id = places.organization_id AND machines.id = places.machine_id
    WHERE lanes.organization_id = ${actor.organizationId} AND lanes.plant_id = ${plantId} AND lanes.archived_at IS NULL
    GROUP BY lanes.id, lanes.position ORDER BY lanes.position, lanes.id`.execute(db);
  return rows;
}

/** The begin of the plant's hour that an instant lies in: facts are by hour. */
export async function plantHour({ db }: Context, plantId: number, instant: Date): Promise<Date> {
  const { rows } = await sql<{ hour: Date }>`
    SELECT mes.plant_hour(${instant}, plants.time_zone) AS hour FROM mes.plants WHERE plants.id = ${plantId}`.execute(
    db,
  );
  return rows[0]?.hour ?? instant;
}
