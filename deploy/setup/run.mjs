#!/usr/bin/env node
// The one entry of all npm scripts: `node deploy/setup/run.mjs <task> [arguments]`. Makes sure of
// Node.js 24, of the packages and of the web page, then runs the task. Runs on Node.js 18 and later,
// without any package.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { runChild } from './child.mjs';
import { prepare, root, SetupError } from './install.mjs';

/** @type {Record<string, { script: string, args?: string[], flags?: string[], web: boolean, heedsRepeats?: boolean }>} */
const tasks = {
  demo: { script: 'deploy/demo/main.ts', web: true, heedsRepeats: true },
  test: { script: 'deploy/setup/test.ts', web: true },
  check: { script: 'deploy/setup/check.ts', web: false },
  format: { script: 'deploy/setup/check.ts', args: ['--write'], web: false },
  generate: { script: 'deploy/generate.ts', web: false },
  permissions: { script: 'deploy/permissions/main.ts', web: false },
  admin: { script: 'deploy/admin/main.ts', web: false },
  bench: { script: 'test/bench/main.ts', web: true },
  edge: { script: 'edge/main.ts', flags: ['--max-semi-space-size=8', '--heap-growing-percent=30'], web: false },
  sim: { script: 'protocols/simulator/main.ts', web: false },
};

async function main() {
  const [name = '', ...given] = process.argv.slice(2);
  const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined;
  if (task === undefined) throw new SetupError(`Unknown task "${name}": one of ${Object.keys(tasks).join(', ')}.`);
  const script = path.join(root, task.script);
  if (!existsSync(script)) throw new SetupError(`This checkout has no ${task.script}: restore it with git checkout.`);
  const node = await prepare({ web: task.web });
  const bins = [path.dirname(node), path.join(root, 'node_modules', '.bin'), process.env['PATH'] ?? ''];
  return runChild({
    file: node,
    args: [...(task.flags ?? []), script, ...(task.args ?? []), ...given],
    cwd: process.cwd(),
    env: { ...process.env, PATH: bins.join(path.delimiter) },
    heedsRepeats: task.heedsRepeats ?? false,
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`setup: ${error instanceof SetupError ? error.message : describe(error)}\n`);
  process.exitCode = 1;
}

/** @param {unknown} error */
function describe(error) {
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === 'ENOSPC') return 'The disk is full: make room and start again.';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return `This user may not write into ${root}: mend the owner of its files (${message}).`;
  }
  return message;
}
