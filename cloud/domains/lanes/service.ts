// Arranging a lane: "these machines, in this order, from … on". One command moves, inserts, takes out and
// marks, and corrects the past alike; what stood there is cut. Whoever read the lane before somebody else
// changed it is refused, and so is who takes a machine from where it no longer stands.

import { recordAudits } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { materialiseWhatFits } from '../calendars/index.ts';
import { arranged, laneChecks, type Place, placesAt, type Stretch, stretchAt, stretchesOf } from './arrangement.ts';
import { laneFault } from './faults.ts';
import type { LaneRow, MachineRow, StoredPlace } from './queries.ts';
import * as queries from './queries.ts';
import type { ArrangeBody, Arrangement, Places } from './schema.ts';

/** Stretches that are answered; older ones are read with `at`. */
const MOST_STRETCHES = 100;

/** Who stands in a lane at an instant, and since when. Throws `not_found`. */
export async function readArrangement(
  ctx: Context,
  { laneId, at }: { laneId: number; at: number },
): Promise<Arrangement> {
  const [lane] = await queries.readLanes(ctx, [laneId]);
  if (!lane) throw new DomainError('not_found', `There is no lane ${laneId} that you may see.`);
  const places = await queries.readPlaces(ctx, { laneIds: [laneId], machineIds: [] });
  const here = placesAt(places, { laneId, at });
  const names = await queries.readMachines(
    ctx,
    here.map(({ machineId }) => machineId),
  );
  const stretch = stretchAt(places, { laneId, at });
  const machines = here.map(({ machineId, isConstraint, isOutfeed }) => {
    const { name = '', displayName = '' } = names.get(machineId) ?? {};
    return { machineId, name, displayName, isConstraint, isOutfeed };
  });
  const stretches = stretchesOf(places, laneId).map((one) => ({
    ...told(one),
    machines: placesAt(places, { laneId, at: one.from }).length,
  }));
  return {
    laneId,
    version: lane.version,
    ...told(stretch),
    machines,
    others: await queries.readOthers(ctx, { lane, at }),
    stretches: stretches
      .filter((one) => one.machines > 0)
      .toReversed()
      .slice(0, MOST_STRETCHES),
    checks: laneChecks(lane.kind, machines),
  };
}

/** Where a machine stood, stands and will stand, newest first. */
export async function readPlacesOf(ctx: Context, machineId: number): Promise<Places> {
  if (!(await queries.readMachines(ctx, [machineId])).has(machineId))
    throw new DomainError('not_found', `There is no machine ${machineId} that you may see.`);
  const own = await queries.readPlaces(ctx, { laneIds: [], machineIds: [machineId] });
  const laneIds = [...new Set(own.map(({ laneId }) => laneId))];
  const lanes = new Map((await queries.readLanes(ctx, laneIds)).map((lane) => [lane.id, lane]));
  const all = await queries.readPlaces(ctx, { laneIds, machineIds: [] });
  const items = own
    .toSorted((a, b) => (a.from < b.from ? 1 : -1))
    .map((place) => {
      const { laneId, isConstraint, isOutfeed, from } = place;
      const before = placesAt(all, { laneId, at: from });
      const at = before.findIndex((one) => one.machineId === machineId) + 1;
      return { laneId, laneName: lanes.get(laneId)?.name ?? '', place: at, isConstraint, isOutfeed, ...told(place) };
    });
  return { items };
}

/** Throws InvalidRequest for what looks like an instant and is none, such as 31 February. */
export function timeOf(text: string, path: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new InvalidRequest([{ path, ...fault('type', { expected: 'instant' }) }]);
  return ms;
}

const told = ({ from, to }: Stretch) => ({ from: instant(from), to: instant(to) });
const instant = (ms: number): string | null => (Number.isFinite(ms) ? new Date(ms).toISOString() : null);

/** Throws `not_found`, InvalidRequest, and `conflict` when lane or machines are not as they were read. */
export async function arrange(
  ctx: Context,
  { laneId, ...body }: ArrangeBody & { laneId: number },
): Promise<Arrangement> {
  const { from, to } = stretchOf(ctx, body);
  const [seen] = await queries.readLanes(ctx, [laneId]);
  if (!seen) throw new DomainError('not_found', `There is no lane ${laneId} that you may see.`);
  await queries.lockLanes(ctx, seen.plantId);
  const [lane = seen] = await queries.readLanes(ctx, [laneId]);
  await checkLane(ctx, lane, body);
  const wanted = body.machines.map(({ machineId, isConstraint = false, isOutfeed = false }) => {
    return { machineId, isConstraint, isOutfeed };
  });
  const machineIds = wanted.map(({ machineId }) => machineId);
  const machines = await queries.readMachines(ctx, machineIds, { lock: true });
  const origins = body.machines.flatMap(({ comesFrom }) => (comesFrom ? [comesFrom] : []));
  const places = await queries.readPlaces(ctx, { laneIds: [laneId, ...origins], machineIds });
  checkMachines({ lane, body, machines, places });
  await checkOrigins(ctx, { lane, body, machines, places, from, to });
  const after = arranged(places, { laneId, from, to, machines: wanted });
  const { gone, made } = difference(places, after);
  if (gone.length > 0 || made.length > 0) {
    await queries.replacePlaces(ctx, { plantId: lane.plantId, gone, made });
    // Who stands in a lane follows its calendar.
    await materialiseWhatFits(ctx, {
      plantId: lane.plantId,
      machineIds: [...new Set([...gone, ...made].map(({ machineId }) => machineId))],
    });
    await tell(ctx, { lane, from, to, places, after, gone, made, reason: body.reason });
  }
  return readArrangement(ctx, { laneId, at: Number.isFinite(from) ? from : Math.min(to - 1, ctx.now.getTime()) });
}

