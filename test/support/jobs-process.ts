// A worker as a process of its own, to be frozen and killed. Its options come as JSON on standard input; it
// says `ready` on standard output, `begun` when it has taken a job, and `lost` when another took it away.

import { subscribe } from 'node:diagnostics_channel';
import { text } from 'node:stream/consumers';
import { Background } from '../../cloud/platform/jobs/background.ts';
import { backgroundOptions, ticking } from './test-jobs.ts';

export interface WorkerOrder {
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly prefix: string;
  /** Kills itself at this step. */
  readonly dieAt?: string;
  /** Runs the recurring work. */
  readonly ticks?: boolean;
}

const { dieAt, ticks, ...order } = JSON.parse(await text(process.stdin)) as WorkerOrder;
subscribe('unison.jobs.step', (step) => {
  if (step === 'claimed') process.stdout.write('begun\n');
  if (step === 'lost') process.stdout.write('lost\n');
  if (step === dieAt) process.kill(process.pid, 'SIGKILL');
});
const background = new Background(backgroundOptions({ ...order, schedules: ticks ? [ticking] : [] }));
process.once('SIGTERM', () => void background.stop());
await background.start();
process.stdout.write('ready\n');
