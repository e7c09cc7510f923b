// What was made, declared in one tap at the operator's panel: good pieces, scrap and rework with their reasons.

import { useId, useState } from 'react';
import { FormRow } from '../../kit/field-input.tsx';
import { useFaultText } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { type RunMachine, useLive } from './api.ts';
import type { Entries } from './entries.tsx';
import { orderWords } from './words.ts';

const FREQUENT = 6;
const amounts = [1, 10, 100];

interface Reason {
  readonly id: number;
  readonly name: string;
  readonly nameDe: string | null;
  readonly category: string;
  readonly frequentPosition: number | null;
}

export function Declare({ machine, entries }: { machine: RunMachine; entries: Entries }) {
  const words = useWords(orderWords);
  const { language, format } = useSettings();
  const access = useAccess();
  const textOf = useFaultText();
  const id = useId();
  const [typed, setTyped] = useState('1');
  const [wrong, setWrong] = useState<string>();
  const reasons = useLive<{ items: Reason[] }>(
    '/loss-reasons?category=scrap&category=rework&category=startup&limit=100',
    access.may('loss-reasons.read'),
  );
  const nameOf = (reason: Reason): string => (language === 'de' && reason.nameDe) || reason.name;
  const enter = (kind: 'good' | 'scrap' | 'rework', quantity: number, reason?: Reason): void => {
    const why = reason === undefined ? {} : { lossReasonId: reason.id };
    const text = `${format.number(quantity)} ${words[kind]}${reason === undefined ? '' : ` · ${nameOf(reason)}`}`;
    entries.add({ machine: machine.name, text, body: { machineId: machine.id, kind, quantity, ...why } });
  };
  const enterTyped = (kind: 'good' | 'scrap' | 'rework', reason?: Reason): void => {
    const quantity = format.parseNumber(typed);
    if (quantity === null) {
      setWrong(textOf({ message: '', code: 'type', params: { expected: 'number' } }));
      return;
    }
    setWrong(undefined);
    setTyped('1');
    enter(kind, quantity, reason);
  };
  if (!access.may('production-logs.create')) return null;
  const sorted = (reasons.data?.items ?? []).toSorted(
    (a, b) => (a.frequentPosition ?? 1e9) - (b.frequentPosition ?? 1e9) || a.id - b.id,
  );
  const group = (kind: 'scrap' | 'rework', of: readonly string[]) => (
    <ReasonTaps
      title={words[kind]}
      reasons={sorted.filter(({ category }) => of.includes(category))}
      label={nameOf}
      amount={typed}
      tap={(reason) => enterTyped(kind, reason)}
    />
  );
  return (
    <section aria-label={words.good}>
      <fieldset className="taps">
        <legend>{words.good}</legend>
        {amounts.map((amount) => (
          <button key={amount} type="button" aria-disabled={entries.full} onClick={() => enter('good', amount)}>
            + {format.number(amount)}
          </button>
        ))}
        <button type="button" aria-disabled={entries.full} onClick={() => enterTyped('good')}>
          + {typed === '' ? '…' : typed} {words.good}
        </button>
      </fieldset>
      <FormRow id={id} label={words.howMany} fault={wrong}>
        <input id={id} inputMode="decimal" value={typed} onChange={(event) => setTyped(event.target.value)} />
      </FormRow>
      {group('scrap', ['scrap', 'startup'])}
      {group('rework', ['rework'])}
      {entries.full && <p className="notice">{words.tooManyWait}</p>}
    </section>
  );
}

function ReasonTaps(props: {
  title: string;
  reasons: readonly Reason[];
  label(reason: Reason): string;
  amount: string;
  tap(reason: Reason): void;
}) {
  const words = useWords(orderWords);
  const { title, reasons, label, amount, tap } = props;
  const button = (reason: Reason) => (
    <button key={reason.id} type="button" onClick={() => tap(reason)}>
      + {amount} {label(reason)}
    </button>
  );
  return (
    <fieldset className="taps">
      <legend>
        {title}: {words.why}
      </legend>
      {reasons.length === 0 && <p className="unit">{words.noReasons}</p>}
      {reasons.slice(0, FREQUENT).map(button)}
      {reasons.length > FREQUENT && (
        <details>
          <summary>…</summary>
          {reasons.slice(FREQUENT).map(button)}
        </details>
      )}
    </fieldset>
  );
}
