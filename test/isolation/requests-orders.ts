// How the routes of orders, runs and production logs are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry, ofResource } from './requests.ts';

const named = (w: Records): string => `${w.mark.plant}x${w.next()}`;
const company = (w: Records): string => `${w.mark.organization}x${w.next()}`;
const here = (w: Records) => ({ organization_id: w.id, plant_id: w.plantId });
const reason = 'as tried by the matrix';
const HOUR_MS = 3_600_000;

async function material(w: Records): Promise<{ id: number; unitId: number; code: string }> {
  const code = company(w);
  const unitId = await w.insert('units_of_measure', { organization_id: w.id, code, name: code });
  return {
    id: await w.insert('materials', { organization_id: w.id, code, name: code, unit_id: unitId }),
    unitId,
    code,
  };
}

const machine = (w: Records): Promise<number> =>
  w.insert('machines', { ...here(w), name: `m${w.next()}`, display_name: named(w), good_source: 'operator' });

async function order(w: Records, row: object = {}): Promise<number> {
  const { id: material_id, unitId: unit_id } = await material(w);
  const made = { ...here(w), number: named(w), material_id, unit_id, quantity: 10, promised_date: '2026-01-01' };
  return w.insert('work_orders', { ...made, ...row });
}

async function operation(w: Records, row: object = {}): Promise<number> {
  const work_order_id = await order(w);
  const made = {
    ...here(w),
    work_order_id,
    sequence: 1,
    code: 'FILL',
    name: named(w),
    planned_quantity: 1,
  };
  return w.insert('work_order_operations', { ...made, ...row });
}

async function routing(w: Records, row: object = {}): Promise<number> {
  const made = { organization_id: w.id, material_id: (await material(w)).id, name: company(w) };
  return w.insert('routings', { ...made, ...row });
}

async function step(w: Records, row: object = {}): Promise<number> {
  const made = { organization_id: w.id, routing_id: await routing(w), sequence: 1, code: 'FILL', name: company(w) };
  return w.insert('routing_operations', { ...made, ...row });
}

const ago = (hours: number): string => new Date(Date.now() - hours * HOUR_MS).toISOString();

async function run(w: Records, row: object = {}): Promise<number> {
  const machine_id = await machine(w);
  const made = { ...here(w), machine_id, source: 'operator', plc_order: named(w), from_time: ago(2), to_time: ago(1) };
  return w.insert('machine_runs', { ...made, ...row });
}

const log = async (w: Records): Promise<number> =>
  w.insert('production_logs', {
    ...here(w),
    machine_id: await machine(w),
    time: ago(1),
    kind: 'good',
    quantity: 1,
    operator_name: named(w),
  });

const at = (id: number, body?: object) => ({ path: { id }, ...(body ? { body } : {}) });
const version = 1;

