// What a standard must be beyond its fields: it has seconds or pieces an hour, and the plant of its machine.
// Whatever changes in one changes figures: from the plant's midnight of its first day to that of the next.

import { sql } from 'kysely';
import { markDirty } from '../../platform/dirty-marks.ts';
import { InvalidRequest } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { FieldsOf } from '../../platform/kit/resource.ts';
import { standardFault } from './faults.ts';
import type { productionStandards } from './resource.ts';

type Fields = FieldsOf<typeof productionStandards>;
type Speed = Pick<Fields, 'idealCycleS' | 'piecesPerHour'>;

export const productionStandardRules: Rules<typeof productionStandards> = {
  // Another's begin, which ends a stretch, is part of the key and does not change.
  updatesAlone: true,

  async beforeCreate(ctx, values) {
    checkSpeed(values);
    const machine = await ctx.db
      .selectFrom('mes.machines')
      .select('plant_id')
      .where('organization_id', '=', ctx.actor.organizationId)
      .where('id', '=', values.machineId)
      .executeTakeFirst();
    // Without one the kit says that there is no such machine.
    return { operation: values.operation ?? '', ...(machine ? { plantId: machine.plant_id } : {}) };
  },
  async beforeUpdate(ctx, standard, changes) {
    const other = theOther(changes);
    checkSpeed({ ...standard, ...changes, ...other });
    // Where it held until now it may be another one's turn.
    await markStretch(ctx, standard);
    return other;
  },
  async afterChange(ctx, standard) {
    await markStretch(ctx, standard);
  },
};

/** Who gives pieces an hour instead of seconds, or the other way round, need not take the other away. */
function theOther({ idealCycleS, piecesPerHour }: Partial<Fields>): Partial<Speed> {
  if (typeof idealCycleS === 'number' && piecesPerHour === undefined) return { piecesPerHour: null };
  if (typeof piecesPerHour === 'number' && idealCycleS === undefined) return { idealCycleS: null };
  return {};
}

function checkSpeed({ idealCycleS, piecesPerHour }: Speed): void {
  if ((idealCycleS === null) !== (piecesPerHour === null)) return;
  const both = idealCycleS !== null;
  throw new InvalidRequest([{ path: 'body/idealCycleS', ...standardFault(both ? 'one_speed_only' : 'no_speed') }]);
}

/** The time for which a standard may be the one that holds: until the next of the same begins. */
async function markStretch(
  ctx: Context,
  { machineId, materialId, operation, validFrom }: Pick<Fields, 'machineId' | 'materialId' | 'operation' | 'validFrom'>,
): Promise<void> {
  const { rows } = await sql<{ from: Date; to: Date | null }>`
    SELECT ${validFrom}::date::timestamp AT TIME ZONE plants.time_zone AS "from",
      (SELECT min(later.valid_from) FROM mes.production_standards AS later
       WHERE later.machine_id = machines.id AND later.material_id = ${materialId} AND later.operation = ${operation ?? ''}
         AND later.valid_from > ${validFrom}::date AND later.archived_at IS NULL)::timestamp AT TIME ZONE plants.time_zone AS "to"
    FROM mes.machines
    JOIN mes.plants ON plants.organization_id = machines.organization_id AND plants.id = machines.plant_id
    WHERE machines.id = ${machineId}`.execute(ctx.db);
  await markDirty(ctx, { cause: 'standard', stretches: rows.map(({ from, to }) => ({ machineId, from, to })) });
}
