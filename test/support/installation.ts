// A whole installation for a test, of the programs a plant runs: simulated plant, two agents, cloud; on
// embedded PostgreSQL with aedes, or on TimescaleDB with Mosquitto.

import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { mosquittoAcl } from '../../cloud/broker/access.ts';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { writeEdgeFile } from '../../deploy/demo/edge-files.ts';
import { type Mosquitto, startMosquitto } from '../../deploy/services/mosquitto.ts';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './database.ts';
import { Program } from './processes.ts';
import { createOrganization, type TestOrganization } from './registry.ts';
import { cloudAccount, until } from './road.ts';

export const edgeNames = ['edge-1', 'edge-2'] as const;
export type EdgeName = (typeof edgeNames)[number];

/** A plant whose clock runs faster than ours. Its times are those of its own clock, and believed. */
export interface FastPlant {
  readonly factor: number;
  /** Its time at the start, in ms since 1970. */
  readonly start: number;
  /** Roles of the tags that the agents read. */
  readonly roles: ReadonlySet<string>;
}

/** The largest tolerance there is: a source's time is believed, however far it is from ours. */
const believedMs = 86_400_000_000;

export class Installation {
  readonly kind: DatabaseKind;
  readonly directory: string;
  readonly database: TestDatabase;
  readonly organization: TestOrganization;
  readonly owner: pg.Pool;
  readonly plant: Program;
  readonly cloud: Program;
  readonly edges: Record<EdgeName, Program>;
  readonly ports: Record<'mqtt' | 'http' | 'opcua' | 'modbus' | 'rtu' | EdgeName, number>;
  readonly #fast: FastPlant | null;
  #mosquitto: Mosquitto | null = null;

