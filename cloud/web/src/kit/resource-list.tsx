// The list of a plain domain: search, filters, sort and archived in the URL; more rows on demand; CSV in
// and out.

import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { type AnyResource, type Field, offers } from '../../../platform/kit/resource.ts';
import { useAccess } from '../shell/context.ts';
import { usePlant } from '../shell/plant.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { CsvExport, CsvImport } from './csv.tsx';
import { type ListState, useListState } from './list-state.ts';
import { type Column, ListTable } from './list-table.tsx';
import { ChoiceFilter, SearchInput, Toolbar, useShortcut } from './list-toolbar.tsx';
import { type AnyPage, type AnyWords, belongsToPlant, fieldOf, type KitRecord } from './page.ts';
import { Problem } from './problem.tsx';
import { ReferenceFilter } from './reference-picker.tsx';
import { showValue } from './show-value.ts';
import { type Pages, usePages } from './use-pages.ts';
import { useWords } from './use-words.ts';
import { Value } from './value.tsx';
import { kitWords } from './words.ts';

const PAGE_ROWS = 50;

/** `base` is where this list lives: `/admin/departments`. */
export function ResourceList({ page, base }: { page: AnyPage; base: string }) {
  const { resource } = page;
  const words = useWords(page.words);
  const kit = useWords(kitWords);
  const access = useAccess();
  const [, navigate] = useLocation();
  const state = useListState(page.filters ?? []);
  const query = useQueryOfPlant(page, state);
  const path = `/${resource.name}?limit=${PAGE_ROWS}&total=true${query === '' ? '' : '&'}${query}`;
  const pages = usePages<KitRecord>({ name: resource.name, path });
  const [importing, setImporting] = useState(false);
  const mayCreate = (offers(resource, 'create') || page.New !== undefined) && access.may(`${resource.name}.create`);
  const mayImport = offers(resource, 'import') && access.may(`${resource.name}.import`);
  useShortcut('n', () => mayCreate && navigate(`${base}/new`));
  useTitle(words.many);
  const columns = useColumns(page);
  return (
    <div className="page">
      <Toolbar title={words.many}>
        <Total pages={pages} />
        <div className="does">
          {page.ListActions && <page.ListActions />}
          {mayImport && (
            <button type="button" onClick={() => setImporting(true)}>
              {kit.importCsv}
            </button>
          )}
          {offers(resource, 'export') && <CsvExport resource={resource} query={query} />}
          {mayCreate && (
            <Link href={`${base}/new`} className="button main" title="N">
              {words.create}
            </Link>
          )}
        </div>
      </Toolbar>
      <search className="filters">
        <SearchInput state={state} />
        <Filters page={page} state={state} words={words} />
      </search>
      <ListTable
        label={words.many}
        columns={columns}
        rows={pages.error && !pages.items ? [] : pages.items}
        stale={pages.stale}
        sort={state.get('sort') ?? resource.order}
        onSort={(sort) => state.set('sort', sort === resource.order ? null : sort)}
        keyOf={(record) => record.id}
        hrefOf={(record) => `${base}/${record.id}`}
        isQuiet={(record) => record.archivedAt !== null}
      />
      <UnderList pages={pages} state={state} empty={<Empty text={words.empty} />} />
      {importing && <CsvImport page={page} close={() => setImporting(false)} />}
    </div>
  );
}

/** What the list is asked with: its own filters, and the plant that is chosen for all pages. */
function useQueryOfPlant({ resource }: AnyPage, state: ListState): string {
  const { id } = usePlant('any');
  if (id === null || !belongsToPlant(resource)) return state.query;
  return `${state.query}${state.query === '' ? '' : '&'}plantId=${id}`;
}

function Empty({ text }: { text: string }) {
  return <p>{text}</p>;
}

