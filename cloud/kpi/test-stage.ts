// A plant for figures: machines whose states, counts, runs, shifts and classifications go in as they do in a
// plant, through a broker and an ingestor, while a worker computes; what comes out is read from the API.

import { fastify } from 'fastify';
import { Registry } from 'prom-client';
import { encodeMeaning } from '../../edge/uplink/births.ts';
import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import type { DatabaseKind } from '../../test/support/database.ts';
import { RawEdge } from '../../test/support/raw-edge.ts';
import { Road, until } from '../../test/support/road.ts';
import { type ApiUser, signIn } from '../../test/web/api-client.ts';
import { startApi } from '../../test/web/api-on-port.ts';
import { insertPerson } from '../../test/web/plant-rows.ts';
import type { MetricsPage } from '../domains/metrics/schema.ts';
import { type Database, inTenant, openDatabase } from '../platform/database.ts';
import { RoundsRunner } from '../platform/jobs/rounds.ts';
import type { Schedule } from '../platform/jobs/schedules.ts';
import { recomputing } from './recompute.ts';
import { createRecomputeMetrics } from './recompute-metrics.ts';

/** Minutes after the begin of the case, and what is so from then on. */
type At<T> = readonly [minute: number, value: T];
type Stretch = readonly [from: number, to: number];

export interface MachineCase {
  readonly says: string;
  /** Instant of minute 0. Default: a whole hour, some days ago. */
  readonly begin?: string;
  readonly shifts: readonly {
    readonly from: number;
    readonly to: number;
    readonly breaks?: readonly Stretch[];
    readonly name?: string;
  }[];
  readonly windows?: readonly Stretch[];
  /** PackML names; null is a bad value. Left out: the machine has no state tag. */
  readonly states?: readonly At<string | null>[];
  /** Counters by role, or `reject_count:` and a loss reason's code; all cumulative. */
  readonly counts?: Readonly<Record<string, readonly At<number>[]>>;
  /** [from, to, material, ideal cycle in seconds or null, kind]; one material each. */
  readonly runs?: readonly (readonly [from: number, to: number | null, material: string, kind?: string])[];
  readonly idealCycles?: Readonly<Record<string, number>>;
  /** Good pieces in a row that end a start-up, by material; the same for all machines. */
  readonly startups?: Readonly<Record<string, number>>;
  readonly gaps?: readonly Stretch[];
  readonly classified?: readonly (readonly [from: number, to: number, reason: string, how?: 'overrules' | 'lasts'])[];
  readonly minorStopS?: number;
  readonly until: number;
}

const reasons = {
  jam: 'unplanned_stop',
  changeover: 'setup',
  no_material: 'idle',
  cleaning: 'planned_stop',
  machine_fault: 'unplanned_stop',
  underfill: 'scrap',
  label: 'rework',
} as const;

const MINUTE = 60_000;
const HOUR = 3_600_000;

export interface Row {
  readonly tag: number;
  readonly time: number;
  readonly value: string | number | null;
  readonly status?: number;
}

/** A whole hour, so that what happens lies behind us. */
export const someDaysAgo = (): number => Math.floor(Date.now() / HOUR) * HOUR - 72 * HOUR;

/** Everything of one run of the cases. `close` must be called. */
export class KpiStage {
  readonly road: Road;
  readonly cases: readonly MachineCase[];
  lea!: ApiUser;
  #edge!: RawEdge;
  #worker!: Database;
  /** Figures of the worker, as Prometheus reads them. */
  readonly registry = new Registry();
  #offset = 0;
  readonly #begin: number;
  readonly #materials = new Map<string, number>();

  private constructor(road: Road, cases: readonly MachineCase[], begin: number) {
    this.road = road;
    this.cases = cases;
    this.#begin = begin;
  }

  static async open(kind: DatabaseKind, cases: readonly MachineCase[], begin = someDaysAgo()): Promise<KpiStage> {
    const road = await Road.open(
      kind,
      ['edge-1'],
      cases.map((_, index) => `case-${index}`),
    );
    const stage = new KpiStage(road, cases, begin);
    await road.startIngestor();
    const person = { email: 'lea@example.com', password: 'correct horse battery', name: 'lea' };
    await insertPerson(road.database.ownerUrl, { ...person, organizationIds: [road.organization.id] });
    await stage.#enterMasterData();
    stage.#edge = await RawEdge.start(await road.connect('edge-1'), road.agent());
    await stage.#born();
    stage.#startWorker();
    const api = await startApi({ databaseUrl: road.database.apiUrl, brokerUrl: road.brokerUrl });
    road.alsoStop(() => api.stop());
    stage.lea = await signIn(api.url, { email: person.email, password: person.password });
    return stage;
  }

