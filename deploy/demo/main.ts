// npm start: the demo. A simulated bottling plant, two edge agents and the cloud as processes of their
// own, the same programs as in a plant. Everything it keeps is in the data directory; the next start
// goes on where this one stopped.

import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { migrate } from '../../cloud/platform/migrate.ts';
import { openOwnDatabase } from '../../cloud/platform/own-database.ts';
import { nodeFlags } from '../../edge/node-flags.ts';
import { Child } from './child.ts';
import { writeEdgeFile } from './edge-files.ts';
import { fillHistory } from './history/fill-history.ts';
import { demoOrganizations, hasDemo, seedDemo } from './seed.ts';

interface DemoState {
  password: string;
  /** The organisations were made once; if they are gone, somebody removed them, and they stay away. */
  seeded?: boolean;
  agents: Record<string, string>;
  ports: Record<'mqtt' | 'opcua' | 'modbus' | 'rtu' | 'edge-1' | 'edge-2', number>;
}

const preferredPorts: DemoState['ports'] = {
  mqtt: 1883,
  opcua: 4840,
  modbus: 5020,
  rtu: 5021,
  'edge-1': 9101,
  'edge-2': 9102,
};
const readyMs = 60_000;
const watchDemoMs = 2_000;
/** Samples are kept for longer than this (RETENTION_DAYS). */
const MOST_HISTORY_DAYS = 365;
const root = fileURLToPath(new URL('../../', import.meta.url));
const program = (file: string): string => join(root, file);

class DemoError extends Error {
  override name = 'DemoError';
}

interface Flags {
  readonly port: number;
  readonly data: string;
  readonly empty: boolean;
  readonly history: number;
}

function readFlags(): Flags {
  const flags = new Command('npm start --')
    .description('The demo: a simulated bottling plant, two edge agents and the cloud.')
    .option('--port <port>', 'port of the web page', wholePort, 8080)
    .option('--data <directory>', 'where everything is kept (default: .data, or .data-empty with --empty)')
    .option('--empty', 'an installation without demo: only the cloud, which asks for the first organisation', false)
    .option('--history <days>', 'days before today that the demo shows; 0 for none', historyDays, 90)
    .parse()
    .opts<Omit<Flags, 'data'> & { data?: string }>();
  return { ...flags, data: flags.data ?? (flags.empty ? '.data-empty' : '.data') };
}

function wholePort(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('Give a whole number from 1 to 65535.');
  return value;
}

function historyDays(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > MOST_HISTORY_DAYS)
    throw new InvalidArgumentError(`Give a whole number from 0 to ${MOST_HISTORY_DAYS}.`);
  return value;
}

