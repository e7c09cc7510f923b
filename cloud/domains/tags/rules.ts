// What a tag may be to a machine. Pure.

import { tagRoles } from '../../../protocols/sparkplug/unison.ts';

export const roles = tagRoles;
export type Role = (typeof roles)[number];

const numbersOnly = new Set<string>([
  'total_count',
  'good_count',
  'reject_count',
  'infeed_count',
  'measurement',
  'alarm',
]);

/** Whether samples of this datatype can play the role: a text can be a state or a name, nothing that is counted. */
export function canPlay(role: Role, datatype: string): boolean {
  return datatype !== 'String' || !numbersOnly.has(role);
}
