// The programs a plant runs, each a process: an OPC UA server, the agent that reads one variable of it, and the
// cloud with its broker, ingest and API; and somebody who may look on.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { choosePort } from '../../../cloud/platform/local-process.ts';
import { type ServerProcess, startServerProcess } from '../../../protocols/opcua/test-server-process.ts';
import { Program } from '../../support/processes.ts';
import { createOrganization, type TestOrganization } from '../../support/registry.ts';
import { insertPerson } from '../../web/plant-rows.ts';
import { type BenchContext, percentile, shown } from '../bench.ts';
import { startAgent } from '../edge/agent-process.ts';
import { temporaryFolder } from '../services.ts';
import { cloudAccount } from '../stage.ts';

export const login = { email: 'lea@example.com', password: 'correct horse battery' };
export const roadConditions =
  'OPC UA with the publishing interval a new configuration has (500 ms, so 0 to 500 ms of this), sampled every 100 ms, TimescaleDB with fsync';

export interface Plant {
  readonly server: ServerProcess;
  /** Of the API and the pages, and of the broker, which knows cloudAccount. */
  readonly url: string;
  readonly brokerUrl: string;
  readonly organization: TestOrganization;
  readonly tag: number;
  readonly owner: pg.Client;
}

/** A value that came to somebody's eyes. */
export interface Seen {
  readonly value: number;
  readonly at: number;
}

export function quantiles(values: readonly number[]): string {
  const of = (share: number): string => shown(Math.round(percentile(values, share)));
  return `p50 ${of(0.5)}, p95 ${of(0.95)}, max ${of(1)} ms`;
}

/** One machine with one tag: a variable of the OPC UA server under `Filler`. */
export async function openPlant(
  context: BenchContext,
  {
    variable,
    role,
    closing,
  }: { readonly variable: string; readonly role: string; readonly closing: (() => Promise<unknown>)[] },
): Promise<Plant> {
  const database = await context.services.database();
  closing.push(() => database.drop());
  const { folder, remove } = await temporaryFolder('latency');
  closing.push(remove);
  const organization = await createOrganization(database.ownerUrl, {
    name: 'bench',
    machines: ['filler'],
    edges: ['edge-1'],
  });
  await insertPerson(database.ownerUrl, { ...login, name: 'Lea Lang', organizationIds: [organization.id] });
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  closing.push(() => owner.end());
  const mqtt = await choosePort([undefined]);
  const http = await choosePort([undefined]);
  await mkdir(path.join(folder, 'cloud'));
  const cloud = new Program({
    program: 'cloud/main.ts',
    logFile: path.join(folder, 'cloud.log'),
    env: {
      UNISON_DATA_DIR: path.join(folder, 'cloud'),
      HTTP_PORT: String(http),
      MQTT_PORT: String(mqtt),
      MQTT_USERNAME: cloudAccount.username,
      MQTT_PASSWORD: cloudAccount.password,
      DATABASE_URL: database.ownerUrl,
      DATABASE_API_PASSWORD: database.rolePassword,
      DATABASE_INGEST_PASSWORD: database.rolePassword,
      DATABASE_WORKER_PASSWORD: database.rolePassword,
      LOG_LEVEL: 'warn',
    },
  });
  cloud.start();
  closing.push(() => cloud.end());
  const server = await startServerProcess();
  closing.push(() => server.stop());
  const brokerUrl = `mqtt://127.0.0.1:${mqtt}`;
  const agent = await startAgent({
    cloud: { folder, organization, brokerUrl },
    run: 'edge-1',
    settings: { endpoint: `opc.tcp://127.0.0.1:${server.port}` },
    tags: [{ name: 'read', address: `ns=1;s=Filler.${variable}`, datatype: 'Int32', intervalMs: 100, role }],
    machine: 'filler',
    profile: context.profile,
  });
  closing.push(() => agent.stop());
  await agent.drained();
  const { rows } = await owner.query<{ id: number }>("SELECT tags.id FROM mes.tags WHERE tags.name = 'read'");
  return { server, url: `http://127.0.0.1:${http}`, brokerUrl, organization, tag: rows[0]?.id ?? 0, owner };
}

/** The source timestamp of each change, which is the time it is stored with. Throws where one is missing. */
export async function madeAt(
  { owner, tag }: Plant,
  { since, changes }: { readonly since: Date; readonly changes: number },
): Promise<Seen[]> {
  const { rows } = await owner.query<{ value: number; at: number }>(
    `SELECT sample.value, (extract(epoch FROM sample.time) * 1000)::float8 AS at FROM telemetry.sample
     WHERE sample.tag_id = $1 AND sample.time >= $2 ORDER BY sample.time`,
    [tag, since],
  );
  if (rows.length !== changes) throw new Error(`${rows.length} changes are stored, ${changes} were made`);
  return rows;
}
