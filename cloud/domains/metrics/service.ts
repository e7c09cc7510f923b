// Figures for a period, a place and a grouping; where time was lost; what the figures mean.

import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { definitions, furtherDefinitions, inputs } from './definitions.ts';
import { type Selection, withoutLines } from './fact-source.ts';
import { sumFacts } from './fact-sums.ts';
import { metricsFault } from './faults.ts';
import { namesOf } from './names.ts';
import { finalUntil, missingStandards, sumLosses } from './queries.ts';
import { figuresOf, lossesOf, type Profile, type Sums } from './rules.ts';
import { type Grouping, groupings, type MetricsPage, type MetricsQuery, type ParetoQuery } from './schema.ts';

/** Five years and a little: what one asks for more by year. */
const MOST_DAYS = 2_000;
const DAY_MS = 86_400_000;

export async function readMetrics(ctx: Context, query: MetricsQuery): Promise<MetricsPage> {
  const groups = groupsOf(query.group);
  const asked = selectionOf(query, groups);
  const selection = await withoutLines(ctx, asked);
  const rows = await sumFacts(ctx, selection, groups);
  const names = await namesOf(ctx, rows);
  // What lacks an ideal cycle is looked for only where something does.
  const missing = rows.some((row) => Number(row['withoutStandard']) !== 0)
    ? await missingStandards(ctx, selection)
    : [];
  const final = await finalUntil(ctx, selection);
  return {
    profile: query.profile,
    basis: asked.basis,
    finalUntil: final?.toISOString() ?? null,
    missing: missing.map((row) => ({
      machineId: row.machine_id,
      machine: row.machine,
      materialId: row.material_id,
      material: row.material,
      pieces: Number(row.pieces),
    })),
    items: rows.map((row) => ({ key: names(row, groups), ...shownOf(numbersOf(row), query.profile, groups) })),
  };
}

export async function readPareto(ctx: Context, { group, ...query }: ParetoQuery) {
  const selection = await withoutLines(ctx, selectionOf(query, []));
  const losses = await sumLosses(ctx, selection, { byMachine: group === 'machine' });
  return {
    profile: query.profile,
    items: losses.map((row) => ({
      category: row.category,
      reason:
        row.loss_reason_id === null
          ? null
          : { id: row.loss_reason_id, code: row.code ?? '', name: row.name ?? '', nameDe: row.name_de },
      ...(row.machine_id !== null && { machine: { id: row.machine_id, name: row.machine ?? '' } }),
      duration: Number(row.duration_us),
      occurrences: Number(row.occurrences),
    })),
  };
}

export function readDefinitions() {
  return {
    figures: [...definitions, ...furtherDefinitions].map((one) => ({ ...one, inputs: [...one.inputs] })),
    inputs: inputs.map(([key, unit, meaning]) => ({ key, unit, meaning })),
  };
}

function groupsOf(group: string | undefined): Grouping[] {
  const named = group?.split(',') ?? [];
  const unknown = named.find((name) => !(groupings as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new InvalidRequest([{ path: 'query/group', ...fault('one_of', { values: groupings }) }]);
  if (new Set(named).size < named.length)
    throw new InvalidRequest([{ path: 'query/group', ...fault('duplicates', {}) }]);
  return named as Grouping[];
}

type PeriodQuery = Partial<Omit<MetricsQuery, 'group'>>;

/** Machines are asked one by one, or as what their line makes. */
export function selectionOf(query: PeriodQuery, groups: readonly Grouping[], mostDays = MOST_DAYS): Selection {
  const { fromDay, toDay, from, to, plant, lane, machine, shift, shiftName, version, order, material } = query;
  const byMachine = machine !== undefined || shift !== undefined || groups.includes('machine');
  const places = {
    plant,
    lane,
    machine,
    shift,
    shiftName,
    version,
    order,
    material,
    basis: query.basis ?? (byMachine ? 'machine' : 'line'),
  };
  // A version has its shift's sums, and no hours.
  if (version !== undefined && groups.includes('hour'))
    throw new InvalidRequest([{ path: 'query/group', ...metricsFault('no_hours_of_version') }]);
  if (
    (fromDay === undefined) === (from === undefined) ||
    (fromDay === undefined) !== (toDay === undefined) ||
    (from === undefined) !== (to === undefined)
  )
    throw new InvalidRequest([{ path: 'query', ...metricsFault('period_needed') }]);
  if (fromDay !== undefined && toDay !== undefined) {
    checkPeriod(dayOf('fromDay', fromDay), dayOf('toDay', toDay) + DAY_MS, { path: 'query/toDay', mostDays });
    return { ...places, fromDay, toDay, from: null, to: null };
  }
  const period = { from: new Date(from ?? ''), to: new Date(to ?? '') };
  checkPeriod(period.from.getTime(), period.to.getTime(), { path: 'query/to', mostDays });
  return { ...places, fromDay: null, toDay: null, ...period };
}

function dayOf(name: string, text: string): number {
  const time = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== text)
    throw new InvalidRequest([{ path: `query/${name}`, ...fault('format', { format: 'date' }) }]);
  return time;
}

function checkPeriod(from: number, to: number, { path, mostDays }: { path: string; mostDays: number }): void {
  if (from >= to) throw new InvalidRequest([{ path, ...fault('ends_before_it_begins', {}) }]);
  if (to - from > mostDays * DAY_MS) throw new InvalidRequest([{ path, ...fault('within_days', { days: mostDays }) }]);
}

type RowSums = Sums & Readonly<Record<'bridged' | 'unscheduled' | 'reworked', number>>;

export function numbersOf(row: Readonly<Record<string, unknown>>): RowSums {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? [[name, Number(value)]] : [],
    ),
  ) as unknown as RowSums;
}

function shownOf(sums: RowSums, profile: Profile, groups: readonly Grouping[]) {
  const { pbt, apt, calendarTime, ratios, flags } = figuresOf(sums, profile);
  // Time lost for a reason has no good pieces of its own: a part of a quotient is no figure.
  const isPart = groups.includes('reason');
  const { running, reworkRun, setup, idle, noOrderLoss, noOrderPlanned, unplannedStop, minorStop } = sums;
  const { plannedStop, notScheduled, unscheduledRun, unknown } = sums;
  const { produced, good, scrap, rework, startup, unexplained, bridged, unscheduled, reworked, withoutStandard } = sums;
  return {
    ratios: isPart
      ? Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, { ...ratio, value: null }]))
      : ratios,
    time: {
      pbt,
      apt,
      calendarTime,
      running,
      reworkRun,
      setup,
      idle,
      noOrderLoss,
      noOrderPlanned,
      unplannedStop,
      minorStop,
      plannedStop,
      notScheduled,
      unscheduledRun,
      unknown,
    },
    targetTime: sums.targetTime,
    valueTime: sums.valueTime,
    pieces: { produced, good, scrap, rework, startup, unexplained, bridged, unscheduled, reworked, withoutStandard },
    losses: lossesOf(sums),
    flags: isPart ? [] : [...flags],
  };
}
