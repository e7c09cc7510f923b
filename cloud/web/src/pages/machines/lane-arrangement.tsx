// Who stands in a lane, in the direction of the product: put in order, marked, saved from a time on. What was
// is corrected the same way: one chooses when it was, and says how it really was.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useRef, useState } from 'react';
import type { Arrangement } from '../../../../domains/lanes/index.ts';
import { InstantInput } from '../../kit/instant-input.tsx';
import { OptionPicker } from '../../kit/option-picker.tsx';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useMoment } from '../../shell/zone.ts';
import { laneWords } from './lane-words.ts';
import { OrderList } from './order-list.tsx';

interface Row {
  readonly machineId: number;
  readonly displayName: string;
  readonly isConstraint: boolean;
  readonly isOutfeed: boolean;
  readonly comesFrom: number | null;
}

/** What somebody is putting together, and what stood there when they began: that is what they save against. */
interface Draft {
  readonly of: Arrangement;
  readonly rows: readonly Row[];
}

export function LaneArrangement({ record }: { record: KitRecord }) {
  const session = useSession();
  const [at, setAt] = useState<string | null>(null);
  const [draft, setDraft] = useState<Draft | null>(null);
  const [told, setTold] = useState('');
  const telling = useRef<HTMLOutputElement>(null);
  const words = useWords(laneWords);
  const path = `/lanes/${record.id}/arrangement`;
  const asked = useQuery({
    queryKey: ['record', 'lanes', record.id, 'arrangement', ...(at === null ? [] : [at])],
    queryFn: ({ signal }) =>
      session.get<Arrangement>(at === null ? path : `${path}?at=${encodeURIComponent(at)}`, signal),
    placeholderData: (before) => before,
  });
  if (asked.error && !asked.data) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return null;
  const shown = draft?.of ?? asked.data;
  // The list stays the same one on screen when its version changes: who put it in order keeps place and focus.
  return (
    <section className="arrangement">
      <h2>{words.title}</h2>
      <Editor
        record={record}
        shown={shown}
        rows={draft?.rows ?? rowsOf(shown)}
        change={(rows) => setDraft({ of: shown, rows })}
        discard={() => setDraft(null)}
        done={() => {
          setAt(null);
          setDraft(null);
          setTold(words.saved);
          // The button that was pressed is gone.
          telling.current?.focus();
        }}
        reload={() => void asked.refetch().then(() => setDraft(null))}
      />
      <output ref={telling} className="unit" tabIndex={-1}>
        {told}
      </output>
      <Stretches
        shown={shown}
        plantId={Number(record['plantId'])}
        onChoose={(from) => {
          setAt(from);
          setDraft(null);
          setTold('');
        }}
      />
    </section>
  );
}

interface EditorProps {
  readonly record: KitRecord;
  readonly shown: Arrangement;
  readonly rows: readonly Row[];
  discard(): void;
  done(): void;
  reload(): void;
}

const rowsOf = ({ machines }: Arrangement): Row[] => machines.map((machine) => ({ ...machine, comesFrom: null }));

