// The agent runs with the same flags however it is started.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nodeFlags } from './node-flags.ts';

it.each(['main.ts', '../deploy/setup/run.mjs'])('the flags in %s are those of the agent', (file) => {
  const text = readFileSync(new URL(file, import.meta.url), 'utf8');
  const found = text.match(/--(max-semi-space-size|heap-growing-percent)=\d+/g) ?? [];
  expect(found).toEqual([...nodeFlags]);
});
