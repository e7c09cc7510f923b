// The figures of each machine or lane with what they were made of, and the way to it.

import { Link } from 'wouter';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { maySeeMachines } from '../machine/may-see.ts';
import { machineHref, windowOfDays } from '../machine/window.ts';
import { Choice } from './choice.tsx';
import { ShortDifference } from './difference.tsx';
import { minutes, percent, type Row, ratioOf } from './figure-text.ts';
import type { OeeState, Rows } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { targetOn } from './targets.ts';
import type { NamedPlace, OeeAnswer } from './use-oee.ts';

const columns = [
  ['oee', 'OEE'],
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;

interface TableProps {
  readonly answer: Pick<OeeAnswer, 'rows' | 'other' | 'targets' | 'asked'>;
  readonly state: OeeState;
  readonly plant: AccessPlant;
}

const idOf = ({ key }: Row, rows: Rows): number | string =>
  (rows === 'shift' ? key.shiftName : rows === 'machine' ? key.machine?.id : key.lane?.id) ?? 0;
/** Time outside of shifts is no shift; pieces that came then are told elsewhere. */
const isShown = ({ key, time }: Row, rows: Rows): boolean => rows !== 'shift' || key.shiftName !== null || time.pbt > 0;

export function PlacesTable({ answer, state, plant }: TableProps) {
  const { rows } = answer.asked;
  const words = useWords(oeeWords);
  return (
    <section className="oee-part places" aria-labelledby="oee-places">
      <header>
        <h2 id="oee-places">{words.table[rows]}</h2>
        <Choice
          label={words.tableOf}
          names={
            state.place.kind === 'machine' ? { machine: words.table.machine, shift: words.table.shift } : words.table
          }
          chosen={state.rows}
          choose={(name) => state.change({ rows: name === 'machine' ? null : name })}
        />
        {rows === 'machine' && <p className="unit">{words.machineEfficiency}</p>}
      </header>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.name[rows]}</th>
            {columns.map(([name, letter]) => (
              <th key={name} scope="col">
                {letter}
              </th>
            ))}
            <th scope="col">{words.pieces}</th>
          </tr>
        </thead>
        <tbody>
          {answer.rows.items
            .filter((row) => isShown(row, rows))
            .map((row) => (
              <PlaceRow key={idOf(row, rows)} row={row} answer={answer} state={state} plant={plant} />
            ))}
        </tbody>
      </table>
    </section>
  );
}

function PlaceRow({ row, answer, state, plant }: TableProps & { row: Row }) {
  const { rows, toDay } = answer.asked;
  const other = answer.other?.rows.items.find((one) => idOf(one, rows) === idOf(row, rows));
  const words = useWords(oeeWords);
  const { format } = useSettings();
  return (
    <tr>
      <th scope="row">
        {rows === 'shift' ? (
          <ShiftName name={row.key.shiftName ?? null} state={state} />
        ) : (
          <PlaceName
            place={(rows === 'machine' ? row.key.machine : row.key.lane) ?? null}
            rows={rows}
            state={state}
            plant={plant}
          />
        )}
      </th>
      {columns.map(([name, letter]) => {
        const { value, numerator, denominator } = ratioOf(row, name);
        return (
          <td key={name} data-label={letter} className={row.flags.includes('low_coverage') ? 'hatched' : undefined}>
            {value === null ? (
              <span className="unit">{words.noFigure}</span>
            ) : (
              <>
                <strong>
                  {percent(value, format)} <span className="unit">%</span>
                </strong>{' '}
                <ShortDifference row={row} other={other} name={name} />
                {name === 'oee' && (
                  <OeeBar value={value} target={targetOn(answer.targets, row.key.machine?.id, toDay)} />
                )}
                <span className="unit">
                  {words.ofMinutes(minutes(numerator, format), minutes(denominator, format))}
                </span>
              </>
            )}
          </td>
        );
      })}
      <td data-label={words.pieces}>
        <strong>{words.ofPieces(format.number(row.pieces.good), format.number(row.pieces.produced))}</strong>
      </td>
    </tr>
  );
}

function ShiftName({ name, state }: { name: string | null; state: OeeState }) {
  const words = useWords(oeeWords);
  if (name === null) return words.outsideShifts;
  return <Link href={state.href({ shift: name, rows: null })}>{name}</Link>;
}

interface PlaceNameProps {
  readonly place: NamedPlace | null;
  readonly rows: 'machine' | 'lane';
  readonly state: OeeState;
  readonly plant: AccessPlant;
}

/** Leads to the figures of the place alone, and to its own page. */
function PlaceName({ place, rows, state, plant }: PlaceNameProps) {
  const words = useWords(oeeWords);
  const access = useAccess();
  if (!place) return words.withoutLane;
  return (
    <>
      <Link href={state.href({ lane: null, machine: null, rows: null, [rows]: String(place.id) })}>{place.name}</Link>
      {(rows === 'machine' ? maySeeMachines(access) : access.may('lanes.read')) && (
        <>
          {' '}
          <Link
            className="record"
            href={
              rows === 'machine'
                ? machineHref(place.id, windowOfDays(state, plant.timeZone))
                : `/plant-setup/lanes/${place.id}`
            }
            aria-label={`${words.opens[rows]}: ${place.name}`}
          >
            {words.opens[rows]}
          </Link>
        </>
      )}
    </>
  );
}

/** OEE from zero to 100 %, with the tick of what is asked of the machine. */
function OeeBar({ value, target }: { value: number; target: number | null }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const whole = Math.max(1, value);
  return (
    <span className="oee-bar">
      <i style={{ width: `${(Math.max(0, value) / whole) * 100}%` }} />
      {target !== null && (
        <b style={{ left: `${(target / whole) * 100}%` }} title={words.target(percent(target, format))}>
          <span className="hidden">{words.target(percent(target, format))}</span>
        </b>
      )}
    </span>
  );
}
