// How figures are written: three digits for %, h:mm for time, minutes where a quotient is told.

import type { MetricsPage } from '../../../../domains/metrics/index.ts';
import type { Format } from '../../shell/format.ts';

export type Row = MetricsPage['items'][number];
export interface Ratio {
  readonly value: number | null;
  readonly numerator: number;
  readonly denominator: number;
}

const MINUTE_US = 60_000_000;

const signed = (text: string): string => text.replace('-', '−');

/** `67.6` for 0.676190. */
export function percent(value: number, format: Format): string {
  const shown = value * 100;
  return signed(format.value(shown, shown === 0 || Math.abs(shown) >= 99.95));
}

/** `+2.6`, `−12.4`: percentage points between two shares, to a tenth; `±0` where there are none. */
export function points(value: number, than: number, format: Format): string {
  const tenths = Math.round((value - than) * 1_000);
  if (tenths === 0) return '±0';
  return `${tenths > 0 ? '+' : ''}${signed(format.tenths(tenths / 10))}`;
}

/** `7:05`, `−0:20`; to the minute. */
export function hoursMinutes(us: number): string {
  const whole = Math.round(Math.abs(us) / MINUTE_US);
  const sign = us < 0 && whole > 0 ? '−' : '';
  return `${sign}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `284`, `33.3` */
export function minutes(us: number, format: Format): string {
  const shown = us / MINUTE_US;
  return signed(format.value(shown, Number.isInteger(shown) || Math.abs(shown) >= 100));
}

export function ratioOf(row: Row, key: string): Ratio {
  return row.ratios[key] ?? { value: null, numerator: 0, denominator: 0 };
}
