// `npm test`: the real services come up, the sources are checked, every test runs, and the services that
// were started for it stop again, also after a Ctrl-C. With arguments (`npm test -- edge/buffer`) only
// the tests they name run.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { acquireServices, releaseServices } from '../services/services.ts';
import { runChild } from './child.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tell = (line: string) => {
  console.error(`services: ${line}`);
};

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  // A signal must not end this process before the services are released; the child gets it and ends.
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stopped = true;
    });
  }
  const steps = [
    ...(args.length === 0 ? [[path.join(root, 'deploy', 'setup', 'check.ts')]] : []),
    [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
  ];
  const user = process.pid;
  try {
    await acquireServices({ user, tell });
    for (const step of steps) {
      if (stopped) return 130;
      const code = await runChild({ file: process.execPath, args: step, cwd: root, env: process.env });
      if (code !== 0) return code;
    }
    return 0;
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await releaseServices({ user, tell }).catch((error: unknown) => {
      tell(`they could not be stopped: ${String(error)}`);
    });
  }
}
