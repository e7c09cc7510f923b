// What is done in the background: each kind of job with its processor, and what recurs. A new kind is a
// line here.

import { extendShifts } from './domains/calendars/index.ts';
import { kinds } from './domains/resources.ts';
import type { CloudConfig } from './platform/config.ts';
import { cleanJobs } from './platform/jobs/clean-jobs.ts';
import type { JobProcessor } from './platform/jobs/processor.ts';
import type { Schedule } from './platform/jobs/schedules.ts';
import { cleanKit, csvImportProcessor } from './platform/kit/import-job.ts';
import { mailProcessor } from './platform/mail/mail-processor.ts';

export function backgroundWork(config: CloudConfig): {
  processors: readonly JobProcessor[];
  schedules: readonly Schedule[];
} {
  return {
    processors: [mailProcessor(config.mail), csvImportProcessor(kinds)],
    schedules: [cleanJobs, cleanKit, extendShifts],
  };
}
