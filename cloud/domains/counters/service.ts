// Counts of a machine put together by what each counter means, and decisions about steps under review.

import { recordAudit } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { counterFault } from './faults.ts';
import * as queries from './queries.ts';
import { exactSum, producedOf, proposalsFor } from './rules.ts';
import type { Counts, DecideBody, Review, ReviewPage, ReviewsQuery } from './schema.ts';

const MAX_PERIOD_MS = 31 * 86_400_000;
const UNIQUE_VIOLATION = '23505';

/** Throws `not_found`, and InvalidRequest for a period that is empty or too long. */
export async function readCounts(
  ctx: Context,
  { machineId, from, to }: { machineId: number; from: Date; to: Date },
): Promise<Counts> {
  if (from >= to) throw new InvalidRequest([{ path: 'query/to', ...fault('ends_before_it_begins', {}) }]);
  if (to.getTime() - from.getTime() > MAX_PERIOD_MS)
    throw new InvalidRequest([{ path: 'query/to', ...fault('within_days', { days: MAX_PERIOD_MS / 86_400_000 }) }]);
  const machine = await queries.findMachine(ctx, machineId);
  if (!machine) throw new DomainError('not_found', `There is no machine ${machineId} that you may see.`);
  const tags = await queries.counterTags(ctx, machineId);
  const hours = await queries.countedHours(ctx, { machineId, from, to });
  const final = await queries.finalUntil(ctx, machineId);
  const roles = new Map(tags.map(({ id, role, reason }) => [id, { role: role ?? '', reason }]));
  const byHour = Map.groupBy(hours, ({ bucket }) => bucket.getTime());
  const sum = (id: number, column: keyof Omit<queries.CountedHour, 'bucket'>): number =>
    exactSum(hours.filter((hour) => hour.tag_id === id).map((hour) => String(hour[column])));
  return {
    machineId,
    from: from.toISOString(),
    to: to.toISOString(),
    timeZone: machine.time_zone,
    finalUntil: final?.toISOString() ?? null,
    ...producedOf(hours, roles),
    hours: [...byHour].map(([bucket, these]) => ({
      from: new Date(Math.max(bucket, from.getTime())).toISOString(),
      ...producedOf(these, roles),
    })),
    tags: tags.map(({ id, name, role, reason }) => ({
      tagId: id,
      name,
      role: role ?? '',
      reason,
      counts: sum(id, 'counts'),
      pieces: sum(id, 'pieces'),
      bridgedPieces: sum(id, 'bridged_pieces'),
      readings: sum(id, 'readings'),
      backsteps: sum(id, 'backsteps'),
      rollovers: sum(id, 'rollovers'),
      resets: sum(id, 'resets'),
      openReviews: sum(id, 'open_reviews'),
    })),
  };
}

/** Good pieces and rejects over stretches of time, as the machines counted them; null where none of them counts. */
export async function sumCounted(
  ctx: Context,
  stretches: readonly { readonly machineId: number; readonly from: Date; readonly to: Date | null }[],
): Promise<{ good: number; rejects: number } | null> {
  const good: number[] = [];
  const rejects: number[] = [];
  for (const { machineId, from, to } of stretches) {
    const tags = await queries.counterTags(ctx, machineId);
    const roles = new Map(tags.map(({ id, role, reason }) => [id, { role: role ?? '', reason }]));
    const produced = producedOf(await queries.countedHours(ctx, { machineId, from, to: to ?? ctx.now }), roles);
    const pieces = produced.good ?? produced.produced;
    if (pieces) good.push(pieces.pieces);
    rejects.push(...produced.rejects.map((reject) => reject.pieces));
  }
  if (good.length === 0) return null;
  return { good: exactSum(good.map(String)), rejects: exactSum(rejects.map(String)) };
}

/** Throws InvalidRequest for a `before` that is of no page. */
export async function readReviews(ctx: Context, query: ReviewsQuery): Promise<ReviewPage> {
  const rows = await queries.listReviews(ctx, { ...query, limit: query.limit + 1, before: placeOf(query.before) });
  const items = rows.slice(0, query.limit).map(
    (row): Review => ({
      tagId: row.tag_id,
      tagName: row.tag_name,
      machineId: row.machine_id,
      machineName: row.machine_name,
      plantId: row.plant_id,
      time: row.time.toISOString(),
      kind: row.kind,
      previous: numberOf(row.previous),
      previousTime: row.previous_time?.toISOString() ?? null,
      reading: Number(row.reading),
      allowed: numberOf(row.allowed),
      proposals: proposalsFor(row),
      decision:
        row.decision_id === null
          ? null
          : {
              id: Number(row.decision_id),
              counts: Number(row.counts),
              reason: row.reason ?? '',
              decidedBy: row.decided_by ?? '',
              decidedAt: row.decided_at?.toISOString() ?? '',
            },
    }),
  );
  const last = items.at(-1);
  return { items, nextBefore: rows.length > query.limit && last ? `${last.time}_${last.tagId}` : null };
}

/**
 * Books so many counts at the time of the reading. Throws `not_found` where nothing waits there, `conflict`
 * where late data has changed the readings or somebody else has decided.
 */
export async function decide(ctx: Context, body: DecideBody): Promise<void> {
  const { tagId, reason, counts, replaces } = body;
  const time = new Date(body.time);
  const review = await queries.findReview(ctx, { tagId, time });
  if (!review)
    throw new DomainError('not_found', 'Nothing is under review there: late data has explained it, or it never was.');
  if (Number(review.reading) !== body.reading || numberOf(review.previous) !== body.previous)
    throw new Conflict(counterFault('readings_changed'));
  if (numberOf(review.decision_id) !== replaces)
    throw new Conflict(counterFault('decided_already', { who: review.decided_by }));
  try {
    await ctx.db
      .insertInto('mes.counter_decisions')
      .values({
        organization_id: ctx.actor.organizationId,
        plant_id: review.plant_id,
        tag_id: tagId,
        time,
        previous: review.previous,
        reading: review.reading,
        counts: String(counts),
        reason,
        replaces: replaces === null ? null : String(replaces),
        decided_by: ctx.actor.name,
      })
      .execute();
  } catch (error) {
    if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
    throw new Conflict(fault('just_changed', {}));
  }
  await markDirty(ctx, {
    cause: 'counter_review',
    stretches: [{ machineId: review.machine_id, from: time, to: new Date(time.getTime() + 1) }],
  });
  await recordAudit(ctx, {
    action: 'decide',
    entity: 'counter-reviews',
    entityId: `${tagId} ${time.toISOString()}`,
    plantId: review.plant_id,
    new: { previous: body.previous, reading: body.reading, counts },
    reason,
  });
}

function numberOf(text: string | null): number | null {
  return text === null ? null : Number(text);
}

function placeOf(before: string | undefined): { time: Date; tagId: number } | null {
  if (before === undefined) return null;
  const [iso = '', id = ''] = before.split('_');
  const place = { time: new Date(iso), tagId: Number(id) };
  if (Number.isNaN(place.time.getTime()) || !Number.isInteger(place.tagId) || place.tagId > 2_147_483_647)
    throw new InvalidRequest([{ path: 'query/before', ...fault('not_of_list', {}) }]);
  return place;
}
