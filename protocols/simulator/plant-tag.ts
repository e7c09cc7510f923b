// What is known of a tag of the simulated plant.

import type { Datatype } from '../driver.ts';
import type { ModbusPlace } from './modbus-place.ts';

export type TagRole =
  | 'total_count'
  | 'good_count'
  | 'reject_count'
  | 'infeed_count'
  | 'state'
  | 'alarm'
  | 'measurement'
  | 'order'
  | 'material';

export interface PlantTag {
  /** `<machine>/<name>`, as in the ledgers. */
  readonly name: string;
  readonly machine: string;
  /** Null: shown by the machine, of no meaning to a MES (the state a second time, as a number). */
  readonly role: TagRole | null;
  /** Why a counter of rejects counts, and what becomes of the pieces. */
  readonly reason: string | null;
  readonly disposition: 'scrap' | 'rework' | null;
  readonly unit: string | null;
  readonly datatype: Datatype;
  readonly protocol: 'opcua' | 'modbus';
  /** OPC UA node id, or Modbus address text. */
  readonly address: string;
  readonly modbus: ModbusPlace | null;
  /** Where a counter starts again from 0; null for what does not count. */
  readonly modulus: number | null;
  /** Pieces in one count; null for what does not count. */
  readonly piecesPerCount: number | null;
  /** Wanted sampling interval in ms; 0 asks for every change. */
  readonly intervalMs: number;
}

/** A tag that means nothing to a MES, before it is said what it means. */
export const noMeaning = {
  role: null,
  reason: null,
  disposition: null,
  unit: null,
  modulus: null,
  piecesPerCount: null,
};
