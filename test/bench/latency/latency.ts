// latency.plc_to_browser: from a change in an OPC UA server to its figure on the screen, through the
// programs a plant runs (plant.ts).

import { setTimeout as sleep } from 'node:timers/promises';
import { signIn } from '../../web/api-client.ts';
import { type Bench, type BenchContext, percentile } from '../bench.ts';
import { login, madeAt, openPlant, type Plant, quantiles, roadConditions, type Seen } from './plant.ts';
import { openScreen } from './screen.ts';

const changes = 150;
/** Random pauses between two changes, in ms: a few changes a second. */
const pause = { least: 150, most: 650 };

export const latencyBench: Bench = {
  names: ['latency.plc_to_browser'],
  async run(context) {
    const closing: (() => Promise<unknown>)[] = [];
    try {
      const plant = await openPlant(context, { variable: 'Count', role: 'good_count', closing });
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
  const made = await madeAt(plant, { since, changes });
  return { screen: delaysOf(made, onScreen), stream: delaysOf(made, streamed) };
}

/** From each change until its value, or a newer one that took its place, was seen. */
function delaysOf(made: readonly Seen[], seen: readonly Seen[]): number[] {
  return made.map(({ value, at }) => {
    const sight = seen.find((one) => one.value >= value && one.at >= at);
    if (!sight) throw new Error(`the change to ${value} never came to the eyes`);
    return sight.at - at;
  });
}
