// A plant of two hundred machines in a shift, with figures; and what the ingestor says of them once a second.

import pg from 'pg';
import type { LiveBroker } from '../../web/live-broker.ts';
import { insertPlant, type PlantRows } from '../../web/plant-rows.ts';

export const MACHINES = 200;
const LANES = 2;
/** Each machine speaks once a second, a tenth of them at a time. */
const TICK_MS = 100;
const TICKS = 10;
/** In so many seconds each machine stops once, for one second. */
const STOPS_EVERY = 120;

const nameOf = (machine: number): string => `m${String(machine + 1).padStart(3, '0')}`;
const tagsOf = (machine: number) =>
  [
    { name: 'state', datatype: 'String', role: 'state', value: 'Execute', ageMs: 60_000 },
    { name: 'good', datatype: 'UInt32', role: 'good_count', unit: 'pcs', value: 1_000 * machine },
    { name: 'weight', datatype: 'Double', role: 'measurement', unit: 'g', value: 500.5 },
    { name: 'jam', datatype: 'Boolean', role: 'alarm', reason: 'Jam', value: false },
  ] as const;

/** Values that a tile shows beside its state and figures: a counter and a measurement. */
export const READINGS = 2 * MACHINES;

export async function insertBoard(ownerUrl: string): Promise<PlantRows> {
  const plant = await insertPlant(ownerUrl, {
    organization: 'bench',
    name: 'Plant',
    timeZone: 'Europe/Berlin',
    machines: Array.from({ length: MACHINES }, (_, machine) => ({
      name: nameOf(machine),
      displayName: nameOf(machine),
      lane: machine % LANES,
      tags: tagsOf(machine),
    })),
  });
  await insertFigures(ownerUrl, plant);
  return plant;
}

/** A shift that began four hours ago, with the facts of these hours and an interval until now. */
async function insertFigures(ownerUrl: string, { organizationId, plantId }: PlantRows): Promise<void> {
  const owner = new pg.Client({ connectionString: ownerUrl });
  await owner.connect();
  const write = (text: string): Promise<unknown> => owner.query(text, [organizationId, plantId]);
  try {
    await write(
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
       SELECT $1, $2, id, 'Shift', 'regular', current_date, current_date, date_trunc('hour', now()) - interval '4 hours', date_trunc('hour', now()) + interval '4 hours'
       FROM mes.machines`,
    );
    const hours = `FROM mes.shift_instances AS shifts CROSS JOIN generate_series(shifts.from_time, now(), interval '1 hour') AS bucket`;
    const keys = '$1, $2, shifts.machine_id, bucket, shifts.business_date, shifts.id';
    await write(
      `INSERT INTO mes.time_facts (organization_id, plant_id, machine_id, bucket, business_date, shift_instance_id, category, duration_us, occurrences)
       SELECT ${keys}, spent.category, spent.minutes * 60000000::bigint, 1
       ${hours} CROSS JOIN (VALUES ('running', 50), ('unplanned_stop', 10)) AS spent (category, minutes)`,
    );
    await write(
      `INSERT INTO mes.count_facts (organization_id, plant_id, machine_id, bucket, business_date, shift_instance_id, standing,
         good, scrap, rework, startup, unexplained, target_s, value_s, scrap_s, rework_s, startup_s, without_standard)
       SELECT ${keys}, 'counted', 270, 6, 0, 0, 0, 2760, 2700, 60, 0, 0, 0 ${hours}`,
    );
    await write(
      `INSERT INTO mes.machine_intervals (organization_id, plant_id, machine_id, from_time, to_time, category, state, shift_instance_id, begins, stretch_from, stopped_before_us)
       SELECT $1, $2, shifts.machine_id, shifts.from_time, now(), 'running', 'running', shifts.id, true, shifts.from_time, 0 FROM mes.shift_instances AS shifts`,
    );
    await owner.query('VACUUM ANALYZE');
  } finally {
    await owner.end();
  }
}

/** Every machine's state, counter and measurement change once a second, until it is stopped. */
export function speak(broker: LiveBroker, { organizationId, agentId, machines, tags }: PlantRows): () => void {
  let tick = 0;
  const timer = setInterval(() => {
    const now = Date.now();
    const second = Math.floor(tick / TICKS);
    for (let machine = tick % TICKS; machine < MACHINES; machine += TICKS) {
      const name = nameOf(machine);
      const of = (tag: string): number => tags[`${name}/${tag}`] ?? 0;
      const state = (second + machine) % STOPS_EVERY === 0 ? 'Held' : 'Execute';
      void broker.publishTags(organizationId, machines[name] ?? 0, [
        [of('state'), now, state, 0],
        [of('good'), now, 1_000 * machine + second, 0],
        [of('weight'), now, Math.round((500 + 20 * Math.sin(second + machine)) * 100) / 100, 0],
      ]);
    }
    if (tick % TICKS === 0) void broker.publishAgents(organizationId, [[agentId, true, now, now]]);
    tick += 1;
  }, TICK_MS);
  return () => clearInterval(timer);
}
