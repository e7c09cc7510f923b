// The embedded database of a plant that has none of its own: it outlives a killed cloud, is adopted by
// the next start, and comes back when it is killed itself.

import { readFileSync } from 'node:fs';
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
  const postmaster = (): number =>
    Number(readFileSync(join(directory, 'postgres', 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
  cloud.start();
  await until(async () => (await status()) === 200, 'the cloud did not start', 60_000);
  const first = postmaster();

  await cloud.end('SIGKILL');
  expect(isAlive(first)).toBe(true);
  cloud.start();
  await until(async () => (await status()) === 200, 'the cloud did not start again', 60_000);
  expect(postmaster()).toBe(first);

  process.kill(first, 'SIGKILL');
  await until(async () => (await status()) === 503, 'the cloud does not say that its database is gone', 30_000);
  await until(async () => (await status()) === 200, 'the database did not come back', 60_000);
  const second = postmaster();
  expect(second).not.toBe(first);

  await cloud.end();
  expect(isAlive(second)).toBe(false);
}, 240_000);
