// Choosing one of many by typing: a combobox whose list comes from wherever the caller has it. ↓ opens it,
// Enter takes, Escape closes; what was typed and leads to nothing falls back to the choice.
/* oxlint-disable jsx-a11y/prefer-tag-over-role -- ARIA's combobox: a datalist can neither grey a part of a line nor say that nothing was found */

import { type KeyboardEvent, useId, useState } from 'react';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

export interface Option<V extends string | number> {
  readonly value: V;
  readonly label: string;
  /** Greyed, after the label. */
  readonly more?: string;
}

export interface OptionPickerProps<V extends string | number> {
  readonly id: string;
  readonly label?: string;
  /** What is chosen, in words; '' for nothing. */
  readonly chosen: string;
  /** For what is typed now; undefined while they load. */
  readonly options: readonly Option<V>[] | undefined;
  onType(text: string): void;
  /** Null: nothing is chosen any more. */
  onChoose(option: Option<V> | null): void;
  /** The word for no choice. */
  readonly nothing?: string;
  readonly required?: boolean;
  readonly invalid?: boolean;
  readonly describedBy?: string;
}

export function OptionPicker<V extends string | number>(props: OptionPickerProps<V>) {
  const { id, chosen, options, onType, onChoose } = props;
  const words = useWords(kitWords);
  const [typed, setTyped] = useState<string | null>(null);
  const [at, setAt] = useState(0);
  const list = useId();
  const open = typed !== null;
  const shown = options ?? [];
  const start = (text: string): void => {
    setTyped(text);
    setAt(0);
    onType(text);
  };
  const finish = (): void => setTyped(null);
  const take = (option: Option<V> | undefined): void => {
    if (option) onChoose(option);
    finish();
  };
  const leave = (): void => {
    if (typed === '' && chosen !== '' && !props.required) onChoose(null);
    finish();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) start('');
    else if (open && event.key === 'ArrowDown') setAt(Math.min(at + 1, shown.length - 1));
    else if (open && event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (open && event.key === 'Enter' && !event.ctrlKey) take(shown[at]);
    else if (open && event.key === 'Escape') finish();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <span className="picker">
      <input
        id={id}
        role="combobox"
        aria-label={props.label}
        aria-expanded={open}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={open && shown[at] ? `${list}-${at}` : undefined}
        aria-required={props.required}
        aria-invalid={props.invalid}
        aria-describedby={props.describedBy}
        autoComplete="off"
        placeholder={chosen === '' ? (props.nothing ?? words.choose) : chosen}
        value={typed ?? chosen}
        onChange={(event) => start(event.target.value)}
        onClick={() => !open && start('')}
        onKeyDown={onKeyDown}
        onBlur={leave}
      />
      <div id={list} role="listbox" aria-label={props.label ?? words.choose} hidden={!open}>
        {shown.map((option, index) => (
          <div
            key={option.value}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === at}
            // Before the input loses the focus.
            onMouseDown={(event) => {
              event.preventDefault();
              take(option);
            }}
          >
            {option.label} {option.more && <span className="unit">{option.more}</span>}
          </div>
        ))}
        {options?.length === 0 && (
          <div role="option" aria-selected={false} aria-disabled="true" className="unit">
            {words.nothingFound}
          </div>
        )}
      </div>
    </span>
  );
}
