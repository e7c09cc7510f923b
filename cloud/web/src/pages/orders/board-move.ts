// Moving an order on the board: where it may lie, and when it is planned then.

import type { Board, BoardColumn, BoardOrder } from './api.ts';

/** A place on the board: a lane (null: none) and a column (null: without a day). */
export interface Cell {
  readonly laneId: number | null;
  readonly column: number | null;
}

export const cellKey = ({ laneId, column }: Cell): string => `${laneId ?? 'none'}/${column ?? 'none'}`;

export const sameCell = (a: Cell, b: Cell): boolean => cellKey(a) === cellKey(b);

/** Where the order lies: in the column in which it begins, else in the first that it reaches into. */
export function cellOf(board: Board, order: BoardOrder): Cell {
  const laneId = board.lanes.some(({ id }) => id === order.laneId) ? order.laneId : null;
  if (order.plannedFrom === null) return { laneId, column: null };
  const begin = Date.parse(order.plannedFrom);
  const end = order.plannedTo === null ? begin + 1 : Date.parse(order.plannedTo);
  const column = board.columns.findIndex(({ from, to }) => Date.parse(from) < end && begin < Date.parse(to));
  return { laneId, column: column < 0 ? null : column };
}

/** The next place in a direction; undefined at the edge. Lanes are ordered as on the board, without lane last. */
export function neighbour(board: Board, { laneId, column }: Cell, key: string): Cell | undefined {
  const lanes = [...board.lanes.map(({ id }): number | null => id), null];
  const row = lanes.indexOf(laneId);
  const at = column ?? -1;
  switch (key) {
    case 'ArrowLeft':
      return at < 0 ? undefined : { laneId, column: at === 0 ? null : at - 1 };
    case 'ArrowRight':
      return at + 1 < board.columns.length ? { laneId, column: at + 1 } : undefined;
    case 'ArrowUp':
      return row > 0 ? { laneId: lanes[row - 1] ?? null, column } : undefined;
    case 'ArrowDown':
      return row + 1 < lanes.length ? { laneId: lanes[row + 1] ?? null, column } : undefined;
    default:
      return undefined;
  }
}

export interface Plan {
  readonly laneId: number | null;
  readonly plannedFrom: string | null;
  readonly plannedTo: string | null;
}

/** In its new column the order begins as long after the column's begin as before, and lasts as long. */
export function planIn(board: Board, order: BoardOrder, cell: Cell): Plan {
  const to = cell.column === null ? undefined : board.columns[cell.column];
  if (!to) return { laneId: cell.laneId, plannedFrom: null, plannedTo: null };
  const { column } = cellOf(board, order);
  if (column === cell.column)
    return { laneId: cell.laneId, plannedFrom: order.plannedFrom, plannedTo: order.plannedTo };
  const begin = Date.parse(to.from) + offsetIn(column === null ? undefined : board.columns[column], order, to);
  const lasts =
    order.plannedFrom && order.plannedTo ? Date.parse(order.plannedTo) - Date.parse(order.plannedFrom) : null;
  return {
    laneId: cell.laneId,
    plannedFrom: new Date(begin).toISOString(),
    plannedTo: lasts === null ? null : new Date(begin + lasts).toISOString(),
  };
}

function offsetIn(column: BoardColumn | undefined, { plannedFrom }: BoardOrder, to: BoardColumn): number {
  if (!column || plannedFrom === null) return 0;
  const offset = Date.parse(plannedFrom) - Date.parse(column.from);
  return offset >= 0 && offset < Date.parse(to.to) - Date.parse(to.from) ? offset : 0;
}
