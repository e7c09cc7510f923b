// The form of a plain domain, to make a record or to change one. Only what was changed is sent. When
// somebody else changed the record meanwhile, both versions stand side by side and one chooses.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import { Temporal } from 'temporal-polyfill';
import { useLocation, useSearchParams } from 'wouter';
import { useAccess, useSession } from '../shell/context.ts';
import { usePlant } from '../shell/plant.ts';
import { ApiError } from '../shell/session.ts';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { Conflict } from './conflict.tsx';
import { type Draft, readDraft, toDraft } from './draft.ts';
import { FieldInput, FormRow } from './field-input.tsx';
import { useLeaveGuard } from './leave-guard.tsx';
import { Toolbar } from './list-toolbar.tsx';
import { type AnyPage, belongsToPlant, fieldOf, headingOf, type KitRecord } from './page.ts';
import { fieldPath, Problem, useFaultText } from './problem.tsx';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

export function NewRecord({ page, base }: { page: AnyPage; base: string }) {
  return <RecordForm page={page} base={base} record={null} />;
}

export function EditRecord({ page, base, id }: { page: AnyPage; base: string; id: number }) {
  const session = useSession();
  const { name } = page.resource;
  const asked = useQuery({
    queryKey: ['record', name, id, 'edit'],
    queryFn: ({ signal }) => session.get<KitRecord>(`/${name}/${id}`, signal),
    // What one edits stays as it was read; a newer version shows when it is saved.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <div className="page form-page" aria-busy="true" />;
  return <RecordForm page={page} base={base} record={asked.data} />;
}

interface FormProps {
  readonly page: AnyPage;
  readonly base: string;
  /** Null makes a new one. */
  readonly record: KitRecord | null;
}

function RecordForm({ page, base, record: given }: FormProps) {
  const { resource } = page;
  const { format } = useSettings();
  const words = useWords(page.words);
  const kit = useWords(kitWords);
  const [, navigate] = useLocation();
  const queries = useQueryClient();
  const session = useSession();
  const faultTextOf = useFaultText();
  const [record, setRecord] = useState(given);
  const names = useMemo(() => editable(page, record), [page, record]);
  const plant = usePlant('any').id;
  const { plants } = useAccess();
  const [link] = useSearchParams();
  const original = useMemo(() => {
    const zone = (plants.find(({ id }) => id === plant) ?? plants[0])?.timeZone;
    const read = {
      ...toDraft(resource, { names, record, format, words: kit }),
      ...(record ? {} : { ...todayIn(zone, page), ...saidBy(link, page, names) }),
    };
    // What is new is most likely for the plant one looks at.
    return record === null && plant !== null && belongsToPlant(resource) && names.includes('plantId')
      ? { ...read, plantId: plant }
      : read;
  }, [resource, names, record, format, kit, plant, plants, link, page]);
  const [draft, setDraft] = useState<Draft>(original);
  const [reason, setReason] = useState('');
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [error, setError] = useState<Error | null>(null);
  const [theirs, setTheirs] = useState<KitRecord | null>(null);
  const [busy, setBusy] = useState(false);
  const [key] = useState(() => crypto.randomUUID());
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const changed = names.filter((name) => draft[name] !== original[name]);
  const guard = useLeaveGuard(changed.length > 0);
  const title = record ? headingOf(page, { record, format }) : words.create;
  useTitle(record ? `${kit.edit}: ${title}` : title);
  const done = record ? `${base}/${record.id}` : base;

  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input, select, textarea')?.focus();
  }, []);

  const complain = (wrong: Readonly<Record<string, string>>): void => {
    setFaults(wrong);
    const first = names.find((name) => name in wrong);
    if (first) form.current?.querySelector<HTMLElement>(`#${CSS.escape(`${id}${first}`)}`)?.focus();
  };
  const refused = async (cause: unknown): Promise<void> => {
    setError(cause as Error);
    if (!(cause instanceof ApiError)) return;
    const atFields = cause.errors.map((wrong): [string, string] => {
      const [name = ''] = fieldPath(wrong).split('/');
      const context = { choices: words.choices[name], hint: words.hints?.[name], own: words.faults };
      return [name, faultTextOf(wrong, context)];
    });
    complain(Object.fromEntries(atFields.filter(([name]) => names.includes(name))));
    if (cause.status !== 409 || !record) return;
    const now = await session.get<KitRecord>(`/${resource.name}/${record.id}`).catch(() => null);
    if (now && now.version !== record.version) setTheirs(now);
  };
  const save = async (version: number | undefined): Promise<void> => {
    const reading = readDraft(resource, { draft, format, words: kit, hints: words.hints });
    setError(null);
    complain(reading.faults);
    if (Object.keys(reading.faults).length > 0) return;
    setBusy(true);
    try {
      const why = reason.trim() === '' ? {} : { reason: reason.trim() };
      const saved =
        record === null
          ? await session.send<KitRecord>('POST', `/${resource.name}`, {
              body: withoutEmpty(reading.values),
              idempotencyKey: key,
            })
          : await session.send<KitRecord>('PATCH', `/${resource.name}/${record.id}`, {
              body: { version, ...only(reading.values, changed), ...why },
            });
      queries.removeQueries({ queryKey: ['record', resource.name, saved.id] });
      void queries.invalidateQueries({ queryKey: ['list', resource.name] });
      guard.release();
      navigate(`${base}/${saved.id}`, { replace: record === null });
    } catch (cause) {
      await refused(cause);
    }
    setBusy(false);
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!busy) void save(record?.version);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.current?.requestSubmit();
  };
  const loadTheirs = (their: KitRecord): void => {
    setRecord(their);
    setDraft(toDraft(resource, { names, record: their, format, words: kit }));
    setTheirs(null);
    setError(null);
  };

  return (
    <div className="page form-page">
      <Toolbar title={title} />
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Ctrl+Enter from any of its inputs */}
      <form ref={form} noValidate onSubmit={submit} onKeyDown={onKeyDown} className="record-form">
        {names.map((name) => {
          const field = fieldOf(resource, name);
          const Input = page.inputs?.[name] ?? FieldInput;
          const fault = faults[name];
          const hint =
            words.hints?.[name] ?? (field.fixed ? kit.fixed : field.kind === 'texts' ? kit.onePerLine : undefined);
          return (
            <FormRow
              key={name}
              id={`${id}${name}`}
              label={words.fields[name] ?? name}
              required={(field.required ?? false) && field.kind !== 'attributes'}
              hint={hint}
              fault={fault}
            >
              <Input
                id={`${id}${name}`}
                field={field}
                value={draft[name] ?? null}
                onChange={(value) => setDraft((before) => ({ ...before, [name]: value }))}
                invalid={fault !== undefined}
                describedBy={`${id}${name}-says`}
                choices={words.choices[name]}
                original={original[name] ?? null}
                recordId={record?.id ?? null}
              />
            </FormRow>
          );
        })}
        {record && (
          <FormRow id={`${id}reason`} label={kit.reason}>
            <input
              id={`${id}reason`}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </FormRow>
        )}
        {theirs && record ? (
          <Conflict
            page={page}
            mine={{
              ...record,
              ...only(readDraft(resource, { draft, format, words: kit, hints: words.hints }).values, changed),
            }}
            theirs={theirs}
            names={names}
            loadTheirs={() => loadTheirs(theirs)}
            keepMine={() => {
              setTheirs(null);
              setRecord({ ...record, version: theirs.version });
              void save(theirs.version);
            }}
          />
        ) : (
          error && <Problem error={error} words={words} atFields={names} />
        )}
        {Object.keys(faults).length > 0 && !error && <p role="alert">{kit.checkFields}</p>}
        <div className="actions">
          <button type="submit" className="main" aria-disabled={busy} title={kit.saveHint}>
            {busy ? kit.saving : record ? kit.save : kit.create}
          </button>
          <button type="button" onClick={() => navigate(done)}>
            {kit.cancel}
          </button>
          <span className="unit">{kit.saveHint}</span>
        </div>
      </form>
      {guard.question}
    </div>
  );
}

/** The day by the plant's clock, in the fields that begin with it. */
function todayIn(zone: string | undefined, { today = [] }: AnyPage): Draft {
  const day = (zone === undefined ? Temporal.Now.plainDateISO() : Temporal.Now.plainDateISO(zone)).toString();
  return Object.fromEntries(today.map((name) => [name, day]));
}

/** What a link to the form of a new record says already: `?machineId=7`. */
function saidBy(link: URLSearchParams, { resource }: AnyPage, names: readonly string[]): Draft {
  const said = names.filter((name) => link.has(name));
  return Object.fromEntries(
    said.map((name) => {
      const text = link.get(name) ?? '';
      return [name, fieldOf(resource, name).kind === 'reference' ? Number(text) || null : text];
    }),
  );
}

/** What the form shows: of a record that is there, what may still be changed. */
function editable({ resource, form }: AnyPage, record: KitRecord | null): string[] {
  return form.filter((name) => {
    const field = fieldOf(resource, name);
    return !field.readOnly && !(record && field.fixed);
  });
}

function only(values: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]]));
}

function withoutEmpty(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}
