// How the routes of edge agents, tags and state maps are asked by the matrix (requests.ts).

import { createHash } from 'node:crypto';
import type { Records } from './records.ts';
import type { Entry, ofResource } from './requests.ts';

const named = (w: Records): string => `${w.mark.plant}x${w.next()}`;

const agent = (w: Records, row: object = {}): Promise<number> =>
  w.insert('edge_agents', {
    organization_id: w.id,
    plant_id: w.plantId,
    group_id: w.mark.organization,
    edge_id: named(w),
    ...row,
  });

async function tag(w: Records, row: object = {}): Promise<number> {
  const here = { organization_id: w.id, plant_id: w.plantId };
  const device_id = await w.insert('devices', { ...here, edge_agent_id: await agent(w), name: named(w) });
  return w.insert('tags', { ...here, device_id, name: named(w), datatype: 'String', ...row });
}

const stateMap = (w: Records, row: object = {}): Promise<number> =>
  w.insert('state_maps', {
    organization_id: w.id,
    plant_id: w.plantId,
    machine_id: [...w.machines.values()][0],
    value: named(w),
    state: 'idle',
    ...row,
  });

/** A token that a new agent of this world may enrol with. */
async function token(w: Records): Promise<string> {
  const text = `${w.sign}-token-for-enrolment-${w.next()}`;
  const token_hash = createHash('sha256').update(text).digest();
  await agent(w, { token_hash, token_expires_at: new Date(Date.now() + 60_000) });
  return text;
}

const without = (entries: Record<string, Entry>, ...routes: string[]): Record<string, Entry> =>
  Object.fromEntries(Object.entries(entries).filter(([route]) => !routes.includes(route)));

export const edgeEntries = (resource: typeof ofResource): Readonly<Record<string, Entry>> => ({
  ...without(
    resource('edge-agents', {
      make: agent,
      create: (w) => ({ plantId: w.plantId, edgeId: `edge-${w.next()}` }),
      change: { description: 'x' },
      csv: () => '',
    }),
    'POST /edge-agents/import',
  ),
  'GET /edge-agents/overview': { ask: () => ({}) },
  'GET /edge-agents/{id}/devices': {
    ask: async (w) => {
      const id = await agent(w);
      await w.insert('devices', { organization_id: w.id, plant_id: w.plantId, edge_agent_id: id, name: named(w) });
      return { path: { id } };
    },
  },
  'GET /edge-agents/{id}/gaps': {
    ask: async (w) => {
      const edge_agent_id = await agent(w);
      const here = { organization_id: w.id, plant_id: w.plantId, edge_agent_id };
      const device_id = await w.insert('devices', { ...here, name: named(w) });
      const gap = { from_time: new Date(Date.now() - 1_000), to_time: new Date(), cause: 'test' };
      await w.insert('gap_ledger', { ...here, device_id, ...gap });
      return { path: { id: edge_agent_id } };
    },
  },
  'POST /edge-agents/{id}/token': { ask: async (w) => ({ path: { id: await agent(w) } }), silent: 'a new secret only' },
  'POST /edge-agents/{id}/revoke': {
    ask: async (w) => ({ path: { id: await agent(w, { credential_hash: 'x' }) } }),
    silent: 'nothing is answered',
  },
  'POST /edge-agents/enrol': { ask: async (w) => ({ body: { token: await token(w) } }), bearer: true },
  'GET /tags': { ask: (w) => ({ query: { search: w.sign } }) },
  'POST /tags/map': {
    ask: async (w) => ({ body: { tags: [{ id: await tag(w), version: 1, mapping: 'screen', role: 'state' }] } }),
  },
  ...without(
    resource('state-maps', {
      make: stateMap,
      create: (w) => ({ value: `n${w.next()}`, machineId: [...w.machines.values()][0], state: 'idle' }),
      change: { state: 'setup' },
      csv: () => '',
    }),
    'POST /state-maps/import',
  ),
  'GET /state-maps/unmapped': { ask: () => ({}) },
});
