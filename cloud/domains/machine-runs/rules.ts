// What a PLC's order and material strings say about runs. Pure: the same samples in any order of arrival
// give the same runs, since they are always read anew in order of time.
//
// A run is a stretch with one order. It begins when the order tag takes a text and ends when that changes or
// becomes empty; a change of material within it begins another. A machine without an order tag runs by
// material alone. With several order tags the one that had a text first keeps the machine until it is empty;
// what another says meanwhile is a conflict, recorded and not run.

/** A material that comes within this time of an order belongs to it: a PLC writes two tags one after the other. */
export const SETTLE_MS = 5_000;

export interface PlcTag {
  readonly id: number;
  readonly role: 'order' | 'material';
}

export interface PlcText {
  readonly tagId: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Trimmed; '' for none. */
  readonly text: string;
}

export interface PlcRun {
  readonly from: number;
  /** Null: it goes on. */
  readonly to: number | null;
  readonly tagId: number;
  readonly order: string | null;
  readonly material: string | null;
}

export interface PlcConflict {
  readonly tagId: number;
  readonly time: number;
  readonly order: string;
  readonly heldBy: string;
}

interface Segment {
  readonly from: number;
  readonly tagId: number | null;
  readonly text: string;
}

/**
 * `texts` in any order; `holder` is the order tag that had the machine where they begin, if that is known.
 * Of several tags at one time the one with the lower id comes first.
 */
export function runsOfPlc(
  tags: readonly PlcTag[],
  { texts, holder }: { texts: readonly PlcText[]; holder: number | null },
): { runs: PlcRun[]; conflicts: PlcConflict[] } {
  const sorted = texts.toSorted((a, b) => a.time - b.time || a.tagId - b.tagId);
  const of = (role: PlcTag['role']) => {
    const ids = new Set(tags.filter((tag) => tag.role === role).map(({ id }) => id));
    return { ids, texts: sorted.filter(({ tagId }) => ids.has(tagId)) };
  };
  const [order, material] = [of('order'), of('material')];
  const materials = leading(material.texts, null).segments;
  if (order.ids.size === 0) {
    const runs = cut(materials).map(({ text, ...run }) => ({ ...run, order: null, material: text }));
    return { runs, conflicts: [] };
  }
  const { segments, conflicts } = leading(order.texts, holder);
  const settled = settle(materials, segments);
  const runs = cut(segments).flatMap((run) => byMaterial(run, settled));
  return { runs, conflicts };
}

/** What the tag says that has the machine, from each change on. */
function leading(texts: readonly PlcText[], holder: number | null): { segments: Segment[]; conflicts: PlcConflict[] } {
  const now = new Map<number, { text: string; since: number }>();
  const segments: Segment[] = [];
  const conflicts: PlcConflict[] = [];
  let held = holder;
  for (let at = 0; at < texts.length; ) {
    const { time } = texts[at] as PlcText;
    const said: PlcText[] = [];
    for (; texts[at]?.time === time; at += 1) said.push(texts[at] as PlcText);
    for (const { tagId, text } of said) if (now.get(tagId)?.text !== text) now.set(tagId, { text, since: time });
    if (held === null || (now.get(held)?.text ?? '') === '') held = firstOf(now);
    const text = held === null ? '' : (now.get(held)?.text ?? '');
    // Another tag that says the same goes on with the same run.
    if (text !== (segments.at(-1)?.text ?? '')) segments.push({ from: time, tagId: held, text });
    for (const one of said)
      if (one.tagId !== held && one.text !== '' && one.text !== text)
        conflicts.push({ tagId: one.tagId, time, order: one.text, heldBy: text });
  }
  return { segments, conflicts };
}

function firstOf(now: ReadonlyMap<number, { text: string; since: number }>): number | null {
  const speaking = [...now].filter(([, { text }]) => text !== '');
  speaking.sort(([a, one], [b, other]) => one.since - other.since || a - b);
  return speaking[0]?.[0] ?? null;
}

/** Stretches with a text. */
function cut(segments: readonly Segment[]): { from: number; to: number | null; tagId: number; text: string }[] {
  return segments.flatMap(({ from, tagId, text }, index) => {
    const to = segments[index + 1]?.from ?? null;
    return text === '' || tagId === null ? [] : [{ from, to, tagId, text }];
  });
}

/** A change of material close to one of the order counts from there: the last of several. */
function settle(materials: readonly Segment[], orders: readonly Segment[]): Segment[] {
  const moved = materials.map((one) => {
    let nearest = one.from;
    let distance = SETTLE_MS;
    for (const { from } of orders) {
      if (Math.abs(from - one.from) > distance) continue;
      distance = Math.abs(from - one.from);
      nearest = from;
    }
    return { ...one, from: nearest };
  });
  return moved.filter((one, index) => moved[index + 1]?.from !== one.from);
}

function byMaterial(run: ReturnType<typeof cut>[number], materials: readonly Segment[]): PlcRun[] {
  const { from, to, tagId, text: order } = run;
  const before = materials.findLast((one) => one.from <= from)?.text ?? '';
  const changes = materials.filter((one) => one.from > from && (to === null || one.from < to));
  const runs: PlcRun[] = [];
  for (const { from: begin, text } of [{ from, text: before }, ...changes]) {
    const last = runs.at(-1);
    if (last && (last.material ?? '') === text) continue;
    // A material that is named for the first time in a run was its material from the beginning.
    if (last && last.material === null) {
      runs[runs.length - 1] = { ...last, material: text };
      continue;
    }
    if (last) runs[runs.length - 1] = { ...last, to: begin };
    runs.push({ from: begin, to, tagId, order, material: text === '' ? (last?.material ?? null) : text });
  }
  return runs;
}

export interface Stretch {
  readonly from: number;
  readonly to: number | null;
}

const end = (to: number | null): number => to ?? Number.POSITIVE_INFINITY;

/** What is left of runs outside of stretches that are not theirs. */
export function without<R extends Stretch>(runs: readonly R[], taken: readonly Stretch[]): R[] {
  let left = [...runs];
  for (const one of taken) {
    left = left.flatMap((run) => {
      if (end(one.to) <= run.from || one.from >= end(run.to)) return [run];
      const parts: R[] = [];
      if (run.from < one.from) parts.push({ ...run, to: one.from });
      if (one.to !== null && one.to < end(run.to)) parts.push({ ...run, from: one.to });
      return parts;
    });
  }
  return left;
}
