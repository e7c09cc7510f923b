// The form of a word that goes with a number: 1 entry, 2 entries.

import type { Language } from '../shell/settings.ts';

/** Chooses between a language's forms as `Intl.PluralRules` says. */
export function pluralOf(language: Language): (count: number, forms: { one: string; other: string }) => string {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => (rules.select(count) === 'one' ? forms.one : forms.other);
}
