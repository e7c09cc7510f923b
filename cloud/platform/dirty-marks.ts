// Says that a machine's figures must be computed anew for a stretch of time, and why, in the transaction that
// made it so. The ingestor marks for samples; whoever changes runs, standards, reasons, calendars or maps marks here.

import type { Context } from './http/context.ts';

export interface DirtyStretch {
  readonly machineId: number;
  /** Half-open. `to` null: from `from` until now. */
  readonly from: Date;
  readonly to: Date | null;
}

/** What changed figures; a closed shift that is restated says so (DEFINITIONS 1: Shifts). */
export type Cause =
  | 'late_data'
  | 'classification'
  | 'run'
  | 'standard'
  | 'calendar'
  | 'counter_review'
  | 'declaration'
  | 'settings'
  | 'mapping';

/** Marks are appended, never merged: merging would lose work to a transaction that runs beside (DESIGN: KPI). */
export async function markDirty(
  { db, actor, now }: Pick<Context, 'db' | 'actor' | 'now'>,
  { cause, stretches }: { cause: Cause; stretches: readonly DirtyStretch[] },
): Promise<void> {
  const real = stretches.filter(({ from, to }) => from < (to ?? now));
  if (real.length === 0) return;
  const caused_by = actor.kind === 'system' ? null : actor.name;
  await db
    .insertInto('mes.dirty_marks')
    .values(
      real.map(({ machineId, from, to }) => ({
        organization_id: actor.organizationId,
        machine_id: machineId,
        from_time: from,
        to_time: to ?? now,
        cause,
        caused_by,
      })),
    )
    .execute();
}
