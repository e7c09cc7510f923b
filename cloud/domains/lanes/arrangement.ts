// Pure: where machines stand in lanes by time. A place is a machine in a lane from an instant to another,
// with its position in the direction of the product; times are milliseconds, half-open, and endless ones
// are infinities. What is asked is always "these machines, in this order, from … to …"; what stood there
// before is cut, and neighbours that came to say the same become one again.

export interface Place {
  readonly laneId: number;
  readonly machineId: number;
  readonly position: number;
  readonly isConstraint: boolean;
  readonly isOutfeed: boolean;
  readonly from: number;
  readonly to: number;
}

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Who stands in a lane at an instant, in the direction of the product. */
export function placesAt<P extends Place>(places: readonly P[], { laneId, at }: { laneId: number; at: number }): P[] {
  return places
    .filter((place) => place.laneId === laneId && place.from <= at && at < place.to)
    .toSorted((a, b) => a.position - b.position || a.machineId - b.machineId);
}

/** The stretches of a lane between which something changed, in order; without any place, one endless. */
export function stretchesOf(places: readonly Place[], laneId: number): Stretch[] {
  const ofLane = places.filter((place) => place.laneId === laneId);
  const bounds = new Set([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  for (const { from, to } of ofLane) bounds.add(from).add(to);
  const sorted = [...bounds].toSorted((a, b) => (a < b ? -1 : 1));
  return sorted.slice(1).map((to, index) => ({ from: sorted[index] ?? Number.NEGATIVE_INFINITY, to }));
}

/** The stretch in which an instant lies. */
export function stretchAt(places: readonly Place[], { laneId, at }: { laneId: number; at: number }): Stretch {
  const stretches = stretchesOf(places, laneId);
  return stretches.find(({ from, to }) => from <= at && at < to) ?? { from: at, to: Number.POSITIVE_INFINITY };
}

/** What is asked of a machine; its position follows from its place in the list. */
export interface Wanted {
  readonly machineId: number;
  readonly isConstraint: boolean;
  readonly isOutfeed: boolean;
}

/**
 * All places after these machines, and no others, stand in the lane from `from` to `to`. Of other lanes only
 * the places of these machines are cut.
 */
export function arranged(
  places: readonly Place[],
  { laneId, from, to, machines }: { laneId: number; from: number; to: number; machines: readonly Wanted[] },
): Place[] {
  const wanted = new Set(machines.map(({ machineId }) => machineId));
  const kept = places.flatMap((place) =>
    place.laneId === laneId || wanted.has(place.machineId) ? without(place, { from, to }) : [place],
  );
  const made = machines.map((machine, position) => ({ ...machine, laneId, position, from, to }));
  return merged([...kept, ...made]);
}

function without(place: Place, { from, to }: Stretch): Place[] {
  if (place.to <= from || to <= place.from) return [place];
  const rest: Place[] = [];
  if (place.from < from) rest.push({ ...place, to: from });
  if (to < place.to) rest.push({ ...place, from: to });
  return rest;
}

/** Places that follow one another without a gap and say the same are one. */
function merged(places: readonly Place[]): Place[] {
  const sorted = places.toSorted((a, b) => a.machineId - b.machineId || (a.from < b.from ? -1 : 1));
  const result: Place[] = [];
  for (const place of sorted) {
    const last = result.at(-1);
    if (last && last.to === place.from && saysTheSame(last, place))
      result[result.length - 1] = { ...last, to: place.to };
    else result.push(place);
  }
  return result;
}

function saysTheSame(a: Place, b: Place): boolean {
  return (
    a.machineId === b.machineId &&
    a.laneId === b.laneId &&
    a.position === b.position &&
    a.isConstraint === b.isConstraint &&
    a.isOutfeed === b.isOutfeed
  );
}

export type LaneCheck = 'no_constraint' | 'no_outfeed';

/** What a lane of this kind still lacks for figures of its own. Told, never forced. */
export function laneChecks(kind: string, machines: readonly Pick<Wanted, 'isConstraint' | 'isOutfeed'>[]): LaneCheck[] {
  if (kind !== 'serial' || machines.length === 0) return [];
  const checks: LaneCheck[] = [];
  if (!machines.some(({ isConstraint }) => isConstraint)) checks.push('no_constraint');
  if (!machines.some(({ isOutfeed }) => isOutfeed)) checks.push('no_outfeed');
  return checks;
}
