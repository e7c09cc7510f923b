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

export interface OeeAnswer {
  /** What it answers: while the next comes, the page goes on showing it as what it is. */
  readonly asked: Pick<OeeState, 'by' | 'rows' | 'fromDay' | 'toDay'>;
  readonly total: MetricsPage;
  readonly trend: MetricsPage;
  readonly rows: MetricsPage;
  readonly losses: ParetoPage;
  /** The same of the period that it is compared with. */
  readonly other: (Days & Pick<OeeAnswer, 'total' | 'trend' | 'rows'>) | null;
  readonly targets: readonly Target[];
  /** Shifts in the period that are another version by now than when they were closed. */
  readonly restated: readonly ShiftReport[];
}

export function useOee(state: OeeState, plantId: number) {
  const session = useSession();
  const access = useAccess();
  const { by, rows, fromDay, toDay, other, place } = state;
  const total = queryOf(state, plantId);
  return useQuery({
    queryKey: ['oee', total.toString(), by, rows, other],
    queryFn: async ({ signal }): Promise<OeeAnswer> => {
      const metrics = (query: URLSearchParams) => session.get<MetricsPage>(`/metrics?${query}`, signal);
      const ofDays = async (days: Days) => {
        const query = (more: Readonly<Record<string, string>>) =>
          new URLSearchParams({ ...Object.fromEntries(total), fromDay: days.fromDay, toDay: days.toDay, ...more });
        const [all, trend, table] = await Promise.all([
          metrics(query({})),
          metrics(query({ group: by })),
          // Machines of a line are told one by one: that is machine efficiency, whatever the line's figure is.
          metrics(query(rows === 'machine' ? { group: 'machine', basis: 'machine' } : { group: 'lane' })),
        ]);
        return { total: all, trend, rows: table };
      };
      const [chosen, compared, losses, targets, restated] = await Promise.all([
        ofDays(state),
        other && ofDays(other),
        session.get<ParetoPage>(`/metrics/losses?${total}`, signal),
        access.may('machine-targets.read') ? readTargets(session, { plantId, place }, signal) : [],
        maySeeShifts(access) ? readRestated(session, { plantId, place, fromDay, toDay }, signal) : [],
      ]);
      return {
        asked: { by, rows, fromDay, toDay },
        ...chosen,
        losses,
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
