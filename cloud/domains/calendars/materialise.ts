// Makes shift instances out of calendars: for a plant and a stretch of days, for all its machines. Whatever
// changes calendars calls it in its own transaction, so that what the calendar says and what is there never
// differ; a schedule adds the days that come.

import { Conflict, DomainError } from '../../platform/errors.ts';
import type { Fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { calendarFault } from './faults.ts';
import { type Group, groupsOf, lockPlant, type PlantCalendars, type Reach, reachedBy, readPlant } from './queries.ts';
import { addDays, dayAt, instancesOf, named, type Overlap } from './rules.ts';
import { type Written, writeInstances } from './write-instances.ts';

/** Instances are there so many days ahead. */
export const HORIZON_DAYS = 60;
/** Overlaps are looked for so many days ahead, where a calendar or an exception says something about them. */
export const LOOK_AHEAD_DAYS = 400;

export interface Stretch {
  readonly plantId: number;
  /** Days on which shifts start: from, until before. Left out: all that is there now or will be. */
  readonly from?: string;
  readonly to?: string;
  /** What is over is made anew, too, and why. */
  readonly correction?: { readonly reason: string };
  /** Only these machines. */
  readonly machineIds?: readonly number[];
  /** Only machines that these changes are about. */
  readonly reach?: readonly Reach[];
}

/** Throws `conflict`, naming both, where shifts of a machine would overlap. */
export async function materialise(ctx: Context, stretch: Stretch): Promise<Written & { overlaps: readonly string[] }> {
  return write(ctx, stretch, (overlap) => {
    throw new Conflict(overlap);
  });
}

/** The same for who cannot ask anybody: machines whose shifts overlap stay as they are, and are told. */
export function materialiseWhatFits(
  ctx: Context,
  stretch: Stretch,
): Promise<Written & { overlaps: readonly string[] }> {
  return write(ctx, stretch, () => undefined);
}

async function write(
  ctx: Context,
  { plantId, correction, machineIds, reach, ...days }: Stretch,
  refuse: (overlap: Fault) => void,
): Promise<Written & { overlaps: readonly string[] }> {
  await lockPlant(ctx, plantId);
  const today = await todayOf(ctx, plantId);
  // A long shift with overtime that began the day before yesterday may not be over.
  const now = { from: addDays(today, -2), to: addDays(today, HORIZON_DAYS) };
  const stretch = correction
    ? { from: days.from ?? now.from, to: days.to ?? now.to }
    : { from: later(days.from ?? now.from, now.from), to: earlier(days.to ?? now.to, now.to) };
  // A day more on either side: what begins there may reach into it.
  const seen = { from: addDays(stretch.from, -1), to: addDays(stretch.to, 1) };
  const plant = await readPlant(ctx, { plantId, ...seen });
  if (!plant) throw new DomainError('not_found', `There is no plant ${plantId} that you may see.`);
  const written = { removed: 0, added: 0 };
  const overlaps: string[] = [];
  const reached = reach && reachedBy(plant, reach, seen);
  const isAsked = ({ id }: { id: number }) => (machineIds?.includes(id) ?? true) && (reached?.has(id) ?? true);
  for (const all of stretch.from < stretch.to ? groupsOf(plant, seen) : []) {
    const group = { ...all, machines: all.machines.filter(isAsked) };
    if (group.machines.length === 0) continue;
    const ids = group.machines.map(({ id }) => id);
    if (ids.length === 0) continue;
    const found = instancesOf({ zone: plant.zone, ...group, ...seen });
    const overlap = found.overlaps[0];
    if (overlap) {
      const told = faultOf(overlap, plant.zone, group);
      overlaps.push(told.message);
      refuse(told);
      continue;
    }
    const instances = found.instances.filter(({ startDay }) => stretch.from <= startDay && startDay < stretch.to);
    const done = await writeInstances(ctx, { plantId, machineIds: ids, instances, ...stretch, correction });
    written.removed += done.removed;
    written.added += done.added;
  }
  return { ...written, overlaps };
}

/**
 * Looks for overlaps on days that have no instances yet. Throws `conflict`, naming both: what is entered
 * today must not fail in three months, when nobody looks.
 */
export async function checkAhead(
  ctx: Context,
  { plantId, from, to, reach }: Pick<Stretch, 'plantId' | 'from' | 'to' | 'reach'>,
): Promise<void> {
  const today = await todayOf(ctx, plantId);
  const first = later(from ?? today, today);
  const seen = { from: addDays(first, -1), to: earlier(addDays(to ?? first, 2), addDays(first, LOOK_AHEAD_DAYS)) };
  const plant = await readPlant(ctx, { plantId, ...seen });
  if (!plant || seen.from >= seen.to) return;
  const reached = reach && reachedBy(plant, reach, seen);
  for (const all of groupsOf(plant, seen)) {
    const group = { ...all, machines: all.machines.filter(({ id }) => reached?.has(id) ?? true) };
    if (group.machines.length === 0) continue;
    const [overlap] = instancesOf({ zone: plant.zone, ...group, ...seen }).overlaps;
    if (!overlap) continue;
    throw new Conflict(faultOf(overlap, plant.zone, group));
  }
}

/** The day that the plant's clock shows. Throws `not_found`. */
export async function todayOf(ctx: Context, plantId: number): Promise<string> {
  const { db, now } = ctx;
  const plant = await db.selectFrom('mes.plants').select('time_zone').where('id', '=', plantId).executeTakeFirst();
  if (!plant) throw new DomainError('not_found', `There is no plant ${plantId} that you may see.`);
  return dayAt(plant.time_zone, now.getTime());
}

function faultOf({ first, second }: Overlap, timeZone: PlantCalendars['zone'], { machines }: Group): Fault {
  return calendarFault('shifts_overlap', {
    machine: machines[0]?.name ?? '',
    others: Math.max(machines.length - 1, 0),
    first: named(first),
    second: named(second),
    timeZone,
  });
}

const later = (a: string, b: string): string => (a > b ? a : b);
const earlier = (a: string, b: string): string => (a < b ? a : b);
