// The board: lanes by days or shifts. An order is dragged, or taken up and moved by keyboard; of two people who
// move it at once the second reads who the first was, and the board shows where it lies.

import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess } from '../../shell/context.ts';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { addDays, type Board, type BoardOrder, todayIn, useLive } from './api.ts';
import { type Cell, cellKey, cellOf, neighbour, sameCell } from './board-move.ts';
import { RunTasks } from './run-tasks.tsx';
import { useMove, useWhere } from './use-board-move.ts';
import { orderWords } from './words.ts';

const DAYS = 7;
/** A press that moves less is a press. */
const DRAG_PX = 6;

export function BoardPage() {
  const words = useWords(orderWords);
  const { plant } = usePlant('one');
  useTitle(words.board);
  if (!plant) return <p className="notice">{words.nothing}</p>;
  return <PlantBoard key={plant.id} plantId={plant.id} timeZone={plant.timeZone} />;
}

function PlantBoard({ plantId, timeZone }: { plantId: number; timeZone: string }) {
  const words = useWords(orderWords);
  const [parameters, setParameters] = useSearchParams();
  const today = todayIn(timeZone);
  const from = /^\d{4}-\d{2}-\d{2}$/.test(parameters.get('from') ?? '')
    ? String(parameters.get('from'))
    : addDays(today, -1);
  const columns = parameters.get('columns') === 'shifts' ? 'shifts' : 'days';
  const asked = useLive<Board>(`/work-orders/board?plant=${plantId}&from=${from}&days=${DAYS}&columns=${columns}`);
  const set = (name: string, value: string): void =>
    setParameters((before) => {
      const after = new URLSearchParams(before);
      after.set(name, value);
      return after;
    });
  return (
    <div className="page board-page">
      <header className="toolbar">
        <h1>{words.board}</h1>
        <div className="does">
          <button type="button" onClick={() => set('from', addDays(from, -DAYS))}>
            {words.earlier}
          </button>
          <button type="button" onClick={() => set('from', addDays(today, -1))}>
            {words.today}
          </button>
          <button type="button" onClick={() => set('from', addDays(from, DAYS))}>
            {words.later}
          </button>
          <label className="inline">
            {words.columns}
            <select value={columns} onChange={(event) => set('columns', event.target.value)}>
              <option value="days">{words.byDays}</option>
              <option value="shifts">{words.byShifts}</option>
            </select>
          </label>
        </div>
      </header>
      <RunTasks plantId={plantId} />
      {asked.error && !asked.data && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data && <Grid board={asked.data} />}
      {asked.data?.truncated && <p className="unit">{words.truncated}</p>}
      <p id="board-hint" className="unit">
        {asked.data?.orders.length === 0 ? words.noOrders : words.dragHint}
      </p>
    </div>
  );
}

interface Moving {
  /** The board as it was when the order was taken up: while it moves, nothing else does. */
  readonly board: Board;
  readonly order: BoardOrder;
  readonly over: Cell;
  /** How far the pointer is from where it began; null: by keyboard. */
  readonly by: { readonly x: number; readonly y: number } | null;
}