function stretchOf({ now }: Context, { from, to }: ArrangeBody): Stretch {
  const stretch = {
    from: from === undefined ? now.getTime() : from === null ? Number.NEGATIVE_INFINITY : timeOf(from, 'body/from'),
    to: to === undefined || to === null ? Number.POSITIVE_INFINITY : timeOf(to, 'body/to'),
  };
  if (!(stretch.from < stretch.to))
    throw new InvalidRequest([{ path: 'body/to', ...fault('ends_before_it_begins', {}) }]);
  return stretch;
}

async function checkLane(ctx: Context, lane: LaneRow, { version, machines }: ArrangeBody): Promise<void> {
  if (lane.version !== version) {
    const who = await queries.lastChanger(ctx, 'lanes', lane.id);
    throw new Conflict(fault('changed_since', { singular: 'lane', who, version: lane.version, yours: version }));
  }
  if (lane.archived) throw new Conflict(fault('is_archived', { singular: 'lane' }));
  const flags = ['isConstraint', 'isOutfeed'] as const;
  for (const flag of flags) {
    const marked = machines.filter((machine) => machine[flag]).length;
    const mark = flag === 'isConstraint' ? 'constraint' : 'outfeed';
    if (marked > 1)
      throw new InvalidRequest([{ path: 'body/machines', ...laneFault('one_mark_only', { marked, mark }) }]);
    if (marked > 0 && lane.kind !== 'serial')
      throw new InvalidRequest([{ path: 'body/machines', ...laneFault('serial_only', { mark }) }]);
  }
}

interface Asked {
  readonly lane: LaneRow;
  readonly body: ArrangeBody;
  readonly machines: ReadonlyMap<number, MachineRow>;
  readonly places: readonly StoredPlace[];
}

function checkMachines({ lane, body, machines, places }: Asked): void {
  const seen = new Set<number>();
  for (const [index, { machineId }] of body.machines.entries()) {
    const path = `body/machines/${index}/machineId`;
    const machine = machines.get(machineId);
    if (seen.has(machineId)) throw new InvalidRequest([{ path, ...fault('duplicates', {}) }]);
    seen.add(machineId);
    if (!machine || machine.plantId !== lane.plantId) throw new InvalidRequest([{ path, ...fault('other_plant', {}) }]);
    const stoodHere = places.some((place) => place.machineId === machineId && place.laneId === lane.id);
    if (machine.archived && !stoodHere)
      throw new InvalidRequest([{ path, ...fault('archived_record', { singular: 'machine' }) }]);
  }
}

/** Who moves a machine says from where; that it stands elsewhere by now means that somebody else moved it. */
async function checkOrigins(ctx: Context, { lane, body, machines, places, from, to }: Asked & Stretch): Promise<void> {
  for (const { machineId, comesFrom = null } of body.machines) {
    const elsewhere = places.find(
      (place) =>
        place.machineId === machineId &&
        place.laneId !== lane.id &&
        place.laneId !== comesFrom &&
        place.from < to &&
        from < place.to,
    );
    if (!elsewhere) continue;
    const [other] = await queries.readLanes(ctx, [elsewhere.laneId]);
    const who = machines.get(machineId)?.displayName ?? '';
    throw new Conflict(laneFault('machine_elsewhere', { machine: who, lane: other?.name ?? null }));
  }
}

const keyOf = (place: Place): string =>
  [place.laneId, place.machineId, place.position, place.isConstraint, place.isOutfeed, place.from, place.to].join(' ');

function difference(before: readonly StoredPlace[], after: readonly Place[]): { gone: StoredPlace[]; made: Place[] } {
  const said = new Set(after.map(keyOf));
  const stored = new Set(before.map(keyOf));
  return {
    gone: before.filter((place) => !said.has(keyOf(place))),
    made: after.filter((place) => !stored.has(keyOf(place))),
  };
}

/** Audit, versions and figures of everything that an arrangement changed. */
async function tell(
  ctx: Context,
  change: Stretch & {
    lane: LaneRow;
    places: readonly Place[];
    after: readonly Place[];
    gone: readonly Place[];
    made: readonly Place[];
    reason: string | undefined;
  },
): Promise<void> {
  const { lane, from, to, places, after, gone, made, reason } = change;
  const touched = [...gone, ...made];
  const machineIds = [...new Set(touched.map(({ machineId }) => machineId))];
  const laneIds = [...new Set([lane.id, ...touched.map(({ laneId }) => laneId)])];
  await queries.touchLanes(ctx, laneIds);
  const names = await queries.readMachines(ctx, [...new Set([...places, ...after].map(({ machineId }) => machineId))]);
  const line = (all: readonly Place[], laneId: number) =>
    placesAt(all, { laneId, at: from }).map(({ machineId, isConstraint, isOutfeed }) => ({
      machine: names.get(machineId)?.name ?? machineId,
      ...(isConstraint ? { isConstraint } : {}),
      ...(isOutfeed ? { isOutfeed } : {}),
    }));
  await recordAudits(
    ctx,
    laneIds.map((id) => ({
      action: 'arrange',
      entity: 'lanes',
      entityId: id,
      plantId: lane.plantId,
      old: { machines: line(places, id) },
      new: { ...told({ from, to }), machines: line(after, id) },
      reason,
    })),
  );
  const begin = new Date(Number.isFinite(from) ? from : 0);
  const end = Number.isFinite(to) ? new Date(to) : null;
  await markDirty(ctx, {
    cause: 'settings',
    stretches: machineIds.map((machineId) => ({ machineId, from: begin, to: end })),
  });
}
