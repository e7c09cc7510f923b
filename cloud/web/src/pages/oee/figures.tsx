// OEE with its factors as three short bars, each with its numerator and denominator, its coverage, and what
// stands in its way where there is no figure.

import { Link } from 'wouter';
import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { useMoment } from '../../shell/zone.ts';
import { Definition } from './definition.tsx';
import { Difference, type Other } from './difference.tsx';
import { hoursMinutes, minutes, percent, type Row, ratioOf } from './figure-text.ts';
import type { OeeState } from './oee-state.ts';
import { oeeWords } from './oee-words.ts';
import { Restated } from './restated.tsx';
import { targetOn } from './targets.ts';
import { type OeeAnswer, useDefinitions } from './use-oee.ts';

const factors = [
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;
const further = ['pieceQuality', 'teep', 'nee', 'technicalEfficiency', 'setupRate'] as const;
/** Of what lacks an ideal cycle, named one by one. */
const MOST_NAMED = 5;

interface FiguresProps {
  readonly answer: Pick<OeeAnswer, 'total' | 'other' | 'targets' | 'restated' | 'asked'>;
  readonly row: Row;
  readonly state: OeeState;
  readonly plantId: number;
}

export function Figures({ answer: { total: page, ...answer }, row, state, plantId }: FiguresProps) {
  const words = useWords(oeeWords);
  const moment = useMoment();
  const { format } = useSettings();
  const other = answer.other && { days: answer.other, row: answer.other.total.items[0] ?? null };
  const target = state.place.kind === 'machine' ? targetOn(answer.targets, state.place.id, answer.asked.toDay) : null;
  const low = row.flags.includes('low_coverage');
  return (
    <section className="oee-figures" aria-label={words.figures}>
      <div className={`oee-figure${low ? ' hatched' : ''}`} data-figure="oee">
        <h2>
          OEE <Definition name="oee" row={row} />
        </h2>
        <Percent row={row} name="oee" />
        <Bar row={row} other={other} name="oee" tick={target} />
        {target !== null && <p className="unit">{words.target(percent(target, format))}</p>}
        <Difference row={row} other={other} name="oee" />
        <Quotient row={row} name="oee" />
      </div>
      {factors.map(([name, letter]) => (
        <Factor key={name} name={name} letter={letter} row={row} other={other} />
      ))}
      <div className="oee-notes">
        <Coverage row={row} />
        <p className="unit">{words.basisHint[page.basis === 'line' ? 'line' : 'machine']}</p>
        {page.finalUntil && <p className="unit">{words.finalUntil(moment(page.finalUntil, plantId))}</p>}
        <Restated shifts={answer.restated} />
        <Missing page={page} />
        <Flags row={row} state={state} plantId={plantId} />
      </div>
    </section>
  );
}

function Percent({ row, name }: { row: Row; name: string }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const { value } = ratioOf(row, name);
  if (value === null) return <p className="none">{words.noFigure}</p>;
  return (
    <p className="number">
      {percent(value, format)} <span className="unit">%</span>
    </p>
  );
}

function Quotient({ row, name }: { row: Row; name: string }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const { value, numerator, denominator } = ratioOf(row, name);
  if (value === null) return <p className="quotient">{whyNot(row, name, words)}</p>;
  return (
    <p className="quotient">
      <strong>{words.ofMinutes(minutes(numerator, format), minutes(denominator, format))}</strong>{' '}
      <span className="unit">{words.because[name]}</span>
    </p>
  );
}

function whyNot({ time, flags }: Row, name: string, words: (typeof oeeWords)['en']): string {
  if (time.pbt === 0) return words.noBusyTime;
  if (name !== 'availability' && flags.includes('no_ideal_cycle')) return words.needsCycle;
  return time.apt === 0 ? words.noProduction : words.noPieces;
}

interface FactorProps {
  readonly name: string;
  readonly letter: string;
  readonly row: Row;
  readonly other: Other | null;
}

function Factor({ name, letter, row, other }: FactorProps) {
  const { language } = useSettings();
  const title = useDefinitions()?.figures.find(({ key }) => key === name)?.name[language];
  return (
    <div className="oee-factor" data-figure={name}>
      <h2>
        <strong>{letter}</strong> {title} <Definition name={name} row={row} />
      </h2>
      <Percent row={row} name={name} />
      <Bar row={row} other={other} name={name} tick={1} />
      <Difference row={row} other={other} name={name} />
      <Quotient row={row} name={name} />
    </div>
  );
}

/** The figure from zero, that of the other period below it, and the tick of what is asked, or of 100 %. */
function Bar({ row, other, name, tick }: Pick<FactorProps, 'row' | 'other' | 'name'> & { tick: number | null }) {
  const { value } = ratioOf(row, name);
  const before = other?.row ? ratioOf(other.row, name).value : null;
  const whole = Math.max(1, value ?? 0, before ?? 0);
  const low = row.flags.includes('low_coverage');
  const width = (share: number) => ({ width: `${(Math.max(0, share) / whole) * 100}%` });
  return (
    <div className={`bar${low ? ' hatched' : ''}`} aria-hidden="true">
      {value !== null && <i style={width(value)} />}
      {before !== null && <i className="before" style={width(before)} />}
      {tick !== null && <b style={{ left: `${(tick / whole) * 100}%` }} />}
    </div>
  );
}

function Coverage({ row }: { row: Row }) {
  const words = useWords(oeeWords);
  const { format, language } = useSettings();
  const title = useDefinitions()?.figures.find(({ key }) => key === 'coverage')?.name[language];
  const { value } = ratioOf(row, 'coverage');
  if (value === null) return null;
  const low = row.flags.includes('low_coverage');
  return (
    <p className="coverage" data-figure="coverage">
      {title}{' '}
      <strong>
        {percent(value, format)} <span className="unit">%</span>
      </strong>{' '}
      <Definition name="coverage" row={row} />{' '}
      {low && <strong>{words.lowCoverage(hoursMinutes(row.time.unknown))}</strong>}
    </p>
  );
}

function Missing({ page: { missing } }: { page: MetricsPage }) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const access = useAccess();
  if (missing.length === 0) return null;
  const rest = missing.length - MOST_NAMED;
  return (
    <ul className="missing">
      {missing.slice(0, MOST_NAMED).map(({ machineId, machine, materialId, material }) => {
        const [permission, href] =
          materialId === null
            ? ['machines.update', `/plant-setup/machines/${machineId}/edit`]
            : [
                'production-standards.create',
                `/plant-setup/production-standards/new?machineId=${machineId}&materialId=${materialId}`,
              ];
        return (
          <li key={`${machineId} ${materialId}`}>
            <strong>{material === null ? words.noMaterial(machine) : words.noCycle(material, machine)}</strong>{' '}
            {access.may(permission) && <Link href={href}>{words.setIt}</Link>}
          </li>
        );
      })}
      {rest > 0 && <li>{words.andMore(format.number(rest))}</li>}
    </ul>
  );
}

