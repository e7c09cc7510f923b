// The road from a buffer to a database in one process, of the real parts: buffer, uplink, broker,
// ingestor. For tests that need to stand beside it; tests of kills run the parts as processes.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import pg from 'pg';
import { Registry } from 'prom-client';
import { mosquittoAcl } from '../../cloud/broker/access.ts';
import { type Broker, startBroker } from '../../cloud/broker/broker.ts';
import { Ingestor, type IngestorOptions } from '../../cloud/ingest/ingestor.ts';
import { startMosquitto } from '../../deploy/services/mosquitto.ts';
import { type BufferSettings, EdgeBuffer } from '../../edge/buffer/buffer.ts';
import { encodeMeaning, type TagMeaning } from '../../edge/uplink/births.ts';
import { Uplink } from '../../edge/uplink/uplink.ts';
import type { UplinkOptions, UplinkSettings } from '../../edge/uplink/uplink-options.ts';
import type { Value } from '../../protocols/driver.ts';
import { datatypeCode, type SparkplugDatatype } from '../../protocols/sparkplug/datatypes.ts';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './database.ts';
import { createOrganization, type TestAgent, type TestOrganization } from './registry.ts';

/** Collects what is logged, so that a test can ask for it. */
export class LogBook {
  readonly lines: { level: string; message: string; data: object }[] = [];
  readonly debug = (data: object, message: string): void => this.#note('debug', data, message);
  readonly info = (data: object, message: string): void => this.#note('info', data, message);
  readonly warn = (data: object, message: string): void => this.#note('warn', data, message);
  readonly error = (data: object, message: string): void => this.#note('error', data, message);

  said(pattern: RegExp): boolean {
    return this.lines.some((line) => pattern.test(line.message));
  }

  #note(level: string, data: object, message: string): void {
    if (globalThis.process.env['UNISON_TEST_LOG']) globalThis.console.log(level, message, data);
    this.lines.push({ level, message, data });
  }
}

export const cloudAccount = { username: 'unison-cloud', password: 'a password of the test cloud' };

export interface TestEdge {
  readonly buffer: EdgeBuffer;
  readonly uplink: Uplink;
  readonly log: LogBook;
  /** Numbers of the tags by name. */
  readonly tags: ReadonlyMap<string, number>;
  /** A value of the edge's device: measurements for `weight`, events for every other tag. */
  push(name: string, time: number, value: Value, status?: number): void;
  stop(): Promise<void>;
}

export interface IngestorProcess {
  readonly name: string;
  /** Whether it stopped itself at its `freezeAt`. */
  isFrozen(): boolean;
  freeze(): void;
  thaw(): void;
  /** SIGKILL: no goodbye to anybody. */
  kill(): Promise<void>;
}

export class Road {
  readonly database: TestDatabase;
  readonly organization: TestOrganization;
  readonly directory: string;
  readonly owner: pg.Pool;
  readonly log = new LogBook();
  brokerUrl = '';
  readonly #stops: (() => Promise<void>)[] = [];
  #ingestors = 0;

  private constructor(parts: {
    database: TestDatabase;
    organization: TestOrganization;
    directory: string;
    owner: pg.Pool;
  }) {
    this.database = parts.database;
    this.organization = parts.organization;
    this.directory = parts.directory;
    this.owner = parts.owner;
  }

  /** Embedded PostgreSQL comes with aedes, TimescaleDB with Mosquitto. */
  static async open(
    kind: DatabaseKind,
    edges: readonly string[] = ['edge-1'],
    machines: readonly string[] = ['filler'],
  ): Promise<Road> {
    const database = await createTestDatabase(kind);
    const organization = await createOrganization(database.ownerUrl, { name: 'riverside', machines, edges });
    const directory = await mkdtemp(join(tmpdir(), 'unison-road-'));
    const owner = patientPool(database.ownerUrl);
    const road = new Road({ database, organization, directory, owner });
    if (kind === 'embedded') await road.#startAedes();
    else await road.#startMosquitto();
    return road;
  }

