// Facts of one machine and day as the worker would compute them, for pages that only read them.

import { asOwner } from './plant-rows.ts';

export interface FactRows {
  readonly machineId: number;
  readonly day: string;
  /** By category, at most an hour of each in an hour; minor stops begin each minute, everything else once. */
  readonly minutes: Readonly<Record<string, number>>;
  readonly pieces: Readonly<Partial<Record<'good' | 'scrap' | 'rework' | 'startup', number>>>;
  /** Seconds; null: nobody has said. */
  readonly idealCycle: number | null;
  /** Code of the reason of unplanned stops. */
  readonly reason: string | null;
  /** Left out: in no shift and no run, at six in the morning (UTC). */
  readonly shiftId?: number;
  readonly runId?: number;
  readonly hour?: Date;
}

export async function insertFacts(
  at: { ownerUrl: string; organizationId: number; plantId: number; materialId: number },
  { machineId, day, minutes, pieces, idealCycle, reason, shiftId, runId, hour }: FactRows,
): Promise<void> {
  const bucket = hour ?? `${day}T06:00:00Z`;
  const made = [shiftId ?? null, runId ?? null];
  const here = [at.organizationId, at.plantId, machineId, bucket, day, at.materialId];
  for (const [category, minute] of Object.entries(minutes))
    await asOwner(
      at.ownerUrl,
      `INSERT INTO mes.time_facts (organization_id, plant_id, machine_id, bucket, business_date, material_id, category, loss_reason_id, duration_us, occurrences, shift_instance_id, run_id)
       SELECT $1, $2, $3, $4, $5, $6, $7::text, (SELECT id FROM mes.loss_reasons WHERE organization_id = $1 AND code = $8 AND $7::text = 'unplanned_stop'), $9, $10, $11, $12`,
      [...here, category, reason, minute * 60_000_000, category === 'minor_stop' ? minute : 1, ...made],
    );
  const { good = 0, scrap = 0, rework = 0, startup = 0 } = pieces;
  const each = [good, scrap, rework, startup];
  const all = each.reduce((sum, one) => sum + one, 0);
  const times = [all, ...each].map((count) => count * (idealCycle ?? 0));
  await asOwner(
    at.ownerUrl,
    `INSERT INTO mes.count_facts (organization_id, plant_id, machine_id, bucket, business_date, material_id, standing,
       good, scrap, rework, startup, unexplained, target_s, value_s, scrap_s, rework_s, startup_s, without_standard, shift_instance_id, run_id)
     VALUES ($1, $2, $3, $4, $5, $6, 'counted', $7, $8, $9, $10, 0, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [...here, ...each, ...times, idealCycle === null ? all : 0, ...made],
  );
}
