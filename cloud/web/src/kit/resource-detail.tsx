// One record: its fields, what the domain adds, and who changed it. Archiving is done at once and can be
// undone; nobody is asked whether he is sure.

import { useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { offers } from '../../../platform/kit/resource.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { useNotice } from '../shell/notice.tsx';
import { useSettings } from '../shell/settings.ts';
import { useTitle } from '../shell/use-title.ts';
import { useMoment } from '../shell/zone.ts';
import { History } from './history.tsx';
import { type AnyPage, fieldsOf, headingOf, type KitRecord } from './page.ts';
import { Problem } from './problem.tsx';
import { useWords } from './use-words.ts';
import { Value } from './value.tsx';
import { kitWords } from './words.ts';

export function ResourceDetail({ page, base, id }: { page: AnyPage; base: string; id: number }) {
  const session = useSession();
  const { name } = page.resource;
  const words = useWords(page.words);
  const asked = useQuery({
    queryKey: ['record', name, id],
    queryFn: ({ signal }) => session.get<KitRecord>(`/${name}/${id}`, signal),
  });
  const alongside = useQueries({
    queries: (page.alongside ?? []).map((part) => ({
      queryKey: ['record', name, id, part],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        session.get<unknown>(
          part.startsWith('/') ? part.replace('{id}', String(id)) : `/${name}/${id}/${part}`,
          signal,
        ),
    })),
  });
  if (asked.error && !asked.data) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data || alongside.some(({ isPending }) => isPending))
    return (
      <div className="page detail" aria-busy="true">
        <p className="crumbs">
          <Link href={base}>{words.many}</Link>
        </p>
      </div>
    );
  return <Detail page={page} base={base} record={asked.data} />;
}

function Detail({ page, base, record }: { page: AnyPage; base: string; record: KitRecord }) {
  const { resource } = page;
  const { language, format } = useSettings();
  const words = useWords(page.words);
  const kit = useWords(kitWords);
  const moment = useMoment();
  const title = headingOf(page, { record, format });
  const plantId =
    typeof record['plantId'] === 'number' ? record['plantId'] : resource.name === 'plants' ? record.id : null;
  useTitle(title);
  const { Detail: Own, Lead, details, frozen } = page;
  const shown = fieldsOf(resource).filter(([name]) => details?.includes(name) ?? true);
  const isFrozen = frozen?.when(record) ?? false;
  return (
    <div className="page detail">
      <p className="crumbs">
        <Link href={base}>{words.many}</Link>
      </p>
      <header className="toolbar">
        <h1>{title}</h1>
        {record.archivedAt !== null && <p className="badge">{kit.archivedSince(moment(record.archivedAt, plantId))}</p>}
        {!isFrozen && <Does page={page} base={base} record={record} />}
      </header>
      {isFrozen && frozen && <p className="unit">{frozen.words[language]}</p>}
      {Lead && <Lead record={record} />}
      <dl className="fields">
        {shown.map(([name, field]) => (
          <div key={name}>
            <dt>{words.fields[name] ?? name}</dt>
            <dd>
              <Value shown={{ name, field, value: record[name], record }} words={words} />
            </dd>
          </div>
        ))}
        <div>
          <dt>{kit.created}</dt>
          <dd>{moment(record.createdAt, plantId)}</dd>
        </div>
        <div>
          <dt>{kit.changed}</dt>
          <dd>{moment(record.updatedAt, plantId)}</dd>
        </div>
      </dl>
      {Own && <Own record={record} />}
      <History page={page} id={record.id} plantId={plantId} />
    </div>
  );
}

function Does({ page, base, record }: { page: AnyPage; base: string; record: KitRecord }) {
  const { resource } = page;
  const kit = useWords(kitWords);
  const access = useAccess();
  const { archive, restore, error } = useArchiving(page, record);
  const archived = record.archivedAt !== null;
  const mayArchive = offers(resource, 'archive') && access.may(`${resource.name}.archive`);
  return (
    <div className="does">
      {!archived && offers(resource, 'update') && access.may(`${resource.name}.update`) && (
        <Link href={`${base}/${record.id}/edit`} className="button main">
          {kit.edit}
        </Link>
      )}
      {mayArchive && (
        <button type="button" onClick={() => void (archived ? restore(record) : archive())}>
          {archived ? kit.restore : kit.archive}
        </button>
      )}
      {error && <Problem error={error} />}
    </div>
  );
}

function useArchiving(page: AnyPage, record: KitRecord) {
  const { resource } = page;
  const session = useSession();
  const queries = useQueryClient();
  const notice = useNotice();
  const moment = useMoment();
  const { format } = useSettings();
  const kit = useWords(kitWords);
  const [error, setError] = useState<Error | null>(null);
  const path = `/${resource.name}/${record.id}`;
  const reload = (): void => {
    void queries.invalidateQueries({ queryKey: ['record', resource.name, record.id] });
    void queries.invalidateQueries({ queryKey: ['history', resource.name, record.id] });
    void queries.invalidateQueries({ queryKey: ['list', resource.name] });
  };
  const run = async (work: () => Promise<void>): Promise<void> => {
    setError(null);
    try {
      await work();
    } catch (cause) {
      setError(cause as Error);
    }
    reload();
  };
  const bringBack = async (archived: KitRecord): Promise<void> => {
    await session.send('POST', `${path}/restore`, { body: { version: archived.version } });
    reload();
  };
  return {
    error,
    archive: () =>
      run(async () => {
        const archived = await session.send<KitRecord>('DELETE', `${path}?version=${record.version}`);
        const text = kit.wasArchived(headingOf(page, { record, format }), moment(archived.archivedAt ?? Date.now()));
        notice({ text, undo: () => bringBack(archived) });
      }),
    restore: (archived: KitRecord) =>
      run(async () => {
        await bringBack(archived);
        notice(null);
      }),
  };
}
