// How the routes of units, materials, conversions and standards are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry, ofResource } from './requests.ts';

const named = (w: Records): string => `${w.mark.organization}x${w.next()}`;
const own = (w: Records, row: object) => ({ organization_id: w.id, ...row });
const day = (w: Records): string => `${2030 + (w.next() % 900)}-01-01`;

const unit = (w: Records, row: object = {}): Promise<number> =>
  w.insert('units_of_measure', own(w, { code: named(w), name: named(w), ...row }));

const material = async (w: Records, row: object = {}): Promise<number> =>
  w.insert('materials', own(w, { code: named(w), name: named(w), unit_id: await unit(w), ...row }));

const machine = (w: Records): Promise<number> =>
  w.insert(
    'machines',
    own(w, { plant_id: w.plantId, name: `m${w.next()}`, display_name: `${w.mark.plant}x${w.next()}` }),
  );

/** Two units and how many of one are one of the other. */
async function linked(w: Records, row: object = {}): Promise<{ id: number; from: number; to: number }> {
  const [from, to] = [await unit(w), await unit(w)];
  const id = await w.insert('unit_conversions', own(w, { from_unit_id: from, to_unit_id: to, factor: 6, ...row }));
  return { id, from, to };
}

/** A standard with its machine and material. */
async function standard(w: Records, row: object = {}): Promise<{ id: number; machineId: number; materialId: number }> {
  const [machine_id, material_id] = [await machine(w), await material(w)];
  const made = { plant_id: w.plantId, machine_id, material_id, operation: w.mark.plant, valid_from: '2026-01-01' };
  const id = await w.insert('production_standards', own(w, { ...made, ideal_cycle_s: 1, ...row }));
  return { id, machineId: machine_id, materialId: material_id };
}

export const materialEntries = (resource: typeof ofResource): Readonly<Record<string, Entry>> => ({
  ...resource('units-of-measure', {
    make: unit,
    create: (w) => ({ code: `u${w.next()}`, name: 'New' }),
    change: { name: 'Changed' },
    csv: (w) => `code,name\nu${w.next()},Made\n`,
  }),
  'POST /units-of-measure/starter': {
    ask: async (w) => {
      await w.freeCode('units_of_measure', 'pallet');
      return { body: { language: 'en' } };
    },
    silent: 'it has the codes of usual units only',
  },
  ...resource('materials', {
    make: material,
    create: async (w) => ({ code: `c${w.next()}`, name: 'New', unitId: await unit(w) }),
    change: { name: 'Changed' },
    csv: async (w) => {
      const code = `u${w.next()}`;
      await unit(w, { code });
      return `code,name,unit\nc${w.next()},Made,${code}\n`;
    },
  }),
  'GET /materials/{id}/revisions': {
    ask: async (w) => {
      const material_id = await material(w);
      await w.insert('material_revisions', own(w, { material_id, revision: named(w), valid_from: new Date() }));
      return { path: { id: material_id } };
    },
  },
  'POST /materials/{id}/revisions': {
    ask: async (w) => ({
      path: { id: await material(w, { created_at: new Date('2026-01-01T00:00:00Z') }) },
      body: { version: 1, revision: 'B', reason: 'as tried by the matrix' },
    }),
    silent: 'it has the names of revisions only',
  },
  ...resource('unit-conversions', {
    make: async (w, row) => (await linked(w, row)).id,
    create: async (w) => ({ fromUnitId: await unit(w), toUnitId: await unit(w), factor: 2 }),
    change: { factor: 12 },
    csv: async (w) => {
      const [from, to] = [`u${w.next()}`, `u${w.next()}`];
      await unit(w, { code: from });
      await unit(w, { code: to });
      return `fromUnit,toUnit,factor\n${from},${to},2\n`;
    },
  }),
  // It has no text that a search could look into.
  'GET /unit-conversions': {
    ask: async (w) => {
      await linked(w);
      return {};
    },
  },
  'GET /unit-conversions/convert': {
    ask: async (w) => {
      const { from, to } = await linked(w);
      return { query: { quantity: '2', from, to } };
    },
  },
  ...resource('production-standards', {
    make: async (w, row) => (await standard(w, row)).id,
    create: async (w) => ({
      machineId: await machine(w),
      materialId: await material(w),
      validFrom: day(w),
      idealCycleS: 1,
    }),
    change: { idealCycleS: 2 },
    csv: async (w) => {
      const [name, code] = [`M${w.next()}`, `c${w.next()}`];
      await w.insert('machines', own(w, { plant_id: w.plantId, name: name.toLowerCase(), display_name: name }));
      await material(w, { code });
      return `machine,material,validFrom,idealCycleS\n${name},${code},${day(w)},1\n`;
    },
  }),
  'GET /production-standards/effective': {
    ask: async (w) => {
      const { machineId, materialId } = await standard(w);
      return { query: { machineId, materialId, operation: w.mark.plant } };
    },
  },
});
