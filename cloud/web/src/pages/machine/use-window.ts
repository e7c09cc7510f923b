// Which window of time the page shows: in the URL, so that a colleague sees the same; without one it is the
// shift that runs. While one zooms or moves, the page follows at once and the URL when the hand rests.

import { useEffect, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { type Why, whyIn } from './why.ts';
import { bounded, instantsOf, type TimeWindow } from './window.ts';

const REST_MS = 250;

export interface ShownWindow {
  /** What is drawn. */
  readonly shown: TimeWindow;
  /** What is asked for: the one of the URL. */
  readonly asked: TimeWindow;
  /** It is the shift that runs, or what stands for it. */
  readonly isUsual: boolean;
  readonly reasons: 'time' | 'count';
  /** Only stops for this; null: all. */
  readonly why: Why | null;
  /** While the hand moves. */
  follow(window: TimeWindow): void;
  /** At once; null: the usual one. */
  show(window: TimeWindow | null): void;
  change(values: Readonly<Record<string, string | null>>): void;
  /** This page with other values, as a link. */
  href(values: Readonly<Record<string, string | null>>): string;
}

export function useWindow(usual: TimeWindow): ShownWindow {
  const [path] = useLocation();
  const [parameters, setParameters] = useSearchParams();
  const [draft, setDraft] = useState<TimeWindow | null>(null);
  const given = windowIn(parameters);
  const asked = given ?? usual;
  const put = (values: Readonly<Record<string, string | null>>): void =>
    setParameters((before) => withValues(before, values));
  useEffect(() => {
    if (!draft) return;
    const timer = setTimeout(() => {
      setParameters((before) => withValues(before, instantsOf(draft)), { replace: true });
      setDraft(null);
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [draft, setParameters]);
  return {
    shown: draft ?? asked,
    asked,
    isUsual: given === null && draft === null,
    reasons: parameters.get('reasons') === 'count' ? 'count' : 'time',
    why: whyIn(parameters.get('why')),
    follow: setDraft,
    show(window) {
      setDraft(null);
      put(window ? instantsOf(window) : { from: null, to: null });
    },
    change: (values) => put(values),
    href: (values) => `${path}?${withValues(parameters, values)}`,
  };
}

function withValues(before: URLSearchParams, values: Readonly<Record<string, string | null>>): URLSearchParams {
  const after = new URLSearchParams(before);
  for (const [name, value] of Object.entries(values)) {
    if (value === null) after.delete(name);
    else after.set(name, value);
  }
  return after;
}

function windowIn(parameters: URLSearchParams): TimeWindow | null {
  const [from, to] = ['from', 'to'].map((name) => Date.parse(parameters.get(name) ?? ''));
  if (from === undefined || to === undefined || !(from < to)) return null;
  return bounded({ from, to }, Date.now());
}
