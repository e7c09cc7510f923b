// MTBF and MTTR of a period, for machines, lanes and plants: each sum over machines, divided once.

import type { Context } from '../../platform/http/context.ts';
import { type FailureRow, readFailures } from './failure-queries.ts';
import { addFailures, reliabilityOf } from './failure-rules.ts';
import { namesOf } from './names.ts';
import type { FailuresPage, FailuresQuery } from './schema.ts';
import { selectionOf } from './service.ts';

/** Intervals are read one by one: a year and a little. */
const MOST_DAYS = 400;

export async function readReliability(ctx: Context, query: FailuresQuery): Promise<FailuresPage> {
  const { group } = query;
  const selection = selectionOf(query, [], MOST_DAYS);
  const rows = await readFailures(ctx, selection);
  const names = await namesOf(
    ctx,
    rows.map((row) => ({ ...row })),
  );
  const groups = new Map<number | null, FailureRow[]>();
  for (const row of rows) {
    const key = group === undefined ? null : row[`${group}_id`];
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return {
    items: [...groups.values()].map((some) => {
      const sums = addFailures(some);
      const { operating, failures, repaired, repair } = sums;
      return {
        key: group === undefined ? {} : names({ ...some[0] }, [group]),
        machines: some.length,
        operating,
        failures,
        repaired,
        repair,
        ...reliabilityOf(sums),
      };
    }),
  };
}
