// How the routes of stops are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry } from './requests.ts';

const HOUR_MS = 3_600_000;
const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);
const period = () => ({ from: ago(4).toISOString(), to: ago(0).toISOString() });
const here = (w: Records) => ({ organization_id: w.id, plant_id: w.plantId });

/** A machine of its own that stood for an hour, and somebody said why. */
async function stop(w: Records): Promise<{ machineId: number; lossReasonId: number; classificationId: number }> {
  const name = `${w.mark.plant}x${w.next()}`;
  const machine_id = await w.insert('machines', { ...here(w), name: `m${w.next()}`, display_name: name });
  const code = `${w.mark.organization}x${w.next()}`;
  const reason = { code, name: code, category: 'unplanned_stop', frequent_position: 1 };
  const loss_reason_id = await w.insert('loss_reasons', { organization_id: w.id, ...reason });
  const stretch = { machine_id, from_time: ago(3), to_time: ago(2), loss_reason_id };
  const said = { remarks: name, created_by_name: name };
  const classification_id = await w.insert('stop_classifications', { ...here(w), ...stretch, ...said });
  const state = { category: 'unplanned_stop', state: 'stopped', machine_reason: name, begins: true };
  const cut = { stretch_from: stretch.from_time, stopped_before_us: '0' };
  await w.insert('machine_intervals', { ...here(w), ...stretch, ...state, ...cut, classification_id });
  return { machineId: machine_id, lossReasonId: loss_reason_id, classificationId: classification_id };
}

export const kpiEntries: Readonly<Record<string, Entry>> = {
  'POST /stop-classifications': {
    ask: async (w) => {
      const { machineId, lossReasonId } = await stop(w);
      return { body: { machineId, lossReasonId, ...period(), overrulesRunning: true, remarks: 'as tried' } };
    },
  },
  'POST /stop-classifications/{id}/reversal': {
    ask: async (w) => ({ path: { id: (await stop(w)).classificationId }, body: { remarks: 'as tried' } }),
  },
  'GET /stop-classifications': {
    ask: async (w) => ({ query: { machine: (await stop(w)).machineId, ...period() } }),
  },
  'GET /machines/{id}/intervals': {
    ask: async (w) => ({ path: { id: (await stop(w)).machineId }, query: period() }),
  },
  'GET /machines/{id}/timeline': {
    ask: async (w) => ({ path: { id: (await stop(w)).machineId }, query: period() }),
  },
  // The machine that the world's tags with samples belong to.
  'GET /machines/{id}/samples': {
    ask: (w) => ({
      path: { id: [...w.machines.values()][0] },
      query: { from: ago(50).toISOString(), to: ago(0).toISOString() },
    }),
  },
  'GET /machines/{id}/stops': {
    ask: async (w) => ({ path: { id: (await stop(w)).machineId }, query: period() }),
  },
  'GET /machines/{id}/likely-reasons': {
    ask: async (w) => ({ path: { id: (await stop(w)).machineId } }),
  },
};
