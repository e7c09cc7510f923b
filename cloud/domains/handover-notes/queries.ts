// Handover notes in the database.

import { type RawBuilder, sql } from 'kysely';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { MOST_NOTES, type Note, type NotesQuery } from './schema.ts';

type Row = Omit<Note, 'at'> & { readonly at: Date };

async function select({ db, actor }: Context, where: RawBuilder<unknown>): Promise<Note[]> {
  const { rows } = await sql<Row>`
    SELECT notes.id, notes.plant_id AS "plantId", notes.lane_id AS "laneId", lanes.name AS "laneName", notes.business_date::text AS day,
           notes.shift_name AS shift, notes.text, notes.created_by_name AS by, notes.created_at AS at,
           notes.replaces_id AS "replacesId", later.id AS "replacedById"
    FROM mes.handover_notes AS notes
    LEFT JOIN mes.lanes ON lanes.organization_id = notes.organization_id AND lanes.id = notes.lane_id
    LEFT JOIN mes.handover_notes AS later ON later.organization_id = notes.organization_id AND later.replaces_id = notes.id
    WHERE notes.organization_id = ${actor.organizationId} AND ${where}
    ORDER BY notes.id LIMIT ${MOST_NOTES}`.execute(db);
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

export function listNotes(ctx: Context, { plant, day, shift, lane }: NotesQuery): Promise<Note[]> {
  return select(
    ctx,
    sql`notes.plant_id = ${plant} AND notes.business_date = ${day}::date AND notes.shift_name = ${shift}
      AND (${lane ?? null}::int IS NULL OR notes.lane_id IS NULL OR notes.lane_id = ${lane ?? null}::int)`,
  );
}

/** Throws `not_found`. */
export async function readNote(ctx: Context, id: number): Promise<Note> {
  const [note] = await select(ctx, sql`notes.id = ${id}`);
  if (!note) throw new DomainError('not_found', 'There is no such note, or you may not see it.');
  return note;
}

export interface NewNote {
  readonly plantId: number;
  readonly laneId: number | null;
  readonly day: string;
  readonly shift: string;
  readonly text: string;
  readonly replacesId: number | null;
}

/** Null: another note replaces that one already. */
export async function insertNote({ db, actor }: Context, note: NewNote): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    INSERT INTO mes.handover_notes (organization_id, plant_id, lane_id, business_date, shift_name, text, replaces_id, created_by, created_by_name)
    VALUES (${actor.organizationId}, ${note.plantId}, ${note.laneId}, ${note.day}, ${note.shift}, ${note.text}, ${note.replacesId},
      ${actor.userId}, ${actor.name})
    ON CONFLICT (replaces_id) WHERE replaces_id IS NOT NULL DO NOTHING
    RETURNING id`.execute(db);
  return rows[0]?.id ?? null;
}

/** What a note may be written on, and how much there is already. */
export async function findShift(
  { db, actor }: Context,
  { plantId, laneId, day, shift }: Pick<NewNote, 'plantId' | 'laneId' | 'day' | 'shift'>,
) {
  const { rows } = await sql<{ has_shift: boolean; has_lane: boolean; notes: number }>`
    SELECT EXISTS (SELECT FROM mes.shift_instances AS shifts WHERE shifts.organization_id = ${actor.organizationId}
             AND shifts.plant_id = ${plantId} AND shifts.business_date = ${day}::date AND shifts.name = ${shift}) AS has_shift,
           ${laneId}::int IS NULL OR EXISTS (SELECT FROM mes.lanes WHERE lanes.organization_id = ${actor.organizationId}
             AND lanes.id = ${laneId}::int AND lanes.plant_id = ${plantId} AND lanes.archived_at IS NULL) AS has_lane,
           (SELECT count(*)::int FROM mes.handover_notes AS notes WHERE notes.organization_id = ${actor.organizationId}
             AND notes.plant_id = ${plantId} AND notes.business_date = ${day}::date AND notes.shift_name = ${shift}) AS notes`.execute(
    db,
  );
  return rows[0];
}
