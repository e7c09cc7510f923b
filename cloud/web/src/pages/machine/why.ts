// Which lost time a page shows, in the URL: `minor_stop.12`, a category and a reason, or `minor_stop.none`. Pure.

import type { ParetoPage } from '../../../../domains/metrics/index.ts';
import { machineHref, type TimeWindow } from './window.ts';

export interface Why {
  readonly category: string;
  /** Id of a reason, or `none`. */
  readonly reason: string;
}

/** What of lost time is told stop by stop; no data and rework are not. */
const listed: ReadonlySet<string> = new Set(['unplanned_stop', 'minor_stop', 'setup', 'idle', 'no_order']);

export function whyText({ category, reason }: Pick<ParetoPage['items'][number], 'category' | 'reason'>): string | null {
  return listed.has(category) ? `${category}.${reason?.id ?? 'none'}` : null;
}

/** The machine's page at a period, with the stops of an item of its losses. */
export function stopsHref(item: Parameters<typeof whyText>[0], machineId: number, window: TimeWindow): string | null {
  const why = whyText(item);
  return why && `${machineHref(machineId, window)}&why=${why}`;
}

export function whyIn(text: string | null): Why | null {
  const [category = '', reason = ''] = text?.split('.') ?? [];
  return listed.has(category) && /^(none|[1-9]\d{0,8})$/.test(reason) ? { category, reason } : null;
}
