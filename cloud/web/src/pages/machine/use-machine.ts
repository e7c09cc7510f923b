// What the page of a machine asks the API for, each for the window that it shows.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { MetricsPage, ParetoPage } from '../../../../domains/metrics/index.ts';
import type { MachineFigures, NowFigures } from '../../../../domains/now-figures/index.ts';
import type { Classifications, Stops, Timeline } from '../../../../domains/stops/index.ts';
import type { History } from '../../../../domains/telemetry/index.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import type { Why } from './why.ts';
import { daysOf, hoursAround, lengthOf, type TimeWindow } from './window.ts';

/** What may change by itself: late data, the shift that runs. */
const REFETCH_MS = 30_000;
/** Just after somebody said why: figures follow within a second or two. */
const SOON_MS = 1_000;
/** Stops and reasons are told for so long a period at most. */
export const MOST_STOP_DAYS = 31;
const DAY_MS = 86_400_000;
const TREND_DAYS = 7;
/** Pieces of a band: two for each pixel of a wide screen would be drawn in vain. */
const MOST_PIECES = 1_000;
const MEASUREMENT_BUCKETS = 240;

export interface Machine {
  readonly id: number;
  readonly plantId: number;
  readonly displayName: string;
}

/** Waits while `window` is null. */
export interface Wanted {
  readonly machineId: number;
  readonly window: TimeWindow | null;
  /** Somebody has just said something: look again soon. */
  readonly soon: boolean;
}

const periodOf = ({ from, to }: TimeWindow): string =>
  `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;

export function useRecord(id: number) {
  const session = useSession();
  return useQuery({
    queryKey: ['record', 'machines', id],
    queryFn: ({ signal }) => session.get<Machine>(`/machines/${id}`, signal),
  });
}

/** The shift that runs with what was made in it; undefined until it is known, null where there is none. */
export function useFigures(plantId: number | undefined): readonly MachineFigures[] | undefined {
  const session = useSession();
  const access = useAccess();
  const may = access.may('metrics.read');
  const asked = useQuery({
    queryKey: ['now-figures', plantId],
    queryFn: ({ signal }) => session.get<NowFigures>(`/now/figures?plant=${plantId}`, signal),
    refetchInterval: REFETCH_MS,
    enabled: may && plantId !== undefined,
  });
  return may && !asked.isError ? asked.data?.machines : [];
}

function useWindowed<T>(name: string, path: string, { window, soon }: Wanted, enabled = true) {
  const session = useSession();
  return useQuery({
    queryKey: [name, path],
    queryFn: ({ signal }) => session.get<T>(path, signal),
    placeholderData: keepPreviousData,
    refetchInterval: soon ? SOON_MS : REFETCH_MS,
    enabled: enabled && window !== null,
  });
}

const NO_TIME: TimeWindow = { from: 0, to: 1 };

export function useTimeline(wanted: Wanted) {
  const { machineId, window } = wanted;
  const path = `/machines/${machineId}/timeline?${periodOf(window ?? NO_TIME)}&most=${MOST_PIECES}`;
  return useWindowed<Timeline>('timeline', path, wanted);
}

/** All of them, or those of one loss. */
export function useStops(wanted: Wanted, why: Why | null = null) {
  const { machineId, window } = wanted;
  const short = window !== null && lengthOf(window) <= MOST_STOP_DAYS * DAY_MS;
  const only = why ? `&category=${why.category}&reason=${why.reason}` : '';
  return useWindowed<Stops>(
    'stops',
    `/machines/${machineId}/stops?${periodOf(window ?? NO_TIME)}${only}`,
    wanted,
    short,
  );
}

/** What people said of this time, newest first, also what was taken back. */
export function useSaid(wanted: Wanted) {
  const { machineId, window } = wanted;
  const may = useAccess().may('stop-classifications.read');
  const path = `/stop-classifications?machine=${machineId}&${periodOf(window ?? NO_TIME)}&limit=500`;
  return useWindowed<Classifications>('said', path, wanted, may);
}

/** Figures of a shift, or of the whole hours around the window. */
export function useTotals(wanted: Wanted, shift: { readonly id: number; readonly day: string } | null, zone: string) {
  const { machineId, window } = wanted;
  const may = useAccess().may('metrics.read');
  const period = shift
    ? `fromDay=${shift.day}&toDay=${shift.day}&shift=${shift.id}`
    : periodOf(hoursAround(window ?? NO_TIME, zone));
  const query = `machine=${machineId}&${period}`;
  const total = useWindowed<MetricsPage>('machine-total', `/metrics?${query}`, wanted, may);
  const losses = useWindowed<ParetoPage>('machine-losses', `/metrics/losses?${query}`, wanted, may);
  return { total: total.data, losses: losses.data };
}

/** The shifts of a week that ends with the window. */
export function useTrend(wanted: Wanted, zone: string) {
  const { machineId, window } = wanted;
  const may = useAccess().may('metrics.read');
  const to = window?.to ?? 0;
  const days = daysOf({ from: to - (TREND_DAYS - 1) * DAY_MS, to }, zone);
  const path = `/metrics?machine=${machineId}&fromDay=${days.fromDay}&toDay=${days.toDay}&group=shift`;
  return { ...days, asked: useWindowed<MetricsPage>('machine-trend', path, wanted, may) };
}

export function useMeasurement(tagId: number, wanted: Wanted) {
  const path = `/tags/${tagId}/history?${periodOf(wanted.window ?? NO_TIME)}&buckets=${MEASUREMENT_BUCKETS}`;
  return useWindowed<History>('measurement', path, wanted);
}
