// What a tag means beyond machine and role: of a counter where it begins again from zero, of a counter of
// rejects or an alarm what is lost by it.

import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useState } from 'react';
import type { Tag } from '../../../../domains/tags/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { edgeWords } from './edge-words.ts';

interface Reason {
  readonly id: number;
  readonly name: string;
  readonly nameDe: string | null;
}

/** What counters of PLCs usually have: 16 and 32 bits, with and without sign, and digits of a display. */
const usualModuli = [65_536, 4_294_967_296, 32_768, 2_147_483_648, 10_000, 100_000, 1_000_000, 10_000_000];
const usualOf: Readonly<Record<string, number>> = {
  UInt16: 65_536,
  UInt32: 4_294_967_296,
  Int16: 32_768,
  Int32: 2_147_483_648,
};
const counters = new Set(['total_count', 'good_count', 'reject_count', 'infeed_count']);
const withReason = new Set(['reject_count', 'alarm']);

export interface Meaning {
  readonly lossReasonId?: number | null;
  readonly counterModulus?: number | null;
}

/** `change` null: one may not. */
export function TagMeaning({ tag, change }: { tag: Tag; change: ((to: Meaning) => void) | null }) {
  const role = tag.role ?? '';
  return (
    <span className="meaning">
      {counters.has(role) && <Rollover key={tag.version} tag={tag} change={change} />}
      {withReason.has(role) && (
        <LossReason
          label={tag.name}
          value={tag.lossReasonId}
          change={change && ((lossReasonId) => change({ lossReasonId }))}
        />
      )}
    </span>
  );
}

function Rollover({ tag, change }: { tag: Tag; change: ((to: Meaning) => void) | null }) {
  const words = useWords(edgeWords);
  const { format } = useSettings();
  const id = useId();
  const shown = tag.counterModulus === null ? '' : format.number(tag.counterModulus);
  const [text, setText] = useState(shown);
  const [wrong, setWrong] = useState(false);
  if (!change) return shown === '' ? words.none : words.rollsOver(shown);
  const take = (): void => {
    if (text === shown) return;
    const value = text.trim() === '' ? null : format.parseNumber(text);
    const isRight = value === null || (Number.isFinite(value) && value > 1);
    setWrong(!isRight);
    if (isRight) change({ counterModulus: value });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Enter') event.currentTarget.blur();
    if (event.key === 'Escape') setText(shown);
  };
  const usual = usualOf[tag.datatype];
  return (
    <>
      <input
        aria-label={words.rolloverOf(tag.name)}
        aria-invalid={wrong}
        title={words.rolloverHint}
        inputMode="numeric"
        placeholder={words.rollover}
        list={id}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={onKeyDown}
      />
      <datalist id={id}>
        {[...new Set([...(usual === undefined ? [] : [usual]), ...usualModuli])].map((modulus) => (
          <option key={modulus}>{format.number(modulus)}</option>
        ))}
      </datalist>
    </>
  );
}

/** Chosen from the organisation's reasons; nothing where one may not see them. */
export function LossReason(props: {
  label: string;
  value: number | null;
  /** Null: one may not. */
  change: ((id: number | null) => void) | null;
}) {
  const { label, value, change } = props;
  const words = useWords(edgeWords);
  const { language } = useSettings();
  const reasons = useLossReasons();
  const nameOf = ({ name, nameDe }: Reason): string => (language === 'de' ? (nameDe ?? name) : name);
  const chosen = reasons.find(({ id }) => id === value);
  if (!change) return chosen ? nameOf(chosen) : words.none;
  return (
    <select
      aria-label={words.reasonOf(label)}
      value={chosen ? String(chosen.id) : ''}
      onChange={(event) => change(event.target.value === '' ? null : Number(event.target.value))}
    >
      <option value="">{words.noReason}</option>
      {reasons.map((reason) => (
        <option key={reason.id} value={reason.id}>
          {nameOf(reason)}
        </option>
      ))}
    </select>
  );
}

function useLossReasons(): readonly Reason[] {
  const session = useSession();
  const access = useAccess();
  const asked = useQuery({
    queryKey: ['list', 'loss-reasons', 'options'],
    queryFn: ({ signal }) => session.get<{ items: Reason[] }>('/loss-reasons?limit=500', signal),
    enabled: access.may('loss-reasons.read'),
    staleTime: 60_000,
  });
  return asked.data?.items ?? [];
}
