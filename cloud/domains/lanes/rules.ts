// A lane in which machines stand is not archived: they would be nowhere without anybody having said so. A
// lane of another kind makes other figures.

import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict } from '../../platform/errors.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { laneFault } from './faults.ts';
import * as queries from './queries.ts';
import type { lanes } from './resource.ts';

/** Machines that a message names. */
const NAMED = 5;

export const laneRules: Rules<typeof lanes> = {
  async beforeUpdate(ctx, { id }, changes) {
    if (changes.kind === undefined) return;
    const places = await queries.readPlaces(ctx, { laneIds: [id], machineIds: [] });
    const begin = (from: number) => new Date(Math.max(from, 0));
    await markDirty(ctx, {
      cause: 'settings',
      stretches: places
        .filter(({ laneId }) => laneId === id)
        .map(({ machineId, from, to }) => ({
          machineId,
          from: begin(from),
          to: Number.isFinite(to) ? new Date(to) : null,
        })),
    });
  },
  async beforeArchive(ctx, { id, name }) {
    const places = await queries.readPlaces(ctx, { laneIds: [id], machineIds: [] });
    const here = places.filter(({ to }) => to > ctx.now.getTime()).map(({ machineId }) => machineId);
    if (here.length === 0) return;
    const machines = [...(await queries.readMachines(ctx, here)).values()].map(({ displayName }) => displayName);
    const more = machines.length > NAMED;
    throw new Conflict(laneFault('lane_has_machines', { lane: name, machines: machines.slice(0, NAMED), more }));
  },
};
