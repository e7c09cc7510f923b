// What a person chose for this device: language and colours. Kept in the browser, told to the page.

import { createContext, useContext, useLayoutEffect, useMemo, useState } from 'react';
import { de } from '../words/de.ts';
import { en, type Words } from '../words/en.ts';
import { createFormat, type Format } from './format.ts';

export const languages = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof languages;
export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export interface Settings {
  readonly language: Language;
  readonly theme: Theme;
  readonly words: Words;
  readonly format: Format;
  setLanguage(language: Language): void;
  setTheme(theme: Theme): void;
}

const catalogues: Record<Language, Words> = { en, de };
const LANGUAGE_KEY = 'unison.language';
const THEME_KEY = 'unison.theme';

export const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error('no settings around this component');
  return settings;
}

/** The settings of this device, for the root of the page. */
export function useDeviceSettings(): Settings {
  const [language, setLanguage] = useState(readLanguage);
  const [theme, setTheme] = useState(readTheme);
  const format = useMemo(() => createFormat(language), [language]);
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset['theme'] = theme;
  }, [language, theme]);
  return {
    language,
    theme,
    words: catalogues[language],
    format,
    setLanguage(chosen) {
      remember(LANGUAGE_KEY, chosen);
      setLanguage(chosen);
    },
    setTheme(chosen) {
      remember(THEME_KEY, chosen);
      setTheme(chosen);
    },
  };
}

function readLanguage(): Language {
  const wanted = [recall(LANGUAGE_KEY), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((tag): tag is Language => tag !== null && Object.hasOwn(catalogues, tag)) ?? 'en';
}

function readTheme(): Theme {
  return themes.find((theme) => theme === recall(THEME_KEY)) ?? 'auto';
}

// A browser may forbid storage; the choice then lasts as long as the page.
export function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // see above
  }
}
