// OEE of the window with where the time went, its reasons and its trend: the same parts as on the page OEE.

import { Link } from 'wouter';
import type { MetricsPage, ParetoPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useSettings } from '../../shell/settings.ts';
import { Definition } from '../oee/definition.tsx';
import { minutes, percent, type Row, ratioOf } from '../oee/figure-text.ts';
import { oeeWords } from '../oee/oee-words.ts';
import { Reasons } from '../oee/reasons.tsx';
import { Waterfall } from '../oee/waterfall.tsx';
import { machineWords } from './machine-words.ts';
import { whyText } from './why.ts';
import { daysOf, hoursAround, type TimeWindow } from './window.ts';

const figures = [
  ['oee', 'OEE'],
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;

interface FiguresProps {
  readonly machineId: number;
  readonly plant: AccessPlant;
  readonly window: TimeWindow;
  readonly shift: { readonly name: string; readonly day: string } | null;
  readonly total: MetricsPage | undefined;
  readonly losses: ParetoPage | undefined;
  readonly reasons: 'time' | 'count';
  /** This page with the stops of an item of its losses. */
  stopsOf(item: ParetoPage['items'][number]): string;
  change(values: Readonly<Record<string, string | null>>): void;
}

export function WindowFigures(props: FiguresProps) {
  const { machineId, plant, window, shift, total, losses } = props;
  const words = useWords(machineWords);
  const { format } = useSettings();
  const row = total?.items[0];
  const hours = hoursAround(window, plant.timeZone);
  const { fromDay, toDay } = daysOf(window, plant.timeZone);
  const moment = (ms: number) => format.moment(ms, plant.timeZone);
  const nothing = total && (!row || (row.time.calendarTime === 0 && row.pieces.produced === 0));
  return (
    <>
      <section className="oee-part machine-figures" aria-labelledby="machine-figures">
        <header>
          <h2 id="machine-figures">{words.figures}</h2>
          <p className="unit">
            {shift
              ? words.figuresOfShift(shift.name, format.day(shift.day))
              : words.figuresOf(moment(hours.from), moment(hours.to))}
          </p>
          <Link href={`/oee?plant=${plant.id}&machine=${machineId}&period=own&from=${fromDay}&to=${toDay}`}>
            {words.toOee}
          </Link>
        </header>
        {nothing ? <p>{words.noFigures}</p> : row && <Numbers row={row} />}
      </section>
      {row && !nothing && (
        <div className="oee-halves">
          <Waterfall row={row} />
          {losses && (
            <Reasons
              page={losses}
              state={props}
              stopsOf={(item) => (whyText(item) === null ? null : props.stopsOf(item))}
            />
          )}
        </div>
      )}
    </>
  );
}

function Numbers({ row }: { row: Row }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const low = row.flags.includes('low_coverage');
  return (
    <dl className={low ? 'hatched' : undefined}>
      {figures.map(([name, letter]) => {
        const { value, numerator, denominator } = ratioOf(row, name);
        return (
          <div key={name} data-figure={name}>
            <dt>
              {letter} <Definition name={name} row={row} />
            </dt>
            <dd>
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
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
