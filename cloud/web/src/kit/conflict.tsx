// Somebody else was faster: who and when, both versions of what differs, and the choice.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useSession } from '../shell/context.ts';
import { useMoment } from '../shell/zone.ts';
import type { HistoryItem } from './history.tsx';
import { type AnyPage, fieldOf, type KitRecord } from './page.ts';
import { useWords } from './use-words.ts';
import { Value } from './value.tsx';
import { kitWords } from './words.ts';

interface ConflictProps {
  readonly page: AnyPage;
  readonly mine: Readonly<Record<string, unknown>>;
  readonly theirs: KitRecord;
  readonly names: readonly string[];
  loadTheirs(): void;
  keepMine(): void;
}

export function Conflict({ page, mine, theirs, names, loadTheirs, keepMine }: ConflictProps) {
  const { resource } = page;
  const session = useSession();
  const moment = useMoment();
  const words = useWords(page.words);
  const kit = useWords(kitWords);
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.focus(), []);
  const last = useQuery({
    queryKey: ['history', resource.name, theirs.id, 'last', theirs.version],
    queryFn: ({ signal }) =>
      session.get<{ items: HistoryItem[] }>(`/${resource.name}/${theirs.id}/history?limit=1`, signal),
  });
  const who = last.data?.items[0]?.actorName ?? '…';
  const archived = theirs.archivedAt !== null;
  const when = moment(theirs.updatedAt, typeof theirs['plantId'] === 'number' ? theirs['plantId'] : null);
  const differing = names.filter((name) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]));
  const show = (name: string, from: Readonly<Record<string, unknown>>) => (
    <Value shown={{ name, field: fieldOf(resource, name), value: from[name], record: from }} words={words} />
  );
  return (
    <section ref={section} className="conflict" role="alert" tabIndex={-1}>
      <p>
        <strong>{archived ? kit.archivedBy(who, when) : kit.changedBy(who, when)}</strong>
      </p>
      {differing.length > 0 && (
        <table className="compare">
          <thead>
            <tr>
              <th scope="col">{kit.field}</th>
              <th scope="col">{kit.theirs}</th>
              <th scope="col">{kit.mine}</th>
            </tr>
          </thead>
          <tbody>
            {differing.map((name) => (
              <tr key={name}>
                <th scope="row">{words.fields[name]}</th>
                <td>{show(name, theirs)}</td>
                <td>{show(name, mine)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="actions">
        <button type="button" onClick={loadTheirs}>
          {kit.loadTheirs}
        </button>
        {!archived && (
          <button type="button" onClick={keepMine}>
            {kit.keepMine}
          </button>
        )}
      </div>
    </section>
  );
}
