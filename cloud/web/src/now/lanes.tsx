// The lanes of a plant in physical order, each with its machines; a serial lane with its line's figure. On a
// TV so many rows as fit, and one page after the other.

import { useEffect, useState } from 'react';
import type { Now } from '../../../domains/telemetry/index.ts';
import { useWords } from '../kit/use-words.ts';
import { useSettings } from '../shell/settings.ts';
import { nowWords } from './now-words.ts';
import type { Situation } from './situation.ts';
import { type MachineProps, Tile, type TileProps } from './tile.tsx';
import { Percent } from './tile-figures.tsx';

type Lane = Now['lanes'][number];

/** Tiles beside each other, at most; and rows of tiles on a TV. */
export const MOST_COLUMNS = 6;
const TV_ROWS = 4;
const TV_PAGE_MS = 15_000;

export function Lanes({ lanes, ...tile }: { lanes: readonly Lane[] } & Omit<TileProps, MachineProps>) {
  const { words } = useSettings();
  const { store } = tile.situation;
  return lanes.map((lane) => (
    <section key={`${lane.id} ${lane.machines[0]?.id}`} className="lane" aria-label={lane.name ?? words.withoutLane}>
      <h2>
        {lane.name ?? words.withoutLane}
        {tile.showsFigures && <LineFigure situation={tile.situation} lane={lane} />}
      </h2>
      <div className="tiles">
        {lane.machines.map((machine) => (
          <Tile
            key={machine.id}
            {...tile}
            machine={machine}
            figures={store.figuresOf(machine.id)}
            stamp={store.stampOf(machine.id)}
          />
        ))}
      </div>
    </section>
  ));
}

/** A serial lane is measured at its constraint; other lanes have no figure that their machines do not tell. */
function LineFigure({ situation, lane }: { situation: Situation; lane: Lane }) {
  const words = useWords(nowWords);
  const line = situation.store.figures()?.lanes.find(({ id }) => id === lane.id);
  if (lane.kind !== 'serial' || !line?.constraint) return null;
  return (
    <span className={`line-figure${line.figures?.flags.includes('low_coverage') ? ' hatched' : ''}`}>
      {words.lineFigure} OEE <Percent shift={line.figures} name="oee" />{' '}
      <span className="unit">{words.atConstraint(line.constraint)}</span>
    </span>
  );
}

/** Lanes cut into pages of a TV, in their order; a lane that fits on a page is not cut. */
export function tvPages(lanes: readonly Lane[], columns: number): Lane[][] {
  const pages: Lane[][] = [];
  let rows = TV_ROWS;
  const most = TV_ROWS * columns;
  for (const lane of lanes)
    for (let at = 0; at < lane.machines.length; at += most) {
      const machines = lane.machines.slice(at, at + most);
      const needed = Math.ceil(machines.length / columns);
      if (rows + needed > TV_ROWS) {
        pages.push([]);
        rows = 0;
      }
      pages.at(-1)?.push({ ...lane, machines });
      rows += needed;
    }
  return pages;
}

/** Which page a TV shows: one after the other. */
export function useTurningPage(pages: number): number {
  const [page, setPage] = useState(0);
  useEffect(() => {
    if (pages < 2) return;
    const timer = setInterval(() => setPage((shown) => shown + 1), TV_PAGE_MS);
    return () => clearInterval(timer);
  }, [pages]);
  return pages === 0 ? 0 : page % pages;
}
