// Two `npm start` at once, and one that was killed in the middle.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock.mjs';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'unison-lock-'));
  file = path.join(directory, 'lock');
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** A process that takes the lock, says so, and holds it until it is killed. */
async function holder(): Promise<{ pid: number | undefined; kill(): Promise<void> }> {
  const program = `
    import { withLock } from ${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)};
    await withLock({ file: ${JSON.stringify(file)}, waitMs: 0 }, () => {
      process.stdout.write('held');
      return new Promise((resolve) => setTimeout(resolve, 60_000));
    });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return {
    pid: child.pid,
    async kill() {
      if (child.kill('SIGKILL')) await once(child, 'exit');
    },
  };
}

describe('the lock of the set-up', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 5 }, () => withLock({ file, waitMs: 20_000 }, work)));
    expect(most).toBe(1);
    expect(existsSync(file)).toBe(false);
  });

  it('names the process it waits for, and gives up after its time', async () => {
    const other = await holder();
    const waitedFor: number[] = [];
    try {
      const onWait = (owner: number) => waitedFor.push(owner);
      const attempt = withLock({ file, waitMs: 200, onWait }, () => Promise.resolve('in'));
      await expect(attempt).rejects.toThrow(`Process ${other.pid} holds`);
      expect(waitedFor).toEqual([other.pid]);
    } finally {
      await other.kill();
    }
  });

  it('takes over from a killed process', async () => {
    const other = await holder();
    await other.kill();
    expect(existsSync(file)).toBe(true);
    expect(await withLock({ file, waitMs: 0 }, () => Promise.resolve('in'))).toBe('in');
  });

  it('takes over a lock that was never written to its end', async () => {
    await writeFile(file, '');
    expect(await withLock({ file, waitMs: 10_000 }, () => Promise.resolve('in'))).toBe('in');
  });

  it('is free again after the work failed', async () => {
    await expect(withLock({ file, waitMs: 0 }, () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
    expect(await withLock({ file, waitMs: 0 }, () => Promise.resolve('in'))).toBe('in');
  });
});
