// Classifications, and machines and reasons that they are about, in the database.

import { type RawBuilder, sql } from 'kysely';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Classification, ClassificationsQuery, LikelyReasons } from './schema.ts';

/** An instant to the microsecond, as JSON has it: `2026-03-04T05:06:07.089Z`, and six digits where it needs them. */
export const exactly = (column: RawBuilder<unknown>): RawBuilder<string> =>
  sql`regexp_replace(to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '000$', '') || 'Z'`;

export const reasonJson = sql`CASE WHEN reasons.id IS NOT NULL THEN
  jsonb_build_object('id', reasons.id, 'code', reasons.code, 'name', reasons.name, 'nameDe', reasons.name_de) END`;

/** Throws `not_found`. */
export async function findMachine({ db }: Context, id: number): Promise<{ id: number; plantId: number }> {
  const machine = await db
    .selectFrom('mes.machines as machines')
    .select(['machines.id', 'machines.plant_id as plantId'])
    .where('machines.id', '=', id)
    .executeTakeFirst();
  if (!machine) throw new DomainError('not_found', 'There is no such machine, or you may not see it.');
  return machine;
}

export async function findReason({ db }: Context, id: number) {
  const reason = await db
    .selectFrom('mes.loss_reasons as reasons')
    .select(['reasons.category', 'reasons.archived_at'])
    .where('reasons.id', '=', id)
    .executeTakeFirst();
  return reason && { category: reason.category, archived: reason.archived_at !== null };
}

export interface NewClassification {
  readonly plantId: number;
  readonly machineId: number;
  readonly from: Date;
  readonly to: Date;
  readonly lossReasonId: number;
  readonly overrulesRunning: boolean;
  readonly lasts: boolean;
  readonly remarks: string | null;
  readonly reversesId: number | null;
}

/** Null: somebody else has just taken the same one back. */
export async function insertClassification({ db, actor }: Context, made: NewClassification): Promise<number | null> {
  const { rows } = await sql<{ id: number }>`
    INSERT INTO mes.stop_classifications (organization_id, plant_id, machine_id, from_time, to_time, loss_reason_id, overrules_running,
      lasts, remarks, reverses_id, created_by, created_by_name)
    VALUES (${actor.organizationId}, ${made.plantId}, ${made.machineId}, ${made.from}, ${made.to}, ${made.lossReasonId},
      ${made.overrulesRunning}, ${made.lasts}, ${made.remarks}, ${made.reversesId}, ${actor.userId}, ${actor.name})
    ON CONFLICT (reverses_id) WHERE reverses_id IS NOT NULL DO NOTHING
    RETURNING id`.execute(db);
  return rows[0]?.id ?? null;
}

/** Until when a word holds: what lasts until the machine next began to run (sql/0031), null while it has not. */
const reaches = sql`
  CROSS JOIN LATERAL (
    SELECT CASE WHEN NOT made.lasts THEN made.to_time ELSE (
      SELECT greatest(intervals.from_time, made.to_time) FROM mes.machine_intervals AS intervals
      WHERE intervals.machine_id = made.machine_id AND intervals.from_time > made.from_time AND intervals.state = 'running'
        AND intervals.stretch_from > made.from_time
      ORDER BY intervals.from_time LIMIT 1) END AS until
  ) AS reaches`;

/** What is taken back is one row here, with who took it back. */
function select(where: RawBuilder<unknown>, limit: number): RawBuilder<Classification> {
  return sql<Classification>`
    SELECT made.id, made.plant_id AS "plantId", made.machine_id AS "machineId", machines.display_name AS "machineName",
           ${exactly(sql`made.from_time`)} AS "from", ${exactly(sql`made.to_time`)} AS "to", ${reasonJson} AS reason,
           made.overrules_running AS "overrulesRunning", made.lasts, ${exactly(sql`reaches.until`)} AS "until", made.remarks, made.created_by_name AS "by", ${exactly(sql`made.created_at`)} AS "at",
           CASE WHEN reversals.id IS NOT NULL THEN jsonb_build_object('by', reversals.created_by_name,
             'at', ${exactly(sql`reversals.created_at`)}, 'remarks', reversals.remarks) END AS reversal
    FROM mes.stop_classifications AS made
    JOIN mes.machines ON machines.id = made.machine_id
    JOIN mes.loss_reasons AS reasons ON reasons.id = made.loss_reason_id
    LEFT JOIN mes.stop_classifications AS reversals ON reversals.reverses_id = made.id
    ${reaches}
    WHERE made.reverses_id IS NULL AND ${where}
    ORDER BY made.id DESC LIMIT ${limit}`;
}

/** Throws `not_found`, also for a row that takes another one back. */
export async function readClassification({ db }: Context, id: number): Promise<Classification> {
  const { rows } = await select(sql`made.id = ${id}`, 1).execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such classification, or you may not see it.');
  return rows[0];
}

/** What was said last comes first. */
export async function listClassifications(
  { db, actor }: Context,
  { machine, from, to, before, limit }: ClassificationsQuery,
): Promise<Classification[]> {
  const where = [sql`made.organization_id = ${actor.organizationId}`];
  if (machine !== undefined) where.push(sql`made.machine_id = ${machine}`);
  if (from !== undefined) where.push(sql`coalesce(reaches.until > ${from}::timestamptz, true)`);
  if (to !== undefined) where.push(sql`made.from_time < ${to}::timestamptz`);
  if (before !== undefined) where.push(sql`made.id < ${before}`);
  const { rows } = await select(sql.join(where, sql` AND `), limit).execute(db);
  return rows;
}

/** Those that the organisation offers first, in its order; then what was given here most in the days before. */
export async function likelyReasons(
  { db }: Context,
  { machineId, at, days, most }: { machineId: number; at: Date; days: number; most: number },
): Promise<LikelyReasons['items']> {
  const { rows } = await sql<LikelyReasons['items'][number]>`
    SELECT reasons.id, reasons.code, reasons.name, reasons.name_de AS "nameDe", reasons.category,
           reasons.frequent_position IS NOT NULL AS "isFrequent", coalesce(used.uses, 0) AS uses
    FROM mes.loss_reasons AS reasons
    LEFT JOIN (
      SELECT made.loss_reason_id, count(*)::int AS uses FROM mes.standing_classifications AS made
      WHERE made.machine_id = ${machineId} AND made.from_time <= ${at}::timestamptz
        AND made.from_time > ${at}::timestamptz - ${days}::int * interval '1 day'
      GROUP BY 1
    ) AS used ON used.loss_reason_id = reasons.id
    WHERE reasons.archived_at IS NULL AND reasons.category IN ('unplanned_stop', 'planned_stop', 'setup', 'idle')
    ORDER BY reasons.frequent_position NULLS LAST, coalesce(used.uses, 0) DESC, reasons.name, reasons.id
    LIMIT ${most}`.execute(db);
  return rows;
}
