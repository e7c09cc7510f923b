// The embedded database is started, killed with its parent, adopted, refused and stopped as it happens
// to a plant: on the real programs, in a directory of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { isAlive } from './local-process.ts';
import { createDatabase, databaseUrl, dropDatabase } from './postgres-databases.ts';
import type { PostgresServer } from './postgres-server.ts';

const log = { info: () => {}, warn: () => {} };
let directory: string;
let server: PostgresServer | undefined;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'unison-postgres-'));
  await chmod(directory, 0o755);
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function start(port?: number): Promise<PostgresServer> {
  server = await startEmbeddedPostgres({ directory, port, fast: true, log });
  return server;
}

async function ask(url: string, query: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(query)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(path.join(directory, 'data', 'postmaster.pid'), 'utf8'), 10);
}

describe('the embedded PostgreSQL', () => {
  it('starts in an empty directory, keeps its password to its owner and durability on', async () => {
    const { url, adopted } = await start();
    expect(adopted).toBe(false);
    expect((await stat(path.join(directory, 'password'))).mode & 0o777).toBe(0o600);
    const settings = await ask(
      url,
      `SELECT name, setting FROM pg_settings
       WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'TimeZone') ORDER BY name`,
    );
    expect(Object.fromEntries(settings.map((row) => [row['name'], row['setting']]))).toEqual({
      fsync: 'on',
      full_page_writes: 'on',
      synchronous_commit: 'on',
      listen_addresses: '127.0.0.1',
      TimeZone: 'UTC',
    });
  });

  it('refuses a stranger who does not know the password', async () => {
    const { url } = await start();
    await expect(ask(databaseUrl(url, { password: 'guess' }), 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('makes, finds and drops databases', async () => {
    const { url } = await start();
    expect(await createDatabase(url, { name: 'Plant "1"' })).toBe(true);
    expect(await createDatabase(url, { name: 'Plant "1"' })).toBe(false);
    expect(await ask(databaseUrl(url, { database: 'Plant "1"' }), 'SELECT current_database()')).toEqual([
      { current_database: 'Plant "1"' },
    ]);
    await dropDatabase(url, 'Plant "1"');
    await expect(ask(databaseUrl(url, { database: 'Plant "1"' }), 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('outlives its parent killed with SIGKILL, and the next start adopts it', async () => {
    const parent = await startInOtherProcess();
    const pid = await postmasterPid();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await sleep(200);
    expect(isAlive(pid)).toBe(true);

    const { url, adopted } = await start();
    expect(adopted).toBe(true);
    expect(await postmasterPid()).toBe(pid);
    expect(await ask(url, 'SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
  });

  it('starts again after the server itself was killed, with everything committed', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE piece (id int)');
    await ask(first.url, 'INSERT INTO piece VALUES (7)');
    const pid = await postmasterPid();
    process.kill(pid, 'SIGKILL');
    while (isAlive(pid)) await sleep(20);

    const { url, adopted, port } = await start();
    expect(adopted).toBe(false);
    expect(port).toBe(first.port);
    expect(await ask(url, 'SELECT id FROM piece')).toEqual([{ id: 7 }]);
  });

  it('is not misled by a stale pid file whose pid belongs to somebody else now', async () => {
    const first = await start();
    await first.stop();
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      await writeFile(path.join(directory, 'data', 'postmaster.pid'), `${stranger.pid}\n\n0\n${first.port}\n\n\n\n`);
      const { adopted } = await start();
      expect(adopted).toBe(false);
      expect(await postmasterPid()).not.toBe(stranger.pid);
    } finally {
      stranger.kill();
    }
  });

  it('takes a free port when another program has the one wanted', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as { port: number }).port;
    try {
      const { port, url } = await start(taken);
      expect(port).not.toBe(taken);
      expect(await ask(url, 'SELECT 1 AS answer')).toEqual([{ answer: 1 }]);
    } finally {
      other.close();
    }
  });

  it('gives two starts at the same moment the same server', async () => {
    const both = await Promise.all([start(), start()]);
    expect(both[0].port).toBe(both[1].port);
    expect(both[0].password).toBe(both[1].password);
  });

  it('says what to do when the password of existing data is gone', async () => {
    await (await start()).stop();
    await rm(path.join(directory, 'password'));
    await expect(start()).rejects.toThrow(/put .*password back from your backup/);
  });

  it('stops with sessions open, and stops twice', async () => {
    const { url, stop } = await start();
    const pid = await postmasterPid();
    const client = new pg.Client({ connectionString: url });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    await stop();
    await expect.poll(() => errors.length).toBeGreaterThan(0);
    expect(isAlive(pid)).toBe(false);
    await stop();
  });
});

async function startInOtherProcess(): Promise<ChildProcess> {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./embedded-postgres.ts', import.meta.url).href)};
    const log = { info() {}, warn() {} };
    await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, fast: true, log });
    process.stdout.write('up');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}
