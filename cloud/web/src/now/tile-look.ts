// How a tile looks: what the machine says live, and what its time counts as where facts know more: a stop in a
// break or outside of shifts is no loss, and nobody is asked why.

import type { MachineFigures } from '../../../domains/now-figures/index.ts';
import type { GlyphName } from '../shell/glyphs.tsx';
import { type Look, lookGlyphs, type MachineView } from './situation.ts';

export type TileLook = Look | 'planned' | 'no_order' | 'not_scheduled';

type Stop = NonNullable<MachineFigures['stop']>;

const quiet: Readonly<Record<string, TileLook>> = {
  planned_stop: 'planned',
  no_order: 'no_order',
  not_scheduled: 'not_scheduled',
};

const standing: ReadonlySet<Look> = new Set(['stopped', 'idle']);

/** What facts say of the stop that a machine is in; undefined until they have come so far. */
export function stopNow(view: MachineView, figures: MachineFigures | undefined): Stop | undefined {
  const stop = figures?.stop;
  return stop && standing.has(view.look) && view.since !== null && stop.to > view.since ? stop : undefined;
}

export function tileLook(view: MachineView, stop: Stop | undefined): TileLook {
  return (stop && quiet[stop.category]) ?? view.look;
}

export const tileGlyphs: Readonly<Record<TileLook, GlyphName | null>> = {
  ...lookGlyphs,
  planned: 'planned',
  no_order: 'no_order',
  not_scheduled: 'not_scheduled',
};
