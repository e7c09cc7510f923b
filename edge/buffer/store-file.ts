// The buffer's file as such: its tables, how it is opened, and what becomes of one that cannot be read.

import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A file up to this size is checked as a whole at start; a larger one would delay it too long. */
const checkedBytes = 256 * 1024 * 1024;

const schema = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS tag (
    no INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, name TEXT NOT NULL, datatype INTEGER NOT NULL,
    properties TEXT NOT NULL, UNIQUE (device, name, datatype)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS batch (
    number INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, device TEXT NOT NULL, appended_at INTEGER NOT NULL,
    first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS pending (
    lane INTEGER NOT NULL, number INTEGER NOT NULL, first_time INTEGER NOT NULL, PRIMARY KEY (lane, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pending_time ON pending (lane, first_time);
  CREATE TABLE IF NOT EXISTS lost (
    tag INTEGER NOT NULL, cause TEXT NOT NULL, device TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    count INTEGER NOT NULL, touched_at INTEGER NOT NULL, PRIMARY KEY (tag, cause)
  ) STRICT, WITHOUT ROWID;
`;

/** An unreadable file is moved aside and a new one begun; one that is in use is refused. */
export function openFile(file: string): { db: DatabaseSync; movedAside: string | null } {
  try {
    return { db: openDatabase(file), movedAside: null };
  } catch (error) {
    const code = (error as { errcode?: number }).errcode;
    // 5 BUSY: another agent has it. 11 CORRUPT, 26 NOTADB: unreadable, and a new one begins.
    if (code === 5)
      throw new Error(`The buffer ${file} is in use by another agent. Give each agent its own buffer file.`, {
        cause: error,
      });
    if ((code !== 11 && code !== 26) || !existsSync(file)) throw error;
    const aside = `${file}.unreadable-${new Date().toISOString().replaceAll(':', '-')}`;
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix);
    return { db: openDatabase(file), movedAside: aside };
  }
}

function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec('PRAGMA auto_vacuum = INCREMENTAL');
    db.exec('PRAGMA locking_mode = EXCLUSIVE');
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec('BEGIN EXCLUSIVE');
    db.exec(schema);
    db.prepare("INSERT OR IGNORE INTO meta VALUES ('id', ?)").run(randomUUID());
    db.exec('COMMIT');
    const check =
      statSync(file).size > checkedBytes ? 'ok' : db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
    if (check !== 'ok') throw Object.assign(new Error(`the buffer file is damaged: ${String(check)}`), { errcode: 11 });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
