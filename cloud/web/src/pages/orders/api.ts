// What the pages of orders ask of the API, and when it is asked again.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Temporal } from 'temporal-polyfill';
import { useSession } from '../../shell/context.ts';
import type { OrderWords } from './words.ts';

const REFETCH_MS = 5_000;

export interface BoardColumn {
  readonly day: string;
  readonly shift: string | null;
  readonly from: string;
  readonly to: string;
}

export interface BoardOrder {
  readonly id: number;
  readonly version: number;
  readonly number: string;
  readonly material: string;
  readonly materialName: string;
  readonly quantity: number;
  readonly unit: string;
  readonly priority: number;
  readonly status: keyof OrderWords['statuses'];
  readonly laneId: number | null;
  readonly plannedFrom: string | null;
  readonly plannedTo: string | null;
  readonly promisedDate: string;
  readonly overdue: boolean;
  readonly runningOn: readonly string[];
}

export interface Board {
  readonly plant: { readonly id: number; readonly name: string; readonly timeZone: string };
  readonly today: string;
  readonly columns: readonly BoardColumn[];
  readonly lanes: readonly { readonly id: number; readonly name: string }[];
  readonly orders: readonly BoardOrder[];
  readonly truncated: boolean;
}

export interface Run {
  readonly id: number;
  readonly version: number;
  readonly plantId: number;
  readonly machineId: number;
  readonly machineName: string;
  readonly workOrderId: number | null;
  readonly workOrderNumber: string | null;
  readonly operationName: string | null;
  readonly materialId: number | null;
  readonly materialCode: string | null;
  readonly kind: keyof OrderWords['kinds'];
  readonly from: string;
  readonly to: string | null;
  readonly source: keyof OrderWords['sources'];
  readonly plcOrder: string | null;
  readonly plcMaterial: string | null;
  readonly corrected: boolean;
}

export interface RunMachine {
  readonly id: number;
  readonly name: string;
  readonly source: keyof OrderWords['sources'];
}

export interface Tasks {
  readonly unknownOrders: readonly { name: string; machines: string[]; since: string; materialId: number | null }[];
  readonly unknownMaterials: readonly { name: string; machines: string[]; since: string }[];
  readonly conflicts: readonly {
    machineId: number;
    machineName: string;
    time: string;
    order: string;
    heldBy: string;
  }[];
}

export interface Log {
  readonly id: number;
  readonly machineName: string;
  readonly time: string;
  readonly kind: 'good' | 'scrap' | 'rework';
  readonly quantity: number;
  readonly workOrderNumber: string | null;
  readonly lossReasonName: string | null;
  readonly operatorName: string;
  readonly reversesId: number | null;
  readonly reversedById: number | null;
}

/** An answer of the API that is asked for again and again, since others change it. */
export function useLive<T>(path: string, enabled = true) {
  const session = useSession();
  return useQuery({
    queryKey: ['orders', path],
    queryFn: ({ signal }) => session.get<T>(path, signal),
    refetchInterval: REFETCH_MS,
    placeholderData: (before) => before,
    enabled,
  });
}

/** Everything about orders is asked for anew. */
export function useReload(): () => Promise<unknown> {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['orders'] }),
      queries.invalidateQueries({ queryKey: ['list', 'work-orders'] }),
      queries.invalidateQueries({ queryKey: ['record', 'work-orders'] }),
      queries.invalidateQueries({ queryKey: ['history'] }),
    ]);
}

/** What a run made, in a few words. */
export function nameOfRun(run: Run, words: OrderWords): string {
  if (run.workOrderNumber !== null) return run.workOrderNumber;
  return run.plcOrder === null ? words.noOrder : words.unknownOrder(run.plcOrder);
}

export function materialOfRun(run: Run, words: OrderWords): string {
  if (run.materialCode !== null) return run.materialCode;
  return run.plcMaterial === null ? '–' : words.unknownMaterial(run.plcMaterial);
}

/** The day it is in a zone, and days before or after it. */
export const todayIn = (timeZone: string): string => Temporal.Now.plainDateISO(timeZone).toString();
export const addDays = (day: string, days: number): string => Temporal.PlainDate.from(day).add({ days }).toString();
export const dayBounds = (day: string, timeZone: string): { from: string; to: string } => {
  const at = (date: string) => Temporal.PlainDate.from(date).toZonedDateTime(timeZone).toInstant().toString();
  return { from: at(day), to: at(addDays(day, 1)) };
};
