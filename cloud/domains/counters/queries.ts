// What the counters' routes read: hourly counts of a machine, and reviews with their decisions.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { ReviewsQuery } from './schema.ts';

export interface CountedHour {
  readonly tag_id: number;
  readonly bucket: Date;
  readonly counts: string;
  readonly pieces: string;
  readonly bridged_pieces: string;
  readonly readings: string;
  readonly backsteps: string;
  readonly rollovers: string;
  readonly resets: string;
  readonly open_reviews: string;
}

export async function countedHours(
  { db }: Context,
  { machineId, from, to }: { machineId: number; from: Date; to: Date },
): Promise<CountedHour[]> {
  const { rows } = await sql<CountedHour>`
    SELECT * FROM mes.counts_between(${machineId}, ${from}, ${to}) ORDER BY bucket, tag_id`.execute(db);
  return rows;
}

export function findMachine({ db }: Context, machineId: number) {
  return db
    .selectFrom('mes.machines as machines')
    .innerJoin('mes.plants as plants', 'plants.id', 'machines.plant_id')
    .select(['machines.id', 'plants.time_zone'])
    .where('machines.id', '=', machineId)
    .executeTakeFirst();
}

export function counterTags({ db }: Context, machineId: number) {
  return db
    .selectFrom('mes.tags as tags')
    .select(['tags.id', 'tags.name', 'tags.role', 'tags.reason'])
    .where('tags.machine_id', '=', machineId)
    .where('tags.role', 'like', '%\\_count')
    .orderBy('tags.id')
    .execute();
}

/** Before this, all is there and computed: the watermark of the slowest agent, and the first mark that waits. */
export async function finalUntil({ db }: Context, machineId: number): Promise<Date | null> {
  const { rows } = await sql<{ until: Date | null }>`
    SELECT least(
      (SELECT min(coalesce(states.watermark, '-infinity')) FROM mes.edge_states AS states
       WHERE states.edge_agent_id IN (
         SELECT devices.edge_agent_id FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id
         WHERE tags.machine_id = ${machineId} AND tags.role LIKE '%\\_count')),
      (SELECT min(marks.from_time) FROM mes.dirty_marks AS marks WHERE marks.machine_id = ${machineId})) AS until`.execute(
    db,
  );
  const until: unknown = rows[0]?.until ?? null;
  // Of an agent that never spoke it is -infinity, which is no Date.
  return until instanceof Date ? until : null;
}

interface ReviewRow {
  readonly tag_id: number;
  readonly tag_name: string;
  readonly counter_kind: string | null;
  readonly machine_id: number;
  readonly machine_name: string;
  readonly plant_id: number;
  readonly time: Date;
  readonly kind: 'jump' | 'fall' | 'ambiguous' | 'negative';
  readonly previous: string | null;
  readonly previous_time: Date | null;
  readonly reading: string;
  readonly allowed: string | null;
  readonly modulus: string | null;
  readonly decision_id: string | null;
  readonly counts: string | null;
  readonly reason: string | null;
  readonly decided_by: string | null;
  readonly decided_at: Date | null;
}

/** Newest first. A decision counts where it was made for the readings as they are now. */
export async function listReviews(
  { db, actor }: Context,
  {
    plant,
    machine,
    state,
    limit,
    before,
  }: Omit<ReviewsQuery, 'before'> & { before: { time: Date; tagId: number } | null },
): Promise<ReviewRow[]> {
  const { rows } = await sql<ReviewRow>`
    SELECT reviews.tag_id, tags.name AS tag_name, tags.counter_kind, reviews.machine_id, machines.display_name AS machine_name,
           reviews.plant_id, reviews.time, reviews.kind, reviews.previous, reviews.previous_time, reviews.reading, reviews.allowed,
           reviews.modulus, decisions.id AS decision_id, decisions.counts, decisions.reason, decisions.decided_by, decisions.decided_at
    FROM mes.counter_reviews AS reviews
    JOIN mes.tags ON tags.id = reviews.tag_id
    JOIN mes.machines ON machines.id = reviews.machine_id
    LEFT JOIN LATERAL (
      SELECT made.* FROM mes.counter_decisions AS made
      WHERE made.tag_id = reviews.tag_id AND made.time = reviews.time
        AND made.previous IS NOT DISTINCT FROM reviews.previous AND made.reading = reviews.reading
      ORDER BY made.id DESC LIMIT 1
    ) AS decisions ON true
    WHERE reviews.organization_id = ${actor.organizationId}
      AND (${plant ?? null}::int IS NULL OR reviews.plant_id = ${plant ?? null}::int)
      AND (${machine ?? null}::int IS NULL OR reviews.machine_id = ${machine ?? null}::int)
      AND (${state} = 'all' OR (decisions.id IS NULL) = (${state} = 'open'))
      AND (${before?.time ?? null}::timestamptz IS NULL OR (reviews.time, reviews.tag_id) < (${before?.time ?? null}::timestamptz, ${before?.tagId ?? 0}::int))
    ORDER BY reviews.time DESC, reviews.tag_id DESC
    LIMIT ${limit}`.execute(db);
  return rows;
}

/** The review as it stands, with the latest decision on that reading whatever it was made for. */
export async function findReview({ db }: Context, { tagId, time }: { tagId: number; time: Date }) {
  const { rows } = await sql<{
    machine_id: number;
    plant_id: number;
    previous: string | null;
    reading: string;
    decision_id: string | null;
    decided_by: string | null;
  }>`
    SELECT reviews.machine_id, reviews.plant_id, reviews.previous, reviews.reading, latest.id AS decision_id, latest.decided_by
    FROM mes.counter_reviews AS reviews
    LEFT JOIN LATERAL (
      SELECT made.id, made.decided_by FROM mes.counter_decisions AS made
      WHERE made.tag_id = reviews.tag_id AND made.time = reviews.time ORDER BY made.id DESC LIMIT 1
    ) AS latest ON true
    WHERE reviews.tag_id = ${tagId} AND reviews.time = ${time}`.execute(db);
  return rows[0];
}
