// Places of machines in lanes, read and replaced.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { Place } from './arrangement.ts';

/** A place that is in the database. */
export interface StoredPlace extends Place {
  readonly id: number;
}

/**
 * One arrangement of a plant is changed after the other: a machine that moves concerns two lanes, and which
 * is known only when it is read.
 */
export async function lockLanes({ db }: Context, plantId: number): Promise<void> {
  await sql`
    SELECT FROM mes.lanes WHERE lanes.plant_id = ${plantId} ORDER BY lanes.id FOR NO KEY UPDATE`.execute(db);
}

/** Every place, of any time, of these machines and in these lanes. */
export async function readPlaces(
  { db }: Context,
  { laneIds, machineIds }: { laneIds: readonly number[]; machineIds: readonly number[] },
): Promise<StoredPlace[]> {
  const { rows } = await sql<Omit<StoredPlace, 'from' | 'to'> & { from: Date | null; to: Date | null }>`
    SELECT places.id, places.lane_id AS "laneId", places.machine_id AS "machineId", places.position,
           places.is_constraint AS "isConstraint", places.is_outfeed AS "isOutfeed",
           nullif(places.valid_from, '-infinity') AS "from", nullif(places.valid_to, 'infinity') AS "to"
    FROM mes.lane_memberships AS places
    WHERE places.archived_at IS NULL
      AND (places.lane_id = ANY (${[...laneIds]}::int[]) OR places.machine_id = ANY (${[...machineIds]}::int[]))
    ORDER BY places.id`.execute(db);
  return rows.map((row) => ({
    ...row,
    from: row.from?.getTime() ?? Number.NEGATIVE_INFINITY,
    to: row.to?.getTime() ?? Number.POSITIVE_INFINITY,
  }));
}

/** Archives places that are not said any more, and keeps those that are new. */
export async function replacePlaces(
  { db, actor, now }: Context,
  { plantId, gone, made }: { plantId: number; gone: readonly StoredPlace[]; made: readonly Place[] },
): Promise<void> {
  if (gone.length > 0) {
    const ids = gone.map(({ id }) => id);
    await db.updateTable('mes.lane_memberships').set({ archived_at: now }).where('id', 'in', ids).execute();
  }
  if (made.length === 0) return;
  const rows = made.map(
    (place) => sql`(${actor.organizationId}::int, ${plantId}::int, ${place.laneId}::int, ${place.machineId}::int,
      ${place.position}::int, ${place.isConstraint}::boolean, ${place.isOutfeed}::boolean,
      ${place.from === Number.NEGATIVE_INFINITY ? '-infinity' : new Date(place.from)}::timestamptz,
      ${place.to === Number.POSITIVE_INFINITY ? null : new Date(place.to)}::timestamptz)`,
  );
  await sql`
    INSERT INTO mes.lane_memberships
      (organization_id, plant_id, lane_id, machine_id, position, is_constraint, is_outfeed, valid_from, valid_to)
    VALUES ${sql.join(rows)}`.execute(db);
}

export interface LaneRow {
  readonly id: number;
  readonly plantId: number;
  readonly name: string;
  readonly kind: string;
  readonly version: number;
  readonly archived: boolean;
}

export async function readLanes({ db }: Context, ids: readonly number[]): Promise<LaneRow[]> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('mes.lanes as lanes')
    .select(['lanes.id', 'lanes.plant_id', 'lanes.name', 'lanes.kind', 'lanes.version', 'lanes.archived_at'])
    .where('lanes.id', 'in', [...ids])
    .execute();
  return rows.map(({ plant_id: plantId, archived_at: archivedAt, ...row }) => ({
    ...row,
    plantId,
    archived: archivedAt !== null,
  }));
}

export interface MachineRow {
  readonly id: number;
  readonly plantId: number;
  readonly name: string;
  readonly displayName: string;
  readonly archived: boolean;
}

/** `lock`: none of them is archived before the transaction ends. */
export async function readMachines(
  { db }: Context,
  ids: readonly number[],
  { lock = false } = {},
): Promise<Map<number, MachineRow>> {
  if (ids.length === 0) return new Map();
  const query = db
    .selectFrom('mes.machines as machines')
    .select(['machines.id', 'machines.plant_id', 'machines.name', 'machines.display_name', 'machines.archived_at'])
    .where('machines.id', 'in', [...ids])
    .orderBy('machines.id');
  const rows = await (lock ? query.forShare() : query).execute();
  return new Map(
    rows.map(({ id, plant_id: plantId, name, display_name: displayName, archived_at: archivedAt }) => [
      id,
      { id, plantId, name, displayName, archived: archivedAt !== null },
    ]),
  );
}

/** Machines of a plant that do not stand in this lane at an instant, and where they stand instead. */
export async function readOthers(
  { db }: Context,
  { lane, at }: { lane: LaneRow; at: number },
): Promise<{ machineId: number; displayName: string; laneId: number | null; laneName: string | null }[]> {
  return db
    .selectFrom('mes.machines as machines')
    .leftJoin('mes.lane_memberships as places', (join) =>
      join
        .onRef('places.machine_id', '=', 'machines.id')
        .on('places.archived_at', 'is', null)
        .on('places.valid_from', '<=', new Date(at))
        .on((on) => on.or([on('places.valid_to', 'is', null), on('places.valid_to', '>', new Date(at))])),
    )
    .leftJoin('mes.lanes as lanes', 'lanes.id', 'places.lane_id')
    .select(['machines.id as machineId', 'machines.display_name as displayName'])
    .select(['lanes.id as laneId', 'lanes.name as laneName'])
    .where('machines.plant_id', '=', lane.plantId)
    .where('machines.archived_at', 'is', null)
    .where((where) => where.or([where('lanes.id', 'is', null), where('lanes.id', '<>', lane.id)]))
    .orderBy('machines.display_name')
    .orderBy('machines.id')
    .execute();
}

/** A change of who stands in a lane is a change of the lane: who read it before is told. */
export async function touchLanes({ db, now }: Context, ids: readonly number[]): Promise<void> {
  await db
    .updateTable('mes.lanes')
    .set({ updated_at: now })
    .where('id', 'in', [...ids])
    .execute();
}

/** Who changed a record last, by name. */
export async function lastChanger(ctx: Context, entity: string, id: number): Promise<string> {
  const row = await ctx.db
    .selectFrom('mes.audit_logs')
    .select('actor_name')
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('entity', '=', entity)
    .where('entity_id', '=', String(id))
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.actor_name ?? 'Somebody';
}
