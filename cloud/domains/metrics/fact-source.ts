// Where figures come from: the facts of a period and place, and what they are for where a lane is asked. A
// serial lane gives its constraint's time and pieces and its outfeed's good ones, so that each piece is there
// once (DEFINITIONS 9).
//
// A year of a hundred machines is millions of facts: what is asked of each one here is one comparison, and what
// can be said of sums (names, weeks, whether a plant's time without an order is a loss) is said of sums.

import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';

export interface Selection {
  readonly fromDay: string | null;
  readonly toDay: string | null;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly plant?: number | undefined;
  readonly lane?: number | undefined;
  readonly machine?: number | undefined;
  readonly shift?: number | undefined;
  readonly shiftName?: string | undefined;
  /** Of closed shifts, what this version of them says, or the last one before it. */
  readonly version?: number | undefined;
  readonly order?: number | undefined;
  readonly material?: number | undefined;
  readonly basis: 'line' | 'machine';
}

export type Table = 'time' | 'count';

/**
 * What is asked, as machines where no lane is serial: the sums are the same, and a fact that is joined to nothing
 * costs the database half and is added up on all of its cores.
 */
export async function withoutLines({ db }: Context, selection: Selection): Promise<Selection> {
  if (selection.basis === 'machine') return selection;
  const [serial] = await db
    .selectFrom('mes.lane_memberships')
    .select('id')
    .where('is_constraint', '=', true)
    .where('archived_at', 'is', null)
    .limit(1)
    .execute();
  return serial ? selection : { ...selection, basis: 'machine' };
}

interface Shape {
  /** Whether lanes are told apart. */
  readonly byLane?: boolean;
}

const asksForPlaces = ({ basis, lane }: Selection, { byLane = false }: Shape): boolean =>
  basis === 'line' || byLane || lane !== undefined;

/**
 * Of a question: places of machines in lanes, and the ideal cycles by which the good pieces of an outfeed are
 * valued; nothing where it asks for none, since the database plans what it does not need, too.
 */
export function placesOf({ actor }: Context, selection: Selection, shape: Shape = {}): RawBuilder<unknown>[] {
  if (!asksForPlaces(selection, shape)) return [];
  const roles = sql`
  roles AS MATERIALIZED (
    SELECT places.machine_id, places.lane_id, places.valid_from, coalesce(places.valid_to, 'infinity') AS valid_to, places.gives_time,
           places.gives_good, CASE WHEN NOT places.gives_time THEN places.constraint_id END AS valued_by, plants.time_zone
    FROM mes.lane_roles AS places
    JOIN mes.plants AS plants ON plants.organization_id = places.organization_id AND plants.id = places.plant_id
    WHERE places.organization_id = ${actor.organizationId}
  )`;
  const cycles = sql`
  cycles AS MATERIALIZED (
    -- As mes.production_standard_at has them, as ranges of days.
    SELECT standards.machine_id, standards.material_id, standards.ideal_cycle, standards.valid_from,
           lead(standards.valid_from, 1, 'infinity') OVER (PARTITION BY standards.machine_id, standards.material_id ORDER BY standards.valid_from) AS valid_to
    FROM mes.production_standards AS standards
    WHERE standards.organization_id = ${actor.organizationId} AND standards.operation = '' AND standards.archived_at IS NULL
      AND standards.machine_id IN (SELECT roles.valued_by FROM roles)
  )`;
  return [roles, cycles];
}

/** What a fact is for: true for each where machines are asked. */
export const givesTime = ({ basis }: Selection): RawBuilder<unknown> =>
  basis === 'line' ? sql`coalesce(roles.gives_time, true)` : sql`true`;
export const givesGood = ({ basis }: Selection): RawBuilder<unknown> =>
  basis === 'line' ? sql`coalesce(roles.gives_good, true)` : sql`true`;

/** Seconds that good pieces are worth: of an outfeed, what the constraint needs for them. */
export const valueOf = ({ basis }: Selection): RawBuilder<unknown> =>
  basis === 'line'
    ? sql`CASE WHEN roles.valued_by IS NULL THEN facts.value_s ELSE facts.good * cycles.ideal_cycle END`
    : sql`facts.value_s`;

