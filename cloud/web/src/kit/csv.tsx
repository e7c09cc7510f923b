// CSV out, with the filters of the list; and in: first the file is only checked, and every line that is
// wrong is shown; then it is imported as a whole, or not at all.

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import type { Fault } from '../../../platform/faults.ts';
import { type AnyResource, fileFieldsOf, headerOf } from '../../../platform/kit/resource.ts';
import { useSession } from '../shell/context.ts';
import { ApiError } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { Dialog } from './dialog.tsx';
import { JobProgress } from './job-progress.tsx';
import type { AnyPage, AnyWords } from './page.ts';
import { Problem, useFaultText } from './problem.tsx';
import { sampleOf } from './samples.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

interface Report {
  readonly rows: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  readonly faults: readonly (Fault & { line: number; column: string | null })[];
  readonly moreFaults: number;
  /** How many lines have one. */
  readonly faultyRows: number;
}

/** Faults that are listed; a file with more has one reason for most of them. */
const SHOWN_FAULTS = 100;

export function CsvExport({ resource, query }: { resource: AnyResource; query: string }) {
  const session = useSession();
  const kit = useWords(kitWords);
  const [error, setError] = useState<Error | null>(null);
  const save = async (): Promise<void> => {
    setError(null);
    try {
      const answer = await session.fetch(`/${resource.name}/export.csv?${query}`);
      if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
      const url = URL.createObjectURL(await answer.blob());
      const link = Object.assign(document.createElement('a'), { href: url, download: `${resource.name}.csv` });
      link.click();
      URL.revokeObjectURL(url);
    } catch (cause) {
      setError(cause as Error);
    }
  };
  return (
    <>
      <button type="button" onClick={() => void save()}>
        {kit.exportCsv}
      </button>
      {error && <Problem error={error} />}
    </>
  );
}

export function CsvImport({ page, close }: { page: AnyPage; close(): void }) {
  const { resource } = page;
  const words = useWords(page.words);
  const kit = useWords(kitWords);
  const session = useSession();
  const queries = useQueryClient();
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<{ of: Report; done: boolean } | null>(null);
  const [busy, setBusy] = useState<'checking' | 'importing' | null>(null);
  const [error, setError] = useState<Error | null>(null);
  /** A large file is worked through in the background. */
  const [job, setJob] = useState<string | null>(null);
  const id = useId();

  const send = async (dryRun: boolean): Promise<void> => {
    if (!file || busy) return;
    setBusy(dryRun ? 'checking' : 'importing');
    setError(null);
    try {
      const answer = await session.send<Report | { jobId: string }>(
        'POST',
        `/${resource.name}/import?dryRun=${dryRun}`,
        { file },
      );
      if ('jobId' in answer) {
        setJob(answer.jobId);
        setReport(null);
      } else {
        setReport({ of: answer, done: !dryRun });
      }
      if (!dryRun) void queries.invalidateQueries({ queryKey: ['list', resource.name] });
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 422) setReport({ of: cause.answer as Report, done: false });
      else setError(cause as Error);
    }
    setBusy(null);
  };
  const leave = (): void => {
    // What went on in the background may be done by now.
    if (job) void queries.invalidateQueries({ queryKey: ['list', resource.name] });
    close();
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void send(true);
  };
  const ready = report && !report.done && report.of.faults.length === 0;
  return (
    <Dialog title={kit.importTitle(words.many)} close={leave} wide>
      <form onSubmit={submit} className="import">
        <p>{kit.importExplain(columnsOf(page.file ?? resource).join(', '))}</p>
        <Sample resource={resource} />
        <label htmlFor={id}>{kit.file}</label>
        <input
          id={id}
          type="file"
          accept=".csv,text/csv"
          required
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            setReport(null);
          }}
        />
        <div className="report" aria-live="polite">
          {error && <Problem error={error} />}
          {job && (
            <>
              <p>{kit.jobStarted}</p>
              <JobProgress id={job} />
            </>
          )}
          {report && <ReportText report={report.of} done={report.done} words={words} />}
        </div>
        <div className="actions">
          {ready ? (
            <button type="button" className="main" aria-disabled={busy !== null} onClick={() => void send(false)}>
              {busy === 'importing' ? kit.importing : kit.doImport}
            </button>
          ) : (
            !report?.done &&
            !job && (
              <button type="submit" className="main" aria-disabled={busy !== null}>
                {busy === 'checking' ? kit.checking : kit.check}
              </button>
            )
          )}
          <button type="button" onClick={leave}>
            {report?.done || job ? kit.close : kit.cancel}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function Sample({ resource }: { resource: AnyResource }) {
  const kit = useWords(kitWords);
  const url = sampleOf(resource.name);
  if (url === undefined) return null;
  return (
    <p>
      <a href={url} download={`${resource.name}.csv`}>
        {kit.sample}
      </a>
    </p>
  );
}

function ReportText({ report, done, words }: { report: Report; done: boolean; words: AnyWords }) {
  const { format } = useSettings();
  const kit = useWords(kitWords);
  const textOf = useFaultText();
  if (report.faults.length === 0)
    return (
      <p>
        <strong>{(done ? kit.rowsDone : kit.rowsFine)(report, format)}</strong>
      </p>
    );
  const count = report.faults.length + report.moreFaults;
  const shown = report.faults.slice(0, SHOWN_FAULTS);
  return (
    <>
      <p>
        <strong>{kit.rowsWrong(count, report.faultyRows, format)}</strong>
      </p>

      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must get in */}
      <section className="scroll" tabIndex={0} aria-label={kit.fault}>
        <table className="compare">
          <thead>
            <tr>
              <th scope="col">{kit.line}</th>
              <th scope="col">{kit.column}</th>
              <th scope="col">{kit.fault}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((fault, at) => (
              <tr key={`${fault.line} ${fault.column} ${String(at)}`}>
                <td className="numeric">{fault.line}</td>
                <td>{fault.column ?? '–'}</td>
                <td>{textOf(fault, { hint: words.hints?.[fault.column ?? ''], own: words.faults })}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {count > shown.length && <p>{kit.moreFaults(format.number(count - shown.length))}</p>}
      </section>
    </>
  );
}

/** Headers as the file has them; each attribute has a column of its own. */
function columnsOf(resource: AnyResource): string[] {
  return fileFieldsOf(resource).map(([name, field]) =>
    field.kind === 'attributes' ? `${name}.*` : headerOf(name, field),
  );
}
