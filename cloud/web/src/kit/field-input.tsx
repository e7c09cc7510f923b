// One field of a form: label, input as its kind wants, hint and what is wrong. The place for the fault is
// kept free, so that nothing jumps when there is one.

import type { ReactNode } from 'react';
import type { Field } from '../../../platform/kit/resource.ts';
import { AttributesInput } from './attributes-input.tsx';
import type { DraftValue } from './draft.ts';
import { InstantInput } from './instant-input.tsx';
import { ReferencePicker } from './reference-picker.tsx';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

export interface FieldInputProps {
  readonly id: string;
  readonly field: Field;
  readonly value: DraftValue;
  onChange(value: DraftValue): void;
  readonly invalid: boolean;
  readonly describedBy: string;
  readonly choices: Readonly<Record<string, string>> | undefined;
  /** What it was when the form was opened. */
  readonly original: DraftValue;
  /** Null for a record that is being made. */
  readonly recordId: number | null;
}

export function FormRow({
  id,
  label,
  required = false,
  hint,
  fault,
  children,
}: {
  id: string;
  label: string;
  required?: boolean;
  hint?: string | undefined;
  fault?: string | undefined;
  children: ReactNode;
}) {
  const words = useWords(kitWords);
  return (
    <div className="form-row">
      <label htmlFor={id}>
        {label} {required && <span className="unit">{words.required}</span>}
      </label>
      {children}
      <p id={`${id}-says`} className={fault === undefined ? 'says' : 'says fault'}>
        {fault ?? hint}
      </p>
    </div>
  );
}

export function FieldInput(props: FieldInputProps) {
  const { id, field, value, onChange, invalid, describedBy } = props;
  const common = { id, 'aria-invalid': invalid, 'aria-describedby': describedBy, 'aria-required': field.required };
  const text = typeof value === 'string' ? value : '';
  switch (field.kind) {
    case 'boolean':
      return (
        <input
          {...common}
          aria-required={undefined}
          type="checkbox"
          checked={value === true}
          onChange={(event) => onChange(event.target.checked)}
        />
      );
    case 'choice':
      return <Choice {...props} />;
    case 'reference':
      return (
        <ReferencePicker
          id={id}
          field={field}
          value={typeof value === 'number' ? value : null}
          onChange={onChange}
          required={field.required ?? false}
          invalid={invalid}
          describedBy={describedBy}
        />
      );
    case 'integer':
    case 'decimal':
      return (
        <span className="with-unit">
          <input {...common} inputMode="decimal" value={text} onChange={(event) => onChange(event.target.value)} />
          {field.unit && <span className="unit">{field.unit}</span>}
        </span>
      );
    case 'instant':
      return <InstantInput {...common} value={text} onChange={onChange} />;
    case 'date':
      return <input {...common} type="date" value={text} onChange={(event) => onChange(event.target.value)} />;
    case 'attributes':
      return <AttributesInput {...{ id, value, onChange, invalid, describedBy }} />;
    case 'texts':
      return <textarea {...common} rows={5} value={text} onChange={(event) => onChange(event.target.value)} />;
    case 'text':
      if (field.multiline)
        return (
          <textarea
            {...common}
            rows={3}
            maxLength={field.maxLength}
            value={text}
            onChange={(event) => onChange(event.target.value)}
          />
        );
      return (
        <input
          {...common}
          maxLength={field.maxLength}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

function Choice({ id, field, value, onChange, invalid, describedBy, choices }: FieldInputProps) {
  if (field.kind !== 'choice') return null;
  return (
    <select
      id={id}
      aria-invalid={invalid}
      aria-describedby={describedBy}
      value={typeof value === 'string' ? value : ''}
      onChange={(event) => onChange(event.target.value)}
    >
      {(!field.required || value === '' || value === null) && <option value="">–</option>}
      {field.choices.map((choice) => (
        <option key={choice} value={choice}>
          {choices?.[choice] ?? choice}
        </option>
      ))}
    </select>
  );
}
