// What the ledgers hold: the truth about the simulated plant, against which everything made from its
// tags (counts, states, OEE) can be checked. One JSON object a line; times are simulated milliseconds.

import type { Value } from '../driver.ts';

export type PieceKind = 'good' | 'scrap' | 'rework' | 'startup';

/** One count of one machine. */
export interface PieceRecord {
  readonly machine: string;
  readonly time: number;
  readonly kind: PieceKind;
  readonly reason: string | null;
  readonly order: string;
  readonly material: string;
  /** What the counters of the machine moved by, and how many pieces that means. */
  readonly count: 1;
  readonly pieces: number;
}

/** What a machine did from `from` up to, not including, `to`. */
export interface TimeRecord {
  readonly machine: string;
  readonly from: number;
  readonly to: number;
  readonly state: string;
  readonly cause: string | null;
  readonly order: string;
  readonly material: string;
}

/**
 * A change that was served: for OPC UA each value set on the variable, with its source time; for Modbus
 * each answer that held the whole tag with another value than the answer before it on that link.
 */
export interface ChangeRecord {
  readonly tag: string;
  readonly time: number;
  readonly value: Value;
  readonly via: 'opcua' | 'tcp' | 'rtu';
}
