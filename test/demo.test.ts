// What a newcomer sees: npm start brings up plant, agents and cloud as processes of their own, shows the
// line live, stops cleanly, and goes on where it stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { choosePort } from '../cloud/platform/local-process.ts';
import { until } from './support/road.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const program = fileURLToPath(new URL('../deploy/demo/main.ts', import.meta.url));

let data: string;
let port: number;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'unison-demo-'));
  port = await choosePort([]);
});
let running: { child: ChildProcess; ended: Promise<number | null> }[] = [];
afterEach(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGTERM');
    await ended;
  }
  running = [];
  await rm(data, { recursive: true, force: true });
});

/** Ninety days would take minutes. */
const startDemo = (...flags: string[]) => startAs([process.execPath, program], ['--history', '2', ...flags]);

function startAs([file = '', ...args]: readonly string[], flags: readonly string[]) {
  const child = spawn(file, [...args, '--port', String(port), '--data', data, ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said.text += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  running.push({ child, ended });
  return { child, said, ended };
}

/** Asks again while the server says that it has more to do than it can, as it may on a busy machine. */
async function call(path: string, token?: string, body?: object): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: {
        ...(body && { 'content-type': 'application/json' }),
        ...(token && { authorization: `Bearer ${token}` }),
      },
    });
    const answer: unknown = await response.json();
    if (response.status !== 503 || attempt === 20) return answer;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

async function signIn(email: string): Promise<string> {
  const { password } = JSON.parse(readFileSync(join(data, 'demo.json'), 'utf8')) as { password: string };
  const { accessToken } = (await call('/auth/login', undefined, { email, password })) as { accessToken: string };
  return accessToken;
}

interface Seen {
  readonly lanes: {
    machines: {
      displayName: string;
      state: { state: string } | null;
      tags: { name: string; value: unknown; unit: string | null }[];
    }[];
  }[];
}

async function line(email: string): Promise<Seen['lanes'][number]['machines']> {
  const token = await signIn(email);
  const { items: plants } = (await call('/plants', token)) as { items: { id: number }[] };
  const { lanes } = (await call(`/now?plant=${plants[0]?.id}`, token)) as Seen;
  return lanes.flatMap((lane) => lane.machines);
}

const goodCount = (machines: Seen['lanes'][number]['machines']): number =>
  machines
    .flatMap((machine) => machine.tags)
    .filter((tag) => tag.name.endsWith('good_count'))
    .reduce((sum, tag) => sum + Number(tag.value), 0);

interface Day {
  readonly key: { readonly day: string };
  readonly ratios: Record<string, { readonly value: number | null }>;
  readonly time: { readonly calendarTime: number };
}

/** The last days of the line, oldest first. */
async function daysOf(token: string): Promise<Day[]> {
  const { items: plants } = (await call('/plants', token)) as { items: { id: number }[] };
  const period = `from=${new Date(Date.now() - 3 * 86_400_000).toISOString()}&to=${new Date().toISOString()}`;
  const { items } = (await call(`/metrics?plant=${plants[0]?.id}&${period}&group=day`, token)) as { items: Day[] };
  return items;
}

/** Processes whose command line names the data directory. */
async function processesOf(directory: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return lines.filter((text) => text.includes(directory));
}

/** Processes started by this one, by those, and so on; with what each runs. */
async function descendantsOf(ancestor: number): Promise<{ pid: number; runs: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(
    pids.map(async (pid) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      const runs = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return {
        pid: Number(pid),
        parent: Number(/^PPid:\s*(\d+)/m.exec(status)?.[1]),
        runs: runs.replaceAll('\0', ' '),
      };
    }),
  );
  const found: typeof all = [];
  for (let parents = [ancestor]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map(({ pid }) => pid);
  }
  return found.map(({ pid, runs }) => ({ pid, runs }));
}

