// The audit trail: who did what, newest first, and whether the trail is whole.

import { useQuery } from '@tanstack/react-query';
import type { AuditPage as Page, Verification } from '../../../domains/audit/index.ts';
import { useListState } from '../kit/list-state.ts';
import { type Column, ListTable } from '../kit/list-table.tsx';
import { ChoiceFilter, SearchInput, Toolbar } from '../kit/list-toolbar.tsx';
import { pluralOf } from '../kit/plural.ts';
import { Problem } from '../kit/problem.tsx';
import { UnderList } from '../kit/resource-list.tsx';
import { plainText } from '../kit/show-value.ts';
import { usePages } from '../kit/use-pages.ts';
import { useWords } from '../kit/use-words.ts';
import { kitWords } from '../kit/words.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { type Format, spoken } from '../shell/format.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { useMoment } from '../shell/zone.ts';
import { domainWord } from './roles/permission-words.ts';

const plural = { en: pluralOf('en'), de: pluralOf('de') };

const en = {
  title: 'Audit trail',
  when: 'When',
  who: 'Who',
  what: 'What',
  record: 'Of',
  change: 'Change',
  reason: 'Reason',
  place: 'Seal',
  notSealed: 'waits',
  empty: 'Nothing was done yet.',
  checking: 'The chain of seals is being checked …',
  whole: (count: number, { number }: Format, at: string) =>
    `The trail is whole: ${number(count)} ${plural.en(count, { one: 'entry is', other: 'entries are' })} sealed, the last at ${at}.`,
  wholeEmpty: 'The trail is whole. Nothing is sealed yet.',
  waiting: (count: number, { number }: Format) =>
    `${number(count)} ${plural.en(count, { one: 'waits for its', other: 'wait for their' })} seal.`,
  broken: 'The trail was tampered with or damaged. Keep this database and call whoever is responsible for it.',
  faults: {
    row_changed: 'an entry was changed',
    row_missing: 'an entry is missing',
    chain_broken: 'the chain is broken',
    seal_missing: 'a seal is missing',
    row_unknown: 'an entry has no seal',
  },
  faultAt: (what: string, place: string) => `${what} (${place})`,
  entryNumber: 'number',
  sealedUpTo: (place: string, at: string) => `The last seal is ${place}, of ${at}.`,
};
const de: typeof en = {
  title: 'Änderungsprotokoll',
  when: 'Wann',
  who: 'Wer',
  what: 'Was',
  record: 'Woran',
  change: 'Änderung',
  reason: 'Grund',
  place: 'Siegel',
  notSealed: 'wartet',
  empty: 'Bisher wurde nichts getan.',
  checking: 'Die Kette der Siegel wird geprüft …',
  whole: (count, { number }, at) =>
    `Das Protokoll ist vollständig: ${number(count)} ${plural.de(count, { one: 'Eintrag ist', other: 'Einträge sind' })} versiegelt, der letzte um ${at}.`,
  wholeEmpty: 'Das Protokoll ist vollständig. Noch ist nichts versiegelt.',
  waiting: (count, { number }) =>
    `${number(count)} ${plural.de(count, { one: 'wartet auf sein', other: 'warten auf ihr' })} Siegel.`,
  broken:
    'Das Protokoll wurde verfälscht oder beschädigt. Bewahren Sie diese Datenbank auf und rufen Sie, wer dafür verantwortlich ist.',
  faults: {
    row_changed: 'ein Eintrag wurde geändert',
    row_missing: 'ein Eintrag fehlt',
    chain_broken: 'die Kette ist gebrochen',
    seal_missing: 'ein Siegel fehlt',
    row_unknown: 'ein Eintrag hat kein Siegel',
  },
  faultAt: (what, place) => `${what} (${place})`,
  entryNumber: 'Nummer',
  sealedUpTo: (place, at) => `Das letzte Siegel ist ${place}, von ${at}.`,
};

type Item = Page['items'][number];

const PAGE_ROWS = 50;

