// A list of the API, page by page: what has been loaded stays while the next or the newest comes.

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useSession } from '../shell/context.ts';

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string | null;
  readonly nextBefore?: number | string | null;
  readonly total?: { readonly count: number; readonly more: boolean };
}

export interface Pages<T> {
  /** Undefined until the first answer. */
  readonly items: readonly T[] | undefined;
  readonly total: { readonly count: number; readonly more: boolean } | undefined;
  readonly error: Error | null;
  /** What is shown belongs to the question before. */
  readonly stale: boolean;
  readonly loadingMore: boolean;
  /** Null: everything is shown. */
  readonly more: (() => void) | null;
  retry(): void;
}

/** `path` with its query, without limit and cursor. `name` is what commands call to have it loaded again. */
export function usePages<T>({
  name,
  path,
  refetchMs,
  by = 'cursor',
}: {
  name: string;
  path: string;
  refetchMs?: number | false;
  /** What the next page is asked with. */
  by?: 'cursor' | 'before';
}): Pages<T> {
  const session = useSession();
  const asked = useInfiniteQuery({
    queryKey: ['list', name, path],
    initialPageParam: null as string | number | null,
    queryFn: ({ pageParam, signal }) => {
      const join = path.includes('?') ? '&' : '?';
      const cursor = pageParam === null ? '' : `${join}${by}=${encodeURIComponent(pageParam)}`;
      return session.get<Page<T>>(path + cursor, signal);
    },
    getNextPageParam: (last) => last.nextCursor ?? last.nextBefore ?? null,
    placeholderData: keepPreviousData,
    refetchInterval: refetchMs ?? false,
  });
  return {
    items: asked.data?.pages.flatMap((page) => page.items),
    total: asked.data?.pages[0]?.total,
    error: asked.error,
    stale: asked.isPlaceholderData,
    loadingMore: asked.isFetchingNextPage,
    more: asked.hasNextPage ? () => void asked.fetchNextPage() : null,
    retry: () => void asked.refetch(),
  };
}
