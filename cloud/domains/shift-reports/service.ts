// Shifts of a plant with their state, their versions, and signing them.

import { recordAudit } from '../../platform/audit.ts';
import { Conflict, DomainError, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { shiftReportFault } from './faults.ts';
import * as queries from './queries.ts';
import type * as schema from './schema.ts';

const MOST_DAYS = 100;
const DAY_MS = 86_400_000;

/** Throws InvalidRequest for days that are too many, or the wrong way round. */
export async function listShiftReports(ctx: Context, query: schema.ShiftReportsQuery): Promise<schema.ShiftReportPage> {
  const days = (Date.parse(query.toDay) - Date.parse(query.fromDay)) / DAY_MS + 1;
  if (days < 1) throw new InvalidRequest([{ path: 'query/toDay', ...fault('ends_before_it_begins', {}) }]);
  if (days > MOST_DAYS)
    throw new InvalidRequest([{ path: 'query/toDay', ...fault('within_days', { days: MOST_DAYS }) }]);
  return { items: (await queries.listShifts(ctx, query)).map(shown) };
}

export async function listVersions(
  ctx: Context,
  { shift: name, ...query }: schema.ShiftVersionsQuery,
): Promise<schema.ShiftVersionPage> {
  return { items: await queries.listVersions(ctx, { ...query, name }) };
}

/**
 * Whoever signs answers for the figures as they are: what is not closed yet is, at once, and what changes
 * later is another version. Throws `not_found`, and `conflict` before the end or when it is signed.
 */
export async function sign(ctx: Context, body: schema.SignBody): Promise<schema.ShiftReport> {
  const place = { plant: body.plantId, ...(typeof body.laneId === 'number' && { lane: body.laneId }) };
  const shift = { ...place, day: body.day, name: body.shift };
  const instances = await queries.instancesOf(ctx, shift);
  if (instances.length === 0)
    throw new DomainError('not_found', `No machine that you may see has the shift ${body.shift} on ${body.day}.`);
  const end = new Date(Math.max(...instances.map(({ to }) => to.getTime())));
  const { plantId } = body;
  if (end > ctx.now)
    throw new Conflict(shiftReportFault('shift_not_over', { name: body.shift, at: end.toISOString(), plantId }));
  const versions = new Map<number, number>();
  for (const instance of instances) {
    const version = await queries.signInstance(ctx, instance);
    if (version !== null) versions.set(instance.machineId, version);
  }
  const read = () => queries.listShifts(ctx, { ...place, fromDay: body.day, toDay: body.day, name: body.shift });
  const [row] = (await read()).map(shown);
  if (!row) throw new DomainError('not_found', 'There is no such shift any more.');
  if (versions.size === 0)
    throw new Conflict(
      shiftReportFault('shift_signed', { who: row.signedBy ?? '', at: row.signedAt ?? ctx.now.toISOString(), plantId }),
    );
  const signed = { day: body.day, shift: body.shift, machines: Object.fromEntries(versions) };
  const entityId = `${body.plantId} ${body.day} ${body.shift}`;
  await recordAudit(ctx, { action: 'sign', entity: 'shift-reports', entityId, plantId, new: signed });
  return row;
}

type Row = Awaited<ReturnType<typeof queries.listShifts>>[number];

function shown(row: Row): schema.ShiftReport {
  const text = (time: Date | null) => time?.toISOString() ?? null;
  return {
    ...row,
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    versionAt: text(row.versionAt),
    closesBy: text(row.closesBy),
    signedAt: text(row.signedAt),
  };
}
