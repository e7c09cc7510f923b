// The settings of an organisation: each with what it means, its default, and what it may be. Data only,
// so that screens show the same limits. A new setting is an entry here and its words in the catalogues.

interface ChoiceSetting {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly default: string;
}
interface NumberSetting {
  readonly kind: 'integer';
  readonly minimum: number;
  readonly maximum: number;
  readonly unit: string;
  readonly default: number;
}
interface TextSetting {
  readonly kind: 'text';
  readonly maxLength: number;
  readonly default: string;
}
export type Setting = ChoiceSetting | NumberSetting | TextSetting;

export const settings = {
  /** Language of mails and reports, and of people who chose none. */
  language: { kind: 'choice', choices: ['en', 'de'], default: 'en' },
  /** ISO 4217; costs are shown in it. */
  currency: {
    kind: 'choice',
    choices: ['USD', 'EUR', 'GBP', 'CHF', 'CNY', 'JPY', 'INR', 'PLN', 'CZK', 'SEK'],
    default: 'USD',
  },
  /** First day of a week in calendars and weekly figures. */
  weekStart: { kind: 'choice', choices: ['monday', 'sunday', 'saturday'], default: 'monday' },
  /** A person at a shared tablet is signed out after so long without a touch. */
  tabletIdleMinutes: { kind: 'integer', minimum: 1, maximum: 480, unit: 'min', default: 10 },
  /** Shown on the sign-in page of paired devices and at the top of reports. */
  notice: { kind: 'text', maxLength: 500, default: '' },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingKey = keyof typeof settings;
