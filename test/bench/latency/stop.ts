// latency.stop_to_tile: from the instant a machine's state in its PLC becomes a stop until its tile on the page
// Now is red, through the programs a plant runs (plant.ts). Both ends are told by the same clock: the PLC's
// source timestamp, with which the change is stored, and the moment a MutationObserver in the page sees the
// tile's look change in the DOM. The reference is the bare road: the same stop as a plain MQTT client hears it
// on the agent's topic, before anything of the cloud has seen it.

import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { decodePayload } from '../../../protocols/sparkplug/payload.ts';
import { type Bench, type BenchContext, percentile } from '../bench.ts';
import { cloudAccount } from '../stage.ts';
import { login, madeAt, openPlant, type Plant, quantiles, roadConditions, type Seen } from './plant.ts';
import { openTile, type Screen } from './screen.ts';

const STOPS = 40;
/** PackML's numbers. */
const EXECUTE = 6;
const HELD = 11;
/** Random pauses after what was seen on the tile, in ms, so that no interval on the road keeps step. */
const pause = { least: 300, most: 1_300 };
const SEEN_WITHIN_MS = 15_000;

export const stopBench: Bench = {
  names: ['latency.stop_to_tile'],
  async run(context) {
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const plant = await openPlant(context, { variable: 'State', role: 'state', closing });
      const { tile, topic } = await measure(context, plant, closing);
      const value = percentile(tile, 0.95);
      const bare = percentile(topic, 0.95);
      return [
        {
          name: 'latency.stop_to_tile',
          value,
          unit: 'ms (p95)',
          reference: { name: 'the same stops as an MQTT client hears them on the agent’s topic', value: bare },
          aims: [{ of: 'value', is: 'at most', bound: 1_000 }],
          runs: { subject: [value], reference: [bare] },
          conditions: [
            `${tile.length} stops, each ${pause.least} to ${pause.most} ms after the tile has shown the run before, from the PLC's source timestamp until the tile is red in the page's DOM: ${quantiles(tile)}`,
            `on the agent's topic: ${quantiles(topic)}`,
            roadConditions,
            'OPC UA server, agent, cloud (broker, ingest, API), database and Chromium on the same cores',
          ].join('; '),
        },
      ];
    } finally {
      for (const step of closing.reverse()) await step();
    }
  },
};

/** Delays in ms of every stop, on the tile and on the agent's topic. */
async function measure(
  { services }: BenchContext,
  plant: Plant,
  closing: (() => Promise<unknown>)[],
): Promise<{ tile: number[]; topic: number[] }> {
  const { server, url } = plant;
  await server.set('Filler.State', EXECUTE);
  const screen = await openTile({ executable: await services.chromium(), url, ...login });
  closing.push(() => screen.close());
  const heard = await listen(plant, closing);
  await shows(screen, 'running', 0);
  const since = new Date();
  for (let stop = 0; stop < STOPS; stop++) {
    await sleep(pause.least + Math.random() * (pause.most - pause.least));
    const stopped = Date.now();
    await server.set('Filler.State', HELD);
    await shows(screen, 'stopped', stopped);
    await sleep(pause.least + Math.random() * (pause.most - pause.least));
    const ran = Date.now();
    await server.set('Filler.State', EXECUTE);
    await shows(screen, 'running', ran);
  }
  await sleep(3_000);
  const made = (await madeAt(plant, { since, changes: 2 * STOPS })).filter(({ value }) => value === HELD);
  const looks = (await screen.shown()).map(({ text, at }) => ({ value: looksStopped(text) ? HELD : EXECUTE, at }));
  return { tile: delaysOf(made, looks), topic: delaysOf(made, heard) };
}

const looksStopped = (className: string): boolean => className.split(' ').includes('look-stopped');

/** Until the tile has come to look so after `since`. */
async function shows(screen: Screen, look: string, since: number): Promise<void> {
  const deadline = Date.now() + SEEN_WITHIN_MS;
  for (;;) {
    const last = (await screen.shown()).at(-1);
    if (last && last.at >= since && last.text.split(' ').includes(`look-${look}`)) return;
    if (Date.now() > deadline) throw new Error(`the tile does not come to look ${look}: ${last?.text}`);
    await sleep(50);
  }
}

/** What a plain client of the broker hears of the agent's only tag. */
async function listen(
  { brokerUrl, organization }: Plant,
  closing: (() => Promise<unknown>)[],
): Promise<readonly Seen[]> {
  const client = await mqtt.connectAsync(brokerUrl, { ...cloudAccount, reconnectPeriod: 0 });
  closing.push(() => client.endAsync());
  const heard: Seen[] = [];
  client.on('message', (_, payload) => {
    const at = Date.now();
    for (const { value } of decodePayload(payload).metrics)
      if (value === HELD || value === EXECUTE) heard.push({ value, at });
  });
  await client.subscribeAsync(`spBv1.0/${organization.agents[0]?.group}/DDATA/#`);
  return heard;
}

/** From each stop until it was seen. */
function delaysOf(made: readonly Seen[], seen: readonly Seen[]): number[] {
  return made.map(({ at }) => {
    const sight = seen.find((one) => one.value === HELD && one.at >= at);
    if (!sight) throw new Error('a stop was never seen');
    return sight.at - at;
  });
}
