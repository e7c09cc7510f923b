// What a machine must be beyond its fields: what its settings do to figures is computed anew, for all its
// time; a new one has the shifts of its plant's calendar at once; and one that stands in a lane is taken out
// of it before it is archived.

import { sql } from 'kysely';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict } from '../../platform/errors.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { materialiseWhatFits } from '../calendars/index.ts';
import { machineFault } from './faults.ts';
import type { machines } from './resource.ts';

/** Before any sample. */
const BEGINNING = new Date(0);

/** Fields that figures are made with. */
const judged = [
  'defaultMaterialId',
  'goodSource',
  'rejectSource',
  'minorStopS',
  'breaksAreFixed',
  'stateNumbering',
] as const;

export const machineRules: Rules<typeof machines> = {
  async beforeUpdate(ctx, { id }, changes) {
    if (judged.some((name) => name in changes))
      await markDirty(ctx, { cause: 'settings', stretches: [{ machineId: id, from: BEGINNING, to: null }] });
  },
  async afterChange(ctx, { id, plantId }, action) {
    // It has its shifts at once, not when the schedule comes by.
    if (action === 'create' || action === 'restore') await materialiseWhatFits(ctx, { plantId, machineIds: [id] });
  },
  async beforeArchive({ db, now }, { id, displayName }) {
    const { rows } = await sql<{ name: string }>`
      SELECT lanes.name
      FROM mes.lane_memberships AS places
      JOIN mes.lanes ON lanes.id = places.lane_id
      WHERE places.machine_id = ${id} AND places.archived_at IS NULL
        AND (places.valid_to IS NULL OR places.valid_to > ${now})
      LIMIT 1`.execute(db);
    if (rows[0]) throw new Conflict(machineFault('machine_in_lane', { machine: displayName, lane: rows[0].name }));
  },
};
