// The plant as its clients see it: real OPC UA and Modbus clients against real sockets, checked against
// what the ledgers say was served.

import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import modbusSerial from 'modbus-serial';
import {
  AttributeIds,
  ClientMonitoredItemGroup,
  ClientSubscription,
  type DataValue,
  MessageSecurityMode,
  OPCUACertificateManager,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
  UserTokenType,
} from 'node-opcua';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createPlant, type Plant, type PlantOptions } from './plant.ts';
import type { ChangeRecord, PieceRecord, TimeRecord } from './records.ts';
import { plantTags } from './tags.ts';

const directory = mkdtempSync(join(tmpdir(), 'plant-test-'));
const certificates = join(directory, 'certificates');
let ledgers = join(directory, 'none');
let count = 0;
const plants: Plant[] = [];
const ends: (() => Promise<unknown>)[] = [];

async function hangUp(): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}

afterEach(async () => {
  await hangUp();
  for (const plant of plants.splice(0)) await plant.stop();
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function startPlant(options: PlantOptions = {}) {
  ledgers = join(directory, `ledgers-${count++}`);
  const plant = createPlant({ certificates, ledgers, ...options });
  plants.push(plant);
  return { plant, ports: await plant.start() };
}

function book<Row>(name: 'changes' | 'pieces' | 'time'): Row[] {
  const text = readFileSync(join(ledgers, `${name}.jsonl`), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]));
}

async function until(what: () => boolean): Promise<void> {
  await vi.waitUntil(what, { timeout: 20_000, interval: 20 });
}

interface Secured {
  readonly mode?: MessageSecurityMode;
  readonly user?: { name: string; password: string };
}

async function openSession(url: string, { mode = MessageSecurityMode.None, user }: Secured = {}) {
  const client = OPCUAClient.create({
    endpointMustExist: false,
    securityMode: mode,
    securityPolicy: mode === MessageSecurityMode.None ? SecurityPolicy.None : SecurityPolicy.Basic256Sha256,
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: join(directory, 'client'),
      automaticallyAcceptUnknownCertificate: true,
    }),
    connectionStrategy: { maxRetry: 0 },
  });
  ends.push(() => client.disconnect());
  await client.connect(url);
  const session = await client.createSession(
    user === undefined ? undefined : { type: UserTokenType.UserName, userName: user.name, password: user.password },
  );
  ends.push(() => session.close());
  return session;
}

/** Resolves when somebody listens there. */
async function reach(port: number): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
  } finally {
    socket.destroy();
  }
}

const opcuaTags = plantTags.filter((tag) => tag.protocol === 'opcua');

/** Subscribes every OPC UA tag with sampling interval 0 and collects what comes, as ledger lines. */
async function watch(url: string) {
  const session = await openSession(url);
  const subscription = ClientSubscription.create(session, {
    requestedPublishingInterval: 50,
    requestedLifetimeCount: 1_000,
    requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 0,
    publishingEnabled: true,
  });
  const seen: string[] = [];
  const values = new Map<string, unknown>();
  const group = ClientMonitoredItemGroup.create(
    subscription,
    opcuaTags.map((tag) => ({ nodeId: tag.address, attributeId: AttributeIds.Value })),
    { samplingInterval: 0, queueSize: 5_000, discardOldest: true },
    TimestampsToReturn.Both,
  );
  group.on('changed', (_item: unknown, data: DataValue, index: number) => {
    const name = opcuaTags[index]?.name ?? '';
    values.set(name, data.value.value);
    seen.push(asLine({ tag: name, time: data.sourceTimestamp?.getTime() ?? 0, value: data.value.value }));
  });
  await until(() => values.size === opcuaTags.length);
  return { seen, session };
}

function asLine({ tag, time, value }: Pick<ChangeRecord, 'tag' | 'time' | 'value'>): string {
  return `${tag} ${time} ${value}`;
}

