// A machine's time, pieces and alarms over any period, in as many pieces as a screen can show: intervals while
// they are few enough, else what time came to hour by hour, day by day, and so on.

import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { finalUntil, readIntervals } from './interval-queries.ts';
import { findMachine } from './queries.ts';
import { type Period, periodOf as shortPeriodOf } from './rules.ts';
import { MOST_DAYS } from './schema.ts';
import * as queries from './timeline-queries.ts';
import * as rules from './timeline-rules.ts';
import {
  MOST_TIMELINE_DAYS,
  type Samples,
  type SamplesQuery,
  type Timeline,
  type TimelineQuery,
} from './timeline-schema.ts';

const DAY_MS = 86_400_000;
/** More tags of one machine than anybody reads. */
const MOST_TAGS = 100;

/** Throws `not_found`, and InvalidRequest for a period that is empty or too long. */
export async function readTimeline(
  ctx: Context,
  { machineId, most, ...query }: TimelineQuery & { machineId: number },
): Promise<Timeline> {
  const period = periodOf(query);
  await findMachine(ctx, machineId);
  const zone = await queries.zoneOf(ctx, machineId);
  const wanted = { ...period, machineId };
  const intervals = await intervalsOf(ctx, { ...wanted, most });
  return {
    machineId,
    finalUntil: await finalUntil(ctx, machineId),
    ...(await queries.readKnown(ctx, wanted)),
    intervals,
    shares: intervals === null ? await sharesOf(ctx, { ...wanted, most, zone }) : null,
    counts: await countsOf(ctx, { ...wanted, zone }),
    ...(rules.lengthOf(period) <= rules.ALARM_DAYS * DAY_MS
      ? await queries.readAlarms(ctx, wanted)
      : { alarms: null, alarmsFrom: null }),
  };
}

function periodOf({ from, to }: Pick<TimelineQuery, 'from' | 'to'>): Period {
  const period = { from: new Date(from), to: new Date(to) };
  if (!(period.from < period.to))
    throw new InvalidRequest([{ path: 'query/to', ...fault('ends_before_it_begins', {}) }]);
  if (rules.lengthOf(period) > MOST_TIMELINE_DAYS * DAY_MS)
    throw new InvalidRequest([{ path: 'query/to', ...fault('within_days', { days: MOST_TIMELINE_DAYS }) }]);
  return period;
}

type Wanted = Period & { readonly machineId: number };

/** Null where there are too many, or it is longer than intervals are told for. */
async function intervalsOf(
  ctx: Context,
  { most, ...wanted }: Wanted & { most: number },
): Promise<Timeline['intervals']> {
  if (rules.lengthOf(wanted) > MOST_DAYS * DAY_MS) return null;
  if ((await queries.countIntervals(ctx, { ...wanted, most })) > most) return null;
  return readIntervals(ctx, { ...wanted, after: null, before: null, limit: most });
}

/** In the finest unit that has no more pieces than asked for. */
async function sharesOf(
  ctx: Context,
  { most, zone, ...wanted }: Wanted & { most: number; zone: string },
): Promise<Timeline['shares']> {
  const choices = rules.shareUnits(wanted, most / 2);
  for (const unit of choices) {
    const edges = rules.edgesOf(wanted, unit, zone);
    // The first and the last bucket are cut by the period.
    const begins = [wanted.from, ...edges.slice(1, -1)];
    const whole = unit === 'minute' || unit === 'ten_minutes' ? null : rules.wholeHours(wanted, zone);
    const rows = await queries.readShares(ctx, { ...wanted, begins, whole, most });
    if (rows.length > most && unit !== choices.at(-1)) continue;
    const items = begins.map((begin, index) => ({
      from: begin.toISOString(),
      to: (begins[index + 1] ?? wanted.to).toISOString(),
      time: {} as Record<string, number>,
    }));
    for (const { at, category, us } of rows) {
      const item = items[at - 1];
      if (item) item.time[category] = us;
    }
    return { unit, items };
  }
  return null;
}

async function countsOf(ctx: Context, { zone, ...wanted }: Wanted & { zone: string }): Promise<Timeline['counts']> {
  const unit = rules.countUnit(wanted);
  const edges = rules.edgesOf(wanted, unit, zone);
  const rows = await queries.readCounts(ctx, { machineId: wanted.machineId, edges, unit, zone });
  return {
    unit,
    items: rows.map(({ at, ...pieces }) => ({
      from: edges[at - 1]?.toISOString() ?? '',
      to: edges[at]?.toISOString() ?? '',
      ...pieces,
    })),
  };
}

/** Throws `not_found`, and InvalidRequest for a period that is empty or too long. */
export async function readSamples(
  ctx: Context,
  { machineId, limit, ...query }: SamplesQuery & { machineId: number },
): Promise<Samples> {
  const period = shortPeriodOf(query, 'query');
  await findMachine(ctx, machineId);
  const earlier = { from: new Date(period.from.getTime() - DAY_MS), to: period.from };
  const before = await queries.readSamples(ctx, { machineId, ...earlier, limit: MOST_TAGS, last: true });
  const rows = await queries.readSamples(ctx, { machineId, ...period, limit: limit + 1, last: false });
  return { before, items: rows.slice(0, limit), more: rows.length > limit };
}
