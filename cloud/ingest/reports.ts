// The agents' own reports, parsed at the border: a gap row travels as JSON text.

import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

const time = Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 });

const gapSchema = Type.Object({
  tag: Type.Union([Type.String(), Type.Null()]),
  from: time,
  to: time,
  cause: Type.String({ pattern: '^[a-z0-9_]+$', maxLength: 64 }),
  count: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
});

const gap = Compile(gapSchema);

/** A gap row, or null when the text is none. Times in ms, half-open. */
export function parseGap(text: string): Static<typeof gapSchema> | null {
  try {
    const value: unknown = JSON.parse(text);
    return gap.Check(value) && value.from <= value.to ? value : null;
  } catch {
    return null;
  }
}
