// The board: lanes as rows, days or shifts of a plant as columns, and the orders that belong on it.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Board, BoardQuery } from './schema.ts';

/** Orders of one board; more would be no picture any more. */
const MAX_ORDERS = 500;

type Wanted = Static<typeof BoardQuery>;
type Answer = Static<typeof Board>;

/** Throws `not_found`. */
export async function readBoard(ctx: Context, wanted: Wanted): Promise<Answer> {
  const plant = await findPlant(ctx, wanted.plant);
  const days = await readDays(ctx, wanted, plant.timeZone);
  const shifts = wanted.columns === 'shifts' ? await readShifts(ctx, wanted, days) : [];
  const lanes = await sql<{ id: number; name: string }>`
    SELECT lanes.id, lanes.name FROM mes.lanes
    WHERE lanes.plant_id = ${plant.id} AND lanes.archived_at IS NULL ORDER BY lanes.position, lanes.id`.execute(ctx.db);
  const [first] = days;
  const last = days.at(-1);
  const orders = first && last ? await readOrders(ctx, { plant, from: first.from, to: last.to }) : [];
  return {
    plant: { id: plant.id, name: plant.name, timeZone: plant.timeZone },
    today: plant.today,
    // A day without shifts is shown as a day: an order can be put on it nevertheless.
    columns: days.flatMap((day) => {
      const own = shifts.filter(({ day: of }) => of === day.day);
      return own.length > 0 ? own : [day];
    }),
    lanes: lanes.rows,
    orders: orders.slice(0, MAX_ORDERS),
    truncated: orders.length > MAX_ORDERS,
  };
}

type Plant = Answer['plant'] & { readonly today: string };

async function findPlant({ db, now }: Context, id: number): Promise<Plant> {
  const { rows } = await sql<Plant>`
    SELECT plants.id, plants.name, plants.time_zone AS "timeZone",
           ((${now}::timestamptz AT TIME ZONE plants.time_zone)::date)::text AS today
    FROM mes.plants WHERE plants.id = ${id}`.execute(db);
  if (!rows[0]) throw new DomainError('not_found', 'There is no such plant, or you may not see it.');
  return rows[0];
}

type Column = Answer['columns'][number];

async function readDays({ db }: Context, { from, days }: Wanted, timeZone: string): Promise<Column[]> {
  const { rows } = await sql<{ day: string; from: Date; to: Date }>`
    SELECT days.day::date::text AS day, days.day AT TIME ZONE ${timeZone} AS "from",
           (days.day + interval '1 day') AT TIME ZONE ${timeZone} AS "to"
    FROM generate_series(${from}::date::timestamp, ${from}::date::timestamp + make_interval(days => ${days - 1}::int), interval '1 day') AS days (day)
    ORDER BY days.day`.execute(db);
  return rows.map((row) => ({ day: row.day, shift: null, from: row.from.toISOString(), to: row.to.toISOString() }));
}

/** Shifts that the plant's machines have in common; a shift of a few machines only is no column. */
async function readShifts({ db }: Context, { plant }: Wanted, days: readonly Column[]): Promise<Column[]> {
  const { rows } = await sql<{ day: string; name: string; from: Date; to: Date }>`
    SELECT shifts.business_date::text AS day, shifts.name, shifts.from_time AS "from", shifts.to_time AS "to"
    FROM mes.shift_instances AS shifts
    WHERE shifts.plant_id = ${plant} AND shifts.business_date = ANY (${days.map(({ day }) => day)}::date[])
    GROUP BY shifts.business_date, shifts.name, shifts.from_time, shifts.to_time
    ORDER BY shifts.from_time, shifts.name`.execute(db);
  const columns: Column[] = [];
  for (const { day, name, from, to } of rows) {
    const before = columns.at(-1);
    if (before && before.to > from.toISOString()) continue;
    columns.push({ day, shift: name, from: from.toISOString(), to: to.toISOString() });
  }
  return columns;
}

/** What is planned in the period, and what waits for a place: without a time, or still to do from before. */
async function readOrders(
  { db }: Context,
  { plant, from, to }: { plant: Plant; from: string; to: string },
): Promise<Answer['orders']> {
  const { rows } = await sql<Answer['orders'][number]>`
    SELECT orders.id, orders.version, orders.number, materials.code AS material, materials.name AS "materialName",
           orders.quantity::float8 AS quantity, units.code AS unit, orders.priority, orders.status,
           orders.lane_id AS "laneId", to_json(orders.planned_from AT TIME ZONE 'UTC') #>> '{}' || 'Z' AS "plannedFrom",
           to_json(orders.planned_to AT TIME ZONE 'UTC') #>> '{}' || 'Z' AS "plannedTo",
           to_json(orders.actual_from AT TIME ZONE 'UTC') #>> '{}' || 'Z' AS "actualFrom",
           orders.promised_date::text AS "promisedDate",
           orders.promised_date < ${plant.today}::date AND orders.status NOT IN ('completed', 'closed') AS overdue,
           ARRAY(SELECT machines.display_name FROM mes.machine_runs AS runs JOIN mes.machines ON machines.id = runs.machine_id
                 WHERE runs.work_order_id = orders.id AND runs.to_time IS NULL ORDER BY machines.id) AS "runningOn"
    FROM mes.work_orders AS orders
    JOIN mes.materials ON materials.id = orders.material_id
    JOIN mes.units_of_measure AS units ON units.id = orders.unit_id
    WHERE orders.plant_id = ${plant.id} AND orders.archived_at IS NULL AND orders.status <> 'cancelled'
      AND (orders.planned_from < ${to}::timestamptz AND coalesce(orders.planned_to, orders.planned_from + interval '1 microsecond') > ${from}::timestamptz
           OR orders.status IN ('planned', 'released', 'running', 'paused') AND coalesce(orders.planned_from, '-infinity') < ${from}::timestamptz)
    ORDER BY orders.planned_from NULLS LAST, orders.priority, orders.promised_date, orders.id
    LIMIT ${MAX_ORDERS + 1}`.execute(db);
  return rows;
}
