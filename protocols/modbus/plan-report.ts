// What reading a set of tags costs the bus: requests, registers and an estimate of the time per cycle,
// for the command line and the configuration check. Pure.
import type { DriverTag } from '../driver.ts';
import { createExperience, planTags, type TableRequest } from './read-plan.ts';
import type { ModbusSettings } from './settings.ts';

export interface PlanReport {
  readonly units: readonly UnitReport[];
  readonly requests: number;
  /** Estimated milliseconds for one cycle of all units, one after the other as on the link. */
  readonly cycleMs: number;
  /** Tags that cannot be read as configured. */
  readonly problems: readonly { readonly tag: string; readonly reason: string }[];
}

interface UnitReport {
  readonly unit: number;
  readonly tags: number;
  readonly requests: readonly {
    readonly table: string;
    readonly start: number;
    readonly count: number;
    readonly tags: number;
  }[];
  /** Registers read, those in gaps included. */
  readonly registers: number;
  /** Coils and discrete inputs read. */
  readonly bits: number;
  readonly cycleMs: number;
}

export interface BusEstimate {
  /** Time a device takes to begin its answer, network included. Default 10 ms. */
  readonly turnaroundMs?: number;
  /** Speed of the serial line behind rtu_over_tcp. Default 9600. */
  readonly baud?: number;
}

/** Report how these tags would be read. */
export function planReport(
  tags: readonly DriverTag[],
  settings: ModbusSettings,
  { turnaroundMs = 10, baud = 9_600 }: BusEstimate = {},
): PlanReport {
  const plan = planTags(tags, settings, createExperience());
  const requestMs = (request: TableRequest) =>
    turnaroundMs + settings.delayMs + (settings.framing === 'tcp' ? 0 : serialMs(request, baud));
  const units = plan.units.map(
    ({ unit, requests }): UnitReport => ({
      unit,
      tags: requests.reduce((sum, { items }) => sum + items.length, 0),
      requests: requests.map(({ table, start, length, items }) => ({
        table,
        start,
        count: length,
        tags: items.length,
      })),
      registers: total(requests.filter((request) => !isBitTable(request))),
      bits: total(requests.filter(isBitTable)),
      cycleMs: Math.ceil(requests.reduce((sum, request) => sum + requestMs(request), 0)),
    }),
  );
  return {
    units,
    requests: units.reduce((sum, { requests }) => sum + requests.length, 0),
    cycleMs: units.reduce((sum, { cycleMs }) => sum + cycleMs, 0),
    problems: plan.impossible.map(({ tag, reason }) => ({ tag: tags[tag]?.name ?? '', reason })),
  };
}

function total(requests: readonly TableRequest[]): number {
  return requests.reduce((sum, { length }) => sum + length, 0);
}

function isBitTable({ table }: TableRequest): boolean {
  return table === 'coil' || table === 'discrete';
}

/** Request and reply on the wire: 11 bits a character, 3.5 silent characters after each ("Serial Line" V1.02, 2.5.1.1). */
function serialMs(request: TableRequest, baud: number): number {
  const data = isBitTable(request) ? Math.ceil(request.length / 8) : request.length * 2;
  const characters = 8 + (5 + data) + 2 * 3.5;
  return (characters * 11 * 1_000) / baud;
}
