// A real Mosquitto for a test: an instance per call, with its own port, passwords and access rules.

import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { readServicesConfig } from './config.ts';
import { startDaemon, stopDaemon } from './daemon.ts';
import { isCurrent, rootCommand, rootOf } from './debian-root.ts';

export interface MosquittoOptions {
  /** Holds configuration, persistence and log. Start again in the same directory to have what was persisted. */
  readonly directory: string;
  /** Default: a free one. */
  readonly port?: number | undefined;
  /** Password by user name. */
  readonly passwords: Readonly<Record<string, string>>;
  /** The text of Mosquitto's ACL file; without it every user may do everything. */
  readonly acl?: string | undefined;
}

export interface Mosquitto {
  /** `mqtt://127.0.0.1:port`, without user and password. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGKILL is a broker that lost power. Safe twice. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

/** @throws when the program is not installed or refuses its configuration, with its last words. */
export async function startMosquitto(options: MosquittoOptions): Promise<Mosquitto> {
  const { directory, passwords, acl } = options;
  const { pid, port } = await startDaemon({
    directory,
    outlives: false,
    isReady: accepts,
    async prepare() {
      const free = await choosePort([options.port]);
      const config = await writeConfig({ directory, port: free, passwords, acl });
      return { ...(await command(['-c', config])), port: free, password: '' };
    },
  });
  return { url: `mqtt://127.0.0.1:${port}`, port, pid, stop: (signal) => stopDaemon(directory, signal) };
}

async function command(args: string[]): Promise<{ file: string; args: string[] }> {
  const { mosquitto, directory } = readServicesConfig();
  if (mosquitto !== undefined) return { file: mosquitto, args };
  if (!(await isCurrent(directory))) {
    throw new Error('Mosquitto is not installed: run node deploy/services/main.ts up, or set UNISON_TEST_MOSQUITTO.');
  }
  return rootCommand(rootOf(directory), 'usr/sbin/mosquitto', args);
}

async function writeConfig(options: {
  directory: string;
  port: number;
  passwords: Readonly<Record<string, string>>;
  acl: string | undefined;
}): Promise<string> {
  const { directory, port, passwords, acl } = options;
  const file = (name: string) => path.join(directory, name);
  await mkdir(file('data'), { recursive: true });
  const lines = Object.entries(passwords).map(([user, password]) => passwordLine(user, password));
  await secret(file('passwords'), `${lines.join('\n')}\n`);
  if (acl !== undefined) await secret(file('acl'), acl);
  const values: Record<string, string> = {
    // As root Mosquitto would change to a user that this machine may not have.
    user: userInfo().username,
    port: String(port),
    passwords: file('passwords'),
    acl: acl === undefined ? '' : `acl_file ${file('acl')}`,
    data: file('data'),
  };
  const template = await readFile(new URL('mosquitto.conf', import.meta.url), 'utf8');
  await secret(
    file('mosquitto.conf'),
    template.replaceAll(/\{\{(\w+)\}\}/g, (all, name: string) => values[name] ?? all),
  );
  return file('mosquitto.conf');
}

async function secret(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** As `mosquitto_passwd` writes it: PBKDF2 with SHA-512, 101 rounds, 12 bytes of salt. */
function passwordLine(user: string, password: string): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512');
  return `${user}:$7$101$${salt.toString('base64')}$${hash.toString('base64')}`;
}

function accepts({ port }: { port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
