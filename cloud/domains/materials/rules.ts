// What a material's fields do to figures: where a start-up ends is computed anew on every machine that made it.

import { sql } from 'kysely';
import { markDirty } from '../../platform/dirty-marks.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { materials } from './resource.ts';

export const materialRules: Rules<typeof materials> = {
  async beforeUpdate(ctx, { id }, changes) {
    if (!('startupGoodInARow' in changes)) return;
    const { rows } = await sql<{ machineId: number; from: Date }>`
      SELECT made.machine_id AS "machineId", min(made.from_time) AS "from"
      FROM (
        SELECT runs.machine_id, runs.from_time FROM mes.machine_runs AS runs WHERE runs.material_id = ${id}
        UNION ALL SELECT machines.id, 'epoch' FROM mes.machines WHERE machines.default_material_id = ${id}
      ) AS made
      GROUP BY 1`.execute(ctx.db);
    await markDirty(ctx, { cause: 'standard', stretches: rows.map((made) => ({ ...made, to: null })) });
  },
  updatesAlone: true,
};