function Editor(props: EditorProps & { change(rows: readonly Row[]): void }) {
  const { record, shown, rows, change } = props;
  const words = useWords(laneWords);
  const access = useAccess();
  const [moved, setMoved] = useState('');
  const may = access.may('lanes.update') && record.archivedAt === null;
  const serial = record['kind'] === 'serial';
  const changed = JSON.stringify(rows.map(said)) !== JSON.stringify(shown.machines.map(said));
  const move = (from: number, to: number): void => {
    const row = rows[from];
    if (!row) return;
    change(rows.toSpliced(from, 1).toSpliced(to, 0, row));
    setMoved(words.movedTo(row.displayName, to + 1, rows.length));
  };
  const mark = (machineId: number, flag: 'isConstraint' | 'isOutfeed', on: boolean): void =>
    change(rows.map((row) => ({ ...row, [flag]: on && row.machineId === machineId })));
  return (
    <>
      {rows.length === 0 ? <p>{words.none}</p> : <p className="unit">{words.enters}</p>}
      <OrderList
        label={words.title}
        items={rows}
        fixed={!may}
        keyOf={({ machineId }) => machineId}
        gripOf={({ displayName }, place) => words.grip(displayName, place, rows.length)}
        onMove={move}
      >
        {(row) => (
          <>
            <strong>{row.displayName}</strong>
            {serial &&
              (['isConstraint', 'isOutfeed'] as const).map((flag) => (
                <label key={flag}>
                  <input
                    type="checkbox"
                    disabled={!may}
                    checked={row[flag]}
                    onChange={(event) => mark(row.machineId, flag, event.target.checked)}
                  />
                  <span className="hidden">{row.displayName}: </span>
                  {flag === 'isConstraint' ? words.constraint : words.outfeed}
                </label>
              ))}
            {may && (
              <button
                type="button"
                aria-label={words.takeOutOf(row.displayName)}
                onClick={() => change(rows.filter(({ machineId }) => machineId !== row.machineId))}
              >
                {words.takeOut}
              </button>
            )}
          </>
        )}
      </OrderList>
      {rows.length > 0 && <p className="unit">{words.leaves}</p>}
      <output className="hidden">{moved}</output>
      <ul className="lacks">
        {lacks(serial, rows).map((check) => (
          <li key={check}>{words.checks[check]}</li>
        ))}
      </ul>
      {may && <PutIn shown={shown} rows={rows} onPut={(row) => change(withMarks([...rows, row], serial))} />}
      {may && changed && (
        <Save
          record={record}
          shown={shown}
          rows={rows}
          discard={props.discard}
          done={props.done}
          reload={props.reload}
        />
      )}
    </>
  );
}

/** A machine that stands alone is constraint and outfeed of its lane; of two, somebody says which is which. */
function withMarks(rows: readonly Row[], serial: boolean): readonly Row[] {
  const alone = rows.length === 1;
  const [first] = rows;
  if (!serial || !first || !(alone || (rows.length === 2 && first.isConstraint && first.isOutfeed))) return rows;
  return rows.map((row) => ({ ...row, isConstraint: alone, isOutfeed: alone }));
}

const said = ({ machineId, isConstraint, isOutfeed }: Omit<Row, 'comesFrom' | 'displayName'>) => [
  machineId,
  isConstraint,
  isOutfeed,
];

function lacks(serial: boolean, rows: readonly Row[]): string[] {
  if (!serial || rows.length === 0) return [];
  return [
    ...(rows.some(({ isConstraint }) => isConstraint) ? [] : ['no_constraint']),
    ...(rows.some(({ isOutfeed }) => isOutfeed) ? [] : ['no_outfeed']),
  ];
}

function PutIn({ shown, rows, onPut }: { shown: Arrangement; rows: readonly Row[]; onPut(row: Row): void }) {
  const words = useWords(laneWords);
  const id = useId();
  const [typed, setTyped] = useState('');
  const here = new Set(rows.map(({ machineId }) => machineId));
  const taken = shown.machines.map(({ machineId, displayName }) => ({
    machineId,
    displayName,
    laneId: null,
    laneName: null,
  }));
  const free = [...shown.others, ...taken].filter(
    ({ machineId, displayName }) => !here.has(machineId) && displayName.toLowerCase().includes(typed.toLowerCase()),
  );
  return (
    <div className="put-in">
      <label htmlFor={id}>{words.putIn}</label>
      <OptionPicker
        id={id}
        chosen=""
        options={free.map(({ machineId, displayName, laneName }) => ({
          value: machineId,
          label: displayName,
          more: laneName === null ? words.standsNowhere : words.standsIn(laneName),
        }))}
        onType={setTyped}
        onChoose={(option) => {
          const machine = free.find(({ machineId }) => machineId === option?.value);
          if (!machine) return;
          const { machineId, displayName, laneId: comesFrom } = machine;
          onPut({ machineId, displayName, comesFrom, isConstraint: false, isOutfeed: false });
        }}
      />
    </div>
  );
}

