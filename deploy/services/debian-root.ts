// Real PostgreSQL with TimescaleDB, Redis and Mosquitto without Docker: a small Debian in a folder, made
// once by mmdebstrap from Debian's packages. Nothing on the machine itself is changed but that
// mmdebstrap is installed where it is missing.

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ProcessUser, runProgram } from '../../cloud/platform/local-process.ts';
import { aptInstall, canInstall } from './apt.ts';

const SUITE = 'trixie';
const PACKAGES = ['postgresql-17', 'postgresql-17-timescaledb', 'redis-server', 'mosquitto'];
const BUILD_TIMEOUT_MS = 15 * 60_000;

export interface DebianRoot {
  readonly path: string;
}

/** What to do where the services cannot be installed; every message about them ends with it. */
const OWN_SERVICES =
  'Run as root on a Debian or Ubuntu with apt (they go into .runtime/services, the machine stays as it is), or start ' +
  'services of your own and set UNISON_TEST_TIMESCALE_URL=postgres://…, UNISON_TEST_REDIS_URL=redis://… and ' +
  'UNISON_TEST_MOSQUITTO=/path/of/mosquitto.';

/**
 * The installed root, made when it is missing or was made of other packages. The caller holds the lock
 * and has stopped what runs in an outdated one (see `isCurrent`).
 * @throws when it cannot be made; the message says what to do.
 */
export async function ensureDebianRoot(directory: string, tell: (line: string) => void): Promise<DebianRoot> {
  const root = rootOf(directory);
  if (await isCurrent(directory)) return root;
  if (!canInstall()) {
    throw new Error(`The tests need PostgreSQL with TimescaleDB, Redis and Mosquitto. ${OWN_SERVICES}`);
  }
  await mkdir(directory, { recursive: true });
  await removeOldRoots(directory);
  if (!existsSync('/usr/bin/mmdebstrap') || !existsSync('/usr/share/keyrings/debian-archive-keyring.gpg')) {
    await aptInstall(['mmdebstrap', 'debian-archive-keyring'], tell);
  }
  tell('installing PostgreSQL with TimescaleDB, Redis and Mosquitto into .runtime/services (once, under a minute)');
  const fresh = path.join(directory, `root.new-${process.pid}`);
  const log = path.join(directory, 'install.log');
  try {
    await runProgram({
      file: 'mmdebstrap',
      args: [
        '--variant=minbase',
        `--include=${PACKAGES.join(',')}`,
        '--dpkgopt=path-exclude=/usr/share/doc/*',
        '--dpkgopt=path-exclude=/usr/share/man/*',
        '--dpkgopt=path-exclude=/usr/share/locale/*',
        `--logfile=${log}`,
        ...(await aptOptions()),
        SUITE,
        fresh,
        ...(await debianMirror()),
      ],
      user: null,
      timeoutMs: BUILD_TIMEOUT_MS,
      env: process.env,
    });
  } catch (cause) {
    await removeTree(fresh);
    throw new Error(
      `The services could not be installed; ${log} has the details (no network, or no space?). ${OWN_SERVICES}\n` +
        lastLines(await readFile(log, 'utf8').catch(() => (cause as Error).message)),
      { cause },
    );
  }
  await rename(fresh, root.path);
  await writeFile(stampOf(directory), stamp());
  return root;
}

/** False when there is no root, or one made of other packages than this checkout wants. */
export async function isCurrent(directory: string): Promise<boolean> {
  return (await readFile(stampOf(directory), 'utf8').catch(() => '')) === stamp() && existsSync(rootOf(directory).path);
}

export function rootOf(directory: string): DebianRoot {
  return { path: path.join(directory, 'root') };
}

/**
 * A command that runs a program of the root on this machine's own files: through the root's own loader
 * and libraries, so that a service can be given any folder without mounting it into a chroot.
 */
export function rootCommand(
  root: DebianRoot,
  program: string,
  args: readonly string[],
): { file: string; args: string[] } {
  const [loader, libraries] =
    process.arch === 'arm64'
      ? ['lib/ld-linux-aarch64.so.1', 'usr/lib/aarch64-linux-gnu']
      : ['lib64/ld-linux-x86-64.so.2', 'usr/lib/x86_64-linux-gnu'];
  return {
    file: path.join(root.path, loader),
    args: ['--library-path', path.join(root.path, libraries), path.join(root.path, program), ...args],
  };
}

/** A user of the root, by its own /etc/passwd. */
export async function rootUser(root: DebianRoot, name: string): Promise<ProcessUser> {
  const passwd = await readFile(path.join(root.path, 'etc/passwd'), 'utf8');
  const fields = passwd
    .split('\n')
    .map((line) => line.split(':'))
    .find(([user]) => user === name);
  if (fields === undefined) throw new Error(`The installed services have no user ${name}: remove ${root.path}.`);
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

function stampOf(directory: string): string {
  return path.join(directory, 'root.json');
}

function stamp(): string {
  return `${JSON.stringify({ suite: SUITE, packages: PACKAGES, arch: process.arch })}\n`;
}

/** The root of before, and what a killed installation left. */
async function removeOldRoots(directory: string): Promise<void> {
  await rm(stampOf(directory), { force: true });
  for (const name of await readdir(directory)) {
    if (name === 'root' || name.startsWith('root.new-')) await removeTree(path.join(directory, name));
  }
}

/** By rm, not by us: it can be told never to walk into a folder that is mounted from elsewhere. */
async function removeTree(folder: string): Promise<void> {
  await runProgram({
    file: 'rm',
    args: ['-rf', '--one-file-system', '--', folder],
    user: null,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
}

/** The mirror this machine's own apt uses for Debian; none where it is no Debian, then mmdebstrap has its default. */
async function debianMirror(): Promise<string[]> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([a-z]+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) return [];
  for (const text of await aptSources()) {
    for (const block of text.split(/\n\s*\n/)) {
      const uri = /^URIs:\s*(\S+)/m.exec(block)?.[1];
      if (uri !== undefined && new RegExp(`^Suites:.*\\b${codename}(\\s|$)`, 'm').test(block)) return [uri];
    }
    const line = new RegExp(`^deb\\s+(?:\\[[^\\]]*\\]\\s+)?(\\S+)\\s+${codename}\\s`, 'm').exec(text);
    if (line?.[1] !== undefined) return [line[1]];
  }
  return [];
}

async function aptSources(): Promise<string[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => path.join(folder, name));
  return Promise.all(['/etc/apt/sources.list', ...files.sort()].map((file) => readFile(file, 'utf8').catch(() => '')));
}

/** How this machine's apt reaches its mirror: a proxy, or a clock that is off. */
async function aptOptions(): Promise<string[]> {
  const { stdout } = await runProgram({ file: 'apt-config', args: ['dump'], user: null, timeoutMs: 30_000 });
  return stdout
    .split('\n')
    .filter((line) => /^Acquire::(http|https)::[^:]*Proxy[^:]*\s|^Acquire::Check-(Valid-Until|Date)\s/.test(line))
    .map((line) => `--aptopt=${line.trim().replace(/;$/, '')}`);
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join('\n');
}
