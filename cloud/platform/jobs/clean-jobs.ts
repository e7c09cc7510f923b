// Takes rows of jobs away that ended more than 30 days ago, dead ones too: nobody replayed them.

import { sql } from 'kysely';
import type { Schedule } from './schedules.ts';

const KEPT_DAYS = 30;
const BATCH = 1_000;

export const cleanJobs: Schedule = {
  name: 'jobs.clean',
  everyMs: 60 * 60_000,
  async run({ db, now }) {
    const before = new Date(now.getTime() - KEPT_DAYS * 86_400_000);
    const { numDeletedRows } = await db
      .deleteFrom('mes.background_jobs')
      .where('id', 'in', (all) =>
        all
          .selectFrom('mes.background_jobs as old')
          .select('old.id')
          .where('old.organization_id', '=', sql<number>`mes.current_organization_id()`)
          .where('old.finished_at', '<', before)
          .limit(BATCH),
      )
      .executeTakeFirst();
    return numDeletedRows === BigInt(BATCH);
  },
};
