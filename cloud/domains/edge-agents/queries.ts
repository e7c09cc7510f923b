// Agents in the database: their credentials, and how each is doing.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import type { Database } from '../../platform/database.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Credential, Devices, Gaps, Overview } from './schema.ts';

const DAY_MS = 24 * 60 * 60_000;
/** More agents of an organisation than a page shows. */
const MAX_AGENTS = 2_000;
const MAX_DEVICES = 2_000;

interface EnrolledAgent {
  readonly edge_agent_id: number;
  readonly organization_id: number;
  readonly plant_id: number;
  readonly group_id: string;
  readonly edge_id: string;
}

/** Keeps the hash of a token; the one before ends. */
export async function keepToken(
  { db }: Context,
  { id, hash, expiresAt }: { id: number; hash: Buffer; expiresAt: Date },
): Promise<void> {
  await db
    .updateTable('mes.edge_agents')
    .set({ token_hash: hash, token_expires_at: expiresAt })
    .where('id', '=', id)
    .execute();
}

/** Undefined: the token is wrong, too old or used. */
export async function enrol(
  db: Database,
  { tokenHash, credentialHash }: { tokenHash: Buffer; credentialHash: string },
): Promise<EnrolledAgent | undefined> {
  const { rows } = await sql<EnrolledAgent>`
    SELECT * FROM mes.enrol_edge_agent(${tokenHash}, ${credentialHash})`.execute(db);
  return rows[0];
}

/** Ends every credential and token of an agent. */
export async function revoke({ db }: Context, id: number): Promise<void> {
  await db
    .updateTable('mes.edge_agents')
    .set({
      credential_hash: null,
      credential_used_at: null,
      enrolled_at: null,
      previous_hash: null,
      previous_until: null,
      token_hash: null,
      token_expires_at: null,
    })
    .where('id', '=', id)
    .execute();
}

interface OverviewRow {
  id: number;
  plant_id: number;
  group_id: string;
  edge_id: string;
  has_credential: boolean;
  enrolled_at: Date | null;
  credential_used_at: Date | null;
  previous_until: Date | null;
  token_expires_at: Date | null;
  online: boolean | null;
  online_changed_at: Date | null;
  last_message_at: Date | null;
  watermark: Date | null;
  version: string | null;
  buffer_bytes: string | null;
  buffer_oldest: Date | null;
  devices: string;
  tags: string;
  unmapped_tags: string;
  unmapped_values: string;
  gaps: string;
  dead_letters: string;
}

/** Every agent of a plant (null: of all that one sees), with what went wrong in the last 24 hours. */
export async function readOverview({ db, now }: Context, plantId: number | null): Promise<Overview> {
  const yesterday = new Date(now.getTime() - DAY_MS);
  const { rows } = await sql<OverviewRow>`
    WITH letters AS (
      SELECT split_part(dead_letters.topic, '/', 2) AS group_id, split_part(dead_letters.topic, '/', 4) AS edge_id, count(*) AS count
      FROM mes.dead_letters WHERE dead_letters.received_at >= ${yesterday} GROUP BY 1, 2
    ), tags AS (
      SELECT devices.edge_agent_id, count(*) AS count,
             count(*) FILTER (WHERE tags.machine_id IS NULL OR tags.role IS NULL) AS unmapped
      FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id
      WHERE tags.name NOT LIKE 'Unison/%' GROUP BY 1
    ), codes AS (
      SELECT devices.edge_agent_id, count(*) AS count
      FROM mes.unmapped_values AS codes JOIN mes.tags ON tags.id = codes.tag_id JOIN mes.devices ON devices.id = tags.device_id
      GROUP BY 1
    )
    SELECT agents.id, agents.plant_id, agents.group_id, agents.edge_id, agents.credential_hash IS NOT NULL AS has_credential,
           agents.enrolled_at, agents.credential_used_at, agents.previous_until, agents.token_expires_at,
           states.online, states.online_changed_at, states.last_message_at, states.watermark, states.version,
           states.buffer_bytes, states.buffer_oldest,
           (SELECT count(*) FROM mes.devices WHERE devices.edge_agent_id = agents.id) AS devices,
           coalesce(tags.count, 0) AS tags, coalesce(tags.unmapped, 0) AS unmapped_tags, coalesce(codes.count, 0) AS unmapped_values,
           (SELECT count(*) FROM mes.gap_ledger AS gaps
            WHERE gaps.edge_agent_id = agents.id AND gaps.to_time >= ${yesterday}) AS gaps,
           coalesce(letters.count, 0) AS dead_letters
    FROM mes.edge_agents AS agents
    LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = agents.id
    LEFT JOIN tags ON tags.edge_agent_id = agents.id
    LEFT JOIN codes ON codes.edge_agent_id = agents.id
    LEFT JOIN letters ON letters.group_id = agents.group_id AND letters.edge_id = agents.edge_id
    WHERE agents.archived_at IS NULL AND (${plantId}::int IS NULL OR agents.plant_id = ${plantId})
    ORDER BY agents.edge_id COLLATE mes.natural, agents.id
    LIMIT ${MAX_AGENTS}`.execute(db);
  const unknown = await sql<{ plant_id: number; group_id: string; edge_id: string; letters: string; last_at: Date }>`
    SELECT * FROM mes.unknown_edges() AS edges WHERE ${plantId}::int IS NULL OR edges.plant_id = ${plantId}`.execute(
    db,
  );
  return {
    serverTime: now.toISOString(),
    agents: rows.map((row) => describe(row, now)),
    unknown: unknown.rows.map((row) => ({
      plantId: row.plant_id,
      groupId: row.group_id,
      edgeId: row.edge_id,
      letters: Number(row.letters),
      lastAt: row.last_at.toISOString(),
    })),
  };
}

