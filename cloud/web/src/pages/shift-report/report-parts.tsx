// Parts of the report: figures with their numerators, the largest losses, long stops, scrap.

import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { useReasonText } from '../machine/reading-line.tsx';
import { hoursMinutes, minutes, percent, type Row, ratioOf } from '../oee/figure-text.ts';
import { oeeWords } from '../oee/oee-words.ts';
import { type Loss, largestLosses } from './report-losses.ts';
import { shiftReportWords } from './shift-report-words.ts';
import type { LongStop, ReportData } from './use-shift-report.ts';

const figures = [
  ['oee', 'OEE'],
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;
const LOSSES = 3;
/** Lines of a list, and machines, that still fit on the page of paper; the screen has all machines. */
const MOST_LINES = 12;
const MOST_MACHINES = 24;

export function Figures({ data, place, timeZone }: { data: ReportData; place: string; timeZone: string }) {
  const words = useWords(shiftReportWords);
  const { format } = useSettings();
  const now = useNow();
  const [total] = data.total.items;
  const { finalUntil } = data.total;
  const rest = data.machines.items.length - MOST_MACHINES;
  return (
    <section aria-labelledby="report-figures">
      <h2 id="report-figures">
        {words.figures}{' '}
        {finalUntil && (
          <span className="unit">{words.upTo(format.instant(Date.parse(finalUntil), { timeZone, nowMs: now }))}</span>
        )}
      </h2>
      <table className="report-figures">
        <thead>
          <tr>
            <th scope="col">{words.machine}</th>
            {figures.map(([name, letter]) => (
              <th key={name} scope="col">
                {letter}
              </th>
            ))}
            <th scope="col">{words.pieces}</th>
            <th scope="col">{words.rejects}</th>
          </tr>
        </thead>
        <tbody>
          {total && <FigureRow row={total} name={place} isTotal />}
          {data.machines.items.map((row, at) => (
            <FigureRow
              key={row.key.machine?.id}
              row={row}
              name={row.key.machine?.name ?? ''}
              isOnPaper={at < MOST_MACHINES}
            />
          ))}
        </tbody>
      </table>
      {rest > 0 && <p className="unit print-only">{words.moreStops(format.number(rest))}</p>}
      <Missing page={data.total} />
    </section>
  );
}

function FigureRow({
  row,
  name,
  isTotal = false,
  isOnPaper = true,
}: {
  row: Row;
  name: string;
  isTotal?: boolean;
  isOnPaper?: boolean;
}) {
  const words = useWords(oeeWords);
  const report = useWords(shiftReportWords);
  const { format } = useSettings();
  const { pieces } = row;
  return (
    <tr className={isTotal ? 'total' : isOnPaper ? undefined : 'screen-only'}>
      <th scope="row">{name}</th>
      {figures.map(([key, letter]) => {
        const { value, numerator, denominator } = ratioOf(row, key);
        return (
          <td
            key={key}
            data-label={letter}
            data-figure={isTotal ? key : undefined}
            className={row.flags.includes('low_coverage') ? 'hatched' : undefined}
          >
            {value === null ? (
              <span className="unit">{words.noFigure}</span>
            ) : (
              <>
                <strong>
                  {percent(value, format)} <span className="unit">%</span>
                </strong>{' '}
                <span className="unit quotient">
                  {words.ofMinutes(minutes(numerator, format), minutes(denominator, format))}
                </span>
              </>
            )}
          </td>
        );
      })}
      <td className="of-pieces">{words.ofPieces(format.number(pieces.good), format.number(pieces.produced))}</td>
      <td data-label={report.rejects}>{format.number(pieces.scrap + pieces.rework + pieces.startup)}</td>
    </tr>
  );
}

function Missing({ page: { missing } }: { page: MetricsPage }) {
  const words = useWords(oeeWords);
  const [first, ...rest] = missing;
  const { format } = useSettings();
  if (!first) return null;
  return (
    <p>
      <strong>
        {first.material === null ? words.noMaterial(first.machine) : words.noCycle(first.material, first.machine)}
      </strong>{' '}
      {rest.length > 0 && words.andMore(format.number(rest.length))}
    </p>
  );
}

export function Losses({ data }: { data: ReportData }) {
  const words = useWords(shiftReportWords);
  const oee = useWords(oeeWords);
  const { format } = useSettings();
  const [total] = data.total.items;
  const losses = total ? largestLosses(total, data.losses, LOSSES) : [];
  return (
    <section className="losses" aria-labelledby="report-losses">
      <h2 id="report-losses">{words.losses}</h2>
      {losses.length === 0 && <p className="unit">{words.noLosses}</p>}
      <ol>
        {losses.map((loss) => (
          <li key={loss.key}>
            <span>
              <LossName loss={loss} />
            </span>
            <strong>{hoursMinutes(loss.amount)} h</strong>
            <span className="unit">{loss.occurrences === null ? '' : oee.times(format.number(loss.occurrences))}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function LossName({ loss: { name } }: { loss: Loss }) {
  const words = useWords(oeeWords);
  const { language } = useSettings();
  if ('step' in name) return words.steps[name.step];
  if (name.reason) return (language === 'de' && name.reason.nameDe) || name.reason.name;
  const said = words.categories[name.category] ?? name.category;
  return name.category.endsWith('stop') ? `${said}, ${words.noReason}` : said;
}

export function LongStops({ stops, timeZone }: { stops: readonly LongStop[]; timeZone: string }) {
  const words = useWords(shiftReportWords);
  const { format } = useSettings();
  const reasonOf = useReasonText();
  const rest = stops.length - MOST_LINES;
  const time = (instant: string) => format.time(Date.parse(instant), timeZone).slice(0, 5);
  return (
    <section className="stops" aria-labelledby="report-stops">
      <h2 id="report-stops">{words.stops}</h2>
      {stops.length === 0 && <p className="unit">{words.noStops}</p>}
      <ul>
        {stops.slice(0, MOST_LINES).map(({ machine, stop }) => (
          <li key={`${machine} ${stop.from} ${stop.reason?.id}`}>
            <span className="when">
              {time(stop.from)}–{stop.to === null ? words.lasts : time(stop.to)}
            </span>
            <span>{machine}</span>
            <span className="why">{reasonOf(stop) ?? words.noReason}</span>
            <strong>{hoursMinutes(stop.duration)} h</strong>
          </li>
        ))}
      </ul>
      {rest > 0 && <p className="unit">{words.moreStops(format.number(rest))}</p>}
    </section>
  );
}

export function Scrap({ page }: { page: MetricsPage }) {
  const words = useWords(shiftReportWords);
  const { format, language } = useSettings();
  const rows = page.items
    .map(({ key, pieces }) => ({ reason: key.reason ?? null, count: pieces.scrap + pieces.rework + pieces.startup }))
    .filter(({ count }) => count > 0)
    .toSorted((one, other) => other.count - one.count);
  return (
    <section className="scrap" aria-labelledby="report-scrap">
      <h2 id="report-scrap">{words.scrap}</h2>
      {rows.length === 0 && <p className="unit">{words.noScrap}</p>}
      <ul>
        {rows.slice(0, MOST_LINES).map(({ reason, count }) => (
          <li key={reason?.id ?? 'none'}>
            <span>{reason ? (language === 'de' && reason.nameDe) || reason.name : words.noReason}</span>
            <strong>{format.number(count)}</strong>
          </li>
        ))}
      </ul>
      {rows.length > MOST_LINES && <p className="unit">{words.moreStops(format.number(rows.length - MOST_LINES))}</p>}
    </section>
  );
}
