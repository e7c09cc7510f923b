// A machine's figures on its tile: good pieces against what they should be by now, rejects, and this shift's
// OEE with its factors as three short bars. Where there is no figure it says why; it greys when it is old.

import { Link } from 'wouter';
import type { MachineFigures } from '../../../domains/now-figures/index.ts';
import type { NowMachine } from '../../../domains/telemetry/index.ts';
import { useWords } from '../kit/use-words.ts';
import { minutes, percent } from '../pages/oee/figure-text.ts';
import { useAccess } from '../shell/context.ts';
import { useSettings } from '../shell/settings.ts';
import { nowWords } from './now-words.ts';
import type { Situation } from './situation.ts';

type ShiftFigures = NonNullable<MachineFigures['figures']>;

/** Older than this, it is said to be old: the page's, and what it was computed from. */
const OLD_MS = 20_000;
const BEHIND_MS = 120_000;
/** Where the tick of the target stands, of the bar's width: the same on every tile. */
const TICK = 0.8;

interface Props {
  readonly situation: Situation;
  readonly machine: NowMachine;
  readonly figures: MachineFigures | undefined;
}

export function TileFigures({ situation, machine, figures }: Props) {
  return (
    <div className={areOld(situation, figures) ? 'figures stale' : 'figures'}>
      <Produced machine={machine} figures={figures} />
      <Shift situation={situation} machine={machine} figures={figures} />
    </div>
  );
}

/** Whether figures were made too long ago, or of what was known too long ago. */
export function areOld({ store, nowMs, cutOffSince }: Situation, figures: MachineFigures | undefined): boolean {
  const at = store.figures()?.at;
  if (at === undefined || !figures) return false;
  return cutOffSince !== null || nowMs - at > OLD_MS || (figures.upTo !== null && nowMs - figures.upTo > BEHIND_MS);
}

function Produced({ machine, figures }: Omit<Props, 'situation'>) {
  const words = useWords(nowWords);
  const { format } = useSettings();
  const output = figures?.output ?? null;
  const target = output?.target ?? null;
  // Both of the same time, or nobody could tell what they are beside each other.
  const good = output?.good ?? figures?.figures?.good ?? null;
  const rejects = output?.rejects ?? figures?.figures?.rejects ?? null;
  const whole = Math.max((target ?? 0) / TICK, good ?? 0);
  const cause = output ? output.missing[0] : 'run';
  const how =
    output && output.idealCycle !== null && output.targetOee !== null
      ? words.targetIs(
          minutes(output.pbt, format),
          format.number(output.idealCycle),
          format.number(output.targetOee * 100),
        )
      : undefined;
  const pieces = (count: number) => format.value(Math.round(count), true);
  return (
    <div className="produced">
      <p>
        <span>
          <span className="label">{words.goodOf[output?.of ?? 'shift']}</span>{' '}
          <strong data-figure="good">{good === null ? '–' : pieces(good)}</strong>
        </span>
        <span className="unit target" title={how}>
          {target === null ? (
            <MissingTarget machine={machine} cause={cause ?? 'run'} />
          ) : (
            <>
              <span className="words">{words.target}</span> <b data-figure="target">{pieces(target)}</b>
            </>
          )}
        </span>
        <span className="rejects">
          <span className="label">{words.rejects}</span>{' '}
          <strong data-figure="rejects">{rejects === null ? '–' : pieces(rejects)}</strong>
        </span>
      </p>
      <div className="against" aria-hidden="true">
        {target !== null && whole > 0 && (
          <>
            <i style={{ width: `${(Math.max(0, good ?? 0) / whole) * 100}%` }} />
            <b style={{ left: `${(target / whole) * 100}%` }} />
          </>
        )}
      </div>
    </div>
  );
}

/** Why there is no target, with the way to where it is mended. */
function MissingTarget({ machine, cause }: { machine: NowMachine; cause: string }) {
  const words = useWords(nowWords);
  const access = useAccess();
  const said = words.noTarget[cause] ?? '';
  const mends: Readonly<Record<string, readonly [permission: string, page: string]>> = {
    target_oee: ['machine-targets.create', 'machine-targets'],
    ideal_cycle: ['production-standards.create', 'production-standards'],
  };
  const [permission, page] = mends[cause] ?? [];
  if (!permission || !access.may(permission)) return said;
  return <Link href={`/plant-setup/${page}/new?machineId=${machine.id}`}>{said}</Link>;
}

const factors = [
  ['availability', 'A'],
  ['performance', 'E'],
  ['quality', 'Q'],
] as const;

function Shift({ situation, machine, figures }: Props) {
  const words = useWords(nowWords);
  const { format } = useSettings();
  const { now } = situation;
  const shift = figures?.figures ?? null;
  const upTo = figures?.upTo ?? null;
  return (
    <div className={`shift-figures${shift?.flags.includes('low_coverage') ? ' hatched' : ''}`}>
      <Link className="oee" href={`/oee?plant=${now.plant.id}&machine=${machine.id}&period=today`}>
        <span className="label">OEE</span>
        <Percent shift={shift} name="oee" />
        <span className="hidden">, {words.openOee(machine.displayName)}</span>
      </Link>
      <ul>
        {factors.map(([name, letter]) => (
          <li key={name}>
            <span className="letter">{letter}</span>
            <Bar value={shift?.[name].value ?? null} />
            <Percent shift={shift} name={name} />
          </li>
        ))}
      </ul>
      <p className="said">
        <span>{whatIsSaid(figures, words, (value) => percent(value, format))}</span>
        <span className="up-to">{upTo === null ? '' : words.upTo(format.time(upTo, now.plant.timeZone))}</span>
      </p>
    </div>
  );
}

function Bar({ value }: { value: number | null }) {
  const whole = Math.max(1, value ?? 0);
  return (
    <span className="bar" aria-hidden="true">
      {value !== null && <i style={{ width: `${(Math.max(0, value) / whole) * 100}%` }} />}
      {value !== null && value > 1 && <b style={{ left: `${100 / whole}%` }} />}
    </span>
  );
}

export function Percent({
  shift,
  name,
}: {
  shift: ShiftFigures | null;
  name: 'oee' | 'availability' | 'performance' | 'quality';
}) {
  const words = useWords(nowWords);
  const { format } = useSettings();
  const ratio = shift?.[name];
  if (!ratio || ratio.value === null)
    return (
      <strong data-figure={name} className="none">
        –
      </strong>
    );
  return (
    <strong
      data-figure={name}
      title={words.ofMinutes(minutes(ratio.numerator, format), minutes(ratio.denominator, format))}
    >
      {percent(ratio.value, format)}
      <span className="unit"> %</span>
    </strong>
  );
}

/** Why there is no figure, or what makes it doubtful. */
function whatIsSaid(
  figures: MachineFigures | undefined,
  words: (typeof nowWords)['en'],
  shown: (value: number) => string,
): string {
  if (!figures) return '';
  const shift = figures.figures;
  if (!shift) return figures.shift ? words.noFigures : words.notInShift;
  if (shift.pbt === 0) return words.noBusyTime;
  if (shift.flags.includes('no_ideal_cycle')) return words.needsCycle;
  if (shift.availability.numerator === 0) return words.noProduction;
  if (shift.quality.value === null) return words.noPieces;
  if (shift.flags.includes('low_coverage')) return words.lowCoverage(shown(shift.coverage.value ?? 0));
  return shift.flags.includes('ideal_cycle_suspect') ? words.suspect : '';
}
