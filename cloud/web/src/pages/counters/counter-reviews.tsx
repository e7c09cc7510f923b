// Steps of counters that wait for a person: what the counter showed before and after, what it may have
// been, and booking it in two taps.

import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { Review } from '../../../../domains/counters/index.ts';
import { useListState } from '../../kit/list-state.ts';
import { ChoiceFilter, Toolbar } from '../../kit/list-toolbar.tsx';
import { Problem } from '../../kit/problem.tsx';
import { UnderList } from '../../kit/resource-list.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { usePages } from '../../kit/use-pages.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { counterWords } from './counter-words.ts';

const PAGE_ROWS = 50;
const REFETCH_MS = 10_000;

export function CounterReviewsPage() {
  const words = useWords(counterWords);
  const state = useListState(['state']);
  const { id: plant } = usePlant('one');
  const shown = state.get('state') ?? 'open';
  const query = new URLSearchParams({ limit: String(PAGE_ROWS), state: shown, ...(plant && { plant: String(plant) }) });
  const path = `/counter-reviews?${query}`;
  const pages = usePages<Review>({ name: 'counter-reviews', path, refetchMs: REFETCH_MS, by: 'before' });
  useTitle(words.title);
  return (
    <div className="page" aria-busy={pages.items === undefined}>
      <Toolbar title={words.title} />
      <p>{words.intro}</p>
      <search className="filters">
        <ChoiceFilter
          state={state}
          name="state"
          label={words.state}
          all={words.open}
          options={[
            { value: 'decided', label: words.decided },
            { value: 'all', label: words.all },
          ]}
        />
      </search>
      <ul className="reviews" aria-label={words.title}>
        {pages.items?.map((review) => (
          <li key={`${review.tagId} ${review.time}`}>
            <ReviewCard review={review} />
          </li>
        ))}
      </ul>
      <UnderList
        pages={pages}
        state={{ ...state, narrowed: false }}
        empty={<p>{shown === 'open' ? words.empty : words.emptyDecided}</p>}
      />
    </div>
  );
}

function ReviewCard({ review }: { review: Review }) {
  const words = useWords(counterWords);
  const { format } = useSettings();
  const moment = useMoment(true);
  const access = useAccess();
  const [changing, setChanging] = useState(false);
  const { decision } = review;
  const may = access.may('counters.decide');
  return (
    <article className="review" aria-label={`${review.machineName}: ${review.tagName}`}>
      <header>
        <h2>{review.machineName}</h2>
        <p>
          {review.tagName} · {moment(review.time, review.plantId)}
        </p>
        <p>
          <strong>{words.kinds[review.kind]}</strong>
        </p>
      </header>
      <Step review={review} />
      {decision && (
        <p>
          {words.decidedAs(format.number(decision.counts))} · {decision.reason} · {decision.decidedBy},{' '}
          {moment(decision.decidedAt, review.plantId)}
        </p>
      )}
      {may && decision && !changing && (
        <button type="button" onClick={() => setChanging(true)}>
          {words.change}
        </button>
      )}
      {may && (!decision || changing) && <Decide review={review} done={() => setChanging(false)} />}
    </article>
  );
}

const PLOT = { width: 260, height: 96, pad: 14 };

/** Two readings as the counter showed them, and the most the machine could have made as a band above the first. */
function Step({ review }: { review: Review }) {
  const words = useWords(counterWords);
  const { format } = useSettings();
  const { previous, reading, allowed } = review;
  const from = previous ?? 0;
  const most = Math.max(from + (allowed ?? 0), from, reading, 1);
  const least = Math.min(from, reading, 0);
  const y = (value: number) =>
    PLOT.height - PLOT.pad - ((value - least) / (most - least)) * (PLOT.height - 2 * PLOT.pad);
  const left = PLOT.pad;
  const right = PLOT.width - PLOT.pad;
  return (
    <figure className="step">
      <svg viewBox={`0 0 ${PLOT.width} ${PLOT.height}`} width={PLOT.width} height={PLOT.height} aria-hidden="true">
        {allowed !== null && (
          <rect
            className="band"
            x={left}
            width={right - left}
            y={y(from + allowed)}
            height={y(from) - y(from + allowed)}
          />
        )}
        <line x1={left} y1={y(from)} x2={right} y2={y(from)} className="level" />
        <line x1={left} y1={y(from)} x2={right} y2={y(reading)} className="move" />
        <circle cx={left} cy={y(from)} r="4" />
        <circle cx={right} cy={y(reading)} r="5" className="after" />
      </svg>
      <figcaption>
        <dl>
          <div>
            <dt>{words.before}</dt>
            <dd>{previous === null ? '–' : format.number(previous)}</dd>
          </div>
          <div>
            <dt>{words.after}</dt>
            <dd>{format.number(reading)}</dd>
          </div>
          <div>
            <dt>{words.allowed}</dt>
            <dd>{allowed === null ? '–' : format.number(Math.floor(allowed))}</dd>
          </div>
        </dl>
        {allowed === null && <p>{words.unknownSpeed}</p>}
      </figcaption>
    </figure>
  );
}

type As = Review['proposals'][number]['as'] | 'other';

function Decide({ review, done }: { review: Review; done: () => void }) {
  const words = useWords(counterWords);
  const { format } = useSettings();
  const session = useSession();
  const queries = useQueryClient();
  const command = useCommand();
  const [chosen, setChosen] = useState<As | null>(null);
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const name = useId();
  const labelOf = (as: As, counts: number): string =>
    as === 'nothing' ? words.as.nothing : as === 'other' ? words.other : words.as[as](format.number(counts));
  const choose = (as: As) => {
    setChosen(as);
    setReason(words.reasons[as]);
  };
  const counts =
    chosen === 'other' ? format.parseNumber(typed) : review.proposals.find(({ as }) => as === chosen)?.counts;
  const book = () => {
    if (counts === null || counts === undefined || counts < 0) {
      command.fail({ counts: words.wholeNumber });
      return;
    }
    const { tagId, time, previous, reading } = review;
    const replaces = review.decision?.id ?? null;
    void command
      .run(async () => {
        const body = { tagId, time, previous, reading, counts, reason, replaces };
        await session.send('POST', '/counter-reviews/decisions', { body });
        await queries.invalidateQueries({ queryKey: ['list', 'counter-reviews'] });
      })
      .then((well) => well && done());
  };
  return (
    <fieldset className="decide">
      <legend>{words.choose}</legend>
      {[...review.proposals, { as: 'other' as const, counts: 0 }].map(({ as, counts: some }) => (
        <label key={as} className="choice">
          <input type="radio" name={name} checked={chosen === as} onChange={() => choose(as)} />
          {labelOf(as, some)}
        </label>
      ))}
      {chosen === 'other' && (
        <label>
          {words.counts}
          <input inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </label>
      )}
      {chosen !== null && (
        <label>
          {words.reason}
          <input value={reason} maxLength={500} required onChange={(event) => setReason(event.target.value)} />
        </label>
      )}
      {command.faults['counts'] && <p role="alert">{command.faults['counts']}</p>}
      {command.error && <Problem error={command.error} />}
      {chosen !== null && (
        <button type="button" className="main" aria-disabled={command.busy || reason === ''} onClick={book}>
          {words.book}
        </button>
      )}
    </fieldset>
  );
}
