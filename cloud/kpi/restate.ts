// Closed shifts that a computation has reached. What a person did writes the next version at once; data that
// comes late is noted, and written when it rests (shift-life.ts): what comes in pieces makes one version.

import { sql } from 'kysely';
import type { TenantTransaction } from '../platform/database.ts';

export interface Mark {
  readonly id: string;
  readonly from: Date;
  readonly to: Date;
  readonly cause: string;
  /** The name of who did it; null where data did. */
  readonly by: string | null;
}

interface Reached {
  readonly organizationId: number;
  readonly machineId: number;
  readonly from: Date;
  readonly to: Date;
  /** What is left is computed from here on; shifts that reach over it are done then. */
  readonly rest: Date | null;
  readonly marks: readonly [Mark, ...Mark[]];
}

interface ShiftTime {
  readonly id: string;
  readonly plant_id: number;
  readonly from_time: Date;
  readonly to_time: Date;
}

/** Under the machine's lock, after its facts are computed. */
export async function restateShifts(
  trx: TenantTransaction,
  { organizationId, machineId, from, to, rest, marks }: Reached,
): Promise<void> {
  const shifts = await trx
    .selectFrom('mes.shift_instances')
    .select(['id', 'plant_id', 'from_time', 'to_time'])
    .where('organization_id', '=', organizationId)
    .where('machine_id', '=', machineId)
    .where('state', 'in', ['closed', 'restated'])
    .where('from_time', '<', to)
    .where('to_time', '>', from)
    .$if(rest !== null, (query) => query.where('to_time', '<=', rest))
    .orderBy('from_time')
    .execute();
  for (const shift of shifts) {
    const { cause, caused_by } = reasonFor(shift, marks);
    if (caused_by !== null) await sql`SELECT mes.write_shift_version(${shift.id}, ${cause}, ${caused_by})`.execute(trx);
    else
      await sql`
        INSERT INTO mes.shift_restatements AS known (organization_id, plant_id, machine_id, shift_instance_id)
        VALUES (${organizationId}, ${shift.plant_id}, ${machineId}, ${shift.id})
        ON CONFLICT (organization_id, shift_instance_id) DO UPDATE SET last_at = now()`.execute(trx);
  }
}

/** What a person did goes before what data did, and the latest before what was earlier. */
export function reasonOf(marks: readonly [Mark, ...Mark[]]): { cause: string; caused_by: string | null } {
  const [best] = marks.toSorted(
    (one, other) => Number(other.by !== null) - Number(one.by !== null) || Number(other.id) - Number(one.id),
  );
  const { cause, by } = best ?? marks[0];
  return { cause, caused_by: by };
}

/** Of the marks in the shift's own time; where there are none, of all: a stop reaches over the end of a shift. */
function reasonFor({ from_time, to_time }: ShiftTime, marks: readonly [Mark, ...Mark[]]) {
  const [first, ...more] = marks.filter(({ from, to }) => from < to_time && to > from_time);
  return reasonOf(first ? [first, ...more] : marks);
}
