// Everything the page shows of one period and place, asked for together: the figures, their trend, the rows
// of the table, the reasons and what they are compared with belong to one another.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DefinitionsPage, MetricsPage, ParetoPage } from '../../../../domains/metrics/index.ts';
import type { ShiftReport } from '../../../../domains/shift-reports/index.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { type Days, type OeeState, queryOf } from './oee-state.ts';
import { maySeeShifts, readRestated } from './restated.tsx';
import { readTargets, type Target } from './targets.ts';

const REFETCH_MS = 30_000;
/** The most that a list of the API gives at once. */
const MOST_PLACES = 500;

/** Machines of a line are told one by one: that is machine efficiency, whatever the line's figure is. */
const tableOf: Readonly<Record<OeeState['rows'], Readonly<Record<string, string>>>> = {
  machine: { group: 'machine', basis: 'machine' },
  lane: { group: 'lane' },
  shift: { group: 'shiftname' },
};

export interface OeeAnswer {
  /** What it answers: while the next comes, the page goes on showing it as what it is. */
  readonly asked: Pick<OeeState, 'by' | 'rows' | 'fromDay' | 'toDay' | 'shift'>;
  readonly total: MetricsPage;
  readonly trend: MetricsPage;
  readonly rows: MetricsPage;
  readonly losses: ParetoPage;
  /** The same of the period that it is compared with. */
  readonly other: (Days & Pick<OeeAnswer, 'total' | 'trend' | 'rows' | 'losses'>) | null;
  readonly targets: readonly Target[];
  /** Shifts in the period that are another version by now than when they were closed. */
  readonly restated: readonly ShiftReport[];
}

export function useOee(state: OeeState, plantId: number) {
  const session = useSession();
  const access = useAccess();
  const { by, rows, fromDay, toDay, shift, other, place } = state;
  const total = queryOf(state, plantId);
  return useQuery({
    queryKey: ['oee', total.toString(), by, rows, other],
    queryFn: async ({ signal }): Promise<OeeAnswer> => {
      const metrics = (query: URLSearchParams) => session.get<MetricsPage>(`/metrics?${query}`, signal);
      const ofDays = async (days: Days) => {
        const query = (more: Readonly<Record<string, string>>) =>
          new URLSearchParams({ ...Object.fromEntries(total), fromDay: days.fromDay, toDay: days.toDay, ...more });
        const [all, trend, table, losses] = await Promise.all([
          metrics(query({})),
          metrics(query({ group: by })),
          metrics(query(tableOf[rows])),
          session.get<ParetoPage>(`/metrics/losses?${query({})}`, signal),
        ]);
        return { total: all, trend, rows: table, losses };
      };
      const [chosen, compared, targets, restated] = await Promise.all([
        ofDays(state),
        other && ofDays(other),
        access.may('machine-targets.read') ? readTargets(session, { plantId, place }, signal) : [],
        maySeeShifts(access) ? readRestated(session, { plantId, place, fromDay, toDay, shift }, signal) : [],
      ]);
      return {
        asked: { by, rows, fromDay, toDay, shift },
        ...chosen,
        other: other && compared && { ...other, ...compared },
        targets,
        restated,
      };
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFETCH_MS,
  });
}

export function useDefinitions(): DefinitionsPage | undefined {
  const session = useSession();
  const asked = useQuery({
    queryKey: ['metrics-definitions'],
    queryFn: ({ signal }) => session.get<DefinitionsPage>('/metrics/definitions', signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  return asked.data;
}

/** What was lost on each machine; undefined until it is known. */
export function useLossesByMachine(query: URLSearchParams): ParetoPage['items'] | undefined {
  const session = useSession();
  const asked = useQuery({
    queryKey: ['losses-by-machine', query.toString()],
    queryFn: ({ signal }) => session.get<ParetoPage>(`/metrics/losses?${query}&group=machine`, signal),
    refetchInterval: REFETCH_MS,
  });
  return asked.data?.items;
}

/** What the shifts of the period and place are called; the chosen one, too, if there is none of it. */
export function useShiftNames(state: OeeState, plantId: number): readonly string[] {
  const session = useSession();
  const query = queryOf({ ...state, shift: null }, plantId);
  query.set('group', 'shiftname');
  const asked = useQuery({
    queryKey: ['oee-shift-names', query.toString()],
    queryFn: ({ signal }) => session.get<MetricsPage>(`/metrics?${query}`, signal),
    placeholderData: keepPreviousData,
  });
  const names = asked.data?.items.flatMap(({ key }) => key.shiftName ?? []) ?? [];
  return state.shift === null || names.includes(state.shift) ? names : [...names, state.shift];
}

export interface NamedPlace {
  readonly id: number;
  readonly name: string;
}

/** Lanes and machines one can choose; undefined until they are known, empty where one may not list them. */
export function usePlaces(plantId: number): { lanes: readonly NamedPlace[]; machines: readonly NamedPlace[] } {
  const session = useSession();
  const access = useAccess();
  const list = (name: string) => `/${name}?plantId=${plantId}&limit=${MOST_PLACES}`;
  const lanes = useQuery({
    queryKey: ['places', 'lanes', plantId],
    queryFn: ({ signal }) => session.get<{ items: NamedPlace[] }>(list('lanes'), signal),
    enabled: access.may('lanes.read'),
  });
  const machines = useQuery({
    queryKey: ['places', 'machines', plantId],
    queryFn: ({ signal }) => session.get<{ items: { id: number; displayName: string }[] }>(list('machines'), signal),
    enabled: access.may('machines.read'),
  });
  return {
    lanes: lanes.data?.items ?? [],
    machines: machines.data?.items.map(({ id, displayName }) => ({ id, name: displayName })) ?? [],
  };
}
