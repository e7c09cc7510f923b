// Which plant one looks at. The URL says it (`?plant=3`, in lists also `?plant=all`), so that a link shows
// the same to a colleague; where it does not, it is what this person looked at last in this browser. A page
// either shows one plant, or lists what is in any.

import { useEffect } from 'react';
import { useSearchParams } from 'wouter';
import type { Access, AccessPlant } from './access.ts';
import { useAccess } from './context.ts';
import { recall, remember } from './settings.ts';

export type PlantUse = 'one' | 'any';

interface PlantChoice {
  /** Null: all that one may see. */
  readonly id: number | null;
  /** Undefined where it is all, or one that is not there. */
  readonly plant: AccessPlant | undefined;
}

/** What a person looked at last: a plant, and whether lists show all of them nevertheless. */
interface Memory {
  readonly id: number | null;
  readonly all: boolean;
}

const ALL = 'all';

export function usePlant(use: PlantUse): PlantChoice {
  const access = useAccess();
  const [parameters] = useSearchParams();
  const id = said(parameters.get('plant'), { use, access }) ?? remembered(use, access);
  return id === ALL ? { id: null, plant: undefined } : { id, plant: access.plants.find((plant) => plant.id === id) };
}

/** Keeps the URL saying it and the browser remembering it, on a page that shows plants. */
export function usePlantInUrl(use: PlantUse | null): void {
  const access = useAccess();
  const [parameters, setParameters] = useSearchParams();
  const inUrl = use && said(parameters.get('plant'), { use, access });
  useEffect(() => {
    if (use === null || access.plants.length === 0) return;
    if (inUrl === null) {
      const shown = String(remembered(use, access));
      setParameters((before) => withPlant(before, shown), { replace: true });
    } else if (access.plants.some(({ id }) => id === inUrl)) {
      // Looking at one plant is no word against lists of all.
      keep(access, { id: inUrl as number, all: (use === 'one' || access.plants.length === 1) && memoryOf(access).all });
    } else if (inUrl === ALL) {
      keep(access, { ...memoryOf(access), all: true });
    }
  }, [use, inUrl, access, setParameters]);
}

/** Remembers a choice of its own; `id` null is all. Returns it as the URL says it. */
export function keepChoice(access: Access, id: number | null): string {
  keep(access, { id: id ?? memoryOf(access).id, all: id === null });
  return id === null ? ALL : String(id);
}

export function withPlant(parameters: URLSearchParams, plant: string): URLSearchParams {
  const after = new URLSearchParams(parameters);
  after.set('plant', plant);
  return after;
}

/** Null where the URL says nothing that this page can show. */
function said(text: string | null, { use, access }: { use: PlantUse; access: Access }): number | typeof ALL | null {
  if (text === ALL) return use === 'any' && access.plants.length > 1 ? ALL : null;
  return text !== null && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : null;
}

function remembered(use: PlantUse, access: Access): number | typeof ALL {
  const { plants } = access;
  const { id, all } = memoryOf(access);
  if (use === 'any' && all && plants.length > 1) return ALL;
  return (plants.find((plant) => plant.id === id) ?? plants[0])?.id ?? ALL;
}

/** A person is somebody else in another organisation, and a device is nobody. */
const keyOf = ({ userId, organization }: Access): string => `unison.plant.${organization.id}.${userId ?? 'device'}`;

function memoryOf(access: Access): Memory {
  const [id, all] = (recall(keyOf(access)) ?? '').split(' ');
  return { id: Number(id) || null, all: all !== 'only' };
}

function keep(access: Access, { id, all }: Memory): void {
  remember(keyOf(access), `${id ?? 0} ${all ? ALL : 'only'}`);
}
