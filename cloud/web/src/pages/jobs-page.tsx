// Background jobs: what is under way and how far, what was given up and why, and trying it again.

import { useQueryClient } from '@tanstack/react-query';
import { Link, Route, Switch } from 'wouter';
import type { Job } from '../../../domains/jobs/index.ts';
import { isUnderWay, jobWords, ProgressOf, useJob } from '../kit/job-progress.tsx';
import { useListState } from '../kit/list-state.ts';
import { type Column, ListTable } from '../kit/list-table.tsx';
import { ChoiceFilter, Toolbar } from '../kit/list-toolbar.tsx';
import { Problem } from '../kit/problem.tsx';
import { UnderList } from '../kit/resource-list.tsx';
import { useCommand } from '../kit/use-command.ts';
import { usePages } from '../kit/use-pages.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { spoken } from '../shell/format.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { useMoment } from '../shell/zone.ts';

const en = {
  title: 'Background work',
  kind: 'Job',
  state: 'State',
  progress: 'Progress',
  by: 'Asked for by',
  created: 'Since',
  error: 'What went wrong',
  empty: 'No job was asked for. Large imports, mails and clean-ups are done in the background and show up here.',
  kinds: { 'mail.send': 'Mail', 'csv.import': 'CSV import' } as Readonly<Record<string, string>>,
  attempts: 'Attempts',
  started: 'Started',
  finished: 'Finished',
  next: 'Next attempt',
  retry: 'Try again',
  retryAll: (kind: string) => `Try all given up again: ${kind}`,
  cancel: 'Cancel the job',
  requestId: 'Request number',
};
const de: typeof en = {
  title: 'Hintergrundarbeit',
  kind: 'Auftrag',
  state: 'Stand',
  progress: 'Fortschritt',
  by: 'Veranlasst von',
  created: 'Seit',
  error: 'Was nicht ging',
  empty: 'Kein Auftrag. Große Importe, Mails und Aufräumarbeiten werden im Hintergrund erledigt und erscheinen hier.',
  kinds: { 'mail.send': 'Mail', 'csv.import': 'CSV-Import' },
  attempts: 'Versuche',
  started: 'Begonnen',
  finished: 'Beendet',
  next: 'Nächster Versuch',
  retry: 'Nochmals versuchen',
  retryAll: (kind) => `Alle aufgegebenen nochmals versuchen: ${kind}`,
  cancel: 'Auftrag abbrechen',
  requestId: 'Nummer der Anfrage',
};

const PAGE_ROWS = 50;
/** While one looks at the list, it follows. */
const REFETCH_MS = 3_000;
const states = ['queued', 'running', 'completed', 'failed', 'dead', 'cancelled'] as const;

export function JobsPage({ base }: { base: string }) {
  return (
    <Switch>
      <Route path={base}>
        <JobList base={base} />
      </Route>
      <Route path={`${base}/:id`}>{({ id }) => <JobDetail key={id} base={base} id={id} />}</Route>
    </Switch>
  );
}

function JobList({ base }: { base: string }) {
  const words = useWords({ en, de });
  const job = useWords(jobWords);
  const kit = useWords(kitWords);
  const session = useSession();
  const access = useAccess();
  const command = useCommand();
  const queries = useQueryClient();
  const state = useListState(['state', 'kind']);
  const query = state.query === '' ? '' : `&${state.query}`;
  const pages = usePages<Job>({ name: 'jobs', path: `/jobs?limit=${PAGE_ROWS}${query}`, refetchMs: REFETCH_MS });
  const columns = useColumns();
  const deadKinds = [...new Set(pages.items?.filter((one) => one.state === 'dead').map(({ kind }) => kind))];
  useTitle(words.title);
  const retryAll = (kind: string) =>
    command.run(async () => {
      await session.send('POST', '/jobs/retry-dead', { body: { kind } });
      await queries.invalidateQueries({ queryKey: ['list', 'jobs'] });
    });
  return (
    <div className="page">
      <Toolbar title={words.title}>
        <div className="does">
          {access.may('jobs.retry') &&
            deadKinds.map((kind) => (
              <button key={kind} type="button" aria-disabled={command.busy} onClick={() => void retryAll(kind)}>
                {words.retryAll(words.kinds[kind] ?? spoken(kind))}
              </button>
            ))}
        </div>
      </Toolbar>
      {command.error && <Problem error={command.error} />}
      <search className="filters">
        <ChoiceFilter
          state={state}
          name="state"
          label={words.state}
          all={kit.all}
          options={states.map((value) => ({ value, label: job.states[value] }))}
        />
      </search>
      <ListTable
        label={words.title}
        columns={columns}
        rows={pages.error && !pages.items ? [] : pages.items}
        stale={pages.stale}
        keyOf={({ id }) => id}
        hrefOf={({ id }) => `${base}/${id}`}
        isQuiet={(one) => one.state === 'completed' || one.state === 'cancelled'}
      />
      <UnderList pages={pages} state={state} empty={<p>{words.empty}</p>} />
    </div>
  );
}

