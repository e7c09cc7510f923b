// Which shift is asked for, and everything the report says of it. Shift, day and lane are in the URL, so that a
// link shows a colleague the same.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Temporal } from 'temporal-polyfill';
import { useSearchParams } from 'wouter';
import type { Notes } from '../../../../domains/handover-notes/index.ts';
import type { MetricsPage, ParetoPage } from '../../../../domains/metrics/index.ts';
import type { ShiftReport, ShiftReportPage, ShiftVersionPage } from '../../../../domains/shift-reports/index.ts';
import type { Stops } from '../../../../domains/stops/index.ts';
import { useNow } from '../../kit/use-now.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess, useSession } from '../../shell/context.ts';

const REFETCH_MS = 30_000;
/** Shifts before and after the one that is shown lie in so many days. */
const DAYS_AROUND = 4;
/** Machines whose stops are asked for, and the longest of each. */
const MOST_MACHINES = 60;
const MOST_STOPS = 30;
const LONG_US = 600_000_000;

export interface ShiftChoice {
  readonly shift: ShiftReport | undefined;
  readonly previous: ShiftReport | undefined;
  readonly next: ShiftReport | undefined;
  readonly lane: number | null;
  /** An older version of it; null is the figures as they are. */
  readonly version: number | null;
  readonly isLoading: boolean;
  readonly error: Error | null;
  retry(): void;
  /** This page with another shift. */
  href(shift: Pick<ShiftReport, 'day' | 'name'>): string;
  /** This page with other values; null takes one out. */
  hrefWith(values: Readonly<Record<string, string | null>>): string;
}

export function useShiftChoice(plant: AccessPlant): ShiftChoice {
  const session = useSession();
  const [parameters] = useSearchParams();
  const now = useNow();
  const lane = idIn(parameters.get('lane'));
  const day = dayIn(parameters.get('day')) ?? Temporal.Now.plainDateISO(plant.timeZone);
  const query = new URLSearchParams({
    plant: String(plant.id),
    fromDay: day.subtract({ days: DAYS_AROUND }).toString(),
    toDay: day.add({ days: DAYS_AROUND }).toString(),
    ...(lane !== null && { lane: String(lane) }),
  });
  const asked = useQuery({
    queryKey: ['shift-reports', query.toString()],
    queryFn: ({ signal }) => session.get<ShiftReportPage>(`/shift-reports?${query}`, signal),
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
  const begun = (asked.data?.items ?? [])
    .filter(({ from }) => Date.parse(from) <= now)
    .toSorted((one, other) => Date.parse(one.from) - Date.parse(other.from));
  const named = parameters.get('shift');
  // A day alone is its last shift; nothing at all the one that began last.
  const at = begun.findLastIndex(
    (shift) => (named === null || shift.name === named) && (!parameters.has('day') || shift.day === day.toString()),
  );
  const hrefWith = (values: Readonly<Record<string, string | null>>) => {
    const after = new URLSearchParams(parameters);
    for (const [name, value] of Object.entries(values)) {
      if (value === null) after.delete(name);
      else after.set(name, value);
    }
    return `/shift-report?${after}`;
  };
  return {
    shift: begun[at],
    previous: at > 0 ? begun[at - 1] : undefined,
    next: at >= 0 ? begun[at + 1] : undefined,
    lane,
    version: idIn(parameters.get('version')),
    isLoading: asked.data === undefined,
    error: asked.error,
    retry: () => void asked.refetch(),
    href: (shift) => hrefWith({ day: shift.day, shift: shift.name, version: null }),
    hrefWith,
  };
}

export interface LongStop {
  readonly machine: string;
  readonly stop: Stops['items'][number];
}

export interface ReportData {
  readonly total: MetricsPage;
  readonly machines: MetricsPage;
  readonly losses: ParetoPage;
  readonly scrap: MetricsPage;
  readonly versions: ShiftVersionPage;
  readonly stops: readonly LongStop[];
  /** Null where one may not read them. */
  readonly notes: Notes | null;
}

export const REPORT_KEY = 'shift-report';

/** Everything of one shift together: it belongs to one page. */
export function useReport(shift: ShiftReport, { lane, version }: Pick<ShiftChoice, 'lane' | 'version'>) {
  const session = useSession();
  const access = useAccess();
  const of = new URLSearchParams({ plant: String(shift.plantId), ...(lane !== null && { lane: String(lane) }) });
  const named = new URLSearchParams([...of, ['day', shift.day], ['shift', shift.name]]);
  const metrics = new URLSearchParams([
    ...of,
    ['fromDay', shift.day],
    ['toDay', shift.day],
    ['shiftName', shift.name],
    ...(version === null ? [] : [['version', String(version)]]),
  ]);
  return useQuery({
    queryKey: [REPORT_KEY, metrics.toString()],
    queryFn: async ({ signal }): Promise<ReportData> => {
      const [total, machines, losses, scrap, versions, notes] = await Promise.all([
        session.get<MetricsPage>(`/metrics?${metrics}&basis=line`, signal),
        session.get<MetricsPage>(`/metrics?${metrics}&group=machine&basis=machine`, signal),
        session.get<ParetoPage>(`/metrics/losses?${metrics}&basis=line`, signal),
        session.get<MetricsPage>(`/metrics?${metrics}&group=reason&basis=machine`, signal),
        session.get<ShiftVersionPage>(`/shift-reports/versions?${named}`, signal),
        access.may('handover-notes.read') ? session.get<Notes>(`/handover-notes?${named}`, signal) : null,
      ]);
      const asked = access.may('intervals.read') ? machines.items.slice(0, MOST_MACHINES) : [];
      const found = await Promise.all(
        asked.map(async ({ key }) => {
          const period = new URLSearchParams({ from: shift.from, to: shift.to, limit: String(MOST_STOPS) });
          const { items } = await session.get<Stops>(`/machines/${key.machine?.id}/stops?${period}`, signal);
          return items.map((stop) => ({ machine: key.machine?.name ?? '', stop }));
        }),
      );
      const stops = found
        .flat()
        .filter(({ stop }) => stop.duration > LONG_US)
        .toSorted((one, other) => other.stop.duration - one.stop.duration);
      return { total, machines, losses, scrap, versions, stops, notes };
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
}

function idIn(text: string | null): number | null {
  return text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

function dayIn(text: string | null): Temporal.PlainDate | null {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    return null;
  }
}
