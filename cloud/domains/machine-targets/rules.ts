// A target belongs to the plant of its machine; nobody says it twice.

import type { Rules } from '../../platform/kit/commands.ts';
import type { machineTargets } from './resource.ts';

export const machineTargetRules: Rules<typeof machineTargets> = {
  async beforeCreate({ db }, { machineId }) {
    const machine = await db
      .selectFrom('mes.machines as machines')
      .select('machines.plant_id')
      .where('machines.id', '=', machineId)
      .executeTakeFirst();
    // A machine that is not there is refused with the other references.
    return { plantId: machine?.plant_id ?? 0 };
  },
};
