// What an entry of a state map must be beyond its fields.

import { sql } from 'kysely';
import { Conflict, InvalidRequest, Refusal } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { stateMapFault } from './faults.ts';
import type { stateMaps } from './resource.ts';

export const stateMapRules: Rules<typeof stateMaps> = {
  async beforeCreate(ctx, { value, machineId }) {
    const plantId = await plantOf(ctx, machineId);
    const trimmed = value.trim();
    if (trimmed === '') throw new InvalidRequest([{ path: 'body/value', ...fault('missing', {}) }]);
    return { value: trimmed, plantId };
  },
  async beforeUpdate(ctx, { machineId }) {
    refuseOnePlant(ctx, machineId);
  },
  async beforeArchive(ctx, { machineId }) {
    refuseOnePlant(ctx, machineId);
  },
  async beforeRestore(ctx, { value, machineId }) {
    refuseOnePlant(ctx, machineId);
    const { rows } = await sql`
      SELECT FROM mes.state_maps AS maps
      WHERE maps.value = ${value} AND maps.machine_id IS NOT DISTINCT FROM ${machineId}::int AND maps.archived_at IS NULL
    `.execute(ctx.db);
    if (rows.length > 0) throw new Conflict(stateMapFault('mapped_meanwhile', { value }));
  },
};

async function plantOf(ctx: Context, machineId: number | null): Promise<number | null> {
  refuseOnePlant(ctx, machineId);
  if (machineId === null) return null;
  const machine = await ctx.db
    .selectFrom('mes.machines')
    .select('plant_id')
    .where('id', '=', machineId)
    .executeTakeFirst();
  if (!machine)
    throw new InvalidRequest([{ path: 'body/machineId', ...fault('no_record', { of: 'machines', value: machineId }) }]);
  return machine.plant_id;
}

/** What holds for every machine is not for who may set up one plant only. */
function refuseOnePlant({ actor }: Context, machineId: number | null): void {
  if (machineId === null && actor.plantIds !== 'all') {
    throw new Refusal('forbidden', stateMapFault('every_plant_only'));
  }
}
