// How the routes of machines, lanes, targets and loss reasons are asked by the matrix (requests.ts).

import { starterReasons } from '../../cloud/domains/loss-reasons/index.ts';
import type { Records } from './records.ts';
import type { Entry, ofResource } from './requests.ts';

const named = (w: Records): string => `${w.mark.plant}x${w.next()}`;
const day = (w: Records): string => `${2030 + (w.next() % 900)}-01-01`;

const machine = (w: Records, row: object = {}): Promise<number> =>
  w.insert('machines', {
    organization_id: w.id,
    plant_id: w.plantId,
    name: `m${w.next()}`,
    display_name: named(w),
    ...row,
  });
const lane = (w: Records, row: object = {}): Promise<number> =>
  w.insert('lanes', { organization_id: w.id, plant_id: w.plantId, name: named(w), ...row });

async function target(w: Records, row: object = {}): Promise<number> {
  const machine_id = await machine(w);
  const made = { organization_id: w.id, plant_id: w.plantId, machine_id, valid_from: day(w), target_percent: 85 };
  return w.insert('machine_targets', { ...made, ...row });
}

/** A machine stands in a lane, and its id. */
async function placed(w: Records): Promise<{ laneId: number; machineId: number }> {
  const laneId = await lane(w);
  const machineId = await machine(w);
  const place = { organization_id: w.id, plant_id: w.plantId, lane_id: laneId, machine_id: machineId };
  await w.insert('lane_memberships', { ...place, valid_from: '-infinity' });
  return { laneId, machineId };
}

export const machineEntries = (resource: typeof ofResource): Readonly<Record<string, Entry>> => ({
  ...resource('machines', {
    make: machine,
    create: (w) => ({ plantId: w.plantId, name: `n${w.next()}`, displayName: 'New' }),
    change: { description: 'x' },
    csv: (w) => `plant,name,displayName\n${w.mark.plant},m${w.next()},Made\n`,
    filter: (w) => ({ plantId: w.plantId }),
  }),
  ...resource('lanes', {
    make: lane,
    create: (w) => ({ plantId: w.plantId, name: `New ${w.next()}` }),
    change: { description: 'x' },
    csv: (w) => `plant,name\n${w.mark.plant},Made ${w.next()}\n`,
    filter: (w) => ({ plantId: w.plantId }),
  }),
  'GET /lanes/{id}/arrangement': { ask: async (w) => ({ path: { id: (await placed(w)).laneId } }) },
  'PUT /lanes/{id}/arrangement': {
    ask: async (w) => ({
      path: { id: await lane(w) },
      body: { version: 1, machines: [{ machineId: await machine(w), isConstraint: true }], from: null },
    }),
  },
  'GET /machines/{id}/checklist': { ask: async (w) => ({ path: { id: await machine(w) } }) },
  'GET /machine-checklists': {
    ask: async (w) => {
      await machine(w);
      return { query: { plant: w.plantId } };
    },
  },
  'GET /machines/{id}/places': { ask: async (w) => ({ path: { id: (await placed(w)).machineId } }) },
  ...resource('machine-targets', {
    make: target,
    create: () => ({}),
    change: { targetPercent: 80 },
    csv: (w) => `machine,validFrom,targetPercent\n${w.mark.plant},${day(w)},80\n`,
    filter: (w) => ({ plantId: w.plantId }),
  }),
  'GET /machine-targets': {
    ask: async (w) => {
      await target(w);
      return { query: { plantId: w.plantId } };
    },
  },
  'POST /machine-targets': {
    ask: async (w) => ({ body: { machineId: await machine(w), validFrom: day(w), targetPercent: 80 } }),
  },
  ...resource('loss-reasons', {
    make: (w, row) => {
      const name = `${w.mark.organization}x${w.next()}`;
      return w.insert('loss_reasons', { organization_id: w.id, code: name, name, category: 'idle', ...row });
    },
    create: (w) => ({ code: `N${w.next()}`, name: 'New', category: 'idle' }),
    change: { nameDe: 'x' },
    csv: (w) => `code,name,category\nM${w.next()},Made,idle\n`,
  }),
  'POST /loss-reasons/starter': {
    ask: async (w) => {
      await w.freeCode('loss_reasons', starterReasons.at(-1)?.code ?? '');
      return {};
    },
    silent: 'the reasons are the same for all',
  },
});
