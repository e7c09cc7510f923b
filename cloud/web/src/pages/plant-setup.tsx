// Plant set-up: what the figures of a plant stand on, from machines and their lanes to calendars. A new
// section is one line here.

import { useWords } from '../kit/use-words.ts';
import type { Access } from '../shell/access.ts';
import { calendarExceptionsPage, calendarsPage, plannedWindowsPage, workCenterShiftsPage } from './calendar/pages.ts';
import { CounterReviewsPage } from './counters/counter-reviews.tsx';
import { counterWords } from './counters/counter-words.ts';
import { AgentPages } from './edge/agents.tsx';
import { edgeWords } from './edge/edge-words.ts';
import { StateMapPages, stateMapsPage } from './edge/state-maps.tsx';
import { TagsPage } from './edge/tags.tsx';
import { CheckListsPage } from './machines/check-lists.tsx';
import { checkWords } from './machines/check-words.ts';
import { lanesPage } from './machines/lanes.ts';
import { lossReasonsPage } from './machines/loss-reasons.tsx';
import { machineTargetsPage } from './machines/machine-targets.ts';
import { machinesPage } from './machines/machines.ts';
import { unitConversionsPage } from './materials/conversions.ts';
import { materialsPage } from './materials/materials.ts';
import { productionStandardsPage } from './materials/standards.ts';
import { unitsPage } from './materials/units.tsx';
import { mayOpenAny, plain, type Section, Sections } from './sections.tsx';

const en = {
  title: 'Plant set-up',
  nothing: 'Your roles give you nothing to set up. Ask your administrator.',
};
const de: typeof en = {
  title: 'Anlage einrichten',
  nothing: 'Ihre Rollen geben Ihnen nichts einzurichten. Fragen Sie Ihre Administration.',
};

export const plantSetupSections: readonly Section[] = [
  {
    name: 'machine-checklists',
    permission: 'machines.read',
    onePlant: true,
    label: { en: checkWords.en.glance, de: checkWords.de.glance },
    page: () => <CheckListsPage />,
  },
  plain(machinesPage),
  plain(lanesPage),
  plain(machineTargetsPage),
  plain(lossReasonsPage),
  {
    name: 'edge-agents',
    onePlant: true,
    label: { en: edgeWords.en.agents, de: edgeWords.de.agents },
    page: (base) => <AgentPages base={base} />,
  },
  {
    name: 'tags',
    onePlant: true,
    label: { en: edgeWords.en.tags, de: edgeWords.de.tags },
    page: () => <TagsPage />,
  },
  {
    name: 'counter-reviews',
    permission: 'counters.read',
    onePlant: true,
    label: { en: counterWords.en.title, de: counterWords.de.title },
    page: () => <CounterReviewsPage />,
  },
  { ...plain(stateMapsPage), page: (base) => <StateMapPages base={base} /> },
  plain(materialsPage),
  plain(productionStandardsPage),
  plain(unitsPage),
  plain(unitConversionsPage),
  plain(calendarsPage),
  plain(workCenterShiftsPage),
  plain(calendarExceptionsPage),
  plain(plannedWindowsPage),
];

/** Whether there is anything for this person to set up. */
export function maySetUp(access: Access): boolean {
  return mayOpenAny(access, plantSetupSections);
}

export function PlantSetup() {
  const { title, nothing } = useWords({ en, de });
  return <Sections base="/plant-setup" title={title} nothing={nothing} sections={plantSetupSections} />;
}
