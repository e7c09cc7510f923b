// What each machine makes now, and how many good pieces it should have made by now.

import type { Context } from '../../platform/http/context.ts';
import { over } from './rules.ts';
import type { Made, TargetNowPage } from './schema.ts';
import { numbersOf } from './service.ts';
import { type MakingRow, makingNow, type PlaceQuery, piecesOfMaking, timeOfMaking } from './target-queries.ts';
import { type MakingDay, targetOf } from './target-rules.ts';

/** One row for each machine of the place, in a few questions for all of them together. */
export async function readTargetNow(ctx: Context, place: PlaceQuery): Promise<TargetNowPage> {
  const machines = await makingNow(ctx, place);
  const making = machines.filter(({ since }) => since !== null);
  const days = new Map<number, MakingDay[]>();
  for (const { machine_id: id, ideal_cycle: idealCycle, target_oee: targetOee, ...sums } of await timeOfMaking(
    ctx,
    making,
  ))
    days.set(id, [
      ...(days.get(id) ?? []),
      { sums: numbersOf(sums), idealCycle: numberOf(idealCycle), targetOee: numberOf(targetOee) },
    ]);
  const pieces = new Map((await piecesOfMaking(ctx, making)).map((row) => [row.machine_id, numbersOf(row)]));
  return {
    items: machines.map((row) =>
      shownOf(row, { days: days.get(row.machine_id) ?? [], pieces: pieces.get(row.machine_id) }),
    ),
  };
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));

function shownOf(
  row: MakingRow,
  { days, pieces }: { days: readonly MakingDay[]; pieces: ReturnType<typeof numbersOf> | undefined },
): Made {
  const {
    produced = 0,
    good = 0,
    scrap = 0,
    rework = 0,
    startup = 0,
    unexplained = 0,
    bridged = 0,
    unscheduled = 0,
  } = pieces ?? {};
  const target = targetOf(days, good);
  const isMaking = row.since !== null;
  const isProduction = row.run_kind === null || row.run_kind === 'production';
  return {
    machine: { id: row.machine_id, name: row.machine },
    run: runOf(row),
    material:
      row.material_id === null
        ? null
        : { id: row.material_id, code: row.material_code ?? '', name: row.material ?? '' },
    since: row.since?.toISOString() ?? null,
    until: row.until?.toISOString() ?? null,
    ...target,
    ...(!(isMaking && isProduction) && {
      target: null,
      reached: over(good, 0),
      missing: [isMaking ? ('production' as const) : ('run' as const)],
    }),
    pieces: { produced, good, scrap, rework, startup, unexplained, bridged, unscheduled },
  };
}

function runOf({ run_id: id, run_kind: kind, ...row }: MakingRow): Made['run'] {
  if (id === null) return null;
  const { order_id: orderId, order, order_quantity: quantity, operation_id: operationId, operation } = row;
  return {
    id,
    kind: kind ?? 'production',
    order: orderId === null ? null : { id: orderId, number: order ?? '', quantity: Number(quantity) },
    operation: operationId === null ? null : { id: operationId, code: operation ?? '' },
  };
}
