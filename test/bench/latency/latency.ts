// latency.plc_to_browser: from a change in an OPC UA server to its figure on the screen, through the
// programs a plant runs: server, agent, cloud (broker, ingest, API) and browser, each a process.

import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { choosePort } from '../../../cloud/platform/local-process.ts';
import { type ServerProcess, startServerProcess } from '../../../protocols/opcua/test-server-process.ts';
import { Program } from '../../support/processes.ts';
import { createOrganization, type TestOrganization } from '../../support/registry.ts';
import { signIn } from '../../web/api-client.ts';
import { insertPerson } from '../../web/plant-rows.ts';
import { type Bench, type BenchContext, percentile, shown } from '../bench.ts';
import { startAgent } from '../edge/agent-process.ts';
import { temporaryFolder } from '../services.ts';
import { openScreen } from './screen.ts';

const login = { email: 'lea@example.com', password: 'correct horse battery' };
const changes = 150;
/** Random pauses between two changes, in ms: a few changes a second. */
const pause = { least: 150, most: 650 };

interface Plant {
  readonly server: ServerProcess;
  readonly url: string;
  readonly organization: TestOrganization;
  readonly tag: number;
  readonly owner: pg.Client;
}

/** A value that came to somebody's eyes. */
interface Seen {
  readonly value: number;
  readonly at: number;
}

export const latencyBench: Bench = {
  names: ['latency.plc_to_browser'],
  async run(context) {
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const plant = await openPlant(context, closing);
      const { screen, stream } = await measure(context, plant, closing);
      const value = percentile(screen, 0.95);
      return [
        {
          name: 'latency.plc_to_browser',
          value,
          unit: 'ms (p95)',
          reference: null,
          aims: [{ of: 'value', is: 'at most', bound: 1_000 }],
          runs: { subject: [value], reference: [] },
          conditions: [
            `${screen.length} changes at random moments, ${pause.least} to ${pause.most} ms apart, each from its source timestamp until its value, or a newer one, stands in the page's DOM: ${quantiles(screen)}`,
            `in a client of GET /api/v1/live: ${quantiles(stream)} (${stream.length} changes)`,
            'OPC UA with the publishing interval a new configuration has (500 ms, so 0 to 500 ms of this), sampled every 100 ms, TimescaleDB with fsync',
            'OPC UA server, agent, cloud (broker, ingest, API), database and Chromium on the same cores',
          ].join('; '),
        },
      ];
    } finally {
      for (const step of closing.reverse()) await step();
    }
  },
};

function quantiles(values: readonly number[]): string {
  const of = (share: number): string => shown(Math.round(percentile(values, share)));
  return `p50 ${of(0.5)}, p95 ${of(0.95)}, max ${of(1)} ms`;
}

async function openPlant(context: BenchContext, closing: (() => Promise<unknown>)[]): Promise<Plant> {
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
  const agent = await startAgent({
    cloud: { folder, organization, brokerUrl: `mqtt://127.0.0.1:${mqtt}` },
    run: 'edge-1',
    settings: { endpoint: `opc.tcp://127.0.0.1:${server.port}` },
    tags: [{ name: 'good', address: 'ns=1;s=Filler.Count', datatype: 'Int32', intervalMs: 100, role: 'good_count' }],
    machine: 'filler',
    profile: context.profile,
  });
  closing.push(() => agent.stop());
  await agent.drained();
  const { rows } = await owner.query<{ id: number }>("SELECT tags.id FROM mes.tags WHERE tags.name = 'good'");
  return { server, url: `http://127.0.0.1:${http}`, organization, tag: rows[0]?.id ?? 0, owner };
}

/** Delays in ms of every change, on the screen and in the stream. */
async function measure(
  { services }: BenchContext,
  plant: Plant,
  closing: (() => Promise<unknown>)[],
): Promise<{ screen: number[]; stream: number[] }> {
  const { url, tag, server, organization } = plant;
  const screen = await openScreen({ executable: await services.chromium(), url, ...login, tag });
  closing.push(() => screen.close());
  const user = await signIn(url, login);
  const live = await user.live(organization.plantId);
  if (live.status !== 200) throw new Error(`the live stream answers ${live.status}`);
  const streamed: Seen[] = [];
  const reading = (async () => {
    for (;;) {
      const event = await live.next('change');
      const entry = event.tags.find(([id]) => id === tag);
      if (entry) streamed.push({ value: Number(entry[2]), at: Date.now() });
    }
  })().catch(() => undefined);
  const since = new Date();
  for (let value = 1; value <= changes; value++) {
    await sleep(pause.least + Math.random() * (pause.most - pause.least));
    await server.set('Filler.Count', value * 10);
  }
  await sleep(3_000);
  live.stop();
  await reading;
  // Figures are grouped by thousands, and without a unit here.
  const onScreen = (await screen.shown()).map(({ text, at }) => ({ value: Number(text.replaceAll(/\D/g, '')), at }));
  const made = await madeAt(plant, since);
  return { screen: delaysOf(made, onScreen), stream: delaysOf(made, streamed) };
}

/** The source timestamp of each change, which is the time it is stored with. All must be there. */
async function madeAt({ owner, tag }: Plant, since: Date): Promise<Seen[]> {
  const { rows } = await owner.query<{ value: number; at: number }>(
    `SELECT sample.value, (extract(epoch FROM sample.time) * 1000)::float8 AS at FROM telemetry.sample
     WHERE sample.tag_id = $1 AND sample.time >= $2 ORDER BY sample.time`,
    [tag, since],
  );
  if (rows.length !== changes) throw new Error(`${rows.length} changes are stored, ${changes} were made`);
  return rows;
}

/** From each change until its value, or a newer one that took its place, was seen. */
function delaysOf(made: readonly Seen[], seen: readonly Seen[]): number[] {
  return made.map(({ value, at }) => {
    const sight = seen.find((one) => one.value >= value && one.at >= at);
    if (!sight) throw new Error(`the change to ${value} never came to the eyes`);
    return sight.at - at;
  });
}
