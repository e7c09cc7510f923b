// Puts the page Now together, and the snapshot that a live stream begins with.

import type { Context } from '../../platform/http/context.ts';
import { meaningOf, readStateMaps, type StateMap } from '../state-maps/index.ts';
import {
  findPlant,
  listAgents,
  listCoveredSince,
  listDevices,
  listLanes,
  listMachines,
  listRuns,
  listTags,
  listTagsById,
  type TagNow,
} from './now-queries.ts';
import { type Run, type Since, type StateNow, sameState, sameValue, sinceOf } from './rules.ts';
import type { Now, NowMachine, NowState, NowTag } from './schema.ts';

/** How far back the begin of a state or alarm is searched, first and then; edges send changes only. Older: "since at least". */
const LOOK_BACK_MS = [60 * 60_000, 24 * 60 * 60_000, 7 * 24 * 60 * 60_000];

/** Everything the page Now shows of a plant. Throws `not_found` for a plant that the actor does not see. */
export async function readNow(ctx: Context, plantId: number): Promise<Now> {
  const plant = await findPlant(ctx, plantId);
  const lanes = await listLanes(ctx, plantId);
  const machines = await listMachines(ctx, plantId);
  const tags = await listTags(ctx, plantId);
  const devices = await listDevices(ctx, plantId);
  const agents = await listAgents(ctx, plantId);
  const maps = await readStateMaps(
    ctx,
    machines.map(({ id }) => id),
  );
  const since = await readSince(ctx, tags, maps);

  const tagsOf = Map.groupBy(tags, (tag) => tag.machineId);
  const shown = machines.map((machine) => ({
    laneId: machine.lane_id,
    machine: describeMachine(machine, { tags: tagsOf.get(machine.id) ?? [], since, map: maps.get(machine.id) }),
  }));
  const inLane = (laneId: number | null) => shown.filter((one) => one.laneId === laneId).map((one) => one.machine);
  const described = lanes.map((lane) => ({ ...lane, machines: inLane(lane.id) }));
  const alone = inLane(null);
  return {
    serverTime: ctx.now.toISOString(),
    plant,
    lanes: alone.length === 0 ? described : [...described, { id: null, name: null, kind: null, machines: alone }],
    devices: devices.map(({ id, name, edge_agent_id: agentId, state, time }) => ({
      id,
      name,
      agentId,
      coverage: state === null || time === null ? null : { state, since: time.toISOString() },
    })),
    agents: agents.map((agent) => ({
      ...agent,
      onlineChangedAt: iso(agent.onlineChangedAt),
      lastMessageAt: iso(agent.lastMessageAt),
      watermark: iso(agent.watermark),
    })),
  };
}

function describeMachine(
  machine: { id: number; name: string; display_name: string },
  seen: { tags: readonly TagNow[]; since: ReadonlyMap<number, Since>; map: StateMap | undefined },
): NowMachine {
  const { tags, since } = seen;
  return {
    id: machine.id,
    name: machine.name,
    displayName: machine.display_name,
    state: describeState(seen),
    tags: tags.map((tag): NowTag => {
      const { machineId: _, time, ...shown } = tag;
      return { ...shown, time: iso(time), since: isActiveAlarm(tag) ? iso(since.get(tag.id)?.since ?? time) : null };
    }),
  };
}

function describeState({ tags, since, map }: Parameters<typeof describeMachine>[1]): NowState | null {
  const tag = stateTagOf(tags);
  if (!tag) return null;
  const lasted = since.get(tag.id);
  const meaning = meaningOf(tag.value, tag.status, map);
  return {
    tagId: tag.id,
    ...meaning,
    since: iso(lasted?.since ?? tag.time),
    atLeast: lasted?.atLeast ?? tag.time !== null,
  };
}

/** The tag that tells a machine's state; after a change of its datatype there are two, and the newer value counts. */
function stateTagOf(tags: readonly TagNow[]): TagNow | undefined {
  return tags
    .filter((tag) => tag.role === 'state')
    .sort((one, other) => (other.time?.getTime() ?? 0) - (one.time?.getTime() ?? 0))[0];
}

function isActiveAlarm(tag: TagNow): boolean {
  return tag.role === 'alarm' && (tag.value === true || tag.value === 1);
}