/** Pauses it, and waits for what it has to do up to the pause. */
async function stand(plant: Plant): Promise<void> {
  plant.pause();
  await until(() => plant.lagMs() === 0);
}

describe('over OPC UA', () => {
  it('delivers every change exactly once, with its source time and value', async () => {
    const { plant, ports } = await startPlant({ factor: 200 });
    const { seen } = await watch(ports.opcuaUrl);
    await until(() => seen.length > 6_000);
    await stand(plant);
    // What the plant did up to the pause still comes, as changes here and as lines of the ledger.
    for (let before = -1; before !== seen.length; ) {
      before = seen.length;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    plant.flushLedgers();
    const changes = book<ChangeRecord>('changes').filter((change) => change.via === 'opcua');
    // A subscription begins with the values of its moment: everything older was not for us to see.
    const first = new Map<string, number>();
    for (const text of seen) {
      const [tag, time] = text.split(' ') as [string, string];
      if (!first.has(tag)) first.set(tag, Number(time));
    }
    const due = changes.filter((change) => change.time >= (first.get(change.tag) ?? 0)).map(asLine);
    await until(() => seen.length >= due.length);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...seen].sort()).toEqual([...due].sort());
  });

  it('is read anonymously, by user and password, signed and encrypted, and by nobody else', async () => {
    const user = { name: 'operator', password: 'correct horse' };
    const { ports } = await startPlant({ user });
    const read = async (secured: Secured) => {
      const session = await openSession(ports.opcuaUrl, secured);
      return (await session.read({ nodeId: 'ns=1;s=Filler.Order' })).value.value;
    };
    expect(await read({})).toBe('WO-10017');
    expect(await read({ mode: MessageSecurityMode.Sign })).toBe('WO-10017');
    expect(await read({ mode: MessageSecurityMode.SignAndEncrypt, user })).toBe('WO-10017');
    await expect(read({ user: { ...user, password: 'wrong' } })).rejects.toThrow(
      /BadUserAccessDenied|BadIdentityToken/,
    );
  });

  it('keeps an unknown client out until somebody moves its certificate to the trusted ones', async () => {
    const own = join(directory, 'strict');
    const { ports } = await startPlant({ certificates: own, acceptClients: false });
    const sign = { mode: MessageSecurityMode.Sign };
    await expect(openSession(ports.opcuaUrl, sign)).rejects.toThrow(/certificate|BadSecurityChecksFailed/i);
    const rejected = join(own, 'server', 'rejected');
    const [file] = readdirSync(rejected);
    if (file === undefined) return expect.fail('the client’s certificate is not among the rejected');
    renameSync(join(rejected, file), join(own, 'server', 'trusted', 'certs', file));
    await vi.waitUntil(() => openSession(ports.opcuaUrl, sign).catch(() => null), { timeout: 20_000, interval: 500 });
  });

  it('comes back after a PLC download on the same port and goes on', async () => {
    const { plant, ports } = await startPlant({ factor: 20 });
    await plant.stopOpcua();
    await expect(reach(ports.opcuaPort)).rejects.toThrow('ECONNREFUSED');
    await plant.startOpcua();
    const { seen } = await watch(ports.opcuaUrl);
    const before = seen.length;
    await until(() => seen.length > before + 50);
    plant.flushLedgers();
    const times = Map.groupBy(book<ChangeRecord>('changes'), (change) => change.tag);
    for (const [tag, changes] of times) {
      changes.forEach((change, i) => {
        if (i > 0 && change.time <= (changes[i - 1]?.time ?? 0)) expect.fail(`${tag} at ${change.time}`);
      });
    }
  });

  it('shows the error of its clock in source times and in its current time alike', async () => {
    const { plant, ports } = await startPlant();
    const session = await openSession(ports.opcuaUrl);
    const clock = async () => ((await session.read({ nodeId: 'i=2258' })).value.value as Date).getTime() - Date.now();
    expect(Math.abs(await clock())).toBeLessThan(5_000);
    plant.clockError(-3_600_000);
    expect(Math.abs((await clock()) + 3_600_000)).toBeLessThan(5_000);
    const source = async () =>
      (await session.read({ nodeId: 'ns=1;s=Filler.ProductTemperature' })).sourceTimestamp?.getTime() ?? 0;
    await vi.waitUntil(async () => (await source()) < Date.now() - 3_000_000, { timeout: 20_000, interval: 100 });
    plant.freezeClock();
    const frozen = (await session.read({ nodeId: 'i=2258' })).value.value;
    await vi.waitUntil(async () => (await source()) === (frozen as Date).getTime(), { timeout: 20_000, interval: 100 });
    expect((await session.read({ nodeId: 'i=2258' })).value.value).toEqual(frozen);
  });
});

