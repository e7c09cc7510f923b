// What the kit's commands on devices must heed: a revoked device is out at once.

import type { Rules } from '../../platform/kit/commands.ts';
import { closeSessions } from './queries.ts';
import type { pairedDevices } from './resource.ts';

export const pairedDeviceRules: Rules<typeof pairedDevices> = {
  async afterChange(ctx, device, action) {
    if (action === 'archive') await closeSessions(ctx.db, device.id);
  },
};
