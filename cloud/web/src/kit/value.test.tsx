// A number on a page stands beside its unit, in the writing of the page's language.

import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { fault } from '../../../platform/faults.ts';
import { choice, defineResource, instant, integer, text } from '../../../platform/kit/resource.ts';
import { AccessContext } from '../shell/context.ts';
import { createFormat } from '../shell/format.ts';
import { type Language, SettingsContext } from '../shell/settings.ts';
import { de } from '../words/de.ts';
import { en } from '../words/en.ts';
import { faultText } from './fault-words.ts';
import { definePage } from './page.ts';
import { Value } from './value.tsx';

const resource = defineResource({
  name: 'tools',
  singular: 'tool',
  table: 'tools',
  scope: 'organization',
  title: 'name',
  key: [],
  order: 'name',
  fields: {
    name: text({ required: true, sort: true }),
    weight: integer({ unit: 'kg' }),
    pieces: integer({}),
    state: choice(['new', 'worn'], {}),
    checkedAt: instant({}),
  },
});
const said = {
  many: 'Tools',
  one: 'Tool',
  create: 'New tool',
  empty: 'No tool yet.',
  fields: { name: 'Name', weight: 'Weight', pieces: 'Pieces', state: 'State', checkedAt: 'Checked' },
  choices: { state: { new: 'New', worn: 'Worn' } },
};
const page = definePage({ resource, columns: ['name'], form: ['name'], words: { en: said, de: said } });

const access = {
  may: () => true,
  plants: [{ id: 1, name: 'Plant North', timeZone: 'Europe/Berlin' }],
  userId: 1,
  organization: { id: 1, name: 'North' },
  permissions: new Set<string>(),
};

function shown(name: keyof typeof resource.fields, value: unknown, language: Language = 'en'): string {
  const settings = {
    language,
    theme: 'auto' as const,
    words: { en, de }[language],
    format: createFormat(language),
    setLanguage() {},
    setTheme() {},
  };
  return renderToStaticMarkup(
    <SettingsContext value={settings}>
      <AccessContext value={access}>
        <Value shown={{ name, field: resource.fields[name], value }} words={page.words[language]} />
      </AccessContext>
    </SettingsContext>,
  );
}

it('a number has its unit beside it, apart and grey; what is not there has none', () => {
  expect(shown('weight', 1200)).toBe('1,200\u00a0<span class="unit">kg</span>');
  expect(shown('weight', 1200, 'de')).toBe('1.200\u00a0<span class="unit">kg</span>');
  expect(shown('weight', null)).toBe('–');
  expect(shown('pieces', 3)).toBe('3');
  expect(shown('state', 'worn')).toBe('Worn');
});

it('a moment is told by the clock of the plant', () => {
  expect(shown('checkedAt', '2026-03-04T05:06:07Z')).toContain('06:06:07');
  expect(shown('checkedAt', null)).toBe('–');
});

it('a refusal is said in the language of the page, by its code; one without words as the server says it', () => {
  const context = { format: createFormat('de'), moment: (time: string) => time };
  const tooMany = { message: 'must have at most 1 item', code: 'max_items', params: { limit: 1 } };
  expect(faultText(tooMany, 'de', context)).toBe('Höchstens 1 Eintrag.');
  expect(faultText({ ...tooMany, params: { limit: 2 } }, 'de', context)).toBe('Höchstens 2 Einträge.');
  const choices = page.words.de.choices['state'];
  const oneOf = { message: 'must be one of new, worn', code: 'one_of', params: { values: ['new', 'worn'] } };
  expect(faultText(oneOf, 'de', { ...context, choices })).toBe('Bitte eins davon wählen: New, Worn.');
  const rule = { message: 'must say why', code: 'why_missing' };
  expect(faultText(rule, 'de', context)).toBe('must say why');
  expect(faultText(rule, 'de', { ...context, own: { why_missing: 'Sagen Sie, warum.' } })).toBe('Sagen Sie, warum.');
});

it('what stands against a change is said in the language of the page, by the names that the page uses', () => {
  const context = { format: createFormat('de'), moment: (time: string) => time };
  const taken = fault('taken', { singular: 'tool', fields: ['plantId', 'name'] });
  expect(faultText(taken, 'de', { ...context, labels: { plantId: 'Werk', name: 'Name' } })).toBe(
    'Das gibt es schon, vielleicht archiviert. Gleich: Werk und Name.',
  );
  expect(faultText(taken, 'en', context)).toBe(
    'There is one with the same Plant and Name already, perhaps an archived one.',
  );
  const unnamed = fault('taken', { singular: 'tool', fields: [] });
  expect(faultText(unnamed, 'de', context)).toBe('So etwas gibt es schon, vielleicht archiviert.');
  const changed = { singular: 'tool', version: 2, yours: 1 };
  expect(faultText(fault('changed_since', { ...changed, who: 'Max Mohr' }), 'de', context)).toContain(
    'Max Mohr hat dies inzwischen geändert.',
  );
  expect(faultText(fault('changed_since', { ...changed, who: null }), 'de', context)).toContain('Jemand hat');
});

it('a fault of a domain is said with its parameters, in the language and by the clock of the reader', () => {
  const context = { format: createFormat('de'), moment: (time: string, plantId: number) => `${time}@${plantId}` };
  const runs = { code: 'machine_runs', message: 'Filler runs WO-1 …' };
  const params = { machine: 'Füller', what: 'WO-1', from: '06:00', to: null, who: 'Max Mohr', plantId: 7 };
  expect(faultText({ ...runs, params }, 'de', context)).toBe(
    'Auf Füller läuft WO-1 seit 06:00@7, begonnen von Max Mohr. Bitte zuerst beenden.',
  );
  const status = { number: 'WO-1', status: 'running', step: 'release', needed: ['planned'], who: null, at: null };
  expect(faultText({ code: 'wrong_status', message: '', params: status }, 'de', context)).toBe(
    'WO-1: Läuft. „Freigeben“ geht nur bei: Geplant. Bitte neu laden.',
  );
});
