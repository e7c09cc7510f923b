// The worker thread that owns the buffer file, so that a slow fsync never stops a protocol's
// keep-alives. One request at a time, in the order they came.

import { parentPort, workerData } from 'node:worker_threads';
import type { OffsetRange } from '../../protocols/sparkplug/unison.ts';
import { type AppendBatch, BufferStore, type DictionaryTag, type ReadRequest, type StoreSettings } from './store.ts';

/** What the main thread may ask, and what it gets. */
export interface BufferCalls {
  open(): { id: string; head: number; movedAside: string | null; last: string };
  register(tags: Omit<DictionaryTag, 'no'>[]): DictionaryTag[];
  append(batches: AppendBatch[], now: number): number;
  read(request: ReadRequest): ReturnType<BufferStore['read']>;
  readOne(offset: number): ReturnType<BufferStore['readOne']>;
  acknowledge(ranges: OffsetRange[]): void;
  flush(): void;
  replay(from: number): number;
  stats(): ReturnType<BufferStore['stats']>;
  checkpoint(): void;
  meta(key: string): unknown;
  setMeta(key: string, value: string | number): void;
  close(): void;
}

export interface BufferRequest {
  readonly id: number;
  readonly call: keyof BufferCalls;
  readonly args: unknown[];
}

export type BufferResponse =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: Error };

const port = parentPort;
if (!port) throw new Error('edge/buffer/worker.ts runs as a worker thread');

let store: BufferStore | undefined;

port.on('message', ({ id, call, args }: BufferRequest) => {
  try {
    const result = perform(call, args);
    port.postMessage({ id, result } satisfies BufferResponse);
  } catch (error) {
    port.postMessage({ id, error: error instanceof Error ? error : new Error(String(error)) } satisfies BufferResponse);
  }
});

function perform(call: keyof BufferCalls, args: unknown[]): unknown {
  if (call === 'open') {
    store = new BufferStore(workerData as StoreSettings);
    return { id: store.id, head: store.head, movedAside: store.movedAside, last: store.last.serialize() };
  }
  if (!store) throw new Error('the buffer is not open');
  const method = store[call] as (...given: unknown[]) => unknown;
  return method.apply(store, args);
}