function Grid({ board: newest }: { board: Board }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const [moving, setMoving] = useState<Moving | null>(null);
  const board = moving?.board ?? newest;
  const putDown = useRef<number | null>(null);
  const [said, setSaid] = useState('');
  const move = useMove(board, setSaid);
  const rows = [
    ...board.lanes.map(({ id, name }): { id: number | null; name: string } => ({ id, name })),
    { id: null, name: words.noLane },
  ];
  const whereOf = useWhere(board);
  const drag = {
    moving,
    follow(order: BoardOrder, grip: HTMLButtonElement | null) {
      if (!grip || putDown.current !== order.id || document.activeElement !== document.body) return;
      putDown.current = null;
      grip.focus();
    },
    over(next: Moving) {
      if (moving && !sameCell(moving.over, next.over)) setSaid(words.over(whereOf(next.over)));
      else if (!moving) setSaid(words.takenUp(next.order.number));
      setMoving(next);
    },
    leave(order: BoardOrder) {
      setMoving(null);
      setSaid(words.putBack(order.number));
    },
    drop(order: BoardOrder, cell: Cell) {
      setMoving(null);
      putDown.current = order.id;
      if (sameCell(cell, cellOf(board, order))) setSaid(words.putBack(order.number));
      else void move(order, cell);
    },
  };
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must get in
    <section className="board-scroll" aria-label={words.board} tabIndex={0}>
      <table className="board">
        <thead>
          <tr>
            <th scope="col">{words.lane}</th>
            <th scope="col">{words.waiting}</th>
            {board.columns.map(({ day, shift, from }) => (
              <th key={`${day} ${shift}`} scope="col" aria-current={day === board.today ? 'date' : undefined}>
                {format.date(Date.parse(from), board.plant.timeZone)}
                {shift && <span className="unit"> {shift}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((lane) => (
            <tr key={lane.id ?? 'none'}>
              <th scope="row">{lane.name}</th>
              {[null, ...board.columns.keys()].map((column) => {
                const cell = { laneId: lane.id, column };
                return <BoardCell key={cellKey(cell)} board={board} cell={cell} drag={drag} />;
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <output className="hidden" aria-live="assertive">
        {said}
      </output>
    </section>
  );
}

interface Drag {
  readonly moving: Moving | null;
  /** The card that was put down appears elsewhere, and the keyboard goes with it. */
  follow(order: BoardOrder, grip: HTMLButtonElement | null): void;
  over(moving: Moving): void;
  leave(order: BoardOrder): void;
  drop(order: BoardOrder, cell: Cell): void;
}

function BoardCell({ board, cell, drag }: { board: Board; cell: Cell; drag: Drag }) {
  const orders = board.orders.filter((order) => sameCell(cellOf(board, order), cell));
  const target = drag.moving !== null && sameCell(drag.moving.over, cell);
  return (
    <td data-cell={cellKey(cell)} className={target ? 'target' : undefined}>
      <ul>
        {orders.map((order) => (
          <li key={order.id}>
            <Card board={board} order={order} drag={drag} />
          </li>
        ))}
      </ul>
    </td>
  );
}

const ended = new Set(['completed', 'closed', 'cancelled']);

function Card({ board, order, drag }: { board: Board; order: BoardOrder; drag: Drag }) {
  const words = useWords(orderWords);
  const { format } = useSettings();
  const access = useAccess();
  const begun = useRef<{ x: number; y: number } | null>(null);
  const fixed = ended.has(order.status) ? words.frozen : access.may('work-orders.update') ? null : words.mayNot;
  // Its order is the one that was picked up: what somebody changed since must not be overwritten unseen.
  const mine = drag.moving?.order.id === order.id ? drag.moving : null;
  const onKeyDown = (event: KeyboardEvent): void => {
    if (fixed !== null) return;
    if (!mine && event.key === ' ') drag.over({ board, order, over: cellOf(board, order), by: null });
    else if (mine && (event.key === 'Enter' || event.key === ' ')) drag.drop(mine.order, mine.over);
    else if (mine && event.key === 'Escape') drag.leave(order);
    else if (mine && event.key.startsWith('Arrow')) {
      const next = neighbour(board, mine.over, event.key);
      if (next) drag.over({ board, order: mine.order, over: next, by: null });
    } else return;
    event.preventDefault();
  };
  const onPointerMove = (event: PointerEvent): void => {
    const start = begun.current;
    if (!start) return;
    const by = { x: event.clientX - start.x, y: event.clientY - start.y };
    if (!mine && Math.hypot(by.x, by.y) < DRAG_PX) return;
    drag.over({ board, order: mine?.order ?? order, over: cellAt(event) ?? mine?.over ?? cellOf(board, order), by });
  };
  const onPointerUp = (event: PointerEvent): void => {
    begun.current = null;
    if (!mine?.by) return;
    const cell = cellAt(event);
    if (cell) drag.drop(mine.order, cell);
    else drag.leave(order);
  };
  return (
    <article
      className={`order-card status-${order.status}${mine ? ' moving' : ''}`}
      style={mine?.by ? { translate: `${mine.by.x}px ${mine.by.y}px` } : undefined}
    >
      <button
        ref={(grip) => drag.follow(order, grip)}
        type="button"
        className="grip"
        aria-pressed={mine !== null}
        aria-describedby="board-hint"
        title={fixed ?? undefined}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          if (fixed !== null || event.button !== 0) return;
          begun.current = { x: event.clientX, y: event.clientY };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => {
          begun.current = null;
          if (mine) drag.leave(order);
        }}
        onBlur={() => mine && !mine.by && drag.leave(order)}
      >
        <strong>{order.number}</strong>
        <span>{words.statuses[order.status]}</span>
        <span>
          {order.material} · {format.number(order.quantity)}
          <span className="unit"> {order.unit}</span>
        </span>
        <span className="unit">
          {words.promised(format.day(order.promisedDate))}
          {order.priority !== 5 && ` · ${words.priority(order.priority)}`}
        </span>
        {order.overdue && <span className="overdue">▲ {words.overdue}</span>}
        {order.runningOn.length > 0 && <span className="runs">▶ {words.runningOn(order.runningOn.join(', '))}</span>}
      </button>
      <Link href={`/orders/work-orders/${order.id}`} aria-label={`${words.open} ${order.number}`}>
        {words.open}
      </Link>
    </article>
  );
}

/** The place under the pointer; the card itself lets it through. */
function cellAt({ clientX, clientY }: { clientX: number; clientY: number }): Cell | null {
  const found = document
    .elementsFromPoint(clientX, clientY)
    .find((element): element is HTMLElement => element instanceof HTMLElement && element.matches('td[data-cell]'));
  const [lane, column] = found?.dataset['cell']?.split('/') ?? [];
  if (lane === undefined || column === undefined) return null;
  return { laneId: lane === 'none' ? null : Number(lane), column: column === 'none' ? null : Number(column) };
}
