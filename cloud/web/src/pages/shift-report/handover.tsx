// What the shift tells the next, and who answers for it: notes, which are corrected and never changed, and the
// signature.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Note } from '../../../../domains/handover-notes/index.ts';
import type { ShiftReport } from '../../../../domains/shift-reports/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useMoment } from '../../shell/zone.ts';
import { shiftReportWords } from './shift-report-words.ts';
import { REPORT_KEY } from './use-shift-report.ts';

const LONGEST = 2_000;

interface Props {
  readonly shift: ShiftReport;
  readonly lane: number | null;
}

export function Handover({ shift, lane, notes }: Props & { notes: readonly Note[] }) {
  const words = useWords(shiftReportWords);
  const session = useSession();
  const access = useAccess();
  const write = (text: string) =>
    session.send('POST', '/handover-notes', {
      body: { plantId: shift.plantId, laneId: lane, day: shift.day, shift: shift.name, text },
    });
  const byId = new Map(notes.map((note) => [note.id, note]));
  return (
    <section className="notes" aria-labelledby="report-notes">
      <h2 id="report-notes">{words.notes}</h2>
      {notes.length === 0 && <p className="unit">{words.noNotes}</p>}
      <ul>
        {notes
          .filter(({ replacedById }) => replacedById === null)
          .map((note) => (
            <NoteItem key={note.id} note={note} before={earlier(note, byId)} />
          ))}
      </ul>
      {access.may('handover-notes.create') && (
        <NoteForm key={`${shift.day} ${shift.name}`} label={words.writeNote} action={words.addNote} write={write} />
      )}
    </section>
  );
}

/** What a note was before, newest first. */
function earlier(note: Note, byId: ReadonlyMap<number, Note>): Note[] {
  const before = note.replacesId === null ? undefined : byId.get(note.replacesId);
  return before ? [before, ...earlier(before, byId)] : [];
}

function NoteItem({ note, before }: { note: Note; before: readonly Note[] }) {
  const words = useWords(shiftReportWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment(true);
  const [correcting, setCorrecting] = useState(false);
  const correct = async (text: string) => {
    await session.send('POST', `/handover-notes/${note.id}/correction`, { body: { text } });
    setCorrecting(false);
  };
  return (
    <li>
      <p className="text">{note.text}</p>
      <p className="unit">
        {note.by}, {moment(note.at, note.plantId)}
        {note.laneName !== null && `, ${note.laneName}`}
        {access.may('handover-notes.create') && !correcting && (
          <button type="button" className="screen-only" onClick={() => setCorrecting(true)}>
            {words.correct}
          </button>
        )}
      </p>
      {before.map((old) => (
        <p key={old.id} className="unit before">
          {words.corrected} <del>{old.text}</del> {old.by}, {moment(old.at, old.plantId)}
        </p>
      ))}
      {correcting && (
        <NoteForm
          label={words.correct}
          action={words.saveCorrection}
          initial={note.text}
          write={correct}
          cancel={() => setCorrecting(false)}
        />
      )}
    </li>
  );
}

interface NoteFormProps {
  readonly label: string;
  readonly action: string;
  readonly initial?: string;
  write(text: string): Promise<unknown>;
  cancel?: () => void;
}

function NoteForm({ label, action, initial = '', write, cancel }: NoteFormProps) {
  const words = useWords(shiftReportWords);
  const queries = useQueryClient();
  const command = useCommand();
  const [text, setText] = useState(initial);
  const submit = async () => {
    if (text.trim() === '') return;
    const done = await command.run(async () => {
      await write(text);
      await queries.invalidateQueries({ queryKey: [REPORT_KEY] });
    });
    if (done) setText('');
  };
  return (
    <form
      className="screen-only"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label>
        {label}
        <textarea rows={3} required maxLength={LONGEST} value={text} onChange={({ target }) => setText(target.value)} />
      </label>
      {command.error && <Problem error={command.error} />}
      <button type="submit" aria-disabled={command.busy}>
        {action}
      </button>
      {cancel && (
        <button type="button" onClick={cancel}>
          {words.cancel}
        </button>
      )}
    </form>
  );
}

export function Signature({ shift, lane }: Props) {
  const words = useWords(shiftReportWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment();
  const queries = useQueryClient();
  const command = useCommand();
  const now = useNow();
  const sign = () =>
    command.run(async () => {
      const body = { plantId: shift.plantId, day: shift.day, shift: shift.name, laneId: lane };
      await session.send('POST', '/shift-reports/signatures', { body });
      await queries.invalidateQueries({ queryKey: ['shift-reports'] });
      await queries.invalidateQueries({ queryKey: [REPORT_KEY] });
    });
  const isSigned = shift.signedBy !== null && shift.signedAt !== null;
  return (
    <section className="signature" aria-label={words.sign}>
      <p>
        <strong>
          {isSigned
            ? words.signedBy(shift.signedBy ?? '', moment(shift.signedAt ?? '', shift.plantId))
            : words.notSigned}
        </strong>
      </p>
      {!isSigned && access.may('shifts.sign') && (
        <div className="screen-only">
          {Date.parse(shift.to) > now ? (
            <p className="unit">{words.notOver}</p>
          ) : (
            <>
              <button type="button" className="primary" aria-disabled={command.busy} onClick={() => void sign()}>
                {words.sign}
              </button>
              <p className="unit">{words.signHint}</p>
            </>
          )}
          {command.error && <Problem error={command.error} />}
        </div>
      )}
    </section>
  );
}