async function modbusClient(port: number, unit: number, link: 'tcp' | 'rtu') {
  const client = new modbusSerial.default();
  if (link === 'tcp') await client.connectTCP('127.0.0.1', { port });
  else await client.connectTelnet('127.0.0.1', { port });
  client.setID(unit);
  client.setTimeout(5_000);
  ends.push(async () => {
    if (client.isOpen) await new Promise<void>((done) => client.close(() => done()));
  });
  return client;
}

describe('over Modbus', () => {
  it('gives the labeller’s state, 16-bit counts, text, bits and floats over TCP, and writes down what it served', async () => {
    const { plant, ports } = await startPlant({ factor: 10 });
    await until(() => plant.now() > ports.start + 30_000);
    await stand(plant);
    const client = await modbusClient(ports.modbusPort, 1, 'tcp');
    const { data, buffer } = await client.readHoldingRegisters(0, 64);
    const { data: coils } = await client.readCoils(7, 1);
    const { buffer: current } = await client.readHoldingRegisters(100, 2);
    await client.readHoldingRegisters(0, 64);
    plant.flushLedgers();
    const served = book<ChangeRecord>('changes').filter((change) => change.via === 'tcp');
    const value = (name: string) =>
      served.filter((change) => change.tag === `labeller/${name}`).map((one) => one.value);
    expect(value('state')).toEqual([data[0]]);
    expect(value('total_count')).toEqual([data[1]]);
    expect(data[1]).toBeGreaterThan(65_408);
    expect(value('label_roll_change')).toEqual([((data[5] ?? 0) & 8) !== 0]);
    expect(value('label_position')).toEqual([buffer.readInt16BE(20) / 100]);
    expect(value('guard_open')).toEqual([coils[0]]);
    expect(value('order')).toEqual([buffer.toString('latin1', 80, 96).replaceAll('\0', '')]);
    expect(value('material')).toEqual(['COLA-0.5']);
    const glue = Buffer.from([buffer[25], buffer[24], buffer[27], buffer[26]] as number[]).readFloatBE();
    expect(value('glue_temperature')).toEqual([glue]);
    expect(glue).toBeGreaterThan(140);
    expect(value('drive_current')).toEqual([current.readFloatLE()]);
    expect(served.every((change) => change.time === plant.now() || change.time >= ports.start)).toBe(true);
  });

  it('rolls the labeller’s 16-bit counters over within minutes', async () => {
    const { plant, ports } = await startPlant({ factor: 2_000 });
    await until(() => plant.now() > ports.start + 15 * 60_000);
    await stand(plant);
    const client = await modbusClient(ports.modbusPort, 1, 'tcp');
    const [total] = (await client.readHoldingRegisters(1, 1)).data;
    await plant.stop();
    const pieces = book<PieceRecord>('pieces').filter((piece) => piece.machine === 'labeller').length;
    expect(pieces).toBeGreaterThan(200);
    expect(total).toBe((65_408 + pieces) % 65_536);
  });

  it('gives the packer’s 32-bit counts in CDAB order, the same over TCP and over RTU', async () => {
    const { plant, ports } = await startPlant({ factor: 50 });
    await until(() => plant.now() > ports.start + 60_000);
    await stand(plant);
    const tcp = await (await modbusClient(ports.modbusPort, 2, 'tcp')).readHoldingRegisters(10, 30);
    const rtu = await (await modbusClient(ports.rtuPort, 2, 'rtu')).readHoldingRegisters(10, 30);
    expect(rtu.data).toEqual(tcp.data);
    const total = (tcp.data[1] as number) * 65_536 + (tcp.data[0] as number);
    plant.flushLedgers();
    const made = book<PieceRecord>('pieces').filter((piece) => piece.machine === 'packer').length;
    expect(total).toBe(131_064 + made);
    for (const via of ['tcp', 'rtu']) {
      const served = book<ChangeRecord>('changes').filter((one) => one.via === via && one.tag === 'packer/total_count');
      expect(served.map((one) => one.value)).toEqual([total]);
    }
  });

  it('writes down only tags that were read whole', async () => {
    const { plant, ports } = await startPlant();
    const client = await modbusClient(ports.modbusPort, 2, 'tcp');
    await client.readHoldingRegisters(11, 3);
    plant.flushLedgers();
    const served = book<ChangeRecord>('changes').flatMap((one) => (one.via === 'tcp' ? [one.tag] : []));
    expect(served).toEqual(['packer/good_count']);
  });

  it('refuses what a device refuses: foreign registers, too many, unknown functions, unknown units', async () => {
    const { ports } = await startPlant();
    const client = await modbusClient(ports.modbusPort, 1, 'tcp');
    await expect(client.readHoldingRegisters(60, 10)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readHoldingRegisters(0, 126)).rejects.toMatchObject({ modbusCode: 3 });
    await expect(client.readInputRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.writeRegister(1, 0)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.maskWriteRegister(0, 0, 0)).rejects.toMatchObject({ modbusCode: 1 });
    client.setID(9);
    await expect(client.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 11 });
  });

  it('remembers what is written to its scratch registers and coils', async () => {
    const { ports } = await startPlant();
    const client = await modbusClient(ports.modbusPort, 1, 'tcp');
    await client.writeRegisters(200, [7, 65_535]);
    await client.writeRegister(202, 12);
    await client.writeCoils(32, [true, false, true]);
    await client.writeCoil(35, true);
    expect((await client.readHoldingRegisters(200, 4)).data).toEqual([7, 65_535, 12, 0]);
    expect((await client.readCoils(32, 4)).data.slice(0, 4)).toEqual([true, false, true, true]);
  });

  it('answers bytes of another maker’s client, in pieces, pipelined, and after noise', async () => {
    const { ports } = await startPlant();
    // unit 3, input register 4, two registers: the transaction numbers come back in order.
    const ask = (n: number) => Buffer.from([0, n, 0, 0, 0, 6, 3, 4, 0, 4, 0, 2]);
    const tcp = await bytes(ports.modbusPort, [ask(1).subarray(0, 5), Buffer.concat([ask(1).subarray(5), ask(2)])], 26);
    expect([tcp[1], tcp[14]]).toEqual([1, 2]);
    expect([...tcp.subarray(2, 9)]).toEqual([0, 0, 0, 7, 3, 4, 4]);
    expect(tcp.readUInt32BE(9)).toBeGreaterThanOrEqual(18_250_000);
    // unit 2, holding register 10, with a checksum that is not ours to work out.
    const request = Buffer.from([2, 3, 0, 10, 0, 1, 0xa4, 0x3b]);
    const noise = Buffer.from([0x55, 0xaa, 0x55, 0xaa, 0x55, 0xaa, 0x55, 0xaa]);
    const rtu = await bytes(ports.rtuPort, [noise, request.subarray(0, 3), request.subarray(3)], 7);
    expect([...rtu.subarray(0, 3)]).toEqual([2, 3, 2]);
    expect(rtu.readUInt16BE(3)).toBe(131_064 % 65_536);
  });

  it('lets one unit fall silent while its neighbours answer', async () => {
    const { plant, ports } = await startPlant();
    plant.silenceUnit(1);
    const dead = await modbusClient(ports.modbusPort, 1, 'tcp');
    dead.setTimeout(300);
    await expect(dead.readHoldingRegisters(0, 1)).rejects.toMatchObject({ errno: 'ETIMEDOUT' });
    const living = await modbusClient(ports.modbusPort, 2, 'tcp');
    expect((await living.readHoldingRegisters(0, 1)).data).toHaveLength(1);
    plant.silenceUnit(1, false);
    expect((await dead.readHoldingRegisters(0, 1)).data).toHaveLength(1);
  });
});