function useColumns(): Column<Job>[] {
  const words = useWords({ en, de });
  const job = useWords(jobWords);
  const moment = useMoment(true);
  const { format } = useSettings();
  return [
    { key: 'kind', label: words.kind, show: ({ kind }) => words.kinds[kind] ?? spoken(kind) },
    { key: 'state', label: words.state, width: '16rem', show: ({ state }) => job.states[state] },
    {
      key: 'progress',
      label: words.progress,
      width: '7rem',
      numeric: true,
      show: ({ progress }) => `${format.number(Math.floor(progress * 100))} %`,
    },
    { key: 'by', label: words.by, width: '12rem', show: ({ requestedBy }) => requestedBy.name },
    { key: 'created', label: words.created, width: '15rem', show: (one) => moment(one.createdAt, one.plantId) },
    { key: 'error', label: words.error, show: ({ error }) => error ?? '–' },
  ];
}

function JobDetail({ base, id }: { base: string; id: string }) {
  const words = useWords({ en, de });
  const asked = useJob(id);
  const job = asked.data;
  const title = job ? (words.kinds[job.kind] ?? spoken(job.kind)) : words.kind;
  useTitle(title);
  return (
    <div className="page detail" aria-busy={!job}>
      <p className="crumbs">
        <Link href={base}>{words.title}</Link>
      </p>
      <header className="toolbar">
        <h1>{title}</h1>
        {job && <JobDoes job={job} />}
      </header>
      {asked.error && !job && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {job && <ProgressOf job={job} />}
      {job && <JobFields job={job} />}
    </div>
  );
}

function JobDoes({ job }: { job: Job }) {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  const ask = (what: 'retry' | 'cancel') =>
    command.run(async () => {
      queries.setQueryData(['job', job.id], await session.send<Job>('POST', `/jobs/${job.id}/${what}`));
      await queries.invalidateQueries({ queryKey: ['job', job.id] });
    });
  return (
    <div className="does">
      {job.state === 'dead' && access.may('jobs.retry') && (
        <button type="button" className="main" onClick={() => void ask('retry')}>
          {words.retry}
        </button>
      )}
      {job.state === 'queued' && isUnderWay(job) && (
        <button type="button" onClick={() => void ask('cancel')}>
          {words.cancel}
        </button>
      )}
      {command.error && <Problem error={command.error} />}
    </div>
  );
}

function JobFields({ job }: { job: Job }) {
  const words = useWords({ en, de });
  const moment = useMoment();
  const { format } = useSettings();
  const at = (time: string | null) => (time === null ? '–' : moment(time, job.plantId));
  const fields: [string, string][] = [
    [words.by, job.requestedBy.name],
    [words.created, at(job.createdAt)],
    [words.started, at(job.startedAt)],
    [words.finished, at(job.finishedAt)],
    [words.next, at(job.nextAttemptAt)],
    [words.attempts, format.number(job.attempts)],
    ...Object.entries(job.result ?? {}).map(([name, value]): [string, string] => [spoken(name), JSON.stringify(value)]),
    [words.requestId, job.requestId],
  ];
  return (
    <dl className="fields">
      {fields.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
