// An order put down elsewhere on the board: told to the server, to who moved it, and undone by one press.

import { useProblemText } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useSettings } from '../../shell/settings.ts';
import { type Board, type BoardOrder, useReload } from './api.ts';
import { type Cell, planIn } from './board-move.ts';
import { type OrderWords, orderWords } from './words.ts';

/** What a place on the board is called. */
export function useWhere(board: Board): (cell: Cell) => string {
  const words = useWords(orderWords);
  const { format } = useSettings();
  return ({ laneId, column }) => {
    const lane = board.lanes.find(({ id }) => id === laneId)?.name ?? words.noLane;
    const to = column === null ? undefined : board.columns[column];
    if (!to) return `${lane}, ${words.waiting}`;
    return `${lane}, ${format.date(Date.parse(to.from), board.plant.timeZone)}${to.shift ? ` ${to.shift}` : ''}`;
  };
}

export function useMove(board: Board, say: (text: string) => void): (order: BoardOrder, cell: Cell) => Promise<void> {
  const words: OrderWords = useWords(orderWords);
  const session = useSession();
  const notice = useNotice();
  const reload = useReload();
  const whereOf = useWhere(board);
  const problem = useProblemText();
  return async (order, cell) => {
    const path = `/work-orders/${order.id}`;
    const { laneId, plannedFrom, plannedTo } = order;
    try {
      const body = { version: order.version, ...planIn(board, order, cell) };
      const after = await session.send<{ version: number }>('PATCH', path, { body });
      const text = words.moved(order.number, whereOf(cell));
      say(text);
      notice({
        text,
        async undo() {
          await session.send('PATCH', path, { body: { version: after.version, laneId, plannedFrom, plannedTo } });
          await reload();
        },
      });
    } catch (error) {
      const text = words.notMoved(order.number, problem(error as Error));
      say(text);
      notice({ text });
    }
    await reload();
  };
}
