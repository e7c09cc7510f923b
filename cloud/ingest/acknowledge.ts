// Which offsets of which edge a committed batch acknowledges.

import { encodeAcknowledgement, type OffsetRange } from '../../protocols/sparkplug/unison.ts';
import type { BatchMessage } from './batch.ts';
import type { EdgeSession } from './edge-session.ts';

/** One acknowledgement per edge and edge session: the value of Unison/Committed. */
export function acknowledgements(messages: readonly BatchMessage[]): { session: EdgeSession; value: Buffer }[] {
  const bySession = new Map<EdgeSession, Map<string, number[]>>();
  for (const { session, edgeSession, offset } of messages) {
    if (edgeSession === null || offset === null) continue;
    const known = bySession.get(session) ?? new Map<string, number[]>();
    bySession.set(session, known);
    const offsets = known.get(edgeSession);
    if (offsets) offsets.push(offset);
    else known.set(edgeSession, [offset]);
  }
  return [...bySession].flatMap(([session, byEdgeSession]) =>
    [...byEdgeSession].map(([edgeSession, offsets]) => ({
      session,
      value: encodeAcknowledgement({ session: edgeSession, ranges: rangesOf(offsets) }),
    })),
  );
}

/** Offsets as ascending ranges. */
function rangesOf(offsets: number[]): OffsetRange[] {
  offsets.sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const offset of offsets) {
    const last = ranges.at(-1);
    if (last && offset <= last[1] + 1) last[1] = offset;
    else ranges.push([offset, offset]);
  }
  return ranges;
}