type When = 'now' | 'stretch' | 'time';

function Save({ record, shown, rows, done, discard, reload }: EditorProps) {
  const words = useWords(laneWords);
  const session = useSession();
  const queries = useQueryClient();
  const moment = useMoment(true);
  const command = useCommand();
  const id = useId();
  const [reason, setReason] = useState('');
  const plantId = Number(record['plantId']);
  const [openedAt] = useState(() => Date.now());
  const [time, setTime] = useState(() => new Date(openedAt).toISOString());
  const past = shown.to !== null && Date.parse(shown.to) <= openedAt;
  const [when, setWhen] = useState<When>(past || shown.stretches.length === 0 ? 'stretch' : 'now');
  const save = () =>
    command.run(async () => {
      const from = when === 'now' ? {} : { from: when === 'stretch' ? shown.from : time };
      const machines = rows.map((row) => ({
        machineId: row.machineId,
        isConstraint: row.isConstraint && record['kind'] === 'serial',
        isOutfeed: row.isOutfeed && record['kind'] === 'serial',
        comesFrom: row.comesFrom,
      }));
      const why = reason.trim() === '' ? {} : { reason: reason.trim() };
      const body = { version: shown.version, machines, ...from, to: shown.to, ...why };
      await session.send('PUT', `/lanes/${record.id}/arrangement`, { body });
      await queries.invalidateQueries({ queryKey: ['record'] });
      done();
      await queries.invalidateQueries({ queryKey: ['history', 'lanes', record.id] });
      await queries.invalidateQueries({ queryKey: ['list', 'lanes'] });
    });
  return (
    <div className="save-order">
      <label htmlFor={id}>{words.from}</label>
      <span className="with-unit">
        <select id={id} value={when} onChange={(event) => setWhen(event.target.value as When)}>
          {!past && <option value="now">{words.now}</option>}
          <option value="stretch">
            {shown.from === null ? words.beginning : words.since(moment(shown.from, plantId))}
          </option>
          <option value="time">{words.at}</option>
        </select>
        {when === 'time' && <InstantInput aria-label={words.at} value={time} onChange={setTime} plantId={plantId} />}
        {shown.to !== null && <span>{words.until(moment(shown.to, plantId))}</span>}
      </span>
      <label htmlFor={`${id}reason`}>{words.reason}</label>
      <input id={`${id}reason`} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      <div className="actions">
        <button type="button" className="main" aria-disabled={command.busy} onClick={() => void save()}>
          {words.save}
        </button>
        <button type="button" onClick={discard}>
          {words.discard}
        </button>
      </div>
      {command.error && <Problem error={command.error} retry={reload} />}
    </div>
  );
}

function Stretches({
  shown,
  plantId,
  onChoose,
}: {
  shown: Arrangement;
  plantId: number;
  onChoose(from: string | null): void;
}) {
  const words = useWords(laneWords);
  const moment = useMoment(true);
  if (shown.stretches.length < 2) return null;
  return (
    <>
      <h3>{words.stretches}</h3>
      <ul className="stretches">
        {shown.stretches.map(({ from, to, machines }) => {
          const text = words.stretch(
            from === null ? words.ever : moment(from, plantId),
            to === null ? words.further : moment(to, plantId),
            machines,
          );
          return (
            <li key={from}>
              {from === shown.from ? (
                <span>
                  {text} <span className="badge">{words.shownNow}</span>
                </span>
              ) : (
                // Before the first change there is no instant to name but one before it.
                <button type="button" onClick={() => onChoose(from ?? before(to))}>
                  {text}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}

const before = (time: string | null): string | null =>
  time === null ? null : new Date(Date.parse(time) - 1).toISOString();
