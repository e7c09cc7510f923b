// Where an honest request and a stranger's differ: the ids and names in which another's can be put.

import { randomInt, randomUUID } from 'node:crypto';
import type { Request } from './requests.ts';

export interface Leaf {
  readonly at: readonly string[];
  /** Theirs, and one that is nobody's. */
  readonly value: unknown;
  readonly nobody: unknown;
}

/** Where two requests differ by an id or a name: the places to put another's. */
export function leavesOf(own: unknown, foreign: unknown, all: boolean, at: readonly string[] = []): Leaf[] {
  if (typeof foreign === 'object' && foreign !== null) {
    return Object.entries(foreign).flatMap(([key, value]) =>
      leavesOf((own as Record<string, unknown> | undefined)?.[key], value, all, [...at, key]),
    );
  }
  if (own === foreign || !(all || isId(foreign))) return [];
  return [{ at, value: foreign, nobody: nobodyLike(foreign) }];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/;

function isId(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && (/^\d+$|zqtheirs/.test(value) || UUID.test(value)));
}

function nobodyLike(value: unknown): unknown {
  if (typeof value === 'number') return randomInt(2_000_000_000, 2_100_000_000);
  const text = String(value);
  if (UUID.test(text)) return randomUUID();
  if (/^\d+$/.test(text)) return String(randomInt(2_000_000_000, 2_100_000_000));
  return text.includes('zqtheirs')
    ? text.replaceAll('zqtheirs', 'zqnobody')
    : `${text.slice(0, -20)}${randomUUID().slice(0, 20)}`;
}

export function setLeaf(request: Request, at: readonly string[], value: unknown): Request {
  const copy = structuredClone(request) as Record<string, unknown>;
  const last = at.at(-1) ?? '';
  let place = copy;
  for (const key of at.slice(0, -1)) place = place[key] as Record<string, unknown>;
  place[last] = value;
  return copy;
}
