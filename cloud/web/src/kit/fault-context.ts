// What is known where a fault is told, and how words for the faults of a domain are written: one for each code.

import type { Format } from '../shell/format.ts';

/** What a page knows of its own fields. */
export interface FaultContext {
  readonly format: Format;
  /** A time by the clock of a plant. */
  moment(time: string, plantId: number): string;
  /** The words of a field's choices. */
  readonly choices?: Readonly<Record<string, string>> | undefined;
  /** What the page says under the field's input. */
  readonly hint?: string | undefined;
  /** The page's words for its domain's own codes. */
  readonly own?: Readonly<Record<string, string>> | undefined;
  /** What the page calls its fields. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** Words for each fault that a domain declares (`faultsOf`), with its parameters. */
export type WordsFor<T extends Readonly<Record<string, (params: never) => string>>> = {
  readonly [C in keyof T]: (params: NonNullable<Parameters<T[C]>[0]>, context: FaultContext) => string;
};
