// What happens when: the appointments of a discrete simulation, in order of time and, within one
// millisecond, in the order they were made. A binary heap; nothing here knows a real clock.

export interface Agenda {
  /** Time of the earliest appointment, Infinity when there is none. */
  next(): number;
  add(time: number, what: () => void): void;
  /** Takes the earliest appointment out. Call only when `next()` is finite. */
  take(): () => void;
}

interface Appointment {
  readonly time: number;
  readonly order: number;
  readonly what: () => void;
}

function before(a: Appointment, b: Appointment): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

export function createAgenda(): Agenda {
  const heap: Appointment[] = [];
  let made = 0;

  function up(start: number): void {
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!swapIfBefore(at, parent)) return;
      at = parent;
    }
  }

  function down(): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let first = left;
      if (left >= heap.length) return;
      if (right < heap.length && before(heap[right] as Appointment, heap[left] as Appointment)) first = right;
      if (!swapIfBefore(first, at)) return;
      at = first;
    }
  }

  function swapIfBefore(child: number, parent: number): boolean {
    const a = heap[child] as Appointment;
    const b = heap[parent] as Appointment;
    if (!before(a, b)) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  }

  return {
    next: () => heap[0]?.time ?? Number.POSITIVE_INFINITY,
    add(time, what) {
      heap.push({ time, order: made++, what });
      up(heap.length - 1);
    },
    take() {
      const first = heap[0];
      const last = heap.pop();
      if (first === undefined || last === undefined) throw new Error('the agenda is empty');
      if (heap.length > 0) {
        heap[0] = last;
        down();
      }
      return first.what;
    },
  };
}
