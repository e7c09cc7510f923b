// How the routes of shift reports are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry } from './requests.ts';

const day = '2026-01-01';

/** A shift of a machine of its own that is over, and has been closed once. */
async function closed(w: Records): Promise<string> {
  const here = { organization_id: w.id, plant_id: w.plantId };
  const name = `${w.mark.plant}x${w.next()}`;
  const machine_id = await w.insert('machines', { ...here, name: `m${w.next()}`, display_name: name });
  const times = { from_time: new Date(`${day}T06:00:00Z`), to_time: new Date(`${day}T14:00:00Z`) };
  const shift = { ...here, machine_id, name, start_day: day, business_date: day, ...times };
  const shift_instance_id = await w.insert('shift_instances', { ...shift, kind: 'regular', state: 'closed' });
  const version = { version: 1, cause: 'closed', time_sums: '[]', count_sums: '[]' };
  await w.insert('shift_figures', { ...shift, shift_instance_id, ...version });
  return name;
}

const note = (w: Records, shift_name: string) =>
  w.insert('handover_notes', {
    organization_id: w.id,
    plant_id: w.plantId,
    business_date: day,
    shift_name,
    text: shift_name,
    created_by_name: shift_name,
  });

export const shiftEntries: Readonly<Record<string, Entry>> = {
  'GET /handover-notes': {
    ask: async (w) => {
      const shift = await closed(w);
      await note(w, shift);
      return { query: { plant: w.plantId, day, shift } };
    },
  },
  'POST /handover-notes': {
    ask: async (w) => ({ body: { plantId: w.plantId, day, shift: await closed(w), text: 'as tried' } }),
  },
  'POST /handover-notes/{id}/correction': {
    ask: async (w) => ({ path: { id: await note(w, await closed(w)) }, body: { text: 'as tried' } }),
  },
  'GET /shift-reports': {
    ask: async (w) => {
      await closed(w);
      return { query: { plant: w.plantId, fromDay: day, toDay: day } };
    },
  },
  'GET /shift-reports/versions': {
    ask: async (w) => ({ query: { plant: w.plantId, day, shift: await closed(w) } }),
  },
  'POST /shift-reports/signatures': {
    ask: async (w) => ({ body: { plantId: w.plantId, day, shift: await closed(w) } }),
  },
};
