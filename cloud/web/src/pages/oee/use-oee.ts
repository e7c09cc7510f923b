// Everything the page shows of one period and place, asked for together: the figures, their trend, the rows
// of the table and the reasons belong to one another.

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { DefinitionsPage, MetricsPage, ParetoPage } from '../../../../domains/metrics/index.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { type OeeState, queryOf } from './oee-state.ts';

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
}

export function useOee(state: OeeState, plantId: number) {
  const session = useSession();
  const total = queryOf(state, plantId);
  const { by, rows, fromDay, toDay } = state;
  return useQuery({
    queryKey: ['oee', total.toString(), by, rows],
    queryFn: async ({ signal }): Promise<OeeAnswer> => {
      const grouped = (group: string, basis = state.basis) => {
        const query = new URLSearchParams(total);
        query.set('group', group);
        query.set('basis', basis);
        return session.get<MetricsPage>(`/metrics?${query}`, signal);
      };
      const [all, trend, table, losses] = await Promise.all([
        session.get<MetricsPage>(`/metrics?${total}`, signal),
        grouped(by),
        // Machines of a line are told one by one: that is machine efficiency, whatever the line's figure is.
        rows === 'machine' ? grouped('machine', 'machine') : grouped('lane'),
        session.get<ParetoPage>(`/metrics/losses?${total}`, signal),
      ]);
      return { asked: { by, rows, fromDay, toDay }, total: all, trend, rows: table, losses };
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