function describe(row: OverviewRow, now: Date): Overview['agents'][number] {
  return {
    id: row.id,
    plantId: row.plant_id,
    groupId: row.group_id,
    edgeId: row.edge_id,
    credential: credentialOf(row, now),
    online: row.online ?? false,
    onlineChangedAt: iso(row.online_changed_at),
    lastMessageAt: iso(row.last_message_at),
    watermark: iso(row.watermark),
    lagSeconds: row.watermark ? (now.getTime() - row.watermark.getTime()) / 1_000 : null,
    version: row.version,
    bufferBytes: row.buffer_bytes === null ? null : Number(row.buffer_bytes),
    bufferOldest: iso(row.buffer_oldest),
    devices: Number(row.devices),
    tags: Number(row.tags),
    unmappedTags: Number(row.unmapped_tags),
    unmappedValues: Number(row.unmapped_values),
    gaps24h: Number(row.gaps),
    deadLetters24h: Number(row.dead_letters),
  };
}

function credentialOf(row: OverviewRow, now: Date): Static<typeof Credential> {
  const later = (time: Date | null) => (time !== null && time > now ? time.toISOString() : null);
  const tokenExpiresAt = later(row.token_expires_at);
  return {
    state: row.has_credential ? 'enrolled' : tokenExpiresAt === null ? 'none' : 'offered',
    enrolledAt: iso(row.enrolled_at),
    usedAt: iso(row.credential_used_at),
    previousUntil: later(row.previous_until),
    tokenExpiresAt,
  };
}

/** The devices of an agent with what it last said of them. */
export async function listDevices({ db }: Context, agentId: number): Promise<Static<typeof Devices>> {
  const { rows } = await sql<{
    id: number;
    name: string;
    tags: string;
    unmapped: string;
    state: string | null;
    time: Date | null;
  }>`
    SELECT devices.id, devices.name, count(tags.id) AS tags,
           count(tags.id) FILTER (WHERE tags.machine_id IS NULL OR tags.role IS NULL) AS unmapped, latest.state, latest.time
    FROM mes.devices
    LEFT JOIN mes.tags ON tags.device_id = devices.id AND tags.name NOT LIKE 'Unison/%'
    LEFT JOIN LATERAL (
      SELECT coverage.state, coverage.time FROM mes.device_coverage AS coverage
      WHERE coverage.device_id = devices.id ORDER BY coverage.time DESC LIMIT 1
    ) AS latest ON true
    WHERE devices.edge_agent_id = ${agentId}
    GROUP BY devices.id, latest.state, latest.time
    ORDER BY devices.name COLLATE mes.natural
    LIMIT ${MAX_DEVICES}`.execute(db);
  return {
    items: rows.map(({ id, name, tags, unmapped, state, time }) => ({
      id,
      name,
      tags: Number(tags),
      unmapped: Number(unmapped),
      coverage: state === null || time === null ? null : { state, since: time.toISOString() },
    })),
  };
}

/** What could not be seen of an agent, recorded last first. */
export async function listGaps(
  { db }: Context,
  { agentId, cause, limit, before }: { agentId: number; cause?: string; limit: number; before?: number },
): Promise<Static<typeof Gaps>> {
  let query = db
    .selectFrom('mes.gap_ledger as gaps')
    .leftJoin('mes.devices as devices', 'devices.id', 'gaps.device_id')
    .leftJoin('mes.tags as tags', 'tags.id', 'gaps.tag_id')
    .select(['gaps.id', 'devices.name as device', 'tags.name as tag'])
    .select(['gaps.from_time', 'gaps.to_time', 'gaps.cause', 'gaps.lost_count'])
    .where('gaps.edge_agent_id', '=', agentId)
    .orderBy('gaps.id', 'desc')
    .limit(limit + 1);
  if (cause !== undefined) query = query.where('gaps.cause', '=', cause);
  if (before !== undefined) query = query.where('gaps.id', '<', String(before));
  const rows = await query.execute();
  const items = rows.slice(0, limit).map((row) => ({
    id: Number(row.id),
    device: row.device,
    tag: row.tag,
    from: row.from_time.toISOString(),
    to: row.to_time.toISOString(),
    cause: row.cause,
    lostCount: row.lost_count === null ? null : Number(row.lost_count),
  }));
  return { items, nextBefore: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
}

function iso(time: Date | null): string | null {
  return time?.toISOString() ?? null;
}
