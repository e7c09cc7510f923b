// The command line as an engineer with a new machine uses it: each command is the real program, the
// machine is the simulated plant, and what is checked is what stands on the terminal.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeEdgeFile } from '../deploy/demo/edge-files.ts';
import { createPlant, type Plant, type PlantPorts } from '../protocols/simulator/plant.ts';
import { plantTags } from '../protocols/simulator/tags.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));
let directory: string;
const running = new Set<ChildProcess>();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unison-cli-'));
});
afterEach(async () => {
  for (const child of running) {
    child.kill('SIGKILL');
    await once(child, 'close');
  }
  rmSync(directory, { recursive: true });
});

function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => void (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (said.err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  return { child, said, ended };
}

async function edge(...args: string[]) {
  const { said, ended } = start(...args);
  const code = await ended;
  return { code, ...said };
}

/** The cells of the first line of a table that begins so. */
function cells(text: string, first: string): string[] {
  const line = text.split('\n').find((one) => one.trimStart().startsWith(first));
  return line?.trim().split(/ {2,}/) ?? [];
}

function write(devices: string, { secret = 'a secret', url = 'mqtt://127.0.0.1:1883', agent = '' } = {}): void {
  writeFileSync(join(directory, 'broker.secret'), `${secret}\n`);
  const head = `agent: { group: plant, name: edge-1${agent} }\nuplink: { url: '${url}', passwordFile: broker.secret }\n`;
  writeFileSync(join(directory, 'edge.yaml'), `${head}devices:\n${devices}`);
}

const modbus = (
  port: number,
  tags = "- { name: good, address: 'unit 1 holding 2 uint16' }",
): string => `  - name: labelling
    driver: modbus
    machine: labeller
    settings: { host: 127.0.0.1, port: ${port}, timeoutMs: 300 }
    tags:
      ${tags}
`;
const opcua = (port: number): string => `  - name: filling
    driver: opcua
    machine: filler
    settings: { endpoint: 'opc.tcp://127.0.0.1:${port}' }
    tags:
      - { name: state, address: 'ns=1;s=Filler.State', datatype: String, role: state }
      - { name: good, address: 'ns=1;s=Filler.GoodCount', datatype: UInt32, role: good_count, unit: pcs }
      - { name: pressure, address: 'ns=1;s=Filler.BowlPressure', datatype: Float, unit: bar }
      - { name: misspelt, address: 'ns=1;s=Filler.GodCount', datatype: UInt32 }
`;

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a first configuration', () => {
  it('is written with its schema and a place for the secret, and right as soon as the secret is there', async () => {
    const written = await edge('init', 'line/edge.yaml');
    expect(written).toMatchObject({ code: 0, err: '' });
    expect(written.out).toContain('unison-edge check line/edge.yaml');
    const secret = join(directory, 'line', 'edge-1.secret');
    expect(statSync(secret).mode & 0o077).toBe(0);
    const missing = await edge('check', 'line/edge.yaml');
    expect(missing.code).toBe(1);
    expect(missing.err).toMatch(/^line\/edge\.yaml:\d+: uplink\.passwordFile: .*edge-1\.secret is empty/);
    writeFileSync(secret, 'what the cloud gave\n');
    expect(await edge('check', 'line/edge.yaml')).toEqual({
      code: 0,
      out: 'line/edge.yaml is right: 2 devices, 5 tags.\n',
      err: '',
    });
    const schema = readFileSync(join(directory, 'line', 'unison-edge.schema.json'), 'utf8');
    expect(schema).toBe((await edge('schema')).out);
    expect(JSON.parse(schema)).toMatchObject({
      type: 'object',
      required: expect.arrayContaining(['agent', 'devices']),
    });
  });

  it('never overwrites one that is there', async () => {
    writeFileSync(join(directory, 'edge.yaml'), 'my work of a week');
    const { code, err } = await edge('init');
    expect(code).toBe(1);
    expect(err).toContain('edge.yaml is there already');
    expect(readFileSync(join(directory, 'edge.yaml'), 'utf8')).toBe('my work of a week');
  });
});

describe('a wrong configuration', () => {
  it('is told with every fault at once, by line and key, on standard error', async () => {
    write(modbus(502, "- { name: good, address: 'unit 1 hording 2 uint16' }\n      - { name: bad, adress: x }"));
    const { code, out, err } = await edge('check', 'edge.yaml');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^edge\.yaml:10: devices\[1\]\.tags\[2\]\.adress: .*spelling/m);
    expect(err).toMatch(/^edge\.yaml:10: devices\[1\]\.tags\[2\]\.address: is missing/m);
    write(modbus(502, "- { name: good, address: 'unit 1 hording 2 uint16' }"));
    expect((await edge('check', 'edge.yaml')).err).toMatch(
      /^edge\.yaml:9: devices\[1\]\.tags\[1\]\.address: .*hording/,
    );
  });

  it('that is not there names the command that writes one', async () => {
    const { code, err } = await edge('run', 'nowhere.yaml');
    expect(code).toBe(1);
    expect(err).toMatch(/nowhere\.yaml: cannot be read\. `unison-edge init`/);
  });
});