async function main(): Promise<void> {
  const flags = readFlags();
  const data = resolve(flags.data);
  const stop = Promise.withResolvers<string>();
  const children: Child[] = [];
  // Once or often, from a terminal that closes, too; then nobody reads any more what is said.
  const end = (signal: string): void => {
    for (const one of children) one.expectEnd();
    stop.resolve(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  process.stdout.on('error', () => {});
  if ((await choosePort([flags.port])) !== flags.port) {
    throw new DemoError(
      `Port ${flags.port} is in use. Stop the program that has it, or choose another: npm start -- --port ${flags.port + 1}`,
    );
  }
  const logs = join(data, 'logs');
  mkdirSync(logs, { recursive: true });
  const state = await readState(data);
  const began = performance.now();
  const step = (text: string): void =>
    say(`  ${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  say(`Unison MES demo in ${data}`);

  const database = await openOwnDatabase(data, quiet);
  step(database.adopted ? 'database adopted, it was still running' : 'database started');
  const edges: Child[] = [];
  let plant: Child | null = null;
  let cloud: Child | null = null;
  const stopped = new AbortController();
  let watching: Promise<void> = Promise.resolve();
  let history: Promise<void> = Promise.resolve();
  const child = (name: string, args: string[], env: Record<string, string> = {}): Child => {
    const made = new Child({
      name,
      args,
      env,
      logFile: join(logs, `${name}.log`),
      tell: (message) => say(`  ! ${message}`),
    });
    children.push(made);
    made.start();
    return made;
  };
  try {
    await migrate({ ownerUrl: database.url, log: quiet });
    const demo = !flags.empty && (state.seeded !== true || (await hasDemo(database.url)));
    if (demo) {
      await seedDemo(database.url, state);
      writeState(data, { ...state, seeded: true });
    }
    step(demo ? 'database migrated, two organisations there' : 'database migrated');
    if (demo) plant = child('plant', plantArguments(data, state));
    cloud = child('cloud', [program('cloud/main.ts')], cloudEnvironment(data, flags.port, state));
    await untilReady(
      'the cloud',
      `http://127.0.0.1:${flags.port}/api/v1/health`,
      stop.promise,
      (status) => status < 500 || status === 503,
    );
    step('cloud ready');
    if (demo) {
      await trustPlant(data);
      for (const edge of ['edge-1', 'edge-2'] as const)
        edges.push(child(edge, [...nodeFlags, program('edge/main.ts'), 'run', writeAgent(data, edge, state)]));
      for (const edge of ['edge-1', 'edge-2'] as const) {
        await untilReady(
          edge,
          `http://127.0.0.1:${state.ports[edge]}/health`,
          stop.promise,
          (status) => status === 200,
        );
        step(`${edge} flowing`);
      }
      watching = stopWithDemo({
        port: flags.port,
        parts: [...edges, ...(plant ? [plant] : [])],
        signal: stopped.signal,
      });
    }
    welcome(flags.port, demo ? state : null);
    if (demo && flags.history > 0) {
      history = fillHistory({
        databaseUrl: database.url,
        group: demoOrganizations[0]?.group ?? '',
        days: flags.history,
        signal: stopped.signal,
        tell: (message) => say(`  ${message}`),
      });
    }
    const failures = children.map(async (one) => one.failed.then(() => 'a process that ended again and again'));
    say(`\nStopping: ${await Promise.race([stop.promise, ...failures])}`);
  } finally {
    stopped.abort();
    await watching;
    await history;
    // Against the stream: agents first, so that what they have reaches the cloud.
    await Promise.all(edges.map((one) => one.stop()));
    await plant?.stop();
    await cloud?.stop();
    await database.stop();
  }
  say('Stopped. The next npm start goes on from here.');
}

function plantArguments(data: string, { ports }: DemoState): string[] {
  const seed = String(Math.floor(Date.now() / 1000) % 100_000);
  const certificates = join(data, 'plant', 'certificates');
  const options = {
    '--seed': seed,
    '--opcua-port': ports.opcua,
    '--modbus-port': ports.modbus,
    '--rtu-port': ports.rtu,
    '--certificates': certificates,
  };
  return [
    program('protocols/simulator/main.ts'),
    ...Object.entries(options).flatMap(([name, value]) => [name, String(value)]),
  ];
}

function cloudEnvironment(data: string, port: number, { ports }: DemoState): Record<string, string> {
  return { UNISON_DATA_DIR: data, HTTP_PORT: String(port), MQTT_PORT: String(ports.mqtt), INGEST_NAME: 'demo' };
}

function writeAgent(data: string, edge: 'edge-1' | 'edge-2', state: DemoState): string {
  const { ports, agents } = state;
  const options = {
    directory: join(data, edge),
    group: demoOrganizations[0]?.group ?? '',
    name: edge,
    secret: agents[edge] ?? '',
    brokerUrl: `mqtt://127.0.0.1:${ports.mqtt}`,
    healthPort: ports[edge],
  };
  return edge === 'edge-1'
    ? writeEdgeFile(options, {
        name: 'filling',
        driver: 'opcua',
        settings: { endpoint: `opc.tcp://127.0.0.1:${ports.opcua}/plant`, publishingInterval: 200, queueSize: 100 },
        intervalMs: 0,
      })
    : writeEdgeFile(options, {
        name: 'packing',
        driver: 'modbus',
        settings: { host: '127.0.0.1', port: ports.modbus },
        intervalMs: 500,
      });
}

/** The demo may be removed by a click: then its plant and its agents have nobody to work for any more. */
async function stopWithDemo(options: { port: number; parts: readonly Child[]; signal: AbortSignal }): Promise<void> {
  const { port, parts, signal } = options;
  while (!signal.aborted) {
    await sleep(watchDemoMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const state = await fetch(`http://127.0.0.1:${port}/api/v1/setup`, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => (response.ok ? ((await response.json()) as { demo: boolean }) : null),
      () => null,
    );
    if (state?.demo !== false) continue;
    say('  The demo data was removed: the simulated plant and its agents stop. The cloud goes on, without demo.');
    await Promise.all(parts.map((one) => one.stop()));
    return;
  }
}

/** What an engineer does once with `unison-edge certificates --approve`: the demo trusts its own plant. */
async function trustPlant(data: string): Promise<void> {
  const certificate = join(data, 'plant', 'certificates', 'server', 'own', 'certs', 'certificate.pem');
  const end = performance.now() + readyMs;
  while (!existsSync(certificate)) {
    if (performance.now() > end)
      throw new DemoError(`The simulated plant has made no certificate; see ${join(data, 'logs', 'plant.log')}`);
    await new Promise((done) => setTimeout(done, 100));
  }
  const trusted = join(data, 'edge-1', 'data', 'certificates', 'opcua', 'trusted');
  mkdirSync(trusted, { recursive: true });
  copyFileSync(certificate, join(trusted, 'plant.pem'));
}

async function untilReady(
  name: string,
  url: string,
  stopped: Promise<string>,
  isReady: (status: number) => boolean,
): Promise<void> {
  const end = performance.now() + readyMs;
  let told: string | null = null;
  void stopped.then((signal) => {
    told = signal;
  });
  while (told === null) {
    const status = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      (response) => response.status,
      () => 999,
    );
    if (isReady(status)) return;
    if (performance.now() > end)
      throw new DemoError(`${name} is not ready after ${readyMs / 1000} s. Its log says why.`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

async function readState(data: string): Promise<DemoState> {
  const file = join(data, 'demo.json');
  if (existsSync(file)) return withFreePorts(data, JSON.parse(readFileSync(file, 'utf8')) as DemoState);
  const secret = (bytes: number): string => randomBytes(bytes).toString('base64url');
  const ports = { ...preferredPorts };
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await choosePort([ports[name]]);
  const agents = Object.fromEntries(
    demoOrganizations.flatMap(({ agents: names }) => names.map((name) => [name, secret(32)])),
  );
  const state: DemoState = { password: secret(9), agents, ports };
  writeState(data, state);
  return state;
}

/** The ports of the last time, as far as nobody else has taken them since. */
async function withFreePorts(data: string, state: DemoState): Promise<DemoState> {
  for (const name of Object.keys(preferredPorts) as (keyof DemoState['ports'])[]) {
    const before = state.ports[name];
    state.ports[name] = await choosePort([before]);
    if (state.ports[name] !== before) say(`  port ${before} is in use now: ${name} takes ${state.ports[name]}`);
  }
  writeState(data, state);
  return state;
}

function writeState(data: string, state: DemoState): void {
  writeFileSync(join(data, 'demo.json'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
}

/** Null: there is no demo to sign in to. */
function welcome(port: number, demo: DemoState | null): void {
  if (demo === null) {
    say(`\n  Unison MES runs:  http://localhost:${port}\n\n  Ctrl-C stops everything.\n`);
    return;
  }
  const { password } = demo;
  const people = demoOrganizations
    .flatMap((organization) =>
      organization.people.map(({ email, badge, role }) => [
        email ?? `badge ${badge}`,
        `${organization.name}, ${role.replace('_', ' ')}`,
      ]),
    )
    .map(([who, what]) => `    ${who?.padEnd(30)} ${what}`)
    .join('\n');
  say(`
  Unison MES runs:  http://localhost:${port}

  Sign in as
${people}
  with the password  ${password}

  Ctrl-C stops everything.
`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const aloud = (_: object, message: string): void => say(`  ! ${message}`);
const quiet = { info: (): void => {}, warn: aloud, error: aloud };

try {
  await main();
} catch (error) {
  process.stderr.write(
    `${error instanceof DemoError ? error.message : error instanceof Error ? error.stack : String(error)}\n`,
  );
  process.exitCode = 1;
}
