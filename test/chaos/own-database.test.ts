// The embedded database of a plant that has none of its own: it outlives a killed cloud, is adopted by
// the next start, and comes back when it is killed itself.

import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { choosePort, isAlive } from '../../cloud/platform/local-process.ts';
import { Program } from '../support/processes.ts';
import { until } from '../support/road.ts';

let directory: string;
let cloud: Program;
afterEach(async () => {
  await cloud.end();
  await rm(directory, { recursive: true, force: true });
});

it('outlives a killed cloud, is adopted, and is started again when it dies', async () => {
  directory = await mkdtemp(join(tmpdir(), 'unison-own-'));
  const [http, mqtt] = [await choosePort([]), await choosePort([])];
  const url = `http://127.0.0.1:${http}/api/v1/health`;
  cloud = new Program({
    program: 'cloud/main.ts',
    env: { UNISON_DATA_DIR: directory, HTTP_PORT: String(http), MQTT_PORT: String(mqtt) },
    logFile: join(directory, 'cloud.log'),
  });
  const status = (): Promise<number> =>
    fetch(url).then(
      (response) => response.status,
      () => 0,
    );
  const pidFile = join(directory, 'postgres', 'data', 'postmaster.pid');
  /** Null while no server runs. */
  const postmaster = (): number | null =>
    existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8').split('\n')[0]) || null : null;
  const runs = (pid: number | null): boolean => pid !== null && isAlive(pid);
  cloud.start();
  await until(async () => (await status()) === 200, 'the cloud did not start', 60_000);
  const first = postmaster();

  await cloud.end('SIGKILL');
  expect(runs(first)).toBe(true);
  cloud.start();
  await until(async () => (await status()) === 200, 'the cloud did not start again', 60_000);
  expect(postmaster()).toBe(first);

  if (first === null) throw new Error('no database runs');
  process.kill(first, 'SIGKILL');
  await until(() => postmaster() !== first && runs(postmaster()), 'nobody started the database again', 60_000);
  await until(async () => (await status()) === 200, 'the cloud did not find it again', 60_000);
  const second = postmaster();

  await cloud.end();
  expect(runs(second)).toBe(false);
}, 240_000);
