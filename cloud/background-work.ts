// What is done in the background: each kind of job with its processor, what recurs, and what is looked for
// all the time. A new kind is a line here.

import type { Registry } from 'prom-client';
import { extendShifts } from './domains/calendars/index.ts';
import { followingRuns } from './domains/machine-runs/index.ts';
import { kinds } from './domains/resources.ts';
import { recomputing } from './kpi/recompute.ts';
import { createRecomputeMetrics } from './kpi/recompute-metrics.ts';
import { closeShifts, followTime } from './kpi/shift-life.ts';
import type { CloudConfig } from './platform/config.ts';
import { auditSealing } from './platform/jobs/audit-sealer.ts';
import { cleanJobs } from './platform/jobs/clean-jobs.ts';
import type { JobProcessor } from './platform/jobs/processor.ts';
import type { Rounds } from './platform/jobs/rounds.ts';
import type { Schedule } from './platform/jobs/schedules.ts';
import { cleanKit, csvImportProcessor } from './platform/kit/import-job.ts';
import { mailProcessor } from './platform/mail/mail-processor.ts';

export function backgroundWork(
  config: CloudConfig,
  registry: Registry,
): {
  processors: readonly JobProcessor[];
  schedules: readonly Schedule[];
  rounds: readonly Rounds[];
} {
  return {
    processors: [mailProcessor(config.mail), csvImportProcessor(kinds)],
    schedules: [cleanJobs, cleanKit, extendShifts, closeShifts(), followTime],
    rounds: [
      auditSealing,
      followingRuns(),
      recomputing({ retentionDays: config.ingest.retentionDays, metrics: createRecomputeMetrics(registry) }),
    ],
  };
}
