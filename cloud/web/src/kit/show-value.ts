// A field's value as people read it.

import { type Attributes, type Field, titleNameOf } from '../../../platform/kit/resource.ts';
import type { Format } from '../shell/format.ts';
import type { AnyWords } from './page.ts';
import type { kitWords } from './words.ts';

export interface Shown {
  readonly name: string;
  readonly field: Field;
  readonly value: unknown;
  /** Brings the title of a reference. */
  readonly record?: Readonly<Record<string, unknown>>;
}

export function showValue(
  { name, field, value, record }: Shown,
  { format, words, kit }: { format: Format; words: AnyWords; kit: (typeof kitWords)['en'] },
): string {
  if (value === null || value === undefined || value === '') return '–';
  const text = plainText(value);
  switch (field.kind) {
    case 'integer':
    case 'decimal':
      return typeof value === 'number' ? format.number(value) : text;
    case 'boolean':
      return value ? kit.yes : kit.no;
    case 'choice':
      return words.choices[name]?.[text] ?? text;
    case 'date':
      return format.day(text);
    case 'reference':
      return plainText(record?.[titleNameOf(name)] ?? '–');
    case 'texts':
      return Array.isArray(value) && value.length > 0 ? value.join(', ') : '–';
    case 'attributes':
      return showAttributes(value as Attributes, { format, kit });
    case 'instant': // Shown in a plant's clock by Value.
    case 'text':
      return text;
  }
}

function showAttributes(
  attributes: Attributes,
  { format, kit }: { format: Format; kit: (typeof kitWords)['en'] },
): string {
  const show = (value: Attributes[string]): string => {
    if (typeof value === 'boolean') return value ? kit.yes : kit.no;
    return typeof value === 'number' ? format.number(value) : value;
  };
  return (
    Object.entries(attributes)
      .map(([name, value]) => `${name}: ${show(value)}`)
      .join(' · ') || '–'
  );
}

/** What is no text or number is shown as JSON. */
export function plainText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value);
}