describe('the plan of the demo’s agents', () => {
  const options = { group: 'plant', name: 'edge-1', secret: 'a secret', brokerUrl: 'mqtt://127.0.0.1:1883' };
  const tagsOf = (protocol: string) => plantTags.filter((tag) => tag.protocol === protocol);

  it('reads a Modbus line in a few requests and says how busy the link is', async () => {
    const device = { name: 'packing', driver: 'modbus', settings: { host: '127.0.0.1' }, intervalMs: 500 } as const;
    const file = writeEdgeFile({ ...options, directory, healthPort: 9101 }, device);
    const { code, out } = await edge('plan', file);
    expect(code).toBe(0);
    const units = out.split('\n').filter((line) => line.startsWith('500 ms'));
    const figures = units.map((line) => line.split(/ {2,}/).map((cell) => Number.parseInt(cell, 10)));
    const sum = (column: number): number => figures.reduce((total, row) => total + (row[column] ?? 0), 0);
    const tags = tagsOf('modbus').length;
    expect(sum(2)).toBe(tags);
    expect(sum(3)).toBeGreaterThanOrEqual(units.length);
    expect(sum(3)).toBeLessThan(tags / 3);
    const busy = Number(/busy (\d+) % of the time/.exec(out)?.[1]);
    expect(busy).toBe(Math.round((sum(6) / 500) * 100));
    expect(out).toContain(`${tags * 2} values/s`);
    expect(cells(out, 'packing  ')[1]).toBe(String(tags));
  });

  it('counts the monitored items of an OPC UA line, its births and the days its buffer lasts', async () => {
    const settings = { endpoint: 'opc.tcp://127.0.0.1:4840', publishingInterval: 200 };
    const device = { name: 'filling', driver: 'opcua', settings, intervalMs: 0 } as const;
    const file = writeEdgeFile({ ...options, directory, healthPort: 9101 }, device);
    const { code, out } = await edge('plan', file);
    expect(code).toBe(0);
    const tags = tagsOf('opcua').length;
    expect(out).toContain(`${tags} monitored items, reported every 200 ms`);
    const [, count, size] = cells(out, 'filling  ');
    expect(count).toBe(String(tags));
    // Some 50 to 500 bytes a tag: name, alias, datatype and what it means.
    expect((Number.parseFloat(size ?? '') * 1024) / tags).toBeGreaterThan(50);
    expect((Number.parseFloat(size ?? '') * 1024) / tags).toBeLessThan(500);
    const days = Number(/1024 MB is full after (\d+) days/.exec(out)?.[1]);
    const perSecond = Number(/(\d+) values\/s/.exec(out)?.[1]);
    expect((days * 86_400 * perSecond * 26) / 2 ** 30).toBeCloseTo(1, 0);
  });
});

