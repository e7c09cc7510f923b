// Work that recurs. BullMQ's schedulers fire once, however many processes there are; the work is then done
// for each organisation in turn, behind its fence. One that fails does not stop the others.

import type { Job, Queue } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import { sql } from 'kysely';
import { type Database, inTenant, type Tenant } from '../database.ts';
import type { Context } from '../http/context.ts';

export interface Schedule {
  /** `<domain>.<action>` */
  readonly name: string;
  readonly everyMs: number;
  /** For one organisation, in one transaction. True: there is more to do; it is called again in another one. */
  run(ctx: Context): Promise<boolean>;
}

export interface ScheduleOptions {
  readonly db: Database;
  readonly schedules: readonly Schedule[];
  readonly log: FastifyBaseLogger;
}

/** Transactions for one organisation at one time, at most; the rest waits for the next time. */
const MAX_TURNS = 100;

/** Tells BullMQ when each is due. Safe to repeat: a scheduler is known by its name. */
export async function registerSchedules(queue: Queue, schedules: readonly Schedule[]): Promise<void> {
  for (const { name, everyMs } of schedules) await queue.upsertJobScheduler(name, { every: everyMs }, { name });
}

/** Does what a scheduler fired for. */
export async function runSchedule(options: ScheduleOptions, job: Job, signal: AbortSignal): Promise<void> {
  const { db, schedules, log } = options;
  const schedule = schedules.find(({ name }) => name === job.name);
  if (!schedule) {
    // Of another version of the program, which may still run beside this one.
    log.warn({ schedule: job.name }, 'nothing here does what a schedule asks for');
    return;
  }
  const requestId = `schedule-${job.id ?? schedule.name}`.replaceAll(/[^A-Za-z0-9._-]/g, '-').slice(0, 64);
  const { rows } = await sql<{ id: number }>`SELECT id FROM mes.organizations_to_serve() AS serve (id)`.execute(db);
  for (const { id } of rows) {
    const tenant: Tenant = { organizationId: id, plantIds: 'all' };
    const actor = { ...tenant, kind: 'system', userId: null, sessionId: null, name: schedule.name } as const;
    const turn = (): Promise<boolean> =>
      inTenant(db, tenant, (trx) => schedule.run({ db: trx, actor, log, now: new Date(), requestId }));
    try {
      for (let turns = 0; turns < MAX_TURNS && !signal.aborted && (await turn()); turns++);
    } catch (error) {
      log.error(
        { err: error, schedule: schedule.name, organization: id },
        'recurring work failed; tried again next time',
      );
    }
    if (signal.aborted) return;
  }
}
