// How far a background job is: a bar with its figure, asked again while it is under way.

import { useQuery } from '@tanstack/react-query';
import type { Job } from '../../../domains/jobs/index.ts';
import { useSession } from '../shell/context.ts';
import { useSettings } from '../shell/settings.ts';
import { Problem } from './problem.tsx';
import { useWords } from './use-words.ts';

const en = {
  states: {
    queued: 'Waiting',
    running: 'Under way',
    completed: 'Done',
    failed: 'Failed, will be tried again',
    dead: 'Given up',
    cancelled: 'Cancelled',
  },
  progress: 'Progress',
};
const de: typeof en = {
  states: {
    queued: 'Wartet',
    running: 'In Arbeit',
    completed: 'Erledigt',
    failed: 'Fehlgeschlagen, wird wiederholt',
    dead: 'Aufgegeben',
    cancelled: 'Abgebrochen',
  },
  progress: 'Fortschritt',
};
export const jobWords = { en, de };

const REFETCH_MS = 1_000;

export function isUnderWay(job: Pick<Job, 'state'>): boolean {
  return job.state === 'queued' || job.state === 'running' || job.state === 'failed';
}

export function useJob(id: string) {
  const session = useSession();
  return useQuery({
    queryKey: ['job', id],
    queryFn: ({ signal }) => session.get<Job>(`/jobs/${id}`, signal),
    refetchInterval: ({ state }) => (state.data === undefined || isUnderWay(state.data) ? REFETCH_MS : false),
  });
}

export function JobProgress({ id }: { id: string }) {
  const asked = useJob(id);
  if (asked.error && !asked.data) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return null;
  return <ProgressOf job={asked.data} />;
}

export function ProgressOf({ job }: { job: Job }) {
  const words = useWords(jobWords);
  const { format } = useSettings();
  const percent = Math.floor(job.progress * 100);
  return (
    <div className="job-progress" aria-live="polite">
      <progress max={1} value={job.progress} aria-label={words.progress} />
      <span>
        {words.states[job.state]} <span className="unit">{format.number(percent)} %</span>{' '}
        <span className="unit">{job.progressText}</span>
      </span>
      {job.error && <p className="fault">{job.error}</p>}
    </div>
  );
}
