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
import type { OeeAnswer } from './use-oee.ts';

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

const idOf = ({ key }: Row, rows: Rows): number => (rows === 'machine' ? key.machine?.id : key.lane?.id) ?? 0;

export function PlacesTable({ answer, state, plant }: TableProps) {
  const { rows } = answer.asked;
  const words = useWords(oeeWords);
  return (
    <section className="oee-part places" aria-labelledby="oee-places">
      <header>
        <h2 id="oee-places">{words.table[rows]}</h2>
        {state.place.kind !== 'machine' && (
          <Choice
            label={words.place}
            names={words.table}
            chosen={state.rows}
            choose={(name) => state.change({ rows: name === 'machine' ? null : name })}
          />
        )}
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
          {answer.rows.items.map((row) => (
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
  const access = useAccess();
  const { format } = useSettings();
  const place = rows === 'machine' ? row.key.machine : row.key.lane;
  const days = windowOfDays(state, plant.timeZone);
  return (
    <tr>
      <th scope="row">
        {place ? (
          <Link href={state.href({ lane: null, machine: null, rows: null, [rows]: String(place.id) })}>
            {place.name}
          </Link>
        ) : (
          words.withoutLane
        )}
        {place && (rows === 'machine' ? maySeeMachines(access) : access.may('lanes.read')) && (
          <>
            {' '}
            <Link
              className="record"
              href={rows === 'machine' ? machineHref(place.id, days) : `/plant-setup/lanes/${place.id}`}
              aria-label={`${words.opens[rows]}: ${place.name}`}
            >
              {words.opens[rows]}
            </Link>
          </>
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
