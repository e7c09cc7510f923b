// Twenty reasons to begin with, for any plant that makes pieces. They are proposals: an organisation loads
// them with one click and changes or archives what does not fit.
//
// machine_fault and maintenance are what the PackML default map speaks of (DEFINITIONS 1).

import type { FieldsOf } from '../../platform/kit/resource.ts';
import type { lossReasons } from './resource.ts';

type Category = FieldsOf<typeof lossReasons>['category'];

export interface StarterReason {
  readonly code: string;
  readonly name: string;
  readonly nameDe: string;
  readonly category: Category;
  readonly isFailure: boolean;
  readonly frequentPosition: number | null;
  /** Code of its parent, which stands before it in the list. */
  readonly parent: string | null;
}

type More = Partial<Pick<StarterReason, 'isFailure' | 'frequentPosition' | 'parent'>>;

function reason(
  code: string,
  names: readonly [en: string, de: string],
  category: Category,
  more: More = {},
): StarterReason {
  const [name, nameDe] = names;
  return { code, name, nameDe, category, isFailure: false, frequentPosition: null, parent: null, ...more };
}

const ofMachine: More = { isFailure: true, parent: 'machine_fault' };

export const starterReasons: readonly StarterReason[] = [
  reason('machine_fault', ['Machine fault', 'Maschinenstörung'], 'unplanned_stop', {
    isFailure: true,
    frequentPosition: 1,
  }),
  reason('mechanical_fault', ['Mechanical fault', 'Mechanischer Defekt'], 'unplanned_stop', ofMachine),
  reason(
    'electrical_fault',
    ['Electrical or control fault', 'Elektrik oder Steuerung defekt'],
    'unplanned_stop',
    ofMachine,
  ),
  reason('tool_broken', ['Tool broken', 'Werkzeug gebrochen'], 'unplanned_stop', ofMachine),
  reason('jam', ['Jam', 'Verklemmung'], 'unplanned_stop', { frequentPosition: 2 }),
  reason('readjustment', ['Readjustment', 'Nachstellen'], 'unplanned_stop'),
  reason('safety_stop', ['Guard open or emergency stop', 'Schutztür offen oder Not-Halt'], 'unplanned_stop'),
  reason('no_utilities', ['No power, air or water', 'Strom, Luft oder Wasser fehlt'], 'unplanned_stop'),
  reason('no_material', ['No material', 'Material fehlt'], 'idle', { frequentPosition: 3 }),
  reason('blocked', ['Blocked downstream', 'Stau dahinter'], 'idle', { frequentPosition: 4 }),
  reason('no_operator', ['No operator', 'Kein Personal'], 'idle', { frequentPosition: 5 }),
  reason('waiting_release', ['Waiting for release', 'Wartet auf Freigabe'], 'idle'),
  reason('changeover', ['Changeover', 'Umrüsten'], 'setup', { frequentPosition: 6 }),
  reason(
    'consumable_change',
    ['Roll or other consumable changed', 'Rolle oder anderes Hilfsmittel gewechselt'],
    'setup',
  ),
  reason('maintenance', ['Maintenance', 'Wartung'], 'planned_stop'),
  reason('cleaning', ['Cleaning', 'Reinigung'], 'planned_stop'),
  reason('defective', ['Defective', 'Fehlerhaft'], 'scrap', { frequentPosition: 1 }),
  reason('damaged', ['Damaged', 'Beschädigt'], 'scrap', { frequentPosition: 2 }),
  reason('to_rework', ['To be reworked', 'Nachzuarbeiten'], 'rework', { frequentPosition: 3 }),
  reason('startup_reject', ['Start-up reject', 'Anfahrausschuss'], 'startup', { frequentPosition: 4 }),
];
