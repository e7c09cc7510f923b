// Over a list: search, filters, how many there are, and what one can make. `/` goes to the search, ↓ from
// there into the rows.

import { type KeyboardEvent, type ReactNode, useEffect, useEffectEvent, useRef, useState } from 'react';
import type { ListState } from './list-state.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

/** Typing pauses this long before the list is asked. */
const TYPING_MS = 250;

export function SearchInput({ state }: { state: ListState }) {
  const words = useWords(kitWords);
  const given = state.get('search') ?? '';
  const [text, setText] = useState(given);
  const input = useRef<HTMLInputElement>(null);
  /** What the URL said last, by us or by others. */
  const shown = useRef(given);
  // Back and forward change the URL under the input.
  useEffect(() => {
    if (given === shown.current) return;
    shown.current = given;
    setText(given);
  }, [given]);
  const search = useEffectEvent(() => state.set('search', text, { typing: true }));
  useEffect(() => {
    if (text === shown.current) return;
    const timer = setTimeout(() => {
      shown.current = text;
      search();
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useShortcut('/', () => input.current?.focus());
  const intoRows = (event: KeyboardEvent): void => {
    if (event.key !== 'ArrowDown') return;
    event.preventDefault();
    document.querySelector<HTMLElement>('[data-row]')?.focus();
  };
  return (
    <label className="search">
      <span className="hidden">{words.search}</span>
      <input
        ref={input}
        type="search"
        placeholder={words.searchHint}
        maxLength={200}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={intoRows}
      />
    </label>
  );
}

export function ChoiceFilter({
  state,
  name,
  label,
  options,
  all,
}: {
  state: ListState;
  name: string;
  label: string;
  options: readonly { value: string; label: string }[];
  /** The word for no choice; null where the first option stands for it. */
  all: string | null;
}) {
  return (
    <label className="filter">
      <span>{label}</span>
      <select
        value={state.get(name) ?? (all === null ? options[0]?.value : '')}
        onChange={(event) => state.set(name, event.target.value)}
      >
        {all !== null && <option value="">{all}</option>}
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Toolbar({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className="toolbar">
      <h1>{title}</h1>
      {children}
    </header>
  );
}

/** A key that acts wherever nobody is typing and no dialog is open. */
export function useShortcut(key: string, act: () => void): void {
  const onKey = useEffectEvent(act);
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent): void => {
      if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement | null;
      if (target?.closest('input, textarea, select, [contenteditable], dialog[open]')) return;
      event.preventDefault();
      onKey();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [key]);
}
