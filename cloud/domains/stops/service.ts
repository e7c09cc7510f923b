// Saying why a machine stood, taking that back, and what its time came to.

import { recordAudit } from '../../platform/audit.ts';
import { markDirty } from '../../platform/dirty-marks.ts';
import { Conflict } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { stopFault } from './faults.ts';
import * as intervals from './interval-queries.ts';
import * as queries from './queries.ts';
import * as rules from './rules.ts';
import type * as schema from './schema.ts';

/** How many reasons are offered first, and the days of use that they are taken from. */
const MOST_LIKELY = 6;
const DAYS_OF_USE = 30;

/** Throws `not_found`, `forbidden`, and InvalidRequest. */
export async function classify(
  ctx: Context,
  body: schema.ClassifyBody,
  { retentionDays }: { retentionDays: number },
): Promise<schema.Classification> {
  const { machineId, lossReasonId, overrulesRunning = false, lasts = false, remarks = null } = body;
  const { plantId } = await queries.findMachine(ctx, machineId);
  if (overrulesRunning) rules.checkMayOverrule(ctx.access, plantId);
  const period = rules.periodOf(body, 'body');
  rules.checkTime(period, { now: ctx.now, retentionDays });
  if (overrulesRunning) rules.checkOverrule({ remarks, lasts });
  rules.checkReason(await queries.findReason(ctx, lossReasonId), lossReasonId);
  const made = { plantId, machineId, ...period, lossReasonId, overrulesRunning, lasts, remarks, reversesId: null };
  const id = (await queries.insertClassification(ctx, made)) ?? 0;
  await markDirty(ctx, { cause: 'classification', stretches: [{ machineId, ...period }] });
  const row = { machineId, from: body.from, to: body.to, lossReasonId, overrulesRunning, lasts, remarks };
  await recordAudit(ctx, { action: 'create', entity: 'stop-classifications', entityId: id, plantId, new: row });
  return queries.readClassification(ctx, id);
}

/** What held before holds again. Throws `conflict` when somebody has done so, with who. */
export async function takeBack(ctx: Context, id: number, remarks: string | null): Promise<schema.Classification> {
  const before = await queries.readClassification(ctx, id);
  const { plantId, machineId } = before;
  if (before.overrulesRunning) rules.checkMayOverrule(ctx.access, plantId);
  const period = { from: new Date(before.from), to: new Date(before.to) };
  const copy = { plantId, machineId, ...period, lossReasonId: before.reason.id, overrulesRunning: false, lasts: false };
  const made = await queries.insertClassification(ctx, { ...copy, remarks, reversesId: id });
  if (made === null) {
    const { reversal } = await queries.readClassification(ctx, id);
    throw new Conflict(
      stopFault('classification_taken_back', { who: reversal?.by ?? null, at: reversal?.at ?? null, plantId }),
    );
  }
  await markDirty(ctx, { cause: 'classification', stretches: [{ machineId, ...period }] });
  const entry = { entity: 'stop-classifications', entityId: id, plantId, new: { reversal: made, remarks } };
  await recordAudit(ctx, { action: 'reverse', ...entry });
  return queries.readClassification(ctx, id);
}

export async function listClassifications(
  ctx: Context,
  query: schema.ClassificationsQuery,
): Promise<schema.Classifications> {
  const rows = await queries.listClassifications(ctx, { ...query, limit: query.limit + 1 });
  const items = rows.slice(0, query.limit);
  return { items, nextBefore: rows.length > query.limit ? (items.at(-1)?.id ?? null) : null };
}

/** Throws `not_found`, and InvalidRequest for a period that is empty or too long. */
export async function readIntervals(
  ctx: Context,
  { machineId, limit, ...query }: schema.IntervalsQuery & { machineId: number },
): Promise<schema.Intervals> {
  const period = rules.periodOf(query, 'query');
  const { after = null, before = null } = query;
  await queries.findMachine(ctx, machineId);
  const rows = await intervals.readIntervals(ctx, { machineId, ...period, after, before, limit: limit + 1 });
  const isMore = rows.length > limit;
  const items = before === null ? rows.slice(0, limit) : rows.slice(-limit);
  return {
    machineId,
    finalUntil: await intervals.finalUntil(ctx, machineId),
    items,
    nextAfter: isMore && before === null ? (items.at(-1)?.from ?? null) : null,
    nextBefore: isMore && before !== null ? (items[0]?.from ?? null) : null,
  };
}

/** Throws `not_found`, and InvalidRequest for a period that is empty or too long. */
export async function readStops(
  ctx: Context,
  { machineId, limit, ...query }: schema.StopsQuery & { machineId: number },
): Promise<schema.Stops> {
  const period = rules.periodOf(query, 'query');
  await queries.findMachine(ctx, machineId);
  const { unclassified, category, reason } = query;
  const rows = await intervals.readStops(ctx, { machineId, ...period, unclassified, category, reason, limit });
  return {
    machineId,
    finalUntil: await intervals.finalUntil(ctx, machineId),
    total: rows[0]?.total ?? 0,
    items: rows.map((row) => {
      const { total: _, ...stop } = row;
      return stop;
    }),
  };
}

export async function readLikelyReasons(
  ctx: Context,
  { machineId, at }: { machineId: number; at: Date },
): Promise<schema.LikelyReasons> {
  await queries.findMachine(ctx, machineId);
  return { items: await queries.likelyReasons(ctx, { machineId, at, days: DAYS_OF_USE, most: MOST_LIKELY }) };
}