  /** An ingestor in this process. `databaseUrl` may lead through a proxy. */
  async startIngestor(
    options: Partial<Pick<IngestorOptions, 'name' | 'databaseUrl' | 'maxBytes'>> = {},
  ): Promise<Ingestor> {
    const ingestor = new Ingestor({
      ...this.#ingestorOrder(),
      maxBytes: 64 << 20,
      retentionDays: 400,
      registry: new Registry(),
      log: this.log,
      ...options,
    });
    await ingestor.start();
    this.#stops.unshift(() => ingestor.stop());
    return ingestor;
  }

  /** An ingestor as a process, to be frozen or killed; killed at the latest when the road closes. */
  async startIngestorProcess(options: { name?: string; freezeAt?: string } = {}): Promise<IngestorProcess> {
    const order = { ...this.#ingestorOrder(), ...options };
    const child = spawn(process.execPath, [fileURLToPath(new URL('ingestor-process.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => said.push(line));
    const closed = once(child, 'close');
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await closed;
    };
    this.#stops.unshift(kill);
    child.stdin.end(JSON.stringify(order));
    await until(() => said.includes('ready') || child.exitCode !== null, 'the ingestor process did not start');
    if (child.exitCode !== null) throw new Error(`the ingestor process ended with ${child.exitCode}`);
    return {
      name: order.name,
      isFrozen: () => said.includes('frozen'),
      freeze: () => child.kill('SIGSTOP'),
      thaw: () => child.kill('SIGCONT'),
      kill,
    };
  }

  /** Names of the ingestors that hold an edge's lease now: one, or none. */
  async holder(edge = 'edge-1'): Promise<string | undefined> {
    const { rows } = await this.owner.query<{ ingestor: string }>(
      'SELECT ingestor FROM mes.edge_leases WHERE edge_agent_id = $1 AND until > now()',
      [this.agent(edge).id],
    );
    return rows[0]?.ingestor;
  }

  /** A plain MQTT client with an agent's account, or the cloud's. */
  async connect(edge: string | null, options: IClientOptions = {}): Promise<MqttClient> {
    const account = edge === null ? cloudAccount : this.#account(edge);
    const client = await mqtt.connectAsync(this.brokerUrl, { ...account, reconnectPeriod: 0, ...options });
    this.#stops.unshift(() => client.endAsync(true));
    return client;
  }

  /** All samples in the database, by tag name and time. */
  async samples(): Promise<{ name: string; time: number; value: number | null; status: number | null }[]> {
    const { rows } = await this.owner.query<{
      name: string;
      time: number;
      value: number | null;
      status: number | null;
    }>(
      `SELECT tags.name, (extract(epoch FROM sample.time) * 1000)::float8 AS time, sample.value, sample.status
       FROM telemetry.sample JOIN mes.tags ON tags.id = sample.tag_id ORDER BY tags.name, sample.time`,
    );
    return rows;
  }

  /** Stops with the road, before what was there already. */
  alsoStop(stop: () => Promise<unknown>): void {
    this.#stops.unshift(async () => {
      await stop();
    });
  }

  #account(edge: string): { username: string; password: string } {
    const { group, secret } = this.agent(edge);
    return { username: `${group}/${edge}`, password: secret };
  }

  #ingestorOrder() {
    return {
      name: `ingest-${++this.#ingestors}`,
      databaseUrl: this.database.ingestUrl,
      broker: { url: this.brokerUrl, ...cloudAccount },
    };
  }

  /** A second organisation on the same installation; on Mosquitto its agents have no account. */
  addOrganization(name: string, edges: readonly string[]): Promise<TestOrganization> {
    return createOrganization(this.database.ownerUrl, { name, machines: ['filler'], edges });
  }

  agent(edge = 'edge-1'): TestAgent {
    const agent = this.organization.agents.find((one) => one.edge === edge);
    if (!agent) throw new Error(`no agent ${edge}`);
    return agent;
  }

