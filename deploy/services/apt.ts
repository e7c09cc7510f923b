// Installs Debian packages on this machine, for the tests only.

import { existsSync } from 'node:fs';
import { runProgram } from '../../cloud/platform/local-process.ts';

const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** Whether packages can be installed here: Linux with apt, as root. */
export function canInstall(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** @throws with apt's last words. */
export async function aptInstall(packages: readonly string[], tell: (line: string) => void): Promise<void> {
  tell(`installing ${packages.join(', ')}`);
  const apt = (...args: string[]) =>
    runProgram({
      file: 'apt-get',
      args: ['-qq', ...args],
      user: null,
      timeoutMs: INSTALL_TIMEOUT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  await apt('update');
  await apt('install', '-y', '--no-install-recommends', ...packages);
}
