// Numbers that stay exact however often they are multiplied and divided: 1 box = 12 pcs, so 1 pcs = 1/12 box,
// and not 0.0833.

export interface Fraction {
  readonly numerator: bigint;
  /** Above 0. */
  readonly denominator: bigint;
}

/** Digits after the point of a result that has no end. */
const DECIMALS = 12;

/** A decimal number as text, `12.5` or `1e-7`, exactly. */
export function fractionOf(text: string): Fraction {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', decimals = ''] = mantissa.split('.');
  const shift = Number(exponent) - decimals.length;
  const digits = BigInt(whole + decimals);
  return shift >= 0
    ? { numerator: digits * 10n ** BigInt(shift), denominator: 1n }
    : reduced({ numerator: digits, denominator: 10n ** BigInt(-shift) });
}

export function times(a: Fraction, b: Fraction): Fraction {
  return reduced({ numerator: a.numerator * b.numerator, denominator: a.denominator * b.denominator });
}

/** Of a number above 0. */
export function inverse({ numerator, denominator }: Fraction): Fraction {
  return { numerator: denominator, denominator: numerator };
}

/** Whether two factors above 0 mean the same: 0.0833333333 is what somebody writes for 1/12. */
export function isSame(a: Fraction, b: Fraction): boolean {
  const [left, right] = [a.numerator * b.denominator, b.numerator * a.denominator];
  const difference = left > right ? left - right : right - left;
  return difference * 1_000_000n <= right;
}

/** As a decimal number; `exact` says whether nothing was rounded (half away from 0, to 12 digits). */
export function decimalOf({ numerator, denominator }: Fraction): { text: string; exact: boolean } {
  const scaled = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(DECIMALS);
  const exact = scaled % denominator === 0n;
  const rounded = (2n * scaled + denominator) / (2n * denominator);
  const digits = rounded.toString().padStart(DECIMALS + 1, '0');
  const text = `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
  return { text: numerator < 0n && text !== '0' ? `-${text}` : text, exact };
}

function reduced({ numerator, denominator }: Fraction): Fraction {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b > 0n) [a, b] = [b, a % b];
  return { numerator: numerator / a, denominator: denominator / a };
}
