// Orders: the board, the list, what machines made, and the operator's panel.

import { useWords } from '../kit/use-words.ts';
import type { Access } from '../shell/access.ts';
import { BoardPage } from './orders/board.tsx';
import { PanelPage } from './orders/panel.tsx';
import { operationsPage, routingStepsPage, routingsPage } from './orders/routings.ts';
import { RunsPage } from './orders/runs-page.tsx';
import { orderWords } from './orders/words.ts';
import { workOrdersPage } from './orders/work-orders.tsx';
import { mayOpenAny, plain, type Section, Sections } from './sections.tsx';

const label = (word: 'board' | 'runs' | 'panel') => ({ en: orderWords.en[word], de: orderWords.de[word] });

export const orderSections: readonly Section[] = [
  { name: 'board', permission: 'work-orders.read', label: label('board'), page: () => <BoardPage /> },
  plain(workOrdersPage),
  { name: 'machine-runs', label: label('runs'), page: () => <RunsPage /> },
  { name: 'production-logs', label: label('panel'), page: () => <PanelPage /> },
  plain(operationsPage),
  plain(routingsPage),
  plain(routingStepsPage),
];

/** Whether there is anything about orders for this person. */
export function maySeeOrders(access: Access): boolean {
  return mayOpenAny(access, orderSections);
}

export function Orders() {
  const { title, nothing } = useWords(orderWords);
  return <Sections base="/orders" title={title} nothing={nothing} sections={orderSections} />;
}
