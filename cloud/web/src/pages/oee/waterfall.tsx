// Where the calendar time went, from all of it down to what added value: bars one below the other, each
// beginning where the one before ended, with h:mm and the share beside them.

import { useWords } from '../../kit/use-words.ts';
import { useSettings } from '../../shell/settings.ts';
import { type Other, useDays } from './difference.tsx';
import { hoursMinutes, percent, type Row } from './figure-text.ts';
import { oeeWords } from './oee-words.ts';
import { type Step, stepsOf } from './waterfall-steps.ts';

/** `other`: what it is compared with, its row null where there is nothing. */
export function Waterfall({ row, other = null }: { row: Row; other?: Other | null }) {
  const words = useWords(oeeWords);
  const days = useDays();
  const before = new Map((other?.row ? stepsOf(other.row) : []).map((step) => [step.key, step.amount]));
  const steps = stepsOf(row, new Set(before.keys()));
  const widest = Math.max(1, ...steps.flatMap(({ from, to }) => [from, to]));
  const lowest = Math.min(0, ...steps.map(({ to }) => to));
  return (
    <section className={`oee-part waterfall${other?.row ? ' compared' : ''}`} aria-labelledby="oee-waterfall">
      <h2 id="oee-waterfall">{words.waterfall}</h2>
      {other?.row && <p className="unit">{words.inBrackets(days(other.days))}</p>}
      <table>
        <tbody>
          {steps.map((step) => (
            <StepRow
              key={step.key}
              step={step}
              before={other?.row ? (before.get(step.key) ?? 0) : null}
              whole={row.time.calendarTime}
              scale={{ lowest, widest }}
            />
          ))}
        </tbody>
      </table>
      {row.losses === null && <p className="unit">{words.notToldApart}</p>}
    </section>
  );
}

function StepRow({
  step: { key, from, to, amount, isWhole },
  before,
  whole,
  scale: { lowest, widest },
}: {
  step: Step;
  /** How much it was in the other period. */
  before: number | null;
  whole: number;
  scale: { readonly lowest: number; readonly widest: number };
}) {
  const words = useWords(oeeWords);
  const { format } = useSettings();
  const gain = !isWhole && amount < 0;
  const at = (us: number) => ((us - lowest) / (widest - lowest)) * 100;
  const left = at(Math.min(from, to));
  return (
    <tr className={isWhole ? 'whole' : undefined} data-step={key}>
      <th scope="row">{gain && key === 'reducedSpeed' ? words.fasterThanIdeal : words.steps[key]}</th>
      <td className="track" aria-hidden="true">
        <i
          className={`step-${key}${gain ? ' gain' : ''}`}
          style={{ left: `${left}%`, width: `${at(Math.max(from, to)) - left}%` }}
        />
      </td>
      <td className="amount">
        {hoursMinutes(amount)}
        {before !== null && <span className="unit"> ({hoursMinutes(before)})</span>}
      </td>
      <td className="share">
        {whole > 0 && percent(amount / whole, format)} <span className="unit">%</span>
      </td>
    </tr>
  );
}
