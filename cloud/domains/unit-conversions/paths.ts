// From one unit to another over those between: box → tray → pcs. Pure.

import { type Fraction, inverse, isSame, times } from './fractions.ts';

/** 1 from = factor to. */
export interface Conversion {
  readonly materialId: number | null;
  readonly from: number;
  readonly to: number;
  readonly factor: Fraction;
}

export interface Path {
  /** 1 of the first unit in the last. */
  readonly factor: Fraction;
  /** From the first to the last. */
  readonly units: readonly number[];
}

/** Conversions in a row, at most; who needs more lacks a direct one. */
export const MAX_STEPS = 4;

/** What holds for a material: its own, and the general ones between units that it says nothing about. */
export function conversionsOf(all: readonly Conversion[], materialId: number | null): Conversion[] {
  const own = all.filter((one) => one.materialId !== null && one.materialId === materialId);
  const said = new Set(own.flatMap(({ from, to }) => [`${from} ${to}`, `${to} ${from}`]));
  return [...own, ...all.filter((one) => one.materialId === null && !said.has(`${one.from} ${one.to}`))];
}

/**
 * The shortest way, and one that says something else, if there is one. Null: there is no way in four steps.
 * From a unit to itself the way is no step.
 */
export function findPath(
  conversions: readonly Conversion[],
  { from, to }: { from: number; to: number },
): { path: Path; contradiction: Path | null } | null {
  const steps = Map.groupBy(
    conversions.flatMap(({ from: a, to: b, factor }) => [
      { at: a, next: b, factor },
      { at: b, next: a, factor: inverse(factor) },
    ]),
    ({ at }) => at,
  );
  const start: Path = { factor: { numerator: 1n, denominator: 1n }, units: [from] };
  const arrived: Path[] = from === to ? [start] : [];
  let here = new Map<number, Path[]>([[from, [start]]]);
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const next = new Map<number, Path[]>();
    for (const path of [...here.values()].flat()) {
      const last = path.units.at(-1) ?? from;
      for (const { next: unit, factor } of steps.get(last) ?? []) {
        if (!path.units.includes(unit))
          addDistinct(next, unit, { factor: times(path.factor, factor), units: [...path.units, unit] });
      }
    }
    arrived.push(...(next.get(to) ?? []));
    next.delete(to);
    here = next;
  }
  const [path] = arrived;
  if (!path) return null;
  return { path, contradiction: arrived.find(({ factor }) => !isSame(factor, path.factor)) ?? null };
}

/** Two that say the same are one; of those that do not, two are enough to say so. */
function addDistinct(paths: Map<number, Path[]>, unit: number, path: Path): void {
  const known = paths.get(unit) ?? [];
  if (known.length < 2 && !known.some(({ factor }) => isSame(factor, path.factor))) paths.set(unit, [...known, path]);
}
