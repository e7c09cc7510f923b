// Attributes that an organisation adds by itself, as rows of name and value. A draft is these rows as JSON,
// each with what it was, so that what nobody touched stays what it is.

import {
  ATTRIBUTE_NAME,
  type Attributes,
  type AttributesField,
  readAttribute,
} from '../../../platform/kit/resource.ts';
import type { Format } from '../shell/format.ts';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

type Value = Attributes[string];
type Words = (typeof kitWords)['en'];
/** `was` is there while the text is as it was written from it. */
type Row = readonly [name: string, text: string, was?: Value];

function attributeRows(draft: unknown): readonly Row[] {
  return typeof draft === 'string' && draft !== '' ? (JSON.parse(draft) as Row[]) : [];
}

export function toAttributeDraft(
  attributes: Attributes,
  { format, words }: { format: Format; words: Pick<Words, 'yes' | 'no'> },
): string {
  const printed = (value: Value): string => {
    if (typeof value === 'boolean') return value ? words.yes : words.no;
    return typeof value === 'number' ? format.typed(value) : value;
  };
  return JSON.stringify(Object.entries(attributes).map(([name, value]) => [name, printed(value), value]));
}

/** The attributes as the API takes them, or what is wrong. Rows without name and value are none. */
export function readAttributes(
  draft: unknown,
  { field, format, faults }: { field: AttributesField; format: Format; faults: Words['faults'] },
): { value: Attributes } | { fault: string } {
  const decimalComma = format.typed(0.5).includes(',');
  const read = new Map<string, Value>();
  for (const [name, text, was] of attributeRows(draft)) {
    const [key, written] = [name.trim(), text.trim()];
    if (key === '' && written === '') continue;
    if (!new RegExp(ATTRIBUTE_NAME, 'u').test(key)) return { fault: faults.attributeName };
    if (read.has(key)) return { fault: faults.attributeTwice(key) };
    if (written === '') return { fault: faults.attributeEmpty(key) };
    read.set(key, was ?? readAttribute(written, { decimalComma }));
  }
  if (read.size > field.maxItems) return { fault: faults.tooMany(field.maxItems) };
  return { value: Object.fromEntries(read) };
}

export function AttributesInput({
  id,
  value,
  onChange,
  invalid,
  describedBy,
}: {
  id: string;
  value: unknown;
  onChange(draft: string): void;
  invalid: boolean;
  describedBy: string;
}) {
  const words = useWords(kitWords);
  const rows = attributeRows(value);
  const change = (at: number, row: Row | null): void =>
    onChange(JSON.stringify(rows.flatMap((one, index) => (index !== at ? [one] : row ? [row] : []))));
  return (
    <fieldset className="attributes" aria-describedby={describedBy}>
      {rows.map(([name, text, was], at) => (
        // A row is its place: its name is being typed.
        <div key={at}>
          <input
            aria-label={words.attributeName}
            aria-invalid={invalid}
            maxLength={50}
            value={name}
            onChange={(event) =>
              change(at, was === undefined ? [event.target.value, text] : [event.target.value, text, was])
            }
          />
          <input
            aria-label={words.attributeValue(name)}
            maxLength={200}
            value={text}
            onChange={(event) => change(at, [name, event.target.value])}
          />
          <button type="button" aria-label={words.removeAttribute(name)} onClick={() => change(at, null)}>
            ×
          </button>
        </div>
      ))}
      <button type="button" id={id} onClick={() => onChange(JSON.stringify([...rows, ['', '']]))}>
        {words.addAttribute}
      </button>
    </fieldset>
  );
}
