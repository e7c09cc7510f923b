// The machine of stops.test.ts: what its state tag said in four hours, two shifts with a break, and an order
// that ran all the time; pieces and an alarm for its timeline.

import type { ProductionRows } from '../../../test/support/production-rows.ts';
import { LogBook, until } from '../../../test/support/road.ts';
import { asOwner, storeSamples } from '../../../test/web/plant-rows.ts';
import type { Story } from '../../../test/web/story.ts';
import { recomputing } from '../../kpi/recompute.ts';
import { openDatabase } from '../../platform/database.ts';
import { RoundsRunner } from '../../platform/jobs/rounds.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
/** Whole hours ago; all that happens is given in minutes after it. */
export const begin = Math.floor(Date.now() / HOUR) * HOUR - 6 * HOUR;
export const at = (minute: number): string => new Date(begin + minute * MINUTE).toISOString();

/** What the machine's state tag says from which minute on. The last stop lasts. */
const said: readonly (readonly [number, string])[] = [
  [0, 'Execute'],
  [60, 'Stopped'],
  [80, 'Execute'],
  [120, 'Stopped'],
  [124, 'Execute'],
  [150, 'Aborted'],
  [160, 'Execute'],
  [200, 'Stopped'],
];
export const WATERMARK = 240;

/** A piece in each of the first 60 minutes, and when its alarm was there. */
const pieces = Array.from({ length: 61 }, (_, minute) => [minute, 1000 + minute] as const);
const alarms = [
  [55, true],
  [63, false],
  [201, true],
] as const;

/** Two shifts with a break, an order that runs all the time, and what the state tag said. */
export async function stage(story: Story<'lea'>, plant: ProductionRows): Promise<void> {
  const { lea } = story.users;
  const { deviceId } = story.plants.lea;
  const machineId = plant.machines['filler'] ?? 0;
  const { ownerUrl } = story.database;
  const { organizationId, plantId } = plant;
  const owned = [organizationId, plantId, machineId];
  for (const [name, from, to] of [
    ['early', 0, 70],
    ['late', 70, 480],
  ] as const)
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
       VALUES ($1, $2, $3, $4, 'regular', '2026-03-04', '2026-03-04', $5, $6)`,
      [...owned, name, at(from), at(to)],
    );
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.shift_instance_breaks (organization_id, plant_id, shift_instance_id, from_time, to_time)
     SELECT $1, $2, shifts.id, $4, $5 FROM mes.shift_instances AS shifts WHERE shifts.machine_id = $3 AND shifts.name = 'late'`,
    [...owned, at(72), at(76)],
  );
  const order = {
    plantId,
    number: 'WO-1',
    materialId: plant.materials['COLA'],
    quantity: 9,
    promisedDate: '2026-03-06',
  };
  const workOrderId = ((await lea.ask('POST', '/work-orders', order)).body as { id: number }).id;
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, work_order_id, material_id, from_time, source)
     VALUES ($1, $2, $3, $4, $5, $6, 'operator')`,
    [...owned, workOrderId, plant.materials['COLA'], at(0)],
  );
  const tags = [
    ['state', 'String', 'state', said],
    ['good', 'UInt32', 'good_count', pieces],
    ['jam', 'Boolean', 'alarm', alarms],
  ] as const;
  for (const [name, datatype, role, values] of tags) {
    const [tag] = await asOwner(
      ownerUrl,
      `INSERT INTO mes.tags (organization_id, plant_id, machine_id, device_id, name, datatype, role, counter_kind)
       VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN $7 = 'good_count' THEN 'cumulative' END) RETURNING id`,
      [...owned, deviceId, `filler/${name}`, datatype, role],
    );
    const samples = values.map(([minute, value]) => ({ time: new Date(at(minute)), value }));
    await storeSamples(ownerUrl, { organizationId, plantId, tagId: Number(tag?.['id']) }, samples);
  }
  await asOwner(ownerUrl, 'UPDATE mes.edge_states SET watermark = $1 WHERE plant_id = $2', [at(WATERMARK), plantId]);
  await asOwner(
    ownerUrl,
    'INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time) VALUES ($1, $2, $3, $4)',
    [organizationId, machineId, at(0), at(WATERMARK)],
  );
}

/** The worker that makes figures, as long as a test needs it. */
export interface Figures {
  /** Waits until all that was marked is computed. */
  computed(): Promise<void>;
  stop(): Promise<void>;
}

export function startFigures({ database: { ownerUrl, workerUrl } }: Pick<Story<string>, 'database'>): Figures {
  const log = new LogBook();
  const db = openDatabase({ url: workerUrl, max: 2, statementTimeoutMs: 60_000, log });
  const rounds = new RoundsRunner({ ...recomputing({ retentionDays: 400 }), everyMs: 50 }, { db, log });
  rounds.start();
  return {
    computed: () =>
      until(
        async () => (await asOwner(ownerUrl, 'SELECT FROM mes.dirty_marks LIMIT 1')).length === 0,
        'the marks are not worked off',
        60_000,
      ),
    async stop() {
      await rounds.stop();
      await db.destroy();
    },
  };
}
