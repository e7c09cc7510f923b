// Tags that somebody maps on screen while their edge is flowing: the running session takes it over within a
// renewal of the leases. Asked for rather than told (NOTIFY): one small query, and nothing to lose.

import type pg from 'pg';
import type { EdgeSession, TagRef } from './edge-session.ts';
import { meaningFor } from './register.ts';

/** A mapping is in sight this much longer than it must: its time is that of its transaction's begin. */
const overlapMs = 60_000;

export interface FollowMappings {
  readonly db: pg.Pool;
  readonly sessions: Iterable<EdgeSession>;
  /** Server time of the last answer in ms; null for none. */
  readonly since: number | null;
  /** Tags whose machines are yet to be marked; kept by the caller from one time to the next. */
  readonly unmarked: Set<number>;
  /** Resolves when all that was received with the old meaning is committed. */
  flush(): Promise<void>;
}

/**
 * Gives running sessions the mappings of now; answers `since` for the next time. What was written with the
 * old meaning after the mapping was committed is marked for the new one, from each tag's first sample on.
 */
export async function followMappings({ db, sessions, since, unmarked, flush }: FollowMappings): Promise<number> {
  const { rows } = await db.query<{ at: Date; id: number | null; machine_id: number | null; role: string | null }>(
    `SELECT now() AS at, tags.id, tags.machine_id, tags.role
     FROM (SELECT coalesce($1::timestamptz, now()) - $2 * interval '1 millisecond' AS begin) AS given
     LEFT JOIN mes.tags ON tags.mapped_at > given.begin`,
    [since === null ? null : new Date(since), overlapMs],
  );
  const at = rows[0]?.at.getTime() ?? since ?? 0;
  const mapped = new Map(rows.flatMap((row) => (row.id === null ? [] : [[row.id, row] as const])));
  for (const tag of mapped.size === 0 ? [] : tagsOf(sessions)) {
    const row = mapped.get(tag.id);
    if (!row) continue;
    const now = meaningFor({ machineId: row.machine_id, role: row.role });
    if (tag.machineId === now.machineId && tag.marks === now.marks && (tag.isState ?? false) === now.isState) continue;
    Object.assign(tag, now);
    unmarked.add(tag.id);
  }
  if (unmarked.size > 0) {
    await flush();
    await db.query('SELECT mes.mark_tags($1)', [[...unmarked]]);
    unmarked.clear();
  }
  return at;
}

function* tagsOf(sessions: Iterable<EdgeSession>): Generator<TagRef> {
  for (const { devices } of sessions)
    for (const { byAlias, byName } of devices.values()) {
      yield* byAlias.values();
      yield* byName.values();
    }
}