/** `facts`, with `roles` and `cycles` of the question's placesOf where they are needed. */
export function sourceOf(table: Table, selection: Selection, shape: Shape = {}): RawBuilder<unknown> {
  const { basis, version, shiftName } = selection;
  const isLine = basis === 'line';
  const roles = sql`LEFT JOIN roles ON roles.machine_id = facts.machine_id AND roles.valid_from <= facts.bucket AND roles.valid_to > facts.bucket`;
  const day = sql`(facts.bucket AT TIME ZONE roles.time_zone)::date`;
  const cycles = sql`LEFT JOIN cycles ON cycles.machine_id = roles.valued_by AND cycles.material_id = facts.material_id
    AND cycles.valid_from <= ${day} AND cycles.valid_to > ${day}`;
  return sql`${factsOf(table, version)} AS facts
    ${asksForPlaces(selection, shape) ? roles : sql``}
    ${isLine && table === 'count' ? cycles : sql``}
    ${shiftName === undefined ? sql`` : sql`LEFT JOIN ${shiftsOf(version)} AS shifts ON shifts.organization_id = facts.organization_id AND shifts.id = facts.shift_instance_id`}`;
}

/** Facts as they are, or as a version of closed shifts has them. */
function factsOf(table: Table, version: number | undefined): RawBuilder<unknown> {
  if (version === undefined) return table === 'time' ? sql`mes.time_facts` : sql`mes.count_facts`;
  const versioned = table === 'time' ? sql`mes.shift_time_facts` : sql`mes.shift_count_facts`;
  return sql`(
    SELECT said.* FROM ${versioned} AS said
    WHERE said.version = (
      SELECT max(known.version) FROM mes.shift_figures AS known
      WHERE known.organization_id = said.organization_id AND known.shift_instance_id = said.shift_instance_id AND known.version <= ${version})
  )`;
}

/** Shifts by the name of the time, also those that a correction has replaced. */
export function shiftsOf(version: number | undefined): RawBuilder<unknown> {
  if (version === undefined) return sql`mes.shift_instances`;
  return sql`(
    SELECT DISTINCT ON (known.shift_instance_id) known.organization_id, known.shift_instance_id AS id, known.name, known.business_date,
           known.from_time, known.to_time
    FROM mes.shift_figures AS known WHERE known.version <= ${version}
    ORDER BY known.shift_instance_id, known.version DESC
  )`;
}

export function where({ actor }: Context, selection: Selection): RawBuilder<boolean> {
  const conditions = [sql`facts.organization_id = ${actor.organizationId}`];
  const { fromDay, toDay, from, to, plant, lane, machine, shift, shiftName, order, material } = selection;
  // Days are indexed, and their bounds have the column's own type: past the fence, an index and what the
  // planner knows of a column serve a comparison within one type only.
  if (fromDay !== null)
    conditions.push(sql`facts.business_date >= ${fromDay}::date AND facts.business_date <= ${toDay}::date`);
  else {
    conditions.push(sql`facts.bucket >= ${from}::timestamptz AND facts.bucket < ${to}::timestamptz`);
    // No shift is longer than a day, and no clock further from UTC than fourteen hours.
    conditions.push(
      sql`facts.business_date >= (${from}::timestamptz AT TIME ZONE 'UTC')::date - 3 AND facts.business_date <= (${to}::timestamptz AT TIME ZONE 'UTC')::date + 3`,
    );
  }
  if (plant !== undefined) conditions.push(sql`facts.plant_id = ${plant}`);
  if (lane !== undefined) conditions.push(sql`roles.lane_id = ${lane}`);
  if (machine !== undefined) conditions.push(sql`facts.machine_id = ${machine}`);
  if (shift !== undefined) conditions.push(sql`facts.shift_instance_id = ${shift}`);
  if (shiftName !== undefined) conditions.push(sql`shifts.name = ${shiftName}`);
  if (order !== undefined) conditions.push(sql`facts.work_order_id = ${order}`);
  if (material !== undefined) conditions.push(sql`facts.material_id = ${material}`);
  return sql<boolean>`${sql.join(conditions, sql` AND `)}`;
}
