// Who has the pages of machines.

import type { Access } from '../../shell/access.ts';

export function maySeeMachines(access: Access): boolean {
  return access.may('intervals.read') && access.may('machines.read');
}
