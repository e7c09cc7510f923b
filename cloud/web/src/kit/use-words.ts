// Words of one part of the screens, in the language of this device.

import { type Language, useSettings } from '../shell/settings.ts';

/** `words.de` has the shape of `words.en`; a word that is missing does not compile. */
export function useWords<W>(words: Readonly<Record<Language, W>>): W {
  return words[useSettings().language];
}
