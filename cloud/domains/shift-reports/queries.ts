// Shifts of a plant, gathered from those of its machines, and their versions.

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { ShiftReport, ShiftVersionPage } from './schema.ts';

export interface Place {
  readonly plant: number;
  readonly lane?: number | undefined;
  readonly machine?: number | undefined;
}

/** Shift instances of a place; a lane's machines are those that stood in it when the shift began. */
function ofPlace({ actor }: Context, { plant, lane, machine }: Place): RawBuilder<boolean> {
  const conditions = [sql`shifts.organization_id = ${actor.organizationId} AND shifts.plant_id = ${plant}`];
  if (machine !== undefined) conditions.push(sql`shifts.machine_id = ${machine}`);
  if (lane !== undefined)
    conditions.push(sql`EXISTS (
      SELECT FROM mes.lane_memberships AS places
      WHERE places.machine_id = shifts.machine_id AND places.lane_id = ${lane} AND places.archived_at IS NULL
        AND places.valid_from <= shifts.from_time AND (places.valid_to IS NULL OR places.valid_to > shifts.from_time))`);
  return sql<boolean>`${sql.join(conditions, sql` AND `)}`;
}

type ShiftRow = Omit<ShiftReport, 'from' | 'to' | 'versionAt' | 'closesBy' | 'signedAt'> &
  Readonly<Record<'from' | 'to', Date>> &
  Readonly<Record<'versionAt' | 'closesBy' | 'signedAt', Date | null>>;

const most = 500;

/** By day and begin; `name` narrows it to one shift. */
export async function listShifts(
  ctx: Context,
  { fromDay, toDay, name, ...place }: Place & { fromDay: string; toDay: string; name?: string },
): Promise<ShiftRow[]> {
  const { rows } = await sql<ShiftRow>`
    SELECT ${place.plant}::int AS "plantId", shifts.business_date::text AS day, shifts.name,
           CASE WHEN count(DISTINCT shifts.team) = 1 THEN min(shifts.team) END AS team,
           min(shifts.from_time) AS "from", max(shifts.to_time) AS "to", count(*)::int AS machines,
           CASE WHEN bool_or(shifts.state = 'open') THEN 'open' WHEN bool_or(shifts.state = 'ended') THEN 'ended'
             WHEN bool_or(shifts.state = 'restated') THEN 'restated' ELSE 'closed' END AS state,
           max(latest.version) AS version,
           (array_agg(latest.cause ORDER BY latest.id DESC NULLS LAST))[1] AS cause,
           (array_agg(latest.caused_by ORDER BY latest.id DESC NULLS LAST))[1] AS "causedBy",
           max(latest.made_at) AS "versionAt",
           bool_or(pending.shift_instance_id IS NOT NULL) AS "isChanging",
           CASE WHEN bool_or(shifts.state IN ('open', 'ended')) THEN max(shifts.to_time) + mes.patience_with_agents() END AS "closesBy",
           CASE WHEN bool_and(signed.id IS NOT NULL) THEN (array_agg(signed.signed_by_name ORDER BY signed.id DESC))[1] END AS "signedBy",
           CASE WHEN bool_and(signed.id IS NOT NULL) THEN max(signed.signed_at) END AS "signedAt"
    FROM mes.shift_instances AS shifts
    LEFT JOIN LATERAL (
      SELECT figures.* FROM mes.shift_figures AS figures
      WHERE figures.organization_id = shifts.organization_id AND figures.shift_instance_id = shifts.id
      ORDER BY figures.version DESC LIMIT 1
    ) AS latest ON true
    LEFT JOIN mes.shift_signatures AS signed ON signed.organization_id = shifts.organization_id
      AND signed.shift_instance_id = shifts.id AND signed.version = latest.version
    LEFT JOIN mes.shift_restatements AS pending ON pending.organization_id = shifts.organization_id AND pending.shift_instance_id = shifts.id
    WHERE ${ofPlace(ctx, place)} AND shifts.business_date >= ${fromDay}::date AND shifts.business_date <= ${toDay}::date
      AND ${name === undefined ? sql`true` : sql`shifts.name = ${name}`}
    GROUP BY shifts.business_date, shifts.name
    ORDER BY shifts.business_date, min(shifts.from_time), shifts.name
    LIMIT ${most}`.execute(ctx.db);
  return rows;
}

