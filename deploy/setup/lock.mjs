// One at a time across processes: a lock file that holds the owner's process id. The lock of a process
// that is gone is taken over; a living owner is waited for, a bounded time.

import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A lock file without a process id belongs to somebody who is just writing it, or who was killed doing so. */
const UNWRITTEN_MS = 5_000;

/**
 * Runs `work` while no other process holds the lock `file`.
 * @template T
 * @param {{ file: string, waitMs: number, onWait?: (owner: number) => void }} options
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws when another process holds the lock longer than `waitMs`.
 */
export async function withLock({ file, waitMs, onWait }, work) {
  const mine = `${process.pid} ${Math.random().toString(36).slice(2)}\n`;
  const deadline = Date.now() + waitMs;
  mkdirSync(path.dirname(file), { recursive: true });
  let told = false;
  while (!tryTake(file, mine)) {
    const held = read(file);
    const owner = Number.parseInt(held, 10);
    if (held !== '' && isGone(owner, file)) takeAway(file, held);
    else {
      if (Date.now() > deadline) {
        throw new Error(`Process ${owner} holds ${file} for too long: wait for it to end, or end it, and try again.`);
      }
      if (!told) onWait?.(owner);
      told = true;
      await sleep(100);
    }
  }
  const release = () => {
    if (read(file) === mine) rmSync(file, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** @param {string} file @param {string} mine */
function tryTake(file, mine) {
  try {
    writeFileSync(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8') || 'unwritten';
  } catch {
    return '';
  }
}

/** @param {number} owner @param {string} file */
function isGone(owner, file) {
  if (Number.isNaN(owner)) {
    try {
      return Date.now() - statSync(file).mtimeMs > UNWRITTEN_MS;
    } catch {
      return false;
    }
  }
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
}

/**
 * Removes a dead owner's lock, and only that one: it is moved aside first, and put back if it turns out
 * to be the lock of somebody who was quicker.
 * @param {string} file @param {string} held
 */
function takeAway(file, held) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) === held) rmSync(aside, { force: true });
  else renameSync(aside, file);
}
