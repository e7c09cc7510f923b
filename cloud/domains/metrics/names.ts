// What the groups of figures are called.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';
import type { GroupedSums } from './fact-sums.ts';
import type { Grouping, MetricsPage } from './schema.ts';

type Key = MetricsPage['items'][number]['key'];

/** Looks up the names of all rows at once; returns how to say the key of one. */
export async function namesOf(
  { db }: Context,
  rows: readonly GroupedSums[],
): Promise<(row: GroupedSums, groups: readonly Grouping[]) => Key> {
  const ids = (name: 'machine_id' | 'lane_id' | 'plant_id' | 'order_id' | 'material_id' | 'reason_id'): number[] => [
    ...new Set(rows.flatMap((row) => row[name] ?? [])),
  ];
  const read = async <T extends { id: number }>(wanted: readonly number[], query: (ids: number[]) => Promise<T[]>) =>
    new Map(wanted.length === 0 ? [] : (await query([...wanted])).map((row) => [row.id, row]));
  const machines = await read(ids('machine_id'), (some) =>
    db
      .selectFrom('mes.machines')
      .select(['id', 'display_name as name'])
      .where('id', '=', sql<number>`ANY (${some}::int[])`)
      .execute(),
  );
  const lanes = await read(ids('lane_id'), (some) =>
    db.selectFrom('mes.lanes').select(['id', 'name']).where('id', '=', sql<number>`ANY (${some}::int[])`).execute(),
  );
  const plants = await read(ids('plant_id'), (some) =>
    db
      .selectFrom('mes.plants')
      .select(['id', 'name', 'time_zone as timeZone'])
      .where('id', '=', sql<number>`ANY (${some}::int[])`)
      .execute(),
  );
  const orders = await read(ids('order_id'), (some) =>
    db
      .selectFrom('mes.work_orders')
      .select(['id', 'number'])
      .where('id', '=', sql<number>`ANY (${some}::int[])`)
      .execute(),
  );
  const materials = await read(ids('material_id'), (some) =>
    db
      .selectFrom('mes.materials')
      .select(['id', 'code', 'name'])
      .where('id', '=', sql<number>`ANY (${some}::int[])`)
      .execute(),
  );
  const reasons = await read(ids('reason_id'), (some) =>
    db
      .selectFrom('mes.loss_reasons')
      .select(['id', 'code', 'name', 'name_de as nameDe'])
      .where('id', '=', sql<number>`ANY (${some}::int[])`)
      .execute(),
  );
  const said: Readonly<Record<Grouping, (row: GroupedSums) => Key>> = {
    machine: (row) => ({ machine: machines.get(row.machine_id ?? 0) ?? { id: row.machine_id ?? 0, name: '' } }),
    lane: (row) => ({ lane: lanes.get(row.lane_id ?? 0) ?? null }),
    plant: (row) => ({ plant: plants.get(row.plant_id ?? 0) ?? { id: row.plant_id ?? 0, name: '', timeZone: 'UTC' } }),
    shift: (row) => ({
      shift: row.shift_from
        ? {
            name: row.shift_name ?? '',
            day: row.shift_day ?? '',
            from: row.shift_from.toISOString(),
            to: row.shift_to?.toISOString() ?? '',
          }
        : null,
    }),
    shiftname: (row) => ({ shiftName: row.shift_called ?? null }),
    hour: (row) => ({ hour: row.hour?.toISOString() ?? '' }),
    day: (row) => ({ day: row.day ?? '' }),
    week: (row) => ({ week: row.week ?? '' }),
    month: (row) => ({ month: row.month ?? '' }),
    order: (row) => ({ order: orders.get(row.order_id ?? 0) ?? null }),
    material: (row) => ({ material: materials.get(row.material_id ?? 0) ?? null }),
    operation: (row) => ({ operation: row.operation ?? null }),
    reason: (row) => ({ reason: reasons.get(row.reason_id ?? 0) ?? null }),
  };
  return (row, groups) => Object.assign({}, ...groups.map((group) => said[group](row))) as Key;
}
