// Writing a handover note, and correcting one.

import { recordAudit } from '../../platform/audit.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { noteFault } from './faults.ts';
import * as queries from './queries.ts';
import { MOST_NOTES, type Note, type NoteBody } from './schema.ts';

/** Throws `not_found` for a shift that no machine has, and InvalidRequest for a lane of elsewhere. */
export async function writeNote(ctx: Context, body: NoteBody): Promise<Note> {
  const note = { ...body, laneId: body.laneId ?? null, text: body.text.trim(), replacesId: null };
  const found = await queries.findShift(ctx, note);
  if (!found?.has_shift)
    throw new DomainError('not_found', `No machine that you may see has the shift ${body.shift} on ${body.day}.`);
  if (!found.has_lane) throw new InvalidRequest([{ path: 'body/laneId', ...fault('none_of_plant', { of: 'lanes' }) }]);
  checkRoom(found.notes);
  const id = (await queries.insertNote(ctx, note)) ?? 0;
  const { plantId, laneId, day, shift, text } = note;
  const written = { laneId, day, shift, text };
  await recordAudit(ctx, { action: 'create', entity: 'handover-notes', entityId: id, plantId, new: written });
  return queries.readNote(ctx, id);
}

/** A note that replaces another. Throws `not_found`, and `conflict` where somebody has corrected it. */
export async function correctNote(ctx: Context, id: number, text: string): Promise<Note> {
  const before = await queries.readNote(ctx, id);
  const { plantId, laneId, day, shift } = before;
  const place = { plantId, laneId, day, shift };
  checkRoom((await queries.findShift(ctx, place))?.notes ?? 0);
  const made = await queries.insertNote(ctx, { ...place, text: text.trim(), replacesId: id });
  if (made === null) {
    const { replacedById } = await queries.readNote(ctx, id);
    const later = await queries.readNote(ctx, replacedById ?? id);
    throw new Conflict(noteFault('note_replaced', { who: later.by, at: later.at, plantId }));
  }
  const change = { old: { text: before.text }, new: { text: text.trim(), replacedById: made } };
  await recordAudit(ctx, { action: 'correct', entity: 'handover-notes', entityId: id, plantId, ...change });
  return queries.readNote(ctx, made);
}

function checkRoom(notes: number): void {
  if (notes >= MOST_NOTES) throw new DomainError('too_many', `A shift has ${MOST_NOTES} notes at most.`);
}
