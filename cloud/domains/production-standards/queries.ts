// Which standard holds: asked of the database's own function, which the worker that makes figures asks, too.

import { sql } from 'kysely';
import type { Context } from '../../platform/http/context.ts';

export interface StandardThatHolds {
  readonly id: number;
  /** Empty where it is the one for any operation. */
  readonly operation: string;
  readonly validFrom: string;
  /** Seconds a piece, decimal, exact. */
  readonly idealCycle: string;
  /** Decimal, exact. */
  readonly piecesPerCount: string;
}

/** The operation's own before the one for any, and of these the latest that had begun on the plant's day. */
export async function standardAt(
  ctx: Pick<Context, 'db'>,
  {
    machineId,
    materialId,
    operation,
    instant,
  }: { machineId: number; materialId: number; operation: string; instant: Date },
): Promise<StandardThatHolds | null> {
  const { rows } = await sql<StandardThatHolds>`
    SELECT held.id, held.operation, held.valid_from::text AS "validFrom", held.ideal_cycle::text AS "idealCycle",
      held.pieces_per_count::text AS "piecesPerCount"
    FROM mes.production_standard_at(${machineId}, ${materialId}, ${operation}, ${instant}) AS held`.execute(ctx.db);
  return rows[0] ?? null;
}
