// "Who changed this": newest first, each with old → new, the reason, and when by the plant's clock.

import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReferenceField } from '../../../platform/kit/resource.ts';
import { useSession } from '../shell/context.ts';
import { spoken } from '../shell/format.ts';
import { useMoment } from '../shell/zone.ts';
import { type AnyPage, fieldsOf } from './page.ts';
import { Problem } from './problem.tsx';
import { useReferenceTitle } from './reference-picker.tsx';
import { plainText } from './show-value.ts';
import { useWords } from './use-words.ts';
import { Value } from './value.tsx';
import { kitWords } from './words.ts';

export interface HistoryItem {
  readonly id: number;
  readonly at: string;
  readonly actorName: string;
  readonly action: string;
  readonly old: Readonly<Record<string, unknown>> | null;
  readonly new: Readonly<Record<string, unknown>> | null;
  readonly reason: string | null;
}

const PAGE_ITEMS = 20;

export function History({ page, id, plantId }: { page: AnyPage; id: number; plantId: number | null }) {
  const { name } = page.resource;
  const session = useSession();
  const kit = useWords(kitWords);
  const asked = useInfiniteQuery({
    queryKey: ['history', name, id],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      session.get<{ items: HistoryItem[]; nextBefore: number | null }>(
        `/${name}/${id}/history?limit=${PAGE_ITEMS}${pageParam === null ? '' : `&before=${pageParam}`}`,
        signal,
      ),
    getNextPageParam: (last) => last.nextBefore,
  });
  const items = asked.data?.pages.flatMap((one) => one.items);
  return (
    <section className="history-of" aria-label={kit.history}>
      <h2>{kit.history}</h2>
      {asked.error && !items && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {items?.length === 0 && <p className="unit">{kit.noHistory}</p>}
      <ol>
        {items?.map((item) => (
          <Item key={item.id} page={page} item={item} plantId={plantId} />
        ))}
      </ol>
      {asked.hasNextPage && (
        <button type="button" onClick={() => void asked.fetchNextPage()}>
          {kit.olderHistory}
        </button>
      )}
    </section>
  );
}

function Item({ page, item, plantId }: { page: AnyPage; item: HistoryItem; plantId: number | null }) {
  const kit = useWords(kitWords);
  const moment = useMoment();
  const names = [...new Set([...Object.keys(item.old ?? {}), ...Object.keys(item.new ?? {})])];
  return (
    <li>
      <p>
        <strong>{item.actorName}</strong> {kit.actions[item.action] ?? spoken(item.action).toLowerCase()}{' '}
        <time dateTime={item.at} className="unit">
          {moment(item.at, plantId)}
        </time>
      </p>
      {item.reason && <p className="reason-said">“{item.reason}”</p>}
      {item.action === 'update' && (
        <dl>
          {names.map((name) => (
            <Change key={name} page={page} name={name} item={item} />
          ))}
        </dl>
      )}
    </li>
  );
}

function Change({ page, name, item }: { page: AnyPage; name: string; item: HistoryItem }) {
  const words = useWords(page.words);
  return (
    <div>
      <dt>{words.fields[name] ?? spoken(name)}</dt>
      <dd>
        <s>
          <Known page={page} name={name} value={item.old?.[name]} />
        </s>{' '}
        → <Known page={page} name={name} value={item.new?.[name]} />
      </dd>
    </div>
  );
}

function Known({ page, name, value }: { page: AnyPage; name: string; value: unknown }) {
  const words = useWords(page.words);
  const field = fieldsOf(page.resource).find(([known]) => known === name)?.[1];
  if (field?.kind === 'reference' && typeof value === 'number') return <Title field={field} id={value} />;
  if (!field) return <>{value === null || value === undefined ? '–' : plainText(value)}</>;
  return <Value shown={{ name, field, value }} words={words} />;
}

function Title({ field, id }: { field: ReferenceField; id: number }) {
  const title = useReferenceTitle(field, id);
  return <span>{title === '' ? '…' : title}</span>;
}