  private constructor(parts: {
    kind: DatabaseKind;
    directory: string;
    database: TestDatabase;
    organization: TestOrganization;
    ports: Installation['ports'];
    edgeEnvironment: Readonly<Record<string, string>>;
    fast: FastPlant | null;
  }) {
    const { directory, database, ports, kind } = parts;
    this.kind = kind;
    this.directory = directory;
    this.database = database;
    this.organization = parts.organization;
    this.ports = ports;
    this.#fast = parts.fast;
    this.owner = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
    this.owner.on('error', () => {});
    const log = (name: string): string => join(directory, `${name}.log`);
    const plantPorts = [
      '--opcua-port',
      String(ports.opcua),
      '--modbus-port',
      String(ports.modbus),
      '--rtu-port',
      String(ports.rtu),
    ];
    this.plant = new Program({
      program: 'protocols/simulator/main.ts',
      args: [
        ...plantPorts,
        '--seed',
        '8',
        '--control',
        '--ledgers',
        this.ledgers,
        '--certificates',
        join(directory, 'plant'),
        ...(parts.fast
          ? ['--factor', String(parts.fast.factor), '--start', new Date(parts.fast.start).toISOString()]
          : []),
      ],
      logFile: log('plant'),
      control: true,
    });
    this.cloud = new Program({ program: 'cloud/main.ts', env: this.cloudEnvironment('cloud'), logFile: log('cloud') });
    const edge = (name: EdgeName): Program =>
      new Program({
        program: 'edge/main.ts',
        args: ['run', this.#edgeFile(name)],
        env: parts.edgeEnvironment,
        logFile: log(name),
      });
    this.edges = { 'edge-1': edge('edge-1'), 'edge-2': edge('edge-2') };
  }

  /** `edgeEnvironment`: what the agents get beside PATH. */
  static async open(
    kind: DatabaseKind,
    edgeEnvironment: Readonly<Record<string, string>> = {},
    fast: FastPlant | null = null,
  ): Promise<Installation> {
    const directory = await mkdtemp(join(tmpdir(), 'unison-installation-'));
    const database = await createTestDatabase(kind);
    const machines = ['filler', 'capper', 'labeller', 'packer'];
    const organization = await createOrganization(database.ownerUrl, { name: 'riverside', machines, edges: edgeNames });
    const ports = { mqtt: 0, http: 0, opcua: 0, modbus: 0, rtu: 0, 'edge-1': 0, 'edge-2': 0 };
    for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await choosePort([]);
    const installation = new Installation({ kind, directory, database, organization, ports, edgeEnvironment, fast });
    if (kind === 'timescale') await installation.startMosquitto();
    return installation;
  }

  get ledgers(): string {
    return join(this.directory, 'ledgers');
  }

  cloudEnvironment(name: string): Record<string, string> {
    const { ports, database } = this;
    const own = { UNISON_DATA_DIR: join(this.directory, name), HTTP_PORT: String(ports.http), INGEST_NAME: name };
    const broker =
      this.kind === 'timescale' ? { MQTT_URL: `mqtt://127.0.0.1:${ports.mqtt}` } : { MQTT_PORT: String(ports.mqtt) };
    return {
      ...own,
      ...broker,
      MQTT_USERNAME: cloudAccount.username,
      MQTT_PASSWORD: cloudAccount.password,
      DATABASE_URL: database.ownerUrl,
      DATABASE_API_PASSWORD: database.rolePassword,
      DATABASE_INGEST_PASSWORD: database.rolePassword,
      DATABASE_WORKER_PASSWORD: database.rolePassword,
    };
  }

  /** Starts everything and waits until both agents see their machines. */
  async start(): Promise<void> {
    this.cloud.start();
    await this.startOffline();
    await this.allUp();
  }

  /** Starts the plant and the agents without the cloud. */
  async startOffline(): Promise<void> {
    mkdirSync(this.ledgers, { recursive: true });
    this.plant.start();
    const certificate = join(this.directory, 'plant', 'server', 'own', 'certs', 'certificate.pem');
    await until(
      () => existsSync(certificate) && this.plant.log().includes('opcuaPort'),
      `the plant did not start: ${this.plant.log()}`,
      60_000,
    );
    const trusted = join(this.directory, 'edge-1', 'data', 'certificates', 'opcua', 'trusted');
    mkdirSync(trusted, { recursive: true });
    copyFileSync(certificate, join(trusted, 'plant.pem'));
    for (const name of edgeNames) this.edges[name].start();
  }

  /** Waits until both agents have their devices and flow. */
  async allUp(timeoutMs = 60_000): Promise<void> {
    for (const name of edgeNames) {
      const url = `http://127.0.0.1:${this.ports[name]}/health`;
      const isUp = (): Promise<boolean> =>
        fetch(url).then(
          (response) => response.status === 200,
          () => false,
        );
      await until(
        isUp,
        `${name} is not up: ${this.edges[name].log().slice(-2000)}\n${this.cloud.log().slice(-2000)}`,
        timeoutMs,
      );
    }
  }

  /** The plant stands; waits until everything its agents hold is committed. */
  async drain(timeoutMs = 90_000): Promise<void> {
    this.plant.tell('pause');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await this.allUp();
    this.plant.tell('flush');
    for (const name of edgeNames) {
      const pending = async (): Promise<number> => {
        const answer = await fetch(`http://127.0.0.1:${this.ports[name]}/health`);
        const status = (await answer.json()) as { buffer: { pendingBatches: number; waitingRows: number } };
        return status.buffer.pendingBatches + status.buffer.waitingRows;
      };
      await until(
        async () => (await pending().catch(() => 1)) === 0,
        `${name} is not drained: ${this.edges[name].log().slice(-2000)}`,
        timeoutMs,
      );
    }
  }

  async startMosquitto(): Promise<void> {
    const { agents } = this.organization;
    const passwords = Object.fromEntries(agents.map((agent) => [`${agent.group}/${agent.edge}`, agent.secret]));
    this.#mosquitto = await startMosquitto({
      directory: join(this.directory, 'mosquitto'),
      port: this.ports.mqtt,
      passwords: { ...passwords, [cloudAccount.username]: cloudAccount.password },
      acl: mosquittoAcl(cloudAccount.username, agents),
    });
  }

  async killMosquitto(): Promise<void> {
    await this.#mosquitto?.stop('SIGKILL');
  }

  async close(): Promise<void> {
    for (const program of [...Object.values(this.edges), this.plant, this.cloud]) await program.end();
    await this.#mosquitto?.stop();
    await this.owner.end();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }

  #edgeFile(name: EdgeName): string {
    const { ports, organization, directory } = this;
    const secret = organization.agents.find((agent) => agent.edge === name)?.secret ?? '';
    const brokerUrl = `mqtt://127.0.0.1:${ports.mqtt}`;
    const options = {
      directory: join(directory, name),
      group: 'riverside',
      name,
      secret,
      brokerUrl,
      healthPort: ports[name],
    };
    const roles = this.#fast?.roles;
    // Hundreds of changes of a tag come between two reports of a fast plant, and a server that is busy is not gone.
    const queueSize = this.#fast ? 10_000 : 500;
    const patience = this.#fast ? { keepAlive: 60_000, lifetime: 600_000, requestTimeout: 120_000 } : {};
    const clock = this.#fast ? { toleranceMs: believedMs } : {};
    const opcua = {
      endpoint: `opc.tcp://127.0.0.1:${ports.opcua}/plant`,
      publishingInterval: 100,
      queueSize,
      ...patience,
    };
    return name === 'edge-1'
      ? writeEdgeFile(
          { ...options, roles },
          { name: 'filling', driver: 'opcua', settings: opcua, intervalMs: 0, clock },
        )
      : writeEdgeFile(options, {
          name: 'packing',
          driver: 'modbus',
          settings: { host: '127.0.0.1', port: ports.modbus },
          intervalMs: 200,
        });
  }
}
