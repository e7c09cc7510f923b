// Between a record and what somebody types: a draft holds each field as its input shows it.

import type { AnyResource, Attributes, Field } from '../../../platform/kit/resource.ts';
import type { Format } from '../shell/format.ts';
import { readAttributes, toAttributeDraft } from './attributes-input.tsx';
import { fieldOf } from './page.ts';
import type { kitWords } from './words.ts';

/** Texts and numbers as typed, a list of texts one per line; an id or null for a reference. */
export type DraftValue = string | number | boolean | null;
export type Draft = Readonly<Record<string, DraftValue>>;
type Words = (typeof kitWords)['en'];

export function toDraft(
  resource: AnyResource,
  {
    names,
    record,
    format,
    words,
  }: { names: readonly string[]; record: Readonly<Record<string, unknown>> | null; format: Format; words: Words },
): Draft {
  return Object.fromEntries(
    names.map((name) => {
      const field = fieldOf(resource, name);
      return [name, toInput(field, record ? record[name] : field.default, { format, words })];
    }),
  );
}

function toInput(field: Field, value: unknown, { format, words }: { format: Format; words: Words }): DraftValue {
  switch (field.kind) {
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? format.typed(value) : '';
    case 'boolean':
      return typeof value === 'boolean' ? value : field.required ? false : null;
    case 'reference':
      return typeof value === 'number' ? value : null;
    case 'texts':
      return Array.isArray(value) ? value.join('\n') : '';
    case 'attributes':
      return toAttributeDraft((value ?? {}) as Attributes, { format, words });
    default:
      return typeof value === 'string' ? value : '';
  }
}

export interface Reading {
  /** As the API takes them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What is wrong, by field. */
  readonly faults: Readonly<Record<string, string>>;
}

export function readDraft(
  resource: AnyResource,
  {
    draft,
    format,
    words,
    hints,
  }: {
    draft: Draft;
    format: Format;
    words: Words;
    hints: Readonly<Record<string, string | undefined>> | undefined;
  },
): Reading {
  const values: Record<string, unknown> = {};
  const faults: Record<string, string> = {};
  for (const [name, typed] of Object.entries(draft)) {
    const field = fieldOf(resource, name);
    const read = readInput(field, typed, { format, words, hint: hints?.[name] });
    if (read.fault !== undefined) faults[name] = read.fault;
    else if (read.value === null && field.required) faults[name] = words.faults.missing;
    else values[name] = read.value;
  }
  return { values, faults };
}

interface Read {
  readonly value?: unknown;
  readonly fault?: string;
}

function readInput(
  field: Field,
  typed: DraftValue,
  { format, words, hint }: { format: Format; words: Words; hint: string | undefined },
): Read {
  const written = typeof typed === 'string' ? typed.trim() : '';
  switch (field.kind) {
    case 'boolean':
    case 'reference':
      return { value: typed };
    case 'integer':
    case 'decimal': {
      if (written === '') return { value: null };
      const value = format.parseNumber(written);
      if (value === null) return { fault: field.kind === 'integer' ? words.faults.integer : words.faults.number };
      if (field.kind === 'integer' && !Number.isInteger(value)) return { fault: words.faults.integer };
      if (value < field.minimum || value > field.maximum)
        return { fault: words.faults.range(format.number(field.minimum), format.number(field.maximum)) };
      return { value };
    }
    case 'texts': {
      const lines = written
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
      if (lines.length > field.maxItems) return { fault: words.faults.tooMany(field.maxItems) };
      if (lines.some((line) => line.length > field.maxLength)) return { fault: words.faults.tooLong(field.maxLength) };
      return { value: lines };
    }
    case 'attributes':
      return readAttributes(typed, { field, format, faults: words.faults });
    case 'text':
      if (written.length > field.maxLength) return { fault: words.faults.tooLong(field.maxLength) };
      if (written !== '' && field.pattern && !new RegExp(field.pattern.source, 'u').test(written))
        return { fault: words.faults.pattern(hint ?? field.pattern.says) };
      return { value: written === '' ? null : written };
    default:
      return { value: written === '' ? null : written };
  }
}
