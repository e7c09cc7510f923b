// Choosing a record of another resource by its title, as an input of a form and as a filter of a list.

import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import type { ReferenceField } from '../../../platform/kit/resource.ts';
import { useSession } from '../shell/context.ts';
import type { ListState } from './list-state.ts';
import { type Option, OptionPicker } from './option-picker.tsx';
import { plainText } from './show-value.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

const OPTIONS = 20;

type Row = Readonly<Record<string, unknown>> & { readonly id: number };

/** `display_name` → `displayName`: the title as records carry it. */
export function titleOf(field: ReferenceField): string {
  return field.title.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The title of one record; '' while it is not known. */
export function useReferenceTitle(field: ReferenceField, id: number | null): string {
  const session = useSession();
  const record = useQuery({
    queryKey: ['record', field.to, id],
    queryFn: ({ signal }) => session.get<Row>(`/${field.to}/${id}`, signal),
    enabled: id !== null,
    staleTime: 60_000,
  });
  return record.data ? plainText(record.data[titleOf(field)] ?? '') : '';
}

interface ReferencePickerProps {
  readonly id: string;
  readonly label?: string;
  readonly field: ReferenceField;
  readonly value: number | null;
  onChange(id: number | null): void;
  readonly nothing?: string;
  readonly required?: boolean;
  readonly invalid?: boolean;
  readonly describedBy?: string;
}

export function ReferencePicker({ field, value, onChange, ...rest }: ReferencePickerProps) {
  const session = useSession();
  const [text, setText] = useState<string | null>(null);
  const title = useReferenceTitle(field, value);
  const found = useQuery({
    queryKey: ['list', field.to, 'options', text],
    queryFn: ({ signal }) =>
      session.get<{ items: Row[] }>(`/${field.to}?limit=${OPTIONS}&search=${encodeURIComponent(text ?? '')}`, signal),
    enabled: text !== null,
    placeholderData: (before) => before,
  });
  const options = found.data?.items.map(
    (row): Option<number> => ({ value: row.id, label: plainText(row[titleOf(field)]) }),
  );
  return (
    <OptionPicker
      {...rest}
      chosen={title}
      options={options}
      onType={setText}
      onChoose={(option) => onChange(option?.value ?? null)}
    />
  );
}

export function ReferenceFilter({
  state,
  name,
  label,
  to,
}: {
  state: ListState;
  name: string;
  label: string;
  to: ReferenceField;
}) {
  const words = useWords(kitWords);
  const id = useId();
  const value = Number(state.get(name)) || null;
  return (
    <div className="filter">
      <label htmlFor={id}>{label}</label>
      <span className="chosen">
        <ReferencePicker
          id={id}
          nothing={words.all}
          field={to}
          value={value}
          onChange={(chosen) => state.set(name, chosen ? String(chosen) : null)}
        />
        {value !== null && (
          <button type="button" onClick={() => state.set(name, null)}>
            {words.all}
          </button>
        )}
      </span>
    </div>
  );
}
