// The rows of counters for fill-tables.ts: an hour, a step under review, and what was decided about it.

import type { Filling, InsertRow } from './fill-tables.ts';

export async function fillCounters(
  insert: InsertRow,
  { organization, mark }: Filling,
  tag: { readonly machine_id: number | undefined; readonly tag_id: number },
): Promise<void> {
  const here = { organization_id: organization.id, plant_id: organization.plantId, ...tag };
  const sums = { counts: 1, pieces: 1, bridged_pieces: 0, readings: 1, backsteps: 0, rollovers: 0, resets: 0 };
  const hour = { ...sums, open_reviews: 1, last_is_bad: false, bucket: new Date('2026-01-01T00:00:00Z') };
  await insert('counter_buckets', { ...here, ...hour });
  const step = { time: new Date('2026-01-01T00:10:00Z'), previous: 1, reading: 900 };
  await insert('counter_reviews', { ...here, ...step, kind: 'jump' });
  const { organization_id, plant_id } = here;
  const decided = { counts: 1, reason: mark.plant, decided_by: mark.plant };
  await insert('counter_decisions', { organization_id, plant_id, tag_id: tag.tag_id, ...step, ...decided });
}
