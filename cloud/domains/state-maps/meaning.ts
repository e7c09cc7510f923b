// What a value of a state tag means to its machine: its own entry goes before the organisation's, that
// before PackML. Pure; mes.state_meaning says the same in SQL.

import { type MachineState, type Numbering, numberings, packmlStates } from './packml.ts';

export type TagValue = number | string | boolean | null;

export interface StateMeaning {
  readonly state: MachineState;
  /** A word of PackML's map, or the name of a loss reason; null where nothing is said. */
  readonly reason: string | null;
  /** The device's own word: a PackML name, or what it sent where that is not one; null when it sent nothing good. */
  readonly word: string | null;
}

/** What people have said of one machine's values. */
export interface StateMap {
  readonly numbering: Numbering;
  /** By the value's text: '17', 'Execute'; of a Boolean '0' and '1'. */
  readonly own: ReadonlyMap<
    string,
    { readonly state: Exclude<MachineState, 'unknown'>; readonly reason: string | null }
  >;
}

/** PackML by the newer edition and nothing of one's own. */
export const plainMap: StateMap = { numbering: 'packml_2015', own: new Map() };

const nameOfNumber = new Map(
  numberings.map((numbering) => [
    numbering,
    new Map(
      Object.entries(packmlStates).flatMap(([name, { number }]) =>
        number ? [[number[numbering], name] as const] : [],
      ),
    ),
  ]),
);

/** What a value means. Values that are on no map are `unknown`, never guessed. */
export function meaningOf(value: TagValue, status: number, map: StateMap = plainMap): StateMeaning {
  if (value === null || isBadStatus(status)) return { state: 'unknown', reason: null, word: null };
  const name = typeof value === 'number' ? nameOfNumber.get(map.numbering)?.get(value) : String(value).trim();
  const packml = name !== undefined && Object.hasOwn(packmlStates, name) ? packmlStates[name] : undefined;
  const word = packml && name !== undefined ? name : String(value);
  const own = map.own.get(typeof value === 'boolean' ? String(Number(value)) : String(value).trim());
  if (own) return { ...own, word };
  if (!packml || typeof value === 'boolean') return { state: 'unknown', reason: null, word };
  return { state: packml.state, reason: packml.reason ?? null, word };
}

/** Bad by OPC UA: the two highest bits are 10. */
function isBadStatus(status: number): boolean {
  return status >>> 30 === 2;
}