/** Versions of a shift at all machines of the place, also of one that a correction has replaced or cancelled. */
export async function listVersions(
  ctx: Context,
  { day, name, ...place }: Place & { day: string; name: string },
): Promise<ShiftVersionPage['items']> {
  const { rows } = await sql<
    Omit<ShiftVersionPage['items'][number], 'from' | 'to' | 'madeAt' | 'signedAt' | 'shiftInstanceId'> & {
      readonly shiftInstanceId: string;
      readonly signedAt: Date | null;
    } & Readonly<Record<'from' | 'to' | 'madeAt', Date>>
  >`
    SELECT shifts.machine_id AS "machineId", machines.display_name AS "machineName", shifts.shift_instance_id AS "shiftInstanceId",
           shifts.version, shifts.from_time AS "from", shifts.to_time AS "to", shifts.cause, shifts.caused_by AS "causedBy",
           shifts.made_at AS "madeAt", signed.signed_by_name AS "signedBy", signed.signed_at AS "signedAt"
    FROM mes.shift_figures AS shifts
    JOIN mes.machines ON machines.id = shifts.machine_id
    LEFT JOIN mes.shift_signatures AS signed ON signed.organization_id = shifts.organization_id
      AND signed.shift_instance_id = shifts.shift_instance_id AND signed.version = shifts.version
    WHERE ${ofPlace(ctx, place)} AND shifts.business_date = ${day}::date AND shifts.name = ${name}
    ORDER BY machines.display_name, shifts.machine_id, shifts.version, shifts.id
    LIMIT ${most}`.execute(ctx.db);
  return rows.map((row) => ({
    ...row,
    shiftInstanceId: Number(row.shiftInstanceId),
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    madeAt: row.madeAt.toISOString(),
    signedAt: row.signedAt?.toISOString() ?? null,
  }));
}

export interface Instance {
  readonly id: string;
  readonly machineId: number;
  readonly to: Date;
}

/** In the order of the machines, so that two who sign wait for one another instead of locking each other out. */
export async function instancesOf(
  ctx: Context,
  { day, name, ...place }: Place & { day: string; name: string },
): Promise<Instance[]> {
  const { rows } = await sql<Instance>`
    SELECT shifts.id, shifts.machine_id AS "machineId", shifts.to_time AS "to" FROM mes.shift_instances AS shifts
    WHERE ${ofPlace(ctx, place)} AND shifts.business_date = ${day}::date AND shifts.name = ${name}
    ORDER BY shifts.machine_id, shifts.from_time
    LIMIT ${most}`.execute(ctx.db);
  return rows;
}

/**
 * Closes one, or writes what changed since its last version, and signs the version that it then has. Null:
 * somebody had signed it already. The machine's lock keeps a computation away meanwhile.
 */
export async function signInstance({ db, actor }: Context, { id, machineId }: Instance): Promise<number | null> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('mes.recompute'), ${machineId})`.execute(db);
  await sql`
    UPDATE mes.shift_instances SET state = 'ended' WHERE id = ${id} AND state = 'open' AND to_time <= now()`.execute(
    db,
  );
  await sql`
    SELECT mes.write_shift_version(shifts.id, CASE WHEN shifts.state = 'ended' THEN 'signed' ELSE 'late_data' END,
      CASE WHEN shifts.state = 'ended' THEN ${actor.name} END)
    FROM mes.shift_instances AS shifts WHERE shifts.id = ${id}`.execute(db);
  const { rows } = await sql<{ version: number }>`
    INSERT INTO mes.shift_signatures (organization_id, plant_id, machine_id, shift_instance_id, version, signed_by, signed_by_name)
    SELECT shifts.organization_id, shifts.plant_id, shifts.machine_id, shifts.id, shifts.version, ${actor.userId}, ${actor.name}
    FROM mes.shift_instances AS shifts WHERE shifts.id = ${id}
    ON CONFLICT (organization_id, shift_instance_id, version) DO NOTHING
    RETURNING version`.execute(db);
  return rows[0]?.version ?? null;
}
