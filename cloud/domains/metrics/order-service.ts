// Throughput of orders on machines, and the yield of all their operations together.

import type { Context } from '../../platform/http/context.ts';
import { withoutLines } from './fact-source.ts';
import { type GroupedSums, sumFacts } from './fact-sums.ts';
import { namesOf } from './names.ts';
import { readOrders } from './order-queries.ts';
import { over } from './rules.ts';
import type { ThroughputPage, ThroughputQuery, YieldsPage, YieldsQuery } from './schema.ts';
import { numbersOf, selectionOf } from './service.ts';

const US_PER_HOUR = 3_600_000_000;

export async function readThroughput(ctx: Context, query: ThroughputQuery): Promise<ThroughputPage> {
  const rows = await readOrders(ctx, selectionOf(query, []));
  const names = await namesOf(
    ctx,
    rows.map((row) => ({ ...row })),
  );
  return {
    items: rows.map((row) => ({
      key: names({ ...row }, ['order', 'machine']),
      from: row.from_time.toISOString(),
      to: row.to_time.toISOString(),
      isRunning: row.is_running,
      throughput: over(Number(row.pieces), Number(row.execution) / US_PER_HOUR),
    })),
  };
}

/** A line's step is what its constraint takes in and its outfeed gives. */
export async function readYields(ctx: Context, { group, ...query }: YieldsQuery): Promise<YieldsPage> {
  const rows = await sumFacts(ctx, await withoutLines(ctx, selectionOf(query, [group])), [group, 'operation']);
  const names = await namesOf(ctx, rows);
  const groups = new Map<unknown, GroupedSums[]>();
  for (const row of rows) {
    const key = row[`${group}_id`];
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return { items: [...groups.values()].flatMap((some) => yieldOf(some, (row) => names(row, [group]))) };
}

function yieldOf(rows: readonly GroupedSums[], name: (row: GroupedSums) => YieldsPage['items'][number]['key']) {
  const steps = rows
    .map((row) => ({ operation: row.operation ?? null, sums: numbersOf(row) }))
    .filter(({ sums }) => sums.produced > 0)
    .map(({ operation, sums }) => ({
      operation,
      scrap: sums.scrap + sums.startup,
      rework: sums.rework,
      firstPassYield: over(sums.good, sums.produced),
    }));
  const [first] = rows;
  if (steps.length === 0 || !first) return [];
  const rolled = steps.reduce((product, { firstPassYield }) => product * (firstPassYield.value ?? 0), 1);
  return [
    {
      key: name(first),
      steps,
      rolledThroughputYield: rolled,
      normalizedYield: rolled < 0 ? null : rolled ** (1 / steps.length),
    },
  ];
}
