// How the routes of counters are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry } from './requests.ts';

const hour = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' };

/** A counter of its own with a step under review. */
async function counter(w: Records): Promise<{ machineId: number; tagId: number; time: string }> {
  const own = { organization_id: w.id, plant_id: w.plantId };
  const name = `${w.mark.plant}x${w.next()}`;
  const machine_id = await w.insert('machines', { ...own, name: `m${w.next()}`, display_name: name });
  const device_id = await w.insert('devices', { ...own, edge_agent_id: w.agents[0]?.id, name });
  const meaning = { machine_id, role: 'total_count', reason: name };
  const tag_id = await w.insert('tags', { ...own, device_id, name, datatype: 'UInt32', ...meaning });
  const time = new Date('2026-01-01T00:30:00Z');
  const step = { time, previous: 1, reading: 900, kind: 'jump' };
  await w.insert('counter_reviews', { ...own, machine_id, tag_id, ...step });
  return { machineId: machine_id, tagId: tag_id, time: time.toISOString() };
}

export const counterEntries: Readonly<Record<string, Entry>> = {
  'GET /machines/{id}/counts': {
    ask: async (w) => ({ path: { id: (await counter(w)).machineId }, query: hour }),
  },
  'GET /counter-reviews': {
    ask: async (w) => ({ query: { machine: (await counter(w)).machineId, plant: w.plantId } }),
  },
  'POST /counter-reviews/decisions': {
    ask: async (w) => {
      const { tagId, time } = await counter(w);
      const decision = { previous: 1, reading: 900, counts: 899, reason: 'as tried by the matrix', replaces: null };
      return { body: { tagId, time, ...decision } };
    },
  },
};
