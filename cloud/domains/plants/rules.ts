// What a plant must be beyond its fields: its time zone is one that this machine's clock rules know. What time
// without an order is changes the figures of all its machines.

import { markDirty } from '../../platform/dirty-marks.ts';
import { InvalidRequest } from '../../platform/errors.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import type { plants } from './resource.ts';

/** Throws InvalidRequest for a name that is no IANA time zone; `europe/berlin` becomes `Europe/Berlin`. */
export function canonicalTimeZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw new InvalidRequest([
      { path: 'body/timeZone', message: `is no time zone of the IANA list, such as Europe/Berlin: ${name}` },
    ]);
  }
}

export const plantRules: Rules<typeof plants> = {
  async beforeCreate(_, { timeZone }) {
    return { timeZone: canonicalTimeZone(timeZone) };
  },
  async beforeUpdate(ctx, { id }, { timeZone, noOrder }) {
    if (noOrder !== undefined) {
      const machines = await ctx.db.selectFrom('mes.machines').select('id').where('plant_id', '=', id).execute();
      await markDirty(ctx, {
        cause: 'settings',
        stretches: machines.map((machine) => ({ machineId: machine.id, from: new Date(0), to: null })),
      });
    }
    return timeZone === undefined ? {} : { timeZone: canonicalTimeZone(timeZone) };
  },
};