/** What stands where rows end: more of them, that there are none and what to do, or what went wrong. */
export function UnderList<T>({ pages, state, empty }: { pages: Pages<T>; state: ListState; empty: ReactNode }) {
  const kit = useWords(kitWords);
  if (pages.error && pages.items === undefined) return <Problem error={pages.error} retry={pages.retry} />;
  return (
    <>
      {pages.items?.length === 0 && (
        <div className="empty">
          {state.narrowed ? (
            <>
              <p>{kit.noMatch}</p>
              <button type="button" onClick={state.clear}>
                {kit.clear}
              </button>
            </>
          ) : (
            empty
          )}
        </div>
      )}
      {pages.more && (
        <button type="button" className="more" aria-disabled={pages.loadingMore} onClick={pages.more}>
          {kit.more}
        </button>
      )}
      {pages.error && (
        <div className="banner">
          {kit.oldData}{' '}
          <button type="button" onClick={pages.retry}>
            {kit.retry}
          </button>
        </div>
      )}
    </>
  );
}

export function Total<T>({ pages }: { pages: Pages<T> }) {
  const { format } = useSettings();
  const kit = useWords(kitWords);
  return (
    <output className="total">
      {pages.total ? kit.total(format.number(pages.total.count), pages.total.more) : ''}
    </output>
  );
}

function Filters({ page, state, words }: { page: AnyPage; state: ListState; words: AnyWords }) {
  const kit = useWords(kitWords);
  return (
    <>
      {(page.filters ?? []).map((name) => {
        const field = fieldOf(page.resource, name);
        const label = words.fields[name] ?? name;
        if (field.kind === 'reference')
          return <ReferenceFilter key={name} state={state} name={name} label={label} to={field} />;
        const options =
          field.kind === 'choice'
            ? field.choices.map((value) => ({ value, label: words.choices[name]?.[value] ?? value }))
            : [
                { value: 'true', label: kit.yes },
                { value: 'false', label: kit.no },
              ];
        return <ChoiceFilter key={name} state={state} name={name} label={label} options={options} all={kit.all} />;
      })}
      {offers(page.resource, 'archive') && <ArchivedFilter state={state} />}
    </>
  );
}

function ArchivedFilter({ state }: { state: ListState }) {
  const kit = useWords(kitWords);
  const options = (['no', 'only', 'all'] as const).map((value) => ({ value, label: kit.archivedChoices[value] }));
  const shown = {
    ...state,
    set: (name: string, value: string | null) => state.set(name, value === 'no' ? null : value),
  };
  return <ChoiceFilter state={shown} name="archived" label={kit.shown} options={options} all={null} />;
}

/** What is left is shared by texts; on a tablet something must be. */
const widths: Partial<Record<Field['kind'], string>> = {
  boolean: '7rem',
  choice: '10rem',
  date: 'clamp(8rem, 9vw, 9rem)',
  instant: '12.5rem',
  integer: '8rem',
  decimal: '8rem',
  reference: 'clamp(8rem, 12vw, 13rem)',
};
function hasUnit(field: Field): boolean {
  return (field.kind === 'integer' || field.kind === 'decimal') && field.unit !== undefined;
}

/** A text this short is a code. */
const SHORT_TEXT = 20;

function useColumns({ resource, columns, words: both }: AnyPage): Column<KitRecord>[] {
  const { format } = useSettings();
  const words = useWords(both);
  const kit = useWords(kitWords);
  return columns.map((name) => {
    const field = fieldOf(resource, name);
    const short = field.kind === 'text' && field.maxLength <= SHORT_TEXT;
    return {
      key: name,
      label: words.fields[name] ?? name,
      width: short ? '10rem' : widths[field.kind],
      sort: field.sort ? name : undefined,
      numeric: field.kind === 'integer' || field.kind === 'decimal',
      show: (record) => {
        const value: unknown = record[name];
        const shown = { name, field, value, record };
        // A plain text can say itself in full when it is cut off.
        const text =
          hasUnit(field) || field.kind === 'instant' ? (
            <Value shown={shown} words={words} />
          ) : (
            showValue(shown, { format, words, kit })
          );
        if (name !== titleColumn(resource, columns) || record.archivedAt === null) return text;
        const archived = `(${kit.archived.toLowerCase()})`;
        return typeof text === 'string' ? `${text} ${archived}` : text;
      },
    };
  });
}

/** Where it is said that a row is archived. */
function titleColumn(resource: AnyResource, columns: readonly string[]): string | undefined {
  return columns.includes(resource.title) ? resource.title : columns[0];
}
