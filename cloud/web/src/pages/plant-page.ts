// What the page at a path shows of plants: Now, machines and OEE show one; lists and records of what belongs to a plant
// follow the choice; all others are about the organisation as a whole.

import { belongsToPlant } from '../kit/page.ts';
import type { PlantPage } from '../shell/place.tsx';
import { adminSections } from './admin.tsx';
import { orderSections } from './orders.tsx';
import { plantSetupSections } from './plant-setup.tsx';
import type { Section } from './sections.tsx';

const areas: readonly (readonly [base: string, sections: readonly Section[]])[] = [
  ['/admin', adminSections],
  ['/plant-setup', plantSetupSections],
  ['/orders', orderSections],
];

/** Pages that are drawn of one plant. */
const ofOnePlant = new Set([
  '/oee',
  '/shift-report',
  '/orders/board',
  '/orders/machine-runs',
  '/orders/production-logs',
]);

/** Null: nothing of plants. */
export function plantPageAt(path: string): PlantPage | null {
  const machine = /^\/machines(?:\/(\d+))?$/.exec(path);
  if (machine) {
    const id = Number(machine[1] ?? 0);
    return { use: 'one', home: '/machines', record: id > 0 ? { name: 'machines', id } : null };
  }
  if (path === '/now' || ofOnePlant.has(path)) return { use: 'one', home: path, record: null };
  for (const [base, sections] of areas) {
    const section = sections.find(({ name }) => `${path}/`.startsWith(`${base}/${name}/`));
    if (section?.onePlant) return { use: 'one', home: `${base}/${section.name}`, record: null };
    if (!section?.resource || !belongsToPlant(section.resource)) continue;
    const home = `${base}/${section.name}`;
    const id = Number(path.slice(home.length + 1).split('/')[0]);
    return { use: 'any', home, record: id > 0 ? { name: section.name, id } : null };
  }
  return null;
}