/** Since when states and active alarms have lasted, by tag. */
async function readSince(
  ctx: Context,
  tags: readonly TagNow[],
  maps: ReadonlyMap<number, StateMap>,
): Promise<Map<number, Since>> {
  const found = new Map<number, Since>();
  let open = tags.filter((tag) => tag.time !== null && (tag.role === 'state' || isActiveAlarm(tag)));
  // Nobody knows what happened while the device was not seen: no state reaches back across that.
  const covered = await listCoveredSince(ctx, [...new Set(open.map((tag) => tag.deviceId))]);
  for (const lookBackMs of LOOK_BACK_MS) {
    const runs = await listRuns(
      ctx,
      open.map((tag) => {
        const to = tag.time ?? ctx.now;
        const begun = Math.min(covered.get(tag.deviceId)?.getTime() ?? 0, to.getTime());
        const from = new Date(Math.max(to.getTime() - lookBackMs, begun));
        return { tagId: tag.id, text: tag.datatype === 'String', from, to };
      }),
    );
    for (const tag of open) {
      const same: (one: Run, other: Run) => boolean =
        tag.role === 'state' ? sameState(maps.get(tag.machineId)) : sameValue;
      const since = sinceOf(runs.get(tag.id) ?? [], same);
      if (since) found.set(tag.id, since);
    }
    open = open.filter((tag) => found.get(tag.id)?.atLeast ?? true);
    if (open.length === 0) break;
  }
  return found;
}

/** Latest values as the live stream sends them: [tag id, time in ms, value, OPC UA status]. */
export type TagEntry = [tagId: number, timeMs: number, value: number | string | boolean | null, status: number];
/** [agent id, online, last message in ms, watermark in ms]. */
export type AgentEntry = [agentId: number, online: boolean, lastMessageMs: number | null, watermarkMs: number | null];

export interface Snapshot {
  readonly tags: TagEntry[];
  readonly agents: AgentEntry[];
  /** What the actor sees in this plant. */
  readonly machineIds: ReadonlySet<number>;
  readonly agentIds: ReadonlySet<number>;
  /** Only these are told of, whatever machine they have; null: what the plant's machines have. */
  readonly tagIds: ReadonlySet<number> | null;
  readonly stateMaps: ReadonlyMap<number, StateMap>;
  /** Machine of each state tag. */
  readonly stateTags: ReadonlyMap<number, number>;
  readonly states: ReadonlyMap<number, StateNow>;
  /** Their values travel as 0 and 1. */
  readonly booleanTags: ReadonlySet<number>;
}

/** Throws `not_found` for a plant that the actor does not see. */
export async function readSnapshot(ctx: Context, plantId: number): Promise<Snapshot> {
  await findPlant(ctx, plantId);
  const machines = await listMachines(ctx, plantId);
  const tags = await listTags(ctx, plantId);
  const agents = await listAgents(ctx, plantId);
  const stateMaps = await readStateMaps(
    ctx,
    machines.map(({ id }) => id),
  );
  const since = await readSince(
    ctx,
    tags.filter((tag) => tag.role === 'state'),
    stateMaps,
  );
  const states = new Map<number, StateNow>();
  for (const [machineId, ofMachine] of Map.groupBy(tags, (tag) => tag.machineId)) {
    const tag = stateTagOf(ofMachine);
    if (!tag?.time) continue;
    const time = tag.time.getTime();
    const lasted = since.get(tag.id);
    states.set(machineId, {
      ...meaningOf(tag.value, tag.status, stateMaps.get(machineId)),
      time,
      since: lasted?.since.getTime() ?? time,
      atLeast: lasted?.atLeast ?? true,
    });
  }
  return {
    tags: tags.flatMap((tag): TagEntry[] => (tag.time ? [[tag.id, tag.time.getTime(), tag.value, tag.status]] : [])),
    agents: agents.map(agentEntry),
    tagIds: null,
    stateMaps,
    machineIds: new Set(machines.map((machine) => machine.id)),
    agentIds: new Set(agents.map((agent) => agent.id)),
    stateTags: new Map(tags.filter((tag) => tag.role === 'state').map((tag) => [tag.id, tag.machineId])),
    states,
    booleanTags: new Set(tags.filter((tag) => tag.datatype === 'Boolean').map((tag) => tag.id)),
  };
}

function agentEntry({
  id,
  online,
  lastMessageAt,
  watermark,
}: Awaited<ReturnType<typeof listAgents>>[number]): AgentEntry {
  return [id, online, lastMessageAt?.getTime() ?? null, watermark?.getTime() ?? null];
}

/** As `readSnapshot`, of these tags and no others: for a page that shows them. */
export async function readTagSnapshot(
  ctx: Context,
  { plantId, tagIds }: { plantId: number; tagIds: readonly number[] },
): Promise<Snapshot> {
  await findPlant(ctx, plantId);
  const tags = await listTagsById(ctx, plantId, tagIds);
  const agents = await listAgents(ctx, plantId);
  return {
    tags: tags.flatMap(({ id, time, value, status }): TagEntry[] =>
      time ? [[id, time.getTime(), value, status]] : [],
    ),
    agents: agents.map(agentEntry),
    machineIds: new Set(),
    agentIds: new Set(agents.map(({ id }) => id)),
    tagIds: new Set(tags.map(({ id }) => id)),
    stateMaps: new Map(),
    stateTags: new Map(),
    states: new Map(),
    booleanTags: new Set(tags.filter(({ datatype }) => datatype === 'Boolean').map(({ id }) => id)),
  };
}

function iso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