/** Sends these chunks one after the other and gives the first `wanted` bytes of the answer. */
async function bytes(port: number, chunks: Buffer[], wanted: number): Promise<Buffer> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  ends.push(async () => socket.destroy());
  let got: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
  });
  for (const chunk of chunks) {
    socket.write(chunk);
    // Time for the chunk to travel alone.
    await new Promise((done) => setTimeout(done, 50));
  }
  await until(() => got.length >= wanted);
  return got;
}

describe('starting and stopping', () => {
  it('stops while it starts, and stops twice', async () => {
    const plant = createPlant({ certificates });
    const begun = plant.start();
    await Promise.all([plant.stop(), plant.stop(), plant.finished]);
    const { opcuaPort, modbusPort, rtuPort } = await begun;
    for (const port of [opcuaPort, modbusPort, rtuPort]) {
      await expect(reach(port)).rejects.toThrow('ECONNREFUSED');
    }
    await expect(plant.start()).rejects.toThrow('create another');
  });

  it('leaves nothing open when a port is taken', async () => {
    const { ports } = await startPlant();
    const second = createPlant({ certificates, rtuPort: ports.rtuPort });
    await expect(second.start()).rejects.toThrow('EADDRINUSE');
    await second.stop();
  });
});

describe('its ledgers', () => {
  it('agree after a simulated day at full speed with clients on both protocols, which never wait long', async () => {
    const { plant, ports } = await startPlant({ factor: 20_000, duration: 24 * 3_600_000 });
    const client = await modbusClient(ports.modbusPort, 2, 'tcp');
    const session = await openSession(ports.opcuaUrl);
    let reads = 0;
    for (; plant.now() < ports.start + 23 * 3_600_000; reads++) {
      await client.readHoldingRegisters(0, 60);
      await session.read({ nodeId: 'ns=1;s=Filler.TotalCount' });
    }
    await hangUp();
    await plant.finished;
    expect(reads).toBeGreaterThan(50);
    const pieces = Map.groupBy(book<PieceRecord>('pieces'), (piece) => piece.machine);
    const changes = Map.groupBy(book<ChangeRecord>('changes'), (change) => change.tag);
    const times = Map.groupBy(book<TimeRecord>('time'), (time) => time.machine);
    for (const machine of ['filler', 'capper']) {
      const shown = changes.get(`${machine}/total_count`) ?? [];
      expect((shown.at(-1)?.value as number) - (shown[0]?.value as number)).toBe(pieces.get(machine)?.length);
    }
    const packed = (changes.get('packer/total_count') ?? []).map((change) => change.value as number);
    expect(packed.at(-1)).toBeLessThanOrEqual(131_064 + (pieces.get('packer')?.length ?? 0));
    for (const machine of ['filler', 'capper', 'labeller', 'packer']) {
      const rows = times.get(machine) ?? [];
      const sum = rows.reduce((total, row) => total + row.to - row.from, 0);
      expect([rows[0]?.from, sum, rows.at(-1)?.to]).toEqual([
        ports.start,
        24 * 3_600_000,
        ports.start + 24 * 3_600_000,
      ]);
    }
  }, 120_000);
});
