// Numbers and times as people of a language write them; instants in the plant's time zone, 24 hours.

export interface Format {
  /** A measured or counted value, with as many decimals as its size wants, always the same for that size. */
  value(value: number, integer: boolean): string;
  /** With one decimal, always. */
  tenths(value: number): string;
  /** A number as it was given, at most 15 digits. */
  number(value: number): string;
  /** The same as one would type it: without signs between thousands. */
  typed(value: number): string;
  /** What somebody typed, with this language's decimal sign; null when it is no number. */
  parseNumber(text: string): number | null;
  /** `4 Mar 2026` for `2026-03-04`. */
  day(date: string): string;
  /** `4 Mar` for `2026-03-04`, where the year is plain. */
  shortDay(date: string): string;
  /** `4 Mar 2026, 14:05:09 CET` */
  moment(ms: number, timeZone: string): string;
  /** `14:05:09` in the plant. */
  time(ms: number, timeZone: string): string;
  /** `14:05:09 CET`; with the day in front where it is another than now's. */
  instant(ms: number, options: { timeZone: string; nowMs: number }): string;
  /** `Wed, 4 Mar 2026` in the plant. */
  date(ms: number, timeZone: string): string;
  /** `CET` */
  zone(ms: number, timeZone: string): string;
}

/** Clocks are a multiple of this from UTC, and change at one: a day and a zone's name hold as long, and are kept. */
const QUARTER_MS = 900_000;
const MOST_QUARTERS = 1_000;

const locales: Readonly<Record<string, string>> = { en: 'en-GB', de: 'de-DE' };

export function createFormat(language: string): Format {
  const locale = locales[language] ?? 'en-GB';
  const numbers = [0, 1, 2, 3].map(
    (digits) => new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }),
  );
  const plain = new Intl.NumberFormat(locale, { maximumSignificantDigits: 15 });
  const typed = new Intl.NumberFormat(locale, { maximumSignificantDigits: 15, useGrouping: false });
  const decimalSign = plain.formatToParts(1.5).find((part) => part.type === 'decimal')?.value ?? '.';
  const formats = new Map<string, Intl.DateTimeFormat>();
  const dateTime = (kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat => {
    const key = `${kind} ${options.timeZone}`;
    const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, options);
    formats.set(key, known);
    return known;
  };
  const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const time = (ms: number, timeZone: string) => dateTime('time', { ...clock, timeZone }).format(ms);
  const quarters = new Map<string, string>();
  const inQuarter = (kind: string, say: (ms: number, timeZone: string) => string): typeof say => {
    return (ms, timeZone) => {
      const key = `${kind} ${timeZone} ${Math.floor(ms / QUARTER_MS)}`;
      const known = quarters.get(key) ?? say(ms, timeZone);
      if (quarters.size >= MOST_QUARTERS) quarters.clear();
      quarters.set(key, known);
      return known;
    };
  };
  const weekday = inQuarter('date', (ms, timeZone) =>
    dateTime('date', { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', timeZone }).format(ms),
  );
  const zone = inQuarter(
    'zone',
    (ms, timeZone) =>
      dateTime('zone', { timeZoneName: 'short', hour: 'numeric', timeZone })
        .formatToParts(ms)
        .find((part) => part.type === 'timeZoneName')?.value ?? timeZone,
  );
  const wholeDay = (ms: number, timeZone: string) =>
    dateTime('whole day', { day: 'numeric', month: 'short', year: 'numeric', timeZone }).format(ms);
  return {
    tenths: (value) => (numbers[1] as Intl.NumberFormat).format(value),
    number: (value) => plain.format(value),
    typed: (value) => typed.format(value),
    parseNumber(text) {
      const written = text.trim().replaceAll(/\s/g, '');
      const pattern = decimalSign === ',' ? /^[-−+]?\d+(,\d+)?$/ : /^[-−+]?\d+(\.\d+)?$/;
      return pattern.test(written) ? Number(written.replace('−', '-').replace(',', '.')) : null;
    },
    day: (date) => wholeDay(Date.parse(`${date}T00:00:00Z`), 'UTC'),
    shortDay: (date) =>
      dateTime('day', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(Date.parse(`${date}T00:00:00Z`)),
    moment: (ms, timeZone) => `${wholeDay(ms, timeZone)}, ${time(ms, timeZone)} ${zone(ms, timeZone)}`,
    value: (value, integer) => (numbers[integer ? 0 : decimals(value)] as Intl.NumberFormat).format(value),
    time,
    date: weekday,
    zone,
    instant(ms, { timeZone, nowMs }) {
      const today = weekday(ms, timeZone) === weekday(nowMs, timeZone);
      const day = today ? '' : `${dateTime('day', { day: 'numeric', month: 'short', timeZone }).format(ms)}, `;
      return `${day}${time(ms, timeZone)} ${zone(ms, timeZone)}`;
    },
  };
}

function decimals(value: number): number {
  const size = Math.abs(value);
  if (size >= 10_000) return 0;
  if (size >= 10) return 1;
  return size >= 1 ? 2 : 3;
}

/** `0:12:33`, `31:00:05` */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const two = (part: number) => String(part).padStart(2, '0');
  return `${Math.floor(seconds / 3_600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

/** `0 s` to `59 s`, then `1 min`, then `1 h`, then `1 d`: coarse, since the exact time stands beside it. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** A tag's name for people: `filler/fill_weight` → `Fill weight`. */
export function spoken(name: string): string {
  const last = name.split(/[/.]/).at(-1) ?? name;
  const words = last
    .replaceAll('_', ' ')
    .replace(/([a-z0-9])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