describe('a plant on the network', () => {
  let plant: Plant;
  let ports: PlantPorts;
  beforeAll(async () => {
    plant = createPlant();
    ports = await plant.start();
  });
  afterAll(() => plant.stop());

  const patient = { timeout: 120_000 };
  it(
    'is not trusted by itself: the message names the command, the command trusts, then values come',
    patient,
    async () => {
      write(opcua(ports.opcuaPort));
      const stranger = await edge('read', 'edge.yaml');
      expect(stranger.code).toBe(1);
      const command = /unison-edge (certificates \S+ filling --approve [0-9A-F]{12})$/m.exec(stranger.out)?.[1] ?? '';
      const listed = await edge('certificates', 'edge.yaml', 'filling');
      expect(listed.out).toContain('waits for approval');
      expect(listed.out).toMatch(/SHA-256 +([0-9A-F]{2}:){31}[0-9A-F]{2}/);
      expect(listed.out).toContain(command);
      expect((await edge('certificates', 'edge.yaml', 'filling', '--approve', 'ABCDEF012345')).err).toContain(
        'No waiting certificate begins with ABCDEF012345',
      );
      expect(await edge(...command.split(' '))).toMatchObject({ code: 0, err: '' });
      expect((await edge('certificates', 'edge.yaml', 'filling')).out).toMatch(/^trusted /m);

      const { code, out, err } = await edge('read', 'edge.yaml', 'filling');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const [, good, unit, status, time] = cells(out, 'good');
      expect(good).toMatch(/^\d+$/);
      expect({ unit, status }).toEqual({ unit: 'pcs', status: 'good' });
      expect(Number.isNaN(Date.parse(time ?? ''))).toBe(false);
      expect(cells(out, 'pressure')[1]).toMatch(/^\d(\.\d{1,6})?$/);
      expect(cells(out, 'misspelt').slice(1)).toEqual(['–', 'bad: the device has no such address (0x80340000)']);

      const seen = await edge('browse', 'edge.yaml', 'filling');
      expect(cells(seen.out, 'GoodCount').slice(0, 3)).toEqual(['GoodCount', 'ns=1;s=Filler.GoodCount', 'UInt32']);
      expect(cells(seen.out, 'Filler').at(-1)).toBe('ns=1;s=Filler');
      // The hundreds of nodes that the standard puts into every server are not in the way.
      expect(seen.out).not.toContain('ServerCapabilities');
      expect((await edge('browse', 'edge.yaml', 'filling', '--below', 'i=2253')).out).toContain('ServerCapabilities');
    },
  );

  it('gives its Modbus registers, the refused one among its neighbours', async () => {
    const tags = `- { name: good, address: 'unit 1 holding 2 uint16', unit: pcs }
      - { name: glue, address: 'unit 1 holding 12 float32 badc', unit: °C }
      - { name: beyond, address: 'unit 1 holding 900 uint16' }`;
    write(modbus(ports.modbusPort, tags));
    const { code, out, err } = await edge('read', 'edge.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(cells(out, 'good')).toEqual(['good', expect.stringMatching(/^\d+$/), 'pcs', 'good']);
    expect(cells(out, 'glue')).toEqual(['glue', expect.stringMatching(/^1\d\d(\.\d{1,4})?$/), '°C', 'good']);
    expect(cells(out, 'beyond').slice(1)).toEqual(['–', 'bad: the device has no such address (0x80340000)']);
    expect(out).toMatch(/^! unit 1 table holding start 900: illegal data address/m);
    // A device without a clock has no column for it.
    expect(out).not.toContain('source time');
  });

  it('shows the devices that answer, also when one does not', async () => {
    write(
      modbus(await freePort()) + modbus(ports.modbusPort).replace('labelling', 'packing').replace('labeller', 'packer'),
    );
    const { code, out } = await edge('read', 'edge.yaml');
    expect(code).toBe(1);
    expect(out).toMatch(/^labelling\n.*127\.0\.0\.1:\d+ refuses/m);
    expect(cells(out.slice(out.indexOf('packing')), 'good').at(-1)).toBe('good');
  });
});

describe('what cannot be done', () => {
  it.each([
    ['read filing', /There is no device filing\b.*labelling/],
    ['browse filing', /There is no device filing\b.*labelling/],
    ['browse labelling', /Take the addresses from its manual/],
    ['certificates labelling', /speaks Modbus and has no certificates/],
  ])('is said with what there is instead: %s', async (words, answer) => {
    write(modbus(502));
    const [command = '', device = ''] = words.split(' ');
    const { code, err } = await edge(command, 'edge.yaml', device);
    expect(code).toBe(1);
    expect(err).toMatch(answer);
  });
});

describe('a running agent', () => {
  it('says that the broker refuses its secret, keeps the values, and stops cleanly when told', async () => {
    const aedes = await Aedes.createBroker({
      authenticate: (_client, _user, _password, done) =>
        done(Object.assign(new Error('wrong'), { returnCode: 4 }), false),
    });
    const server = createServer((socket) => aedes.handle(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      write(modbus(await freePort()), { secret: 'of another agent', url: `mqtt://127.0.0.1:${port}` });
      const { child, said, ended } = start('run', 'edge.yaml');
      await vi.waitUntil(() => said.out.includes('refused user plant/edge-1'), { timeout: 20_000, interval: 20 });
      expect(said.out).toMatch(/Check uplink\.username and the password file/);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(existsSync(join(directory, 'data', 'buffer.sqlite'))).toBe(true);
    } finally {
      aedes.close();
      server.close();
    }
  });

  it('ends with a word when its health port is taken, instead of going on half started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    mkdirSync(join(directory, 'data'));
    write(modbus(await freePort()), { agent: `, healthPort: ${port}` });
    const { code, err } = await edge('run', 'edge.yaml');
    other.close();
    expect(code).toBe(1);
    expect(err).toContain(`Port ${port} is in use: choose another agent.healthPort`);
  });
});
