// The cloud's side of a benchmark: an organisation in an empty database, a Mosquitto that knows its
// agents, and the ingestor as a process of its own.

import path from 'node:path';
import pg from 'pg';
import { mosquittoAcl } from '../../cloud/broker/access.ts';
import { startMosquitto } from '../../deploy/services/mosquitto.ts';
import { createOrganization, type TestOrganization } from '../support/registry.ts';
import type { BenchContext } from './bench.ts';
import { Child } from './child.ts';
import { type BenchDatabase, temporaryFolder } from './services.ts';

export const cloudAccount = { username: 'unison-cloud', password: 'of the benchmark' };

export interface CloudStage {
  readonly database: BenchDatabase;
  readonly owner: pg.Client;
  readonly folder: string;
  readonly organization: TestOrganization;
  readonly brokerUrl: string;
  readonly brokerPid: number;
  readonly ingestor: Child;
  /** Closed with the stage, the last one first. */
  readonly closing: (() => Promise<unknown>)[];
  close(): Promise<void>;
}

export async function openCloud(
  { services, profile }: BenchContext,
  wanted: {
    readonly machines: readonly string[];
    readonly edges: readonly string[];
    /** The way from the ingestor to its database, where something stands between them. */
    readonly databaseVia?: (url: string) => Promise<{ url: string; stop(): Promise<void> }>;
  },
): Promise<CloudStage> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const database = await services.database();
    closing.push(() => database.drop());
    const { folder, remove } = await temporaryFolder('stage');
    closing.push(remove);
    const organization = await createOrganization(database.ownerUrl, { name: 'bench', ...wanted });
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    closing.push(() => owner.end());
    const broker = await startBroker(folder, organization);
    closing.push(() => broker.stop());
    const via = await wanted.databaseVia?.(database.ingestUrl);
    if (via) closing.push(() => via.stop());
    const ingestor = Child.start(new URL('./ingest/ingestor-process.ts', import.meta.url), {
      profile,
      name: 'ingestor',
    });
    closing.push(() => ingestor.stop());
    await ingestor.ask('start', {
      databaseUrl: via?.url ?? database.ingestUrl,
      broker: { url: broker.url, ...cloudAccount },
      quiet: via !== undefined,
    });
    const { url: brokerUrl, pid: brokerPid } = broker;
    return { database, owner, folder, organization, brokerUrl, brokerPid, ingestor, closing, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function startBroker(folder: string, { agents }: TestOrganization): ReturnType<typeof startMosquitto> {
  const passwords = Object.fromEntries(agents.map((agent) => [`${agent.group}/${agent.edge}`, agent.secret]));
  return startMosquitto({
    directory: path.join(folder, 'mosquitto'),
    passwords: { ...passwords, [cloudAccount.username]: cloudAccount.password },
    acl: mosquittoAcl(cloudAccount.username, agents),
  });
}