export const orderEntries = (resource: typeof ofResource): Readonly<Record<string, Entry>> => ({
  ...resource('work-orders', {
    make: order,
    create: () => ({}),
    change: { remarks: 'x' },
    csv: () => '',
    filter: (w) => ({ plantId: w.plantId }),
  }),
  'POST /work-orders': {
    ask: async (w) => {
      const materialId = (await material(w)).id;
      return {
        body: { plantId: w.plantId, number: `N${w.next()}`, materialId, quantity: 1, promisedDate: '2026-01-01' },
      };
    },
  },
  'POST /work-orders/import': {
    ask: async (w) => {
      const { code } = await material(w);
      return {
        body: `plant,number,material,quantity,promisedDate\n${w.mark.plant},M${w.next()},${code},1,2026-01-01\n`,
      };
    },
  },
  'GET /work-orders/board': {
    ask: async (w) => {
      await order(w);
      return { query: { plant: w.plantId, from: '2026-01-01' } };
    },
  },
  ...Object.fromEntries(
    Object.entries({
      release: 'planned',
      start: 'released',
      pause: 'running',
      resume: 'paused',
      complete: 'running',
      close: 'completed',
      cancel: 'planned',
    }).map(([name, status]): [string, Entry] => [
      `POST /work-orders/{id}/${name}`,
      { ask: async (w) => at(await order(w, { status }), name === 'cancel' ? { version, reason } : { version }) },
    ]),
  ),
  'GET /work-orders/{id}/quantities': {
    ask: async (w) => {
      const id = await order(w);
      await run(w, { work_order_id: id });
      return at(id);
    },
  },
  ...resource('work-order-operations', {
    make: operation,
    create: () => ({}),
    change: { code: 'PACK' },
    csv: () => '',
    filter: (w) => ({ plantId: w.plantId }),
  }),
  'POST /work-order-operations': {
    ask: async (w) => ({ body: { workOrderId: await order(w), sequence: 1, code: 'FILL', name: 'Fill' } }),
  },
  'POST /work-order-operations/import': {
    ask: async (w) => {
      const number = named(w);
      await order(w, { number });
      return { body: `workOrder,sequence,code,name\n${number},1,FILL,Fill\n` };
    },
  },
  ...resource('routings', { make: routing, create: () => ({}), change: { name: 'Changed' }, csv: () => '' }),
  'PATCH /routings/{id}': {
    ask: async (w) => at(await routing(w), { version, materialId: (await material(w)).id }),
  },
  'POST /routings': { ask: async (w) => ({ body: { name: `New ${w.next()}`, materialId: (await material(w)).id } }) },
  'POST /routings/import': {
    ask: async (w) => ({ body: `name,material\nMade ${w.next()},${(await material(w)).code}\n` }),
  },
  ...resource('routing-operations', { make: step, create: () => ({}), change: { code: 'PACK' }, csv: () => '' }),
  'POST /routing-operations': {
    ask: async (w) => ({ body: { routingId: await routing(w), sequence: 5, code: 'FILL', name: 'Fill' } }),
  },
  'POST /routing-operations/import': {
    ask: async (w) => {
      const name = company(w);
      await routing(w, { name });
      return { body: `routing,sequence,code,name\n${name},1,FILL,Fill\n` };
    },
  },

  'GET /machine-runs': {
    ask: async (w) => {
      await run(w);
      return { query: { plantId: w.plantId } };
    },
  },
  'GET /machine-runs/tasks': {
    ask: async (w) => {
      await run(w);
      return { query: { plantId: w.plantId } };
    },
  },
  'GET /machine-runs/machines': { ask: (w) => ({ query: { plantId: w.plantId } }) },
  'GET /machine-runs/{id}': { ask: async (w) => at(await run(w)) },
  'GET /machine-runs/{id}/history': { ask: async (w) => at(await run(w)), silent: 'it has no history yet' },
  'POST /machine-runs': { ask: async (w) => ({ body: { machineId: await machine(w) } }) },
  'POST /machine-runs/{id}/end': { ask: async (w) => at(await run(w, { to_time: null }), { version }) },
  'POST /machine-runs/add': {
    ask: async (w) => ({ body: { machineId: await machine(w), from: ago(3), to: ago(2), reason } }),
  },
  'POST /machine-runs/link-order': {
    ask: async (w) => ({ body: { plantId: w.plantId, name: `odd ${w.next()}`, workOrderId: await order(w) } }),
    silent: 'nothing is answered',
  },
  'POST /machine-runs/{id}/split': { ask: async (w) => at(await run(w), { version, at: ago(1.5), reason }) },
  'POST /machine-runs/{id}/move': { ask: async (w) => at(await run(w), { version, from: ago(1.5), reason }) },
  'POST /machine-runs/{id}/assign': { ask: async (w) => at(await run(w), { version, kind: 'trial', reason }) },
  'DELETE /machine-runs/{id}': {
    ask: async (w) => ({ path: { id: await run(w) }, query: { version, reason } }),
    silent: 'nothing is answered',
  },

  'GET /production-logs': {
    ask: async (w) => {
      await log(w);
      return { query: { plantId: w.plantId } };
    },
  },
  'POST /production-logs': { ask: async (w) => ({ body: { machineId: await machine(w), kind: 'good', quantity: 5 } }) },
  'POST /production-logs/{id}/reverse': { ask: async (w) => at(await log(w), {}) },
  'GET /machines/{id}/declared-counts': {
    ask: async (w) => ({ path: { id: await machine(w) }, query: { from: ago(5), to: ago(0) } }),
  },
});
