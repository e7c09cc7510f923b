// What a classification must be, before the database is asked.

import { type Access, plantsWith } from '../../platform/access/grants.ts';
import { DomainError, InvalidRequest } from '../../platform/errors.ts';
import { type FieldError, fault } from '../../platform/faults.ts';
import { stopFault } from './faults.ts';
import { MOST_DAYS } from './schema.ts';

/** Categories of loss reasons that time can be lost for. */
const stopCategories: readonly string[] = ['unplanned_stop', 'planned_stop', 'setup', 'idle'];
export const OVERRULE = 'stop-classifications.overrule';

/** A person's clock may be a little ahead. */
const AHEAD_MS = 60_000;
const DAY_MS = 86_400_000;

export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** Throws InvalidRequest unless it is a period of at most 31 days; `at` is where it was given: `query`. */
export function periodOf({ from, to }: { readonly from: string; readonly to: string }, at: 'query' | 'body'): Period {
  const period = { from: new Date(from), to: new Date(to) };
  if (!(period.from < period.to))
    throw new InvalidRequest([{ path: `${at}/to`, ...fault('ends_before_it_begins', {}) }]);
  if (period.to.getTime() - period.from.getTime() > MOST_DAYS * DAY_MS)
    throw new InvalidRequest([{ path: `${at}/to`, ...fault('within_days', { days: MOST_DAYS }) }]);
  return period;
}

/** Throws InvalidRequest for time that has not come, or whose figures are not computed any more. */
export function checkTime({ from, to }: Period, { now, retentionDays }: { now: Date; retentionDays: number }): void {
  const faults: FieldError[] = [];
  if (to.getTime() > now.getTime() + AHEAD_MS) faults.push({ path: 'body/to', ...fault('in_future', {}) });
  if (from.getTime() < now.getTime() - retentionDays * DAY_MS)
    faults.push({ path: 'body/from', ...stopFault('not_kept', { days: retentionDays }) });
  if (faults.length > 0) throw new InvalidRequest(faults);
}

/** Throws InvalidRequest unless it is a reason for time, and in use. */
export function checkReason(
  reason: { readonly category: string; readonly archived: boolean } | undefined,
  lossReasonId: number,
): void {
  const wrong = !reason
    ? fault('no_record', { of: 'loss-reasons', value: lossReasonId })
    : reason.archived
      ? fault('archived_record', { singular: 'loss reason' })
      : stopCategories.includes(reason.category)
        ? null
        : stopFault('no_stop_reason');
  if (wrong) throw new InvalidRequest([{ path: 'body/lossReasonId', ...wrong }]);
}

/** Throws `forbidden` unless who asks may say that a machine of this plant did not run when it says it did. */
export function checkMayOverrule(access: Access | undefined, plantId: number): void {
  const plants = access ? plantsWith(access, OVERRULE, 'plant') : null;
  if (plants === 'all' || plants?.includes(plantId)) return;
  throw new DomainError(
    'forbidden',
    `To overrule time in which the machine ran you need the permission ${OVERRULE}. Ask your shift lead to do it.`,
  );
}

/** Throws InvalidRequest unless it says in words why, and of a time that is over. */
export function checkOverrule({ remarks, lasts }: { remarks: string | null; lasts: boolean }): void {
  if (lasts) throw new InvalidRequest([{ path: 'body/lasts', ...stopFault('overrules_what_lasts') }]);
  if (remarks === null || remarks.trim() === '')
    throw new InvalidRequest([{ path: 'body/remarks', ...stopFault('overruled_without_words') }]);
}
