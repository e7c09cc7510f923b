// What the kit's commands on users must heed: e-mail and badge are the account's, nobody archives himself,
// somebody stays who can give rights, and an archived user is signed out at once.

import { DomainError } from '../../platform/errors.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { refuseWithoutAdministrator } from '../roles/index.ts';
import * as queries from './queries.ts';
import type { users } from './resource.ts';
import { notYours, refusing, requireMayActFor } from './service.ts';

export const userRules: Rules<typeof users> = {
  async beforeUpdate(ctx, user, changes) {
    if (changes.email === undefined && changes.badge === undefined) return {};
    await requireMayActFor(ctx, user.id);
    const { email = user.email, badge = user.badge } = changes;
    if (!(await refusing(queries.setIdentity(ctx.db, { id: user.id, email, badge })))) throw notYours();
    return {};
  },

  async beforeArchive(ctx, user) {
    if (user.id === ctx.actor.userId) {
      throw new DomainError('forbidden', 'You cannot archive yourself. Ask another administrator.');
    }
    await requireMayActFor(ctx, user.id);
  },

  async afterChange(ctx, user, action) {
    if (action !== 'archive') return;
    await queries.closeSessions(ctx.db, user.id);
    await refuseWithoutAdministrator(ctx);
  },
};
