// The language, for who is not signed in yet.

import { type Language, languages, useSettings } from '../shell/settings.ts';

export function LanguageChoice({ label }: { label: string }) {
  const { language, setLanguage } = useSettings();
  return (
    <label className="language">
      {label}
      <select value={language} onChange={(event) => setLanguage(event.target.value as Language)}>
        {Object.entries(languages).map(([tag, name]) => (
          <option key={tag} value={tag}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