  close(): Promise<void> {
    return this.road.close();
  }

  at(index: number, minute: number): number {
    const { begin } = this.cases[index] as MachineCase;
    return Math.round((begin === undefined ? this.#begin : Date.parse(begin)) + minute * MINUTE);
  }

  machineId(index: number): number {
    return this.road.organization.machines.get(`case-${index}`) ?? 0;
  }

  /** What the API says of a machine, from the begin of its case to its end. */
  async figures(index: number, more = ''): Promise<MetricsPage['items'][number] & Pick<MetricsPage, 'missing'>> {
    const { until: end } = this.cases[index] as MachineCase;
    const hour = (time: number, up: boolean) =>
      new Date((up ? Math.ceil : Math.floor)(time / HOUR) * HOUR).toISOString();
    const period = `from=${hour(this.at(index, 0), false)}&to=${hour(this.at(index, end), true)}`;
    const answer = await this.lea.get(`/metrics?machine=${this.machineId(index)}&${period}${more}`);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    const page = answer.body as MetricsPage;
    const [item] = page.items;
    if (!item) throw new Error('no figures');
    return { ...item, missing: page.missing };
  }

  /** Every sample of all cases. */
  samples(): Row[] {
    return this.cases.flatMap(({ states = [], counts = {} }, index) => [
      ...states.map(([minute, value]) => ({
        tag: tagNumber(index, 0),
        time: this.at(index, minute),
        value,
        ...(value === null && { status: 0x8000_0000 }),
      })),
      ...Object.values(counts).flatMap((readings, at) =>
        readings.map(([minute, value]) => ({ tag: tagNumber(index, at + 1), time: this.at(index, minute), value })),
      ),
    ]);
  }

  /** In messages of so many rows; historical, as what comes late is. The watermark is the end of all cases. */
  async send(rows: readonly Row[], atOnce = 50): Promise<void> {
    const watermark = Math.max(...this.cases.map((one, index) => this.at(index, one.until)));
    for (let from = 0; from < rows.length; from += atOnce)
      await this.#edge.publish(
        'DDATA',
        this.#edge.data({
          offset: this.#offset++,
          rows: rows.slice(from, from + atOnce).toSorted((a, b) => a.time - b.time),
          isHistorical: true,
          watermark,
        }),
      );
    await until(() => this.#edge.acknowledged.size === this.#offset, 'not everything is committed', 60_000);
  }

