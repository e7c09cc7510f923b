// What a plant must be beyond its fields: its time zone is one that this machine's clock rules know.

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
  async beforeUpdate(_, __, { timeZone }) {
    return timeZone === undefined ? {} : { timeZone: canonicalTimeZone(timeZone) };
  },
};
