// `npm run check`: everything that can be said about the sources without running the product. With
// --write (`npm run format`) it mends what can be mended by itself.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

interface Step {
  readonly name: string;
  readonly command: readonly [file: string, ...args: string[]];
  /** The command, or the work, that mends it. */
  readonly mend: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const generate = 'deploy/generate.ts';

const checks: readonly Step[] = [
  { name: 'format', command: ['biome', 'check', '--error-on-warnings'], mend: 'npm run format' },
  { name: 'lint', command: ['oxlint'], mend: 'npm run format, then by hand' },
  { name: 'types', command: ['tsc', '--noEmit'], mend: 'by hand' },
  { name: 'unused', command: ['knip', '--no-progress', '--no-config-hints'], mend: 'delete what is not used' },
  {
    name: 'architecture',
    command: ['vitest', 'run', '--project', 'house', '--reporter', 'minimal'],
    mend: 'by hand; test/support/architecture.ts has the rules',
  },
];

const generated: Step = {
  name: 'generated types',
  command: [process.execPath, path.join(root, generate), '--verify'],
  mend: 'npm run generate',
};

const writes: readonly Step[] = [
  { name: 'lint', command: ['oxlint', '--fix', '--quiet'], mend: 'by hand' },
  { name: 'format', command: ['biome', 'check', '--write'], mend: 'by hand' },
];

process.exitCode = await runSteps(
  process.argv.includes('--write') ? writes : existsSync(path.join(root, generate)) ? [...checks, generated] : checks,
);

/** Runs all steps, also after one failed: a user mends everything at once. */
async function runSteps(steps: readonly Step[]): Promise<number> {
  const failed: Step[] = [];
  for (const step of steps) {
    const begin = performance.now();
    const { code, output } = await run(step.command);
    const seconds = ((performance.now() - begin) / 1_000).toFixed(1);
    console.log(`${code === 0 ? '✓' : '✗'} ${step.name.padEnd(16)} ${seconds.padStart(5)} s`);
    if (code === 0) continue;
    failed.push(step);
    console.log(output.trimEnd());
  }
  for (const { name, mend } of failed) console.log(`✗ ${name}: mend with: ${mend}`);
  return failed.length === 0 ? 0 : 1;
}

function run([file, ...args]: Step['command']): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const program = path.isAbsolute(file) ? file : path.join(root, 'node_modules', '.bin', file);
    const windows = process.platform === 'win32' && !path.isAbsolute(file);
    const child = spawn(windows ? `${program}.cmd` : program, args, {
      cwd: root,
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }) },
    });
    let output = '';
    const listen = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}