describe('the demo', () => {
  it('shows the line live, stops without a trace, and goes on where it stopped', async () => {
    const first = startDemo();
    await until(() => first.said.text.includes('Ctrl-C stops everything'), 'the demo did not come up', 90_000).catch(
      (error: unknown) => {
        throw new Error(`${String(error)}\n${first.said.text}`);
      },
    );
    const machines = await line('lead@riverside.example');
    expect(machines.map((machine) => machine.displayName)).toEqual(['Filler', 'Capper', 'Labeller', 'Packer']);
    const before = goodCount(machines);
    await until(async () => goodCount(await line('lead@riverside.example')) > before, 'no count rises', 60_000);
    const weight = (await line('lead@riverside.example'))
      .flatMap((machine) => machine.tags)
      .find((tag) => tag.name === 'filler/fill_weight');
    expect(weight).toMatchObject({ unit: 'g' });
    expect(Number(weight?.value)).toBeGreaterThan(400);
    const others = await line('lead@hillside.example');
    expect(others.map((machine) => machine.displayName)).toEqual(['Cup filler', 'Sealer']);
    expect(others.flatMap((machine) => machine.tags)).toEqual([]);
    first.child.kill('SIGINT');
    expect(await first.ended).toBe(0);
    expect(first.said.text).toMatch(/Stopped\. The next npm start goes on/);
    expect(await processesOf(data)).toEqual([]);

    const second = startDemo();
    await until(() => second.said.text.includes('Ctrl-C stops everything'), 'the demo did not come up again', 90_000);
    expect(goodCount(await line('lead@riverside.example'))).toBeGreaterThan(0);
    // The days before come in behind the live line, where the first start left off, and are computed like any.
    const token = await signIn('lead@riverside.example');
    const history = async () =>
      ((await call('/demo-data', token)) as { history: { days: number; daysDone: number } | null }).history;
    await until(async () => (await history())?.daysDone === 2, 'the history does not come', 180_000);
    const dayBefore = async () => (await daysOf(token)).find(({ time }) => time.calendarTime > 23 * 3_600e6);
    // Orders and samples come one after the other, and figures follow each: first of the day's first hours.
    let day: Day | undefined;
    const isKnown = async () => {
      day = await dayBefore();
      return (day?.ratios['coverage']?.value ?? 0) > 0.95 && (day?.ratios['oee']?.value ?? 0) > 0.3;
    };
    await until(isKnown, 'the day before is not computed', 90_000).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(day)}`);
    });
    expect(day?.ratios['availability']?.value).toBeLessThan(0.95);

    // With one click the demo is gone, its plant and agents with it, and it does not come back by itself.
    expect(await call('/setup')).toEqual({ empty: false, demo: true });
    const removal = await fetch(`http://127.0.0.1:${port}/api/v1/demo-data`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${await signIn('admin@riverside.example')}` },
    });
    expect(removal.status, await removal.text()).toBe(204);
    expect(await call('/setup')).toEqual({ empty: true, demo: false });
    await until(() => second.said.text.includes('The demo data was removed'), 'the plant goes on for nobody', 30_000);
    await until(
      async () => (await processesOf(data)).every((one) => !one.includes('edge')),
      'an agent goes on',
      60_000,
    );
    second.child.kill('SIGINT');
    expect(await second.ended).toBe(0);
    const third = startDemo();
    await until(() => third.said.text.includes('Ctrl-C stops everything'), 'the cloud did not come up again', 90_000);
    expect(await call('/setup')).toEqual({ empty: true, demo: false });
    third.child.kill('SIGINT');
    expect(await third.ended).toBe(0);
  }, 600_000);

  it('is left out where nobody wants it: --empty asks for the first organisation', async () => {
    const { child, said, ended } = startDemo('--empty');
    await until(() => said.text.includes('Ctrl-C stops everything'), 'the cloud did not come up', 90_000);
    expect(await call('/setup')).toEqual({ empty: true, demo: false });
    const made = await call('/setup', undefined, {
      organization: 'Northwind Foods',
      plant: { name: 'Plant 1', timeZone: 'Europe/Berlin' },
      administrator: { displayName: 'Ada', email: 'ada@example.com', password: 'a blue bicycle in the rain' },
    });
    expect(made).toMatchObject({ organization: { name: 'Northwind Foods' }, user: { name: 'Ada' } });
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  }, 120_000);

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops wholly when npm alone is told so by %s, as a supervisor does',
    async (signal) => {
      const { child, said, ended } = startAs(['npm', 'start', '--'], ['--empty']);
      await until(() => said.text.includes('Ctrl-C stops everything'), 'the cloud did not come up', 90_000).catch(
        (error: unknown) => {
          throw new Error(`${String(error)}\n${said.text}`);
        },
      );
      const before = await descendantsOf(child.pid ?? 0);
      expect(before.map(({ runs }) => runs)).toContainEqual(expect.stringContaining('cloud/main.ts'));
      child.kill(signal);
      await ended;
      expect(said.text).toMatch(/Stopped\. The next npm start goes on/);
      const pids = new Set((await readdir('/proc')).map(Number));
      expect(before.filter(({ pid }) => pids.has(pid))).toEqual([]);
      expect(await processesOf(data)).toEqual([]);
    },
    150_000,
  );

  it('says what to do when its port is taken', async () => {
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const { said, ended } = startDemo();
    expect(await ended).toBe(1);
    expect(said.text).toMatch(new RegExp(`Port ${port} is in use.*npm start -- --port ${port + 1}`));
    other.close();
  }, 60_000);
});
