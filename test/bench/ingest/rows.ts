// The rows of the ingest benchmarks, the same for the edges that publish them and for psql: every tag of
// every edge changes at every step, as with one poll of a line.

export interface Load {
  readonly edges: number;
  /** Tags of an edge, all in one message at each step. */
  readonly tags: number;
  readonly steps: number;
  /** Time of the first step in ms. */
  readonly start: number;
}

export const stepMs = 100;

/** Every second tag is a counter, the others are measurements with three decimals. */
export function isCounter(tag: number): boolean {
  return tag % 2 === 0;
}

export function valueOf(tag: number, step: number): number {
  return isCounter(tag) ? step * 3 + tag : Math.round((500 + tag + 40 * Math.sin(step / 7 + tag)) * 1_000) / 1_000;
}

export function timeOf(load: Load, step: number): number {
  return load.start + step * stepMs;
}

export function edgeName(index: number): string {
  return `edge-${index}`;
}

export function tagName(index: number): string {
  return `tag-${index}`;
}

export function rowsOf({ edges, tags, steps }: Load): number {
  return edges * tags * steps;
}
