// The past of one tag, the gap ledger and the state of the agents.

import { sql } from 'kysely';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { coverageGaps, type Gap } from './rules.ts';
import { type AgentStates, type GapPage, type History, MAX_HISTORY_DAYS, MAX_TEXT_CHANGES } from './schema.ts';

const DAY_MS = 24 * 60 * 60_000;
/** Gaps of one chart; more would be a grey wall. */
const MAX_GAPS = 1_000;

export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** Parses and bounds a period. Throws `invalid_request`. */
export function periodOf({ from, to }: { from: string; to: string }): Period {
  const period = { from: new Date(from), to: new Date(to) };
  const length = period.to.getTime() - period.from.getTime();
  if (!(length > 0)) throw new DomainError('invalid_request', '"to" must be after "from".');
  if (length > MAX_HISTORY_DAYS * DAY_MS) {
    throw new DomainError('invalid_request', `Ask for ${MAX_HISTORY_DAYS} days at most.`);
  }
  return period;
}

/** Numbers in buckets, text as changes, and what could not be seen. Throws `not_found`. */
export async function readHistory(ctx: Context, wanted: Period & { tagId: number; buckets: number }): Promise<History> {
  const { tagId, from, to } = wanted;
  const tag = await ctx.db
    .selectFrom('mes.tags as tags')
    .innerJoin('mes.devices as devices', 'devices.id', 'tags.device_id')
    .select(['tags.id', 'tags.name', 'tags.machine_id', 'tags.role', 'tags.datatype', 'tags.unit'])
    .select(['tags.device_id', 'devices.edge_agent_id'])
    .where('tags.id', '=', tagId)
    .executeTakeFirst();
  if (!tag) throw new DomainError('not_found', 'There is no such tag, or you may not see it.');
  const bucketMs = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / wanted.buckets));
  const isText = tag.datatype === 'String';
  const changes = isText ? await readChanges(ctx, wanted) : [];
  const gaps = await readTagGaps(ctx, { ...wanted, deviceId: tag.device_id, agentId: tag.edge_agent_id });
  return {
    tag: {
      id: tag.id,
      name: tag.name,
      machineId: tag.machine_id,
      role: tag.role,
      datatype: tag.datatype,
      unit: tag.unit,
    },
    from: from.toISOString(),
    to: to.toISOString(),
    bucketMs,
    buckets: isText ? [] : await readBuckets(ctx, { ...wanted, bucketMs }),
    changes: changes.slice(0, MAX_TEXT_CHANGES),
    truncated: changes.length > MAX_TEXT_CHANGES,
    gaps: gaps.map((gap) => ({ from: gap.from.toISOString(), to: gap.to.toISOString(), cause: gap.cause })),
  };
}

/** First and last values are fetched by key afterwards: collecting all of a bucket's would need memory for all of it. */
async function readBuckets(
  { db }: Context,
  { tagId, from, to, bucketMs }: Period & { tagId: number; bucketMs: number },
): Promise<History['buckets']> {
  const { rows } = await sql<{
    time: Date;
    count: string;
    min: number;
    mean: number;
    max: number;
    first: number;
    last: number;
  }>`
    SELECT buckets.time, buckets.count, buckets.min, buckets.mean, buckets.max,
           (SELECT samples.value FROM mes.samples
            WHERE samples.tag_id = ${tagId} AND samples.time = buckets.first_time) AS first,
           (SELECT samples.value FROM mes.samples
            WHERE samples.tag_id = ${tagId} AND samples.time = buckets.last_time) AS last
    FROM (
      SELECT date_bin(make_interval(secs => ${bucketMs / 1_000}::float8), samples.time, ${from}::timestamptz) AS time,
             count(*) AS count, min(samples.value) AS min, avg(samples.value) AS mean, max(samples.value) AS max,
             min(samples.time) AS first_time, max(samples.time) AS last_time
      FROM mes.samples
      WHERE samples.tag_id = ${tagId} AND samples.time >= ${from}::timestamptz AND samples.time < ${to}::timestamptz
        AND samples.value IS NOT NULL
      GROUP BY 1
    ) AS buckets
    ORDER BY buckets.time`.execute(db);
  return rows.map((row) => ({ ...row, time: row.time.toISOString(), count: Number(row.count) }));
}

/** One more than may be shown, newest first. */
async function readChanges(
  { db }: Context,
  { tagId, from, to }: Period & { tagId: number },
): Promise<History['changes']> {
  const { rows } = await sql<{ time: Date; value: string | null; status: number | null }>`
    SELECT changes.time, changes.value, changes.status
    FROM (
      SELECT texts.time, texts.value, texts.status, lag(texts.value) OVER history AS before,
             row_number() OVER history AS number
      FROM mes.sample_texts AS texts
      WHERE texts.tag_id = ${tagId} AND texts.time >= ${from}::timestamptz AND texts.time < ${to}::timestamptz
      WINDOW history AS (ORDER BY texts.time)
    ) AS changes
    WHERE changes.number = 1 OR changes.value IS DISTINCT FROM changes.before
    ORDER BY changes.time DESC
    LIMIT ${MAX_TEXT_CHANGES + 1}`.execute(db);
  return rows.map((row) => ({ time: row.time.toISOString(), value: row.value, status: (row.status ?? 0) >>> 0 }));
}

