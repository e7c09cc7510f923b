// Mapping tags from the page of tags: what is pressed is done in order, said, and put back on request.

import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Mapped, Mapping, Tag } from '../../../../domains/tags/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { edgeWords } from './edge-words.ts';
import type { Meaning } from './tag-meaning.tsx';

/** Machine or role make it a person's word; what it means beyond them does not. */
type Change = Pick<Extract<Mapping, { mapping: 'screen' }>, 'machineId' | 'role'> | Meaning;
export type Role = NonNullable<Extract<Mapping, { mapping: 'screen' }>['role']>;
export type MapTags = (tags: readonly Tag[], to: Change | 'agent') => void;

/**
 * Maps, says so, and offers to put it back. Who presses machine and then role at once means both: the second
 * waits for the first, and goes on from what that answered.
 */
export function useMapping(): { map: MapTags; error: Error | null } {
  const words = useWords(edgeWords);
  const session = useSession();
  const queries = useQueryClient();
  const notify = useNotice();
  const [error, setError] = useState<Error | null>(null);
  const queue = useRef(Promise.resolve());
  const versions = useRef(new Map<number, number>());
  const again = () => queries.invalidateQueries({ queryKey: ['list', 'tags'] });
  const send = async (mappings: readonly Mapping[]): Promise<Mapped> => {
    const mapped = await session.send<Mapped>('POST', '/tags/map', { body: { tags: mappings } });
    for (const { id, version } of mapped.items) versions.current.set(id, version);
    return mapped;
  };
  const mappingOf = (tag: Tag, to: Change | 'agent'): Mapping => {
    const read = { id: tag.id, version: Math.max(tag.version, versions.current.get(tag.id) ?? 0) };
    if (to === 'agent') return { ...read, mapping: 'agent' };
    return { ...read, mapping: 'machineId' in to || 'role' in to ? 'screen' : tag.mapping, ...to };
  };
  const work = async (tags: readonly Tag[], to: Change | 'agent'): Promise<void> => {
    setError(null);
    try {
      const { undo } = await send(tags.map((tag) => mappingOf(tag, to)));
      notify({
        text: words.mapped(tags.length),
        undo: async () => {
          await send(undo);
          await again();
        },
      });
    } catch (cause) {
      setError(cause as Error);
    }
    await again();
  };
  return {
    error,
    map(tags, to) {
      queue.current = queue.current.then(() => work(tags, to));
    },
  };
}