export function AuditPage() {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const { language } = useSettings();
  const access = useAccess();
  const state = useListState(['entity']);
  const query = state.query === '' ? '' : `&${state.query}`;
  const pages = usePages<Item>({ name: 'audit-logs', path: `/audit-logs?limit=${PAGE_ROWS}${query}`, by: 'before' });
  const columns = useColumns();
  const kinds = [...new Set([...access.permissions].map((name) => name.split('.')[0] ?? ''))].sort();
  useTitle(words.title);
  return (
    <div className="page">
      <Toolbar title={words.title}>{access.may('audit-logs.verify') && <Seals />}</Toolbar>
      <search className="filters">
        <SearchInput state={state} />
        <ChoiceFilter
          state={state}
          name="entity"
          label={words.record}
          all={kit.all}
          options={kinds.map((value) => ({ value, label: domainWord(language, value) }))}
        />
      </search>
      <ListTable
        label={words.title}
        columns={columns}
        rows={pages.error && !pages.items ? [] : pages.items}
        stale={pages.stale}
        keyOf={(item) => item.id}
      />
      <UnderList pages={pages} state={state} empty={<p>{words.empty}</p>} />
    </div>
  );
}

function useColumns(): Column<Item>[] {
  const words = useWords({ en, de });
  const kit = useWords(kitWords);
  const moment = useMoment(true);
  const { format, language } = useSettings();
  return [
    { key: 'at', label: words.when, width: '16rem', show: (item) => moment(item.at, item.plantId) },
    { key: 'actor', label: words.who, width: '10rem', show: (item) => item.actorName },
    {
      key: 'action',
      label: words.what,
      width: '8rem',
      show: (item) => kit.actions[item.action] ?? spoken(item.action).toLowerCase(),
    },
    {
      key: 'entity',
      label: words.record,
      width: '12rem',
      show: (item) => nameOf(item, domainWord(language, item.entity)),
    },
    { key: 'change', label: words.change, show: changeOf },
    { key: 'reason', label: words.reason, width: '9rem', show: (item) => item.reason ?? '–' },
    {
      key: 'sequence',
      label: words.place,
      width: '6rem',
      numeric: true,
      show: (item) => (item.sequence === null ? words.notSealed : format.number(item.sequence)),
    },
  ];
}

/** What people call the record, as far as the entry knows it. */
function nameOf({ new: after, old: before }: Item, kind: string): string {
  const values = { ...before, ...after };
  const name = values['name'] ?? values['displayName'] ?? values['roleName'] ?? values['code'];
  return typeof name === 'string' ? `${kind}: ${name}` : kind;
}

function changeOf({ old: before, new: after }: Item): string {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const text = (value: unknown) => (value === null || value === undefined ? '–' : plainText(value));
  return names
    .map((name) => `${spoken(name)}: ${before ? `${text(before[name])} → ` : ''}${text(after?.[name])}`)
    .join('; ');
}

function Seals() {
  const words = useWords({ en, de });
  const session = useSession();
  const { format } = useSettings();
  const moment = useMoment();
  const asked = useQuery({
    queryKey: ['audit-verification'],
    queryFn: ({ signal }) => session.get<Verification>('/audit-logs/verification', signal),
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <p className="unit">{words.checking}</p>;
  const { ok, sealedUpTo, waiting, faults } = asked.data;
  // What has no seal goes by its own number.
  const placeOf = ({ sequence, auditLogId }: Verification['faults'][number]): string =>
    sequence === null
      ? `${words.entryNumber} ${auditLogId === null ? '–' : format.number(auditLogId)}`
      : `${words.place} ${format.number(sequence)}`;
  if (!ok)
    return (
      <div role="alert">
        <p>
          <strong>{words.broken}</strong>
        </p>
        <ul>
          {faults.map((fault) => (
            <li key={`${fault.kind} ${fault.sequence} ${fault.auditLogId}`}>
              {words.faultAt(words.faults[fault.kind], placeOf(fault))}
            </li>
          ))}
        </ul>
        {sealedUpTo && <p>{words.sealedUpTo(format.number(sealedUpTo.sequence), moment(sealedUpTo.sealedAt))}</p>}
      </div>
    );
  return (
    <p>
      {sealedUpTo ? words.whole(sealedUpTo.sequence, format, moment(sealedUpTo.sealedAt)) : words.wholeEmpty}{' '}
      {waiting > 0 && words.waiting(waiting, format)}
    </p>
  );
}
