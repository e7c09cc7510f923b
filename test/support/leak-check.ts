// Fails a test file that leaves a socket, server, child process, worker or timer behind: what a test
// leaks, a plant's agent leaks every night.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';

/** Node's names of what keeps a process alive. Pipes are left out: the test runner talks through them. */
const WATCHED = new Set(['TCPSocketWrap', 'TCPServerWrap', 'UDPWrap', 'ProcessWrap', 'MessagePort', 'Timeout']);
/** A closed socket needs a moment until it is gone. */
const PATIENCE_MS = 3_000;

let before = new Map<string, number>();

beforeAll(() => {
  before = countResources();
  // The runner's own timers are short; a test's start at none.
  before.delete('Timeout');
});

// Registered before every hook of the file, so it runs after all of them.
afterAll(async () => {
  const deadline = performance.now() + PATIENCE_MS;
  let leaks: string[];
  do {
    await sleep(20);
    leaks = leaksSince(before);
  } while (leaks.length > 0 && performance.now() < deadline);
  if (leaks.length > 0) throw new Error(`This file leaves behind: ${leaks.join(', ')}. Stop what it starts.`);
});

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (WATCHED.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function leaksSince(baseline: ReadonlyMap<string, number>): string[] {
  return [...countResources()]
    .map(([name, count]) => [name, count - (baseline.get(name) ?? 0)] as const)
    .filter(([, more]) => more > 0)
    .map(([name, more]) => `${more} × ${name}`);
}
