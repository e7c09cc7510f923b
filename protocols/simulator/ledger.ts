// The plant's ledgers: changes.jsonl, pieces.jsonl and time.jsonl in one directory, appended, on the
// disk's cache at least every half second and synced at the end.

import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ChangeRecord, PieceRecord, TimeRecord } from './records.ts';

export interface Ledger {
  change(record: ChangeRecord): void;
  piece(record: PieceRecord): void;
  time(record: TimeRecord): void;
  /** Hands everything to the operating system. */
  flush(): void;
  close(): void;
}

/** Lines held back before they are written though the half second is not over. */
const maxHeldCharacters = 256 * 1024;
const flushEveryMs = 500;

interface Book {
  write(record: object): void;
  flush(): void;
  close(): void;
}

function openBook(path: string): Book {
  const file = openSync(path, 'a');
  let held: string[] = [];
  let characters = 0;
  const flush = (): void => {
    if (held.length === 0) return;
    const bytes = Buffer.from(held.join(''));
    held = [];
    characters = 0;
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
  };
  return {
    write(record) {
      const line = `${JSON.stringify(record)}\n`;
      held.push(line);
      characters += line.length;
      if (characters >= maxHeldCharacters) flush();
    },
    flush,
    close() {
      flush();
      fsyncSync(file);
      closeSync(file);
    },
  };
}

export function openLedger(directory: string): Ledger {
  mkdirSync(directory, { recursive: true });
  const books = {
    changes: openBook(join(directory, 'changes.jsonl')),
    pieces: openBook(join(directory, 'pieces.jsonl')),
    time: openBook(join(directory, 'time.jsonl')),
  };
  const all = Object.values(books);
  const flush = (): void => {
    for (const book of all) book.flush();
  };
  const timer = setInterval(flush, flushEveryMs);
  let closed = false;
  return {
    change: books.changes.write,
    piece: books.pieces.write,
    time: books.time.write,
    flush,
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      for (const book of all) book.close();
    },
  };
}

/** For a plant without ledgers. */
export const noLedger: Ledger = {
  change() {},
  piece() {},
  time() {},
  flush() {},
  close() {},
};
