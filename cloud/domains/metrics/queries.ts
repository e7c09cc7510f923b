// What figures come with: where time was lost, what lacks an ideal cycle, and until when all is there.

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import { givesTime, placesOf, type Selection, sourceOf, where } from './fact-source.ts';

function withPlaces(ctx: Context, selection: Selection): RawBuilder<unknown> {
  const places = placesOf(ctx, selection);
  return places.length === 0 ? sql`` : sql`WITH ${sql.join(places)}`;
}

/** Time lost by category and reason, and by machine where that is asked for. */
export async function sumLosses(ctx: Context, selection: Selection, { byMachine }: { readonly byMachine: boolean }) {
  const machine = byMachine ? sql`facts.machine_id` : sql`NULL::int`;
  const { rows } = await sql<{
    category: string;
    loss_reason_id: number | null;
    code: string | null;
    name: string | null;
    name_de: string | null;
    machine_id: number | null;
    machine: string | null;
    duration_us: string;
    occurrences: string;
  }>`
    ${withPlaces(ctx, selection)}
    SELECT lost.*, reasons.code, reasons.name, reasons.name_de, machines.display_name AS machine FROM (
      SELECT facts.category, facts.loss_reason_id, ${machine} AS machine_id, sum(facts.duration_us) AS duration_us, sum(facts.occurrences) AS occurrences
      FROM ${sourceOf('time', selection)}
      WHERE ${where(ctx, selection)} AND ${givesTime(selection)}
        AND facts.category IN ('setup', 'idle', 'no_order', 'unplanned_stop', 'minor_stop', 'rework_run', 'unknown')
      GROUP BY 1, 2, 3
    ) AS lost
    LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = lost.loss_reason_id
    LEFT JOIN mes.machines ON machines.id = lost.machine_id
    ORDER BY lost.duration_us DESC, lost.category, lost.loss_reason_id, lost.machine_id`.execute(ctx.db);
  return rows;
}

/** What made pieces without anybody having said how fast it should. */
export async function missingStandards(ctx: Context, selection: Selection) {
  const { rows } = await sql<{
    machine_id: number;
    machine: string;
    material_id: number | null;
    material: string | null;
    pieces: string;
  }>`
    ${withPlaces(ctx, selection)}
    SELECT facts.machine_id, machines.display_name AS machine, facts.material_id, materials.name AS material, sum(facts.without_standard) AS pieces
    FROM ${sourceOf('count', selection)}
    JOIN mes.machines AS machines ON machines.id = facts.machine_id
    LEFT JOIN mes.materials AS materials ON materials.id = facts.material_id
    WHERE ${where(ctx, selection)} AND facts.standing = 'counted' AND ${givesTime(selection)} AND facts.without_standard <> 0
    GROUP BY 1, 2, 3, 4 HAVING sum(facts.without_standard) > 0
    ORDER BY 5 DESC
    LIMIT 100`.execute(ctx.db);
  return rows;
}

/** Before this, all is there and computed: the intervals of the machine that is furthest behind, and the first mark that waits. */
export async function finalUntil(
  { db, actor }: Context,
  { plant, machine, lane, ...period }: Selection,
): Promise<Date | null> {
  // Marks of long before the period change nothing in it: a history that fills in leaves today alone.
  const begin = period.fromDay === null ? sql`${period.from}::timestamptz` : sql`${period.fromDay}::date`;
  const { rows } = await sql<{ until: Date | null }>`
    WITH asked AS (
      SELECT machines.id FROM mes.machines
      WHERE machines.organization_id = ${actor.organizationId} AND machines.archived_at IS NULL
        AND (${plant ?? null}::int IS NULL OR machines.plant_id = ${plant ?? null}::int)
        AND (${machine ?? null}::int IS NULL OR machines.id = ${machine ?? null}::int)
        AND (${lane ?? null}::int IS NULL OR EXISTS (
          SELECT FROM mes.lane_memberships AS places
          WHERE places.machine_id = machines.id AND places.lane_id = ${lane ?? null}::int AND places.archived_at IS NULL AND places.valid_to IS NULL))
    )
    SELECT least(
      (SELECT min(last.to_time) FROM asked CROSS JOIN LATERAL (
        SELECT intervals.to_time FROM mes.machine_intervals AS intervals
        WHERE intervals.machine_id = asked.id ORDER BY intervals.from_time DESC LIMIT 1) AS last),
      (SELECT min(marks.from_time) FROM mes.dirty_marks AS marks JOIN asked ON asked.id = marks.machine_id
       WHERE marks.to_time > ${begin} - interval '2 days')) AS until`.execute(db);
  return rows[0]?.until ?? null;
}
