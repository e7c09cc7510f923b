// The figures of each machine or lane with what they were made of, and the way to it.

import { Link } from 'wouter';
import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { maySeeMachines } from '../machine/may-see.ts';
import { machineHref, windowOfDays } from '../machine/window.ts';
import { Choice } from './choice.tsx';
import { minutes, percent, type Row, ratioOf } from './figure-text.ts';
import type { OeeState, Rows } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';

const columns = [
  ['oee', 'OEE'],
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;

interface TableProps {
  readonly page: MetricsPage;
  readonly rows: Rows;
  readonly state: OeeState;
  readonly plant: AccessPlant;
}

export function PlacesTable({ page, rows, state, plant }: TableProps) {
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
          {page.items.map((row) => (
            <PlaceRow
              key={(rows === 'machine' ? row.key.machine?.id : row.key.lane?.id) ?? 0}
              row={row}
              rows={rows}
              state={state}
              plant={plant}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function PlaceRow({ row, rows, state, plant }: Omit<TableProps, 'page'> & { row: Row }) {
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
                </strong>
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