  async startEdge(
    options: {
      edge?: string;
      device?: string;
      file?: string;
      tags?: Record<string, { datatype: SparkplugDatatype } & TagMeaning>;
      buffer?: Partial<BufferSettings>;
      uplink?: Partial<UplinkSettings>;
      options?: Partial<UplinkOptions>;
    } = {},
  ): Promise<TestEdge> {
    const { edge = 'edge-1', device = 'filling', file = join(this.directory, `${edge}.sqlite`) } = options;
    const agent = this.agent(edge);
    const log = new LogBook();
    const buffer = new EdgeBuffer(
      {
        file,
        maxBytes: 256 << 20,
        maxAgeMs: 1e12,
        keepAcknowledgedMs: 86_400_000,
        commitIntervalMs: 5,
        maxWaitingRows: 200_000,
        ...options.buffer,
      },
      { log, now: Date.now },
    );
    await buffer.start();
    const wanted: Record<string, { datatype: SparkplugDatatype } & TagMeaning> = options.tags ?? defaultTags;
    const declared = Object.entries(wanted).map(([name, { datatype, ...meaning }]) => ({
      name,
      datatype: datatypeCode[datatype],
      properties: encodeMeaning(meaning),
    }));
    const tags = await buffer.register(device, declared);
    const uplink = new Uplink(
      {
        url: this.brokerUrl,
        group: agent.group,
        edge,
        username: `${agent.group}/${edge}`,
        password: agent.secret,
        keepAlive: 30,
        window: 1 << 20,
        acknowledge: 'database',
        version: 'test',
        ...options.uplink,
      },
      { buffer, log, now: Date.now, current: () => undefined, isUp: () => true, settled: Date.now, ...options.options },
    );
    uplink.start();
    let stopped = false;
    const stop = async (): Promise<void> => {
      if (stopped) return;
      stopped = true;
      await uplink.stop();
      await buffer.stop();
    };
    this.#stops.unshift(stop);
    const push: TestEdge['push'] = (name, time, value, status = 0) => {
      const tag = tags.get(name);
      if (tag === undefined) throw new Error(`the edge has no tag ${name}`);
      buffer.push(device, name === 'weight' ? 'measurement' : 'events', tag, time, value, status);
    };
    return { buffer, uplink, log, tags, push, stop };
  }

  /** Waits until nothing of this edge is pending. */
  async drained(edge: TestEdge, timeoutMs = 30_000): Promise<void> {
    await edge.buffer.commit();
    await until(
      async () => (await edge.buffer.stats()).pendingBatches === 0,
      `${JSON.stringify(await edge.buffer.stats())} is not drained`,
      timeoutMs,
    );
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) await stop();
    await this.owner.end();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #startAedes(): Promise<void> {
    const pool = patientPool(this.database.ingestUrl);
    const broker: Broker = await startBroker({ host: '127.0.0.1', port: 0, cloud: cloudAccount, pool, log: this.log });
    this.brokerUrl = broker.url;
    this.#stops.push(
      () => broker.stop(),
      () => pool.end(),
    );
  }

  async #startMosquitto(): Promise<void> {
    const { agents } = this.organization;
    const passwords = Object.fromEntries(agents.map((agent) => [`${agent.group}/${agent.edge}`, agent.secret]));
    const mosquitto = await startMosquitto({
      directory: join(this.directory, 'mosquitto'),
      passwords: { ...passwords, [cloudAccount.username]: cloudAccount.password },
      acl: mosquittoAcl(cloudAccount.username, agents),
    });
    this.brokerUrl = mosquitto.url;
    this.#stops.push(() => mosquitto.stop());
  }
}

export const defaultTags = {
  count: { datatype: 'UInt32', role: 'good_count', machine: 'filler', unit: 'pcs' },
  weight: { datatype: 'Double', role: 'measurement', machine: 'filler', unit: 'g' },
  state: { datatype: 'String', role: 'state', machine: 'filler' },
  serial: { datatype: 'UInt64' },
} as const satisfies Record<string, { datatype: SparkplugDatatype } & TagMeaning>;

/** A pool that does not mind when its database is dropped under it. */
function patientPool(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: 2 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Polls until the condition holds; fails with the message after the bound. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  message: string,
  timeoutMs = 15_000,
): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(message);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
