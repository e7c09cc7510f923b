// What an entry of a state map must be beyond its fields.

import { sql } from 'kysely';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { stateMaps } from './resource.ts';

export const stateMapRules: Rules<typeof stateMaps> = {
  async beforeCreate(ctx, { value, machineId }) {
    const plantId = await plantOf(ctx, machineId);
    const trimmed = value.trim();
    if (trimmed === '') throw new InvalidRequest([{ path: 'body/value', message: 'is empty' }]);
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
    if (rows.length > 0)
      throw new DomainError('conflict', `The value ${value} was mapped anew meanwhile. Change that.`);
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
  if (!machine) throw new InvalidRequest([{ path: 'body/machineId', message: 'is no machine that you may see' }]);
  return machine.plant_id;
}

/** What holds for every machine is not for who may set up one plant only. */
function refuseOnePlant({ actor }: Context, machineId: number | null): void {
  if (machineId === null && actor.plantIds !== 'all') {
    throw new DomainError('forbidden', 'A value for all machines can be mapped by who may do so in every plant.');
  }
}
