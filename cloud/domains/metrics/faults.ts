// What can be wrong with a question for figures.

import { faultsOf } from '../../platform/faults.ts';

const texts = {
  period_needed: () => 'needs fromDay and toDay, or from and to',
  no_hours_of_version: () => 'must not be by hour: a version keeps the sums of whole shifts',
};

export type MetricsFaults = typeof texts;
export const metricsFault = faultsOf(texts);
