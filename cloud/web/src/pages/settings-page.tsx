// Settings of the organisation, each by itself: changed where it stands, with its default beside it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';
import { type SettingKey, settings } from '../../../domains/settings/declarations.ts';
import { FormRow } from '../kit/field-input.tsx';
import { useLeaveGuard } from '../kit/leave-guard.tsx';
import { Toolbar } from '../kit/list-toolbar.tsx';
import { Problem } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';

type SettingWords = Readonly<Record<SettingKey, { readonly label: string; readonly hint: string }>>;

const en = {
  title: 'Settings',
  isDefault: 'Nobody has changed this; it is the default.',
  settings: {
    language: { label: 'Language', hint: 'Of mails and reports, and of people who chose none.' },
    currency: { label: 'Currency', hint: 'Costs are shown in it.' },
    weekStart: { label: 'First day of the week', hint: 'In calendars and weekly figures.' },
    tabletIdleMinutes: { label: 'Sign out at shared tablets after', hint: 'Without a touch.' },
    notice: { label: 'Notice', hint: 'Shown when signing in at paired devices, and at the top of reports.' },
  } as SettingWords,
  choices: { en: 'English', de: 'Deutsch', monday: 'Monday', sunday: 'Sunday', saturday: 'Saturday' } as Readonly<
    Record<string, string>
  >,
};
const de: typeof en = {
  title: 'Einstellungen',
  isDefault: 'Das hat niemand geändert; es ist die Vorgabe.',
  settings: {
    language: { label: 'Sprache', hint: 'Für Mails und Berichte und für alle, die keine gewählt haben.' },
    currency: { label: 'Währung', hint: 'Kosten erscheinen in ihr.' },
    weekStart: { label: 'Erster Tag der Woche', hint: 'In Kalendern und Wochenzahlen.' },
    tabletIdleMinutes: { label: 'Abmelden an gemeinsamen Tablets nach', hint: 'Ohne Berührung.' },
    notice: { label: 'Hinweis', hint: 'Erscheint beim Anmelden an gekoppelten Geräten und oben auf Berichten.' },
  },
  choices: { en: 'English', de: 'Deutsch', monday: 'Montag', sunday: 'Sonntag', saturday: 'Samstag' },
};

interface Value {
  readonly key: SettingKey;
  readonly value: string | number;
  readonly version: number;
  readonly isDefault: boolean;
}

export function SettingsPage() {
  const words = useWords({ en, de });
  const session = useSession();
  const asked = useQuery({
    queryKey: ['list', 'settings'],
    queryFn: ({ signal }) => session.get<{ items: Value[] }>('/settings', signal),
  });
  useTitle(words.title);
  return (
    <div className="page form-page" aria-busy={!asked.data}>
      <Toolbar title={words.title} />
      {asked.error && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data?.items.map((item) => (
        <SettingForm key={`${item.key} ${item.version}`} item={item} />
      ))}
    </div>
  );
}

function SettingForm({ item }: { item: Value }) {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const { format } = useSettings();
  const setting = settings[item.key];
  const written = typeof item.value === 'number' ? format.typed(item.value) : item.value;
  const [text, setText] = useState(written);
  const command = useCommand();
  const id = useId();
  const dirty = text !== written;
  const guard = useLeaveGuard(dirty);
  const may = access.may('settings.update');
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const value = setting.kind === 'integer' ? format.parseNumber(text) : text;
    if (value === null || (typeof value === 'number' && !Number.isInteger(value))) {
      command.fail({ value: kit.faults.integer });
      return;
    }
    if (setting.kind === 'integer' && (Number(value) < setting.minimum || Number(value) > setting.maximum)) {
      command.fail({ value: kit.faults.range(format.number(setting.minimum), format.number(setting.maximum)) });
      return;
    }
    void command.run(async () => {
      await session.send('PUT', `/settings/${item.key}`, { body: { value, version: item.version } });
      guard.release();
      await queries.invalidateQueries({ queryKey: ['list', 'settings'] });
    });
  };
  const { label, hint } = words.settings[item.key];
  const common = { id, 'aria-describedby': `${id}-says`, disabled: !may, value: text };
  return (
    <form onSubmit={save} className="record-form setting" noValidate>
      <FormRow
        id={id}
        label={label}
        hint={item.isDefault ? `${hint} ${words.isDefault}` : hint}
        fault={command.faults['value']}
      >
        <span className="with-unit">
          {setting.kind === 'choice' ? (
            <select {...common} onChange={(event) => setText(event.target.value)}>
              {setting.choices.map((choice) => (
                <option key={choice} value={choice}>
                  {words.choices[choice] ?? choice}
                </option>
              ))}
            </select>
          ) : (
            <input
              {...common}
              aria-invalid={command.faults['value'] !== undefined}
              maxLength={setting.kind === 'text' ? setting.maxLength : 10}
              onChange={(event) => setText(event.target.value)}
            />
          )}
          {setting.kind === 'integer' && <span className="unit">{setting.unit}</span>}
          <button type="submit" className={dirty ? 'main' : 'main hidden-space'} aria-disabled={command.busy}>
            {kit.save}
          </button>
        </span>
      </FormRow>
      {command.error && command.faults['value'] === undefined && <Problem error={command.error} />}
      {guard.question}
    </form>
  );
}
