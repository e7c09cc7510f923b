// What a list shows is in the URL, so that a reload keeps it and a link shows a colleague the same.

import { useSearchParams } from 'wouter';

export interface ListState {
  /** Null where the URL does not say. */
  get(name: string): string | null;
  /** Null takes it out of the URL. Typing replaces the entry in the history, choosing adds one. */
  set(name: string, value: string | null, options?: { typing?: boolean }): void;
  /** Only the names given to the hook, as the API takes them. */
  readonly query: string;
  /** Whether anything narrows the list. */
  readonly narrowed: boolean;
  clear(): void;
}

export function useListState(names: readonly string[]): ListState {
  const [parameters, setParameters] = useSearchParams();
  const known = [...new Set([...names, 'search', 'archived', 'sort'])];
  const query = new URLSearchParams(
    known.flatMap((name) => {
      const value = parameters.get(name);
      return value === null || value === '' ? [] : [[name, value] as [string, string]];
    }),
  );
  query.sort();
  const change = (work: (after: URLSearchParams) => void, replace: boolean) =>
    setParameters(
      (before) => {
        const after = new URLSearchParams(before);
        work(after);
        return after;
      },
      { replace },
    );
  return {
    get: (name) => parameters.get(name),
    set(name, value, options) {
      change((after) => {
        if (value === null || value === '') after.delete(name);
        else after.set(name, value);
      }, options?.typing ?? false);
    },
    query: query.toString(),
    narrowed: known.some((name) => name !== 'sort' && query.has(name)),
    clear: () => change((after) => known.forEach((name) => name !== 'sort' && after.delete(name)), false),
  };
}
