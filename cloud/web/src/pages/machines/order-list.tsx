// A list that people put in order, by dragging a grip or with the arrow keys on it.

import { type KeyboardEvent, type PointerEvent, type ReactNode, useRef, useState } from 'react';

interface OrderListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  /** Nobody may put it in another order. */
  readonly fixed: boolean;
  keyOf(item: T): number;
  /** What the grip says of an item. */
  gripOf(item: T, place: number): string;
  /** From and to places, counted from 0. */
  onMove(from: number, to: number): void;
  children(item: T): ReactNode;
}

export function OrderList<T>({ label, items, fixed, keyOf, gripOf, onMove, children }: OrderListProps<T>) {
  const list = useRef<HTMLOListElement>(null);
  const [dragged, setDragged] = useState<number | null>(null);
  const grab = (event: PointerEvent, key: number): void => {
    if (event.button !== 0) return;
    // The list does not move while its rows do.
    list.current?.setPointerCapture(event.pointerId);
    setDragged(key);
  };
  const drag = (event: PointerEvent): void => {
    if (dragged === null) return;
    const from = items.findIndex((item) => keyOf(item) === dragged);
    const to = [...(list.current?.children ?? [])].findIndex((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top <= event.clientY && event.clientY < bottom;
    });
    if (to !== -1 && to !== from) onMove(from, to);
  };
  const onKeyDown = (event: KeyboardEvent, from: number): void => {
    const steps: Partial<Record<string, number>> = {
      ArrowUp: from - 1,
      ArrowDown: from + 1,
      Home: 0,
      End: items.length - 1,
    };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to < items.length && to !== from) onMove(from, to);
  };
  return (
    <ol
      ref={list}
      className="order-list"
      aria-label={label}
      onPointerMove={drag}
      onPointerUp={() => setDragged(null)}
      onPointerCancel={() => setDragged(null)}
    >
      {items.map((item, place) => {
        const key = keyOf(item);
        return (
          <li key={key} className={dragged === key ? 'dragged' : undefined}>
            {fixed ? (
              <span className="unit">{place + 1}</span>
            ) : (
              <button
                type="button"
                className="grip"
                aria-label={gripOf(item, place + 1)}
                onPointerDown={(event) => grab(event, key)}
                onKeyDown={(event) => onKeyDown(event, place)}
              >
                <svg viewBox="0 0 12 20" aria-hidden="true" focusable="false">
                  <path
                    d="M3 4h0M9 4h0M3 10h0M9 10h0M3 16h0M9 16h0"
                    stroke="currentColor"
                    strokeWidth="2.6"
                    strokeLinecap="round"
                  />
                </svg>
              </button>
            )}
            {children(item)}
          </li>
        );
      })}
    </ol>
  );
}
