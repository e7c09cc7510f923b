// What an agent gets at its making: the group of its plant, which the core issued.

import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { edgeAgents } from './resource.ts';

export const edgeAgentRules: Rules<typeof edgeAgents> = {
  async beforeCreate(ctx, { plantId }) {
    const plant = await ctx.db
      .selectFrom('mes.plants')
      .select('group_id')
      .where('id', '=', plantId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!plant)
      throw new InvalidRequest([{ path: 'body/plantId', ...fault('no_record', { of: 'plants', value: plantId }) }]);
    return { groupId: plant.group_id };
  },
};