  /** No mark waits, and every machine is known until the end. */
  async computed(): Promise<void> {
    await until(
      async () => {
        const { rows } = await this.road.owner.query<{ marks: number }>(
          'SELECT count(*)::int AS marks FROM mes.dirty_marks',
        );
        return rows[0]?.marks === 0;
      },
      'the marks are not worked off',
      60_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)} ${JSON.stringify(this.road.log.lines.slice(-3))}`);
    });
  }

  /** A schedule's turn, as the worker takes it. */
  async turn(schedule: Schedule): Promise<void> {
    const tenant = { organizationId: this.road.organization.id, plantIds: 'all' } as const;
    const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: schedule.name } as const;
    await inTenant(this.#worker, tenant, (trx) =>
      schedule.run({ db: trx, actor, log: fastify().log, now: new Date(), requestId: schedule.name }),
    );
  }

  /** Everything that was computed is gone. */
  async forget(): Promise<void> {
    const derived = [
      'machine_intervals',
      'startup_phases',
      'time_facts',
      'count_facts',
      'counter_buckets',
      'counter_reviews',
    ];
    for (const table of derived) await this.road.owner.query(`DELETE FROM mes.${table}`);
  }

  async mark(): Promise<void> {
    await this.road.owner.query(
      `INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
       SELECT machines.organization_id, machines.id, now() - interval '390 days', now() FROM mes.machines`,
    );
  }

  /** Intervals and facts of the time of the cases, as text that can be compared. */
  async derived(): Promise<Record<string, string[]>> {
    const ends = this.cases.map((one, index) => new Date(Math.ceil(this.at(index, one.until) / HOUR) * HOUR));
    const machines = this.cases.map((_, index) => this.machineId(index));
    const read = async (text: string): Promise<string[]> => {
      const { rows } = await this.road.owner.query<{ row: string }>(
        `SELECT row.shown::text AS row FROM unnest($1::int[], $2::timestamptz[]) AS known (machine_id, until) JOIN ${text} ORDER BY 1`,
        [machines, ends],
      );
      return rows.map(({ row }) => row);
    };
    const factsOf = (table: string) =>
      read(
        `LATERAL (SELECT to_jsonb(t) AS shown FROM mes.${table} AS t WHERE t.machine_id = known.machine_id AND t.bucket < known.until) AS row ON true`,
      );
    return {
      intervals: await read(
        `LATERAL (SELECT to_jsonb(t) || jsonb_build_object('to_time', least(t.to_time, known.until)) AS shown
                  FROM mes.machine_intervals AS t WHERE t.machine_id = known.machine_id AND t.from_time < known.until) AS row ON true`,
      ),
      time: await factsOf('time_facts'),
      counts: await factsOf('count_facts'),
    };
  }

  /** What people say of stops, as the API stores it. */
  async classify(): Promise<void> {
    for (const [index, { classified = [] }] of this.cases.entries())
      for (const [from, to, reason, how] of classified)
        await this.#insert(
          `INSERT INTO mes.stop_classifications
             (organization_id, plant_id, machine_id, from_time, to_time, loss_reason_id, overrules_running, lasts, remarks, created_by_name)
           SELECT $1, $2, $3, $4, $5, id, $7, $8, 'as seen', 'lea' FROM mes.loss_reasons WHERE code = $6`,
          [
            this.machineId(index),
            this.#time(index, from),
            this.#time(index, to),
            reason,
            how === 'overrules',
            how === 'lasts',
          ],
        );
    await this.mark();
  }

  #time(index: number, minute: number): Date {
    return new Date(this.at(index, minute));
  }

  async #insert(text: string, values: readonly unknown[]): Promise<number> {
    const { id, plantId } = this.road.organization;
    const { rows } = await this.road.owner.query<{ id: number }>(text, [id, plantId, ...values]);
    return rows[0]?.id ?? 0;
  }

  async #enterMasterData(): Promise<void> {
    for (const [code, category] of Object.entries(reasons))
      await this.#insert(
        'INSERT INTO mes.loss_reasons (organization_id, code, name, category, is_failure) SELECT $1, $3, $3, $4, $4 = $5 AND $2 > 0',
        [code, category, 'unplanned_stop'],
      );
    const unit = await this.#insert(
      `INSERT INTO mes.units_of_measure (organization_id, code, name) SELECT $1, 'pcs', 'pieces' WHERE $2 > 0 RETURNING id`,
      [],
    );
    for (const [index, one] of this.cases.entries()) await this.#enterCase(index, one, unit);
  }

  async #enterCase(index: number, one: MachineCase, unit: number): Promise<void> {
    const machine = this.machineId(index);
    const stretch = ([from, to]: Stretch) => [this.#time(index, from), this.#time(index, to)];
    await this.road.owner.query('UPDATE mes.machines SET minor_stop_s = $2 WHERE id = $1', [
      machine,
      one.minorStopS ?? 300,
    ]);
    for (const { from, to, breaks = [], name = 'Shift' } of one.shifts) {
      const shift = await this.#insert(
        `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
         SELECT $1, $2, $3, $6, 'regular', (day.at)::date, (day.at)::date, $4, $5
         FROM (SELECT $4::timestamptz AT TIME ZONE 'Europe/Berlin' AS at) AS day RETURNING id`,
        [machine, ...stretch([from, to]), name],
      );
      for (const pause of breaks)
        await this.#insert(
          'INSERT INTO mes.shift_instance_breaks (organization_id, plant_id, shift_instance_id, from_time, to_time) VALUES ($1, $2, $3, $4, $5)',
          [shift, ...stretch(pause)],
        );
    }
    for (const window of one.windows ?? [])
      await this.#insert(
        `INSERT INTO mes.planned_windows (organization_id, plant_id, machine_id, from_time, to_time, loss_reason_id, name, approved_at, approved_by)
         SELECT $1, $2, $3, $4, $5, id, 'Window', now(), 'lea' FROM mes.loss_reasons WHERE code = 'cleaning'`,
        [machine, ...stretch(window)],
      );
    const made = [...new Set((one.runs ?? []).map(([, , code]) => code))];
    for (const code of made) await this.#enterMaterial(index, code, unit);
    for (const [from, to, code, kind = 'production'] of one.runs ?? [])
      await this.#insert(
        `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, material_id, kind, from_time, to_time, source)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'operator')`,
        [machine, this.#materials.get(code), kind, this.#time(index, from), to === null ? null : this.#time(index, to)],
      );
  }

  /** All machines make the same materials, each at its own speed. */
  async #enterMaterial(index: number, code: string, unit: number): Promise<void> {
    const material =
      this.#materials.get(code) ??
      (await this.#insert(
        'INSERT INTO mes.materials (organization_id, code, name, unit_id, startup_good_in_a_row) SELECT $1, $3, $3, $4, $5 WHERE $2 > 0 RETURNING id',
        [code, unit, this.cases[index]?.startups?.[code] ?? 0],
      ));
    this.#materials.set(code, material);
    const cycle = this.cases[index]?.idealCycles?.[code];
    if (cycle !== undefined)
      await this.#insert(
        `INSERT INTO mes.production_standards (organization_id, plant_id, machine_id, material_id, valid_from, ideal_cycle_s)
         VALUES ($1, $2, $3, $4, '2020-01-01', $5)`,
        [this.machineId(index), material, cycle],
      );
  }

  /** As the agent reports them. */
  async reportGaps(): Promise<void> {
    for (const [index, { gaps = [] }] of this.cases.entries())
      for (const [from, to] of gaps)
        await this.#insert(
          `INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, device_id, tag_id, from_time, to_time, cause)
           SELECT $1, $2, devices.edge_agent_id, devices.id, tags.id, $4, $5, 'device_down'
           FROM mes.tags JOIN mes.devices ON devices.id = tags.device_id WHERE tags.machine_id = $3`,
          [this.machineId(index), this.#time(index, from), this.#time(index, to)],
        );
    await this.mark();
  }

  /** An ingestor that has just taken the lease asks for a birth once more. */
  async #born(): Promise<void> {
    const tags = this.cases.flatMap((one, index) => tagsOf(one, index));
    await this.#edge.born(tags);
    let answered = 0;
    await until(async () => {
      if (this.#edge.rebirths > answered) {
        answered = this.#edge.rebirths;
        await this.#edge.born(tags);
      }
      const { rows } = await this.road.owner.query<{ known: number }>('SELECT count(*)::int AS known FROM mes.tags');
      return (rows[0]?.known ?? 0) >= tags.length && this.#edge.rebirths === answered;
    }, 'the births were not taken');
  }

  #startWorker(): void {
    const { road } = this;
    const db = openDatabase({ url: road.database.workerUrl, max: 2, statementTimeoutMs: 60_000, log: road.log });
    this.#worker = db;
    const metrics = createRecomputeMetrics(this.registry);
    const rounds = new RoundsRunner(
      { ...recomputing({ retentionDays: 400, metrics }), everyMs: 20 },
      { db, log: road.log },
    );
    rounds.start();
    road.alsoStop(async () => {
      await rounds.stop();
      await db.destroy();
    });
  }
}

const tagNumber = (index: number, counter: number) => 1 + index * 10 + counter;

function tagsOf({ states, counts = {} }: MachineCase, index: number) {
  const machine = `case-${index}`;
  const device = 'filling';
  const state = {
    no: tagNumber(index, 0),
    device,
    name: `${machine}/state`,
    datatype: datatypeCode.String,
    properties: encodeMeaning({ machine, role: 'state' }),
  };
  return [
    ...(states ? [state] : []),
    ...Object.keys(counts).map((key, at) => {
      const [role = '', reason] = key.split(':');
      return {
        no: tagNumber(index, at + 1),
        device,
        name: `${machine}/${key}`,
        datatype: datatypeCode.UInt32,
        properties: encodeMeaning({ machine, role, reason, counter: 'cumulative' }),
      };
    }),
  ];
}