async function readTagGaps(
  { db }: Context,
  wanted: Period & { tagId: number; deviceId: number; agentId: number },
): Promise<Gap[]> {
  const { tagId, deviceId, agentId, from, to } = wanted;
  const ledger = await db
    .selectFrom('mes.gap_ledger as gaps')
    .select(['gaps.from_time', 'gaps.to_time', 'gaps.cause'])
    .where('gaps.edge_agent_id', '=', agentId)
    .where('gaps.from_time', '<', to)
    .where('gaps.to_time', '>', from)
    .where((where) => where.or([where('gaps.device_id', 'is', null), where('gaps.device_id', '=', deviceId)]))
    .where((where) => where.or([where('gaps.tag_id', 'is', null), where('gaps.tag_id', '=', tagId)]))
    .orderBy('gaps.from_time', 'desc')
    .limit(MAX_GAPS)
    .execute();
  const before = db
    .selectFrom('mes.device_coverage as coverage')
    .select((select) => select.fn.max('coverage.time').as('time'))
    .where('coverage.device_id', '=', deviceId)
    .where('coverage.time', '<=', from);
  // A heartbeat repeats `up` every minute: only the changes matter here.
  const coverage = await sql<{ time: Date; state: string }>`
    SELECT changes.time, changes.state
    FROM (
      SELECT coverage.time, coverage.state, lag(coverage.state) OVER (ORDER BY coverage.time) AS before
      FROM mes.device_coverage AS coverage
      WHERE coverage.device_id = ${deviceId} AND coverage.time < ${to}
        AND coverage.time >= coalesce((${before}), ${from})
    ) AS changes
    WHERE changes.state IS DISTINCT FROM changes.before
    ORDER BY changes.time DESC
    LIMIT ${MAX_GAPS}`.execute(db);
  const known = ledger.map((gap) => ({ from: gap.from_time, to: gap.to_time, cause: gap.cause }));
  return [...known, ...coverageGaps(coverage.rows.reverse(), from, to)].sort(
    (a, b) => a.from.getTime() - b.from.getTime(),
  );
}

/** The gap ledger of a period, what was recorded last first. */
export async function listGaps(
  { db }: Context,
  wanted: Period & { limit: number; before: string | undefined },
): Promise<GapPage> {
  let query = db
    .selectFrom('mes.gap_ledger as gaps')
    .innerJoin('mes.edge_agents as agents', 'agents.id', 'gaps.edge_agent_id')
    .leftJoin('mes.devices as devices', 'devices.id', 'gaps.device_id')
    .leftJoin('mes.tags as tags', 'tags.id', 'gaps.tag_id')
    .select(['gaps.id', 'gaps.edge_agent_id', 'agents.edge_id', 'devices.name as device', 'tags.name as tag'])
    .select(['gaps.from_time', 'gaps.to_time', 'gaps.cause', 'gaps.lost_count', 'gaps.detail', 'gaps.recorded_at'])
    .where('gaps.from_time', '<', wanted.to)
    .where('gaps.to_time', '>=', wanted.from)
    .orderBy('gaps.id', 'desc')
    .limit(wanted.limit + 1);
  if (wanted.before !== undefined) query = query.where('gaps.id', '<', wanted.before);
  const rows = await query.execute();
  const gaps = rows.slice(0, wanted.limit).map((row) => ({
    id: row.id,
    agentId: row.edge_agent_id,
    agent: row.edge_id,
    device: row.device,
    tag: row.tag,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    cause: row.cause,
    lostCount: row.lost_count,
    detail: row.detail,
    recordedAt: row.recorded_at.toISOString(),
  }));
  return { gaps, next: rows.length > wanted.limit ? (gaps.at(-1)?.id ?? null) : null };
}

/** How each agent is doing, with what went wrong in the last 24 hours. */
export async function listAgentStates({ db, now }: Context): Promise<AgentStates> {
  const yesterday = new Date(now.getTime() - DAY_MS);
  const { rows } = await sql<{
    id: number;
    plant_id: number;
    group_id: string;
    edge_id: string;
    online: boolean | null;
    online_changed_at: Date | null;
    last_message_at: Date | null;
    watermark: Date | null;
    buffer_id: string | null;
    version: string | null;
    tags: string;
    gaps: string;
    dead_letters: string;
  }>`
    WITH letters AS (
      SELECT split_part(dead_letters.topic, '/', 2) AS group_id, split_part(dead_letters.topic, '/', 4) AS edge_id,
             count(*) AS count
      FROM mes.dead_letters
      WHERE dead_letters.received_at >= ${yesterday}
      GROUP BY 1, 2
    )
    SELECT agents.id, agents.plant_id, agents.group_id, agents.edge_id, states.online, states.online_changed_at,
           states.last_message_at, states.watermark, states.buffer_id, states.version,
           (SELECT count(*) FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id
            WHERE devices.edge_agent_id = agents.id) AS tags,
           (SELECT count(*) FROM mes.gap_ledger AS gaps
            WHERE gaps.edge_agent_id = agents.id AND gaps.to_time >= ${yesterday}) AS gaps,
           coalesce((SELECT letters.count FROM letters
                     WHERE letters.group_id = agents.group_id AND letters.edge_id = agents.edge_id), 0) AS dead_letters
    FROM mes.edge_agents AS agents
    LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = agents.id
    ORDER BY agents.id`.execute(db);
  const iso = (time: Date | null) => time?.toISOString() ?? null;
  return {
    serverTime: now.toISOString(),
    agents: rows.map((row) => ({
      id: row.id,
      groupId: row.group_id,
      edgeId: row.edge_id,
      plantId: row.plant_id,
      online: row.online ?? false,
      onlineChangedAt: iso(row.online_changed_at),
      lastMessageAt: iso(row.last_message_at),
      watermark: iso(row.watermark),
      lagSeconds: row.watermark ? (now.getTime() - row.watermark.getTime()) / 1_000 : null,
      bufferId: row.buffer_id,
      version: row.version,
      tagCount: Number(row.tags),
      gapCount24h: Number(row.gaps),
      deadLetters24h: Number(row.dead_letters),
    })),
  };
}
