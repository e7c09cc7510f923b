// How the routes of figures are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry } from './requests.ts';

const day = { fromDay: '2026-01-01', toDay: '2026-01-01' };

/** A machine with an hour of a stop for a reason, and one piece. */
async function hourOf(w: Records, more: object = {}): Promise<number> {
  const own = { organization_id: w.id, plant_id: w.plantId };
  const name = `${w.mark.plant}x${w.next()}`;
  const machine_id = await w.insert('machines', { ...own, name: `m${w.next()}`, display_name: name });
  // A reason is of the whole organisation.
  const reason = `${w.mark.organization}x${w.next()}`;
  const loss_reason_id = await w.insert('loss_reasons', {
    organization_id: w.id,
    code: reason,
    name: reason,
    category: 'unplanned_stop',
  });
  const hour = { ...own, machine_id, bucket: '2026-01-01T00:00:00Z', business_date: '2026-01-01', loss_reason_id };
  await w.insert('time_facts', { ...hour, category: 'unplanned_stop', duration_us: 1_000_000, occurrences: 1 });
  const pieces = { good: 1, scrap: 0, rework: 0, startup: 0, unexplained: 0 };
  const times = { target_s: 1, value_s: 1, scrap_s: 0, rework_s: 0, startup_s: 0, without_standard: 0 };
  await w.insert('count_facts', { ...hour, ...pieces, ...times, ...more, standing: 'counted' });
  return machine_id;
}

/** A machine that makes an order now. */
async function runNow(w: Records): Promise<void> {
  const own = { organization_id: w.id, plant_id: w.plantId };
  const name = `${w.mark.plant}x${w.next()}`;
  const machine_id = await w.insert('machines', { ...own, name: `m${w.next()}`, display_name: name });
  await w.insert('machine_runs', { ...own, machine_id, from_time: '2026-01-01', source: 'plc', plc_order: name });
}

/** A machine whose time is told by one interval, a failure. */
async function failureOf(w: Records): Promise<number> {
  const machine_id = await hourOf(w);
  const reason = `${w.mark.organization}x${w.next()}`;
  const named = { organization_id: w.id, code: reason, name: reason };
  const loss_reason_id = await w.insert('loss_reasons', { ...named, category: 'unplanned_stop', is_failure: true });
  const from_time = '2026-01-01T10:00:00Z';
  const stop = { category: 'unplanned_stop', state: 'stopped', loss_reason_id, begins: true, stretch_from: from_time };
  const own = { organization_id: w.id, plant_id: w.plantId, machine_id, stopped_before_us: 0 };
  await w.insert('machine_intervals', { ...own, ...stop, from_time, to_time: '2026-01-01T11:00:00Z' });
  return machine_id;
}

/** An order that a machine has made in a day. */
async function orderOf(w: Records): Promise<number> {
  const own = { organization_id: w.id, plant_id: w.plantId };
  const name = `${w.mark.organization}x${w.next()}`;
  const organization_id = w.id;
  const unit_id = await w.insert('units_of_measure', { organization_id, code: name, name });
  const material_id = await w.insert('materials', { organization_id, code: name, name, unit_id });
  const number = `${w.mark.plant}x${w.next()}`;
  const order = { number, material_id, unit_id, quantity: 10, promised_date: '2026-01-01' };
  const work_order_id = await w.insert('work_orders', { ...own, ...order });
  const machine_id = await hourOf(w, { work_order_id, material_id });
  const whole = { from_time: '2026-01-01T00:00:00Z', to_time: '2026-01-02T00:00:00Z' };
  await w.insert('machine_runs', { ...own, ...whole, machine_id, work_order_id, material_id, source: 'operator' });
  return work_order_id;
}

export const metricsEntries: Readonly<Record<string, Entry>> = {
  'GET /now/figures': {
    ask: async (w) => {
      await runNow(w);
      return { query: { plant: w.plantId } };
    },
  },
  'GET /metrics': { ask: async (w) => ({ query: { ...day, machine: await hourOf(w), group: 'machine' } }) },
  'GET /metrics/losses': { ask: async (w) => ({ query: { ...day, machine: await hourOf(w) } }) },
  'GET /metrics/failures': {
    ask: async (w) => ({ query: { ...day, machine: await failureOf(w), group: 'machine' } }),
  },
  'GET /metrics/throughput': { ask: async (w) => ({ query: { ...day, order: await orderOf(w) } }) },
  'GET /metrics/yields': { ask: async (w) => ({ query: { ...day, order: await orderOf(w) } }) },
  'GET /metrics/target-now': { ask: async (w) => ({ query: { machine: await hourOf(w) } }) },
  'GET /metrics/definitions': { ask: () => ({}), silent: 'definitions are the same for all' },
};