function Flags({ row, state: { place }, plantId }: { row: Row; state: OeeState; plantId: number }) {
  const words = useWords(oeeWords);
  const access = useAccess();
  const standards = place.kind === 'machine' ? `machineId=${place.id}` : `plant=${plantId}`;
  const quality = ratioOf(row, 'quality').value ?? 0;
  return (
    <>
      {row.flags.includes('ideal_cycle_suspect') && (
        <p>
          <strong>{words.suspect}</strong>{' '}
          {access.may('production-standards.read') && (
            <Link href={`/plant-setup/production-standards?${standards}`}>{words.checkIt}</Link>
          )}
        </p>
      )}
      {row.flags.includes('counts_while_stopped') && <p>{words.whileStopped}</p>}
      {quality > 1 && <p>{words.aboveOne}</p>}
      {row.time.pbt === 0 && access.may('calendars.read') && (
        <p>
          <Link href={`/plant-setup/calendars?plant=${plantId}`}>{words.toCalendars}</Link>
        </p>
      )}
    </>
  );
}

/** What stands beside OEE, for those who ask: never multiplied into it. */
export function FurtherFigures({ row }: { row: Row }) {
  const words = useWords(oeeWords);
  const { format, language } = useSettings();
  const definitions = useDefinitions();
  return (
    <section className="oee-further" aria-label={words.further}>
      <h2>{words.further}</h2>
      <dl>
        {further.map((name) => {
          const { value, numerator, denominator } = ratioOf(row, name);
          const isPieces = name === 'pieceQuality';
          // NEE is a quotient of products of times: its two sums say nothing by themselves.
          const said =
            value === null || name === 'nee'
              ? ''
              : isPieces
                ? words.ofPieces(format.number(numerator), format.number(denominator))
                : words.ofMinutes(minutes(numerator, format), minutes(denominator, format));
          return (
            <div key={name} data-figure={name}>
              <dt>
                {definitions?.figures.find(({ key }) => key === name)?.name[language]}{' '}
                <Definition name={name} row={row} />
              </dt>
              <dd>
                <strong>{value === null ? words.noFigure : `${percent(value, format)} %`}</strong>{' '}
                <span className="unit">{said}</span>
              </dd>
            </div>
          );
        })}
      </dl>
    </section>
  );
}
