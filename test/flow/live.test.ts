// What screens are told of a machine: a change after a quiet time at once, a machine that keeps talking
// four times a second, and in the end the newest value.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { readPayload } from '../../protocols/sparkplug/payload.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { databaseKinds } from '../support/database.ts';
import { Road, until } from '../support/road.ts';

interface Told {
  readonly at: number;
  readonly tags: readonly (readonly [tag: number, time: number, value: number, status: number])[];
}

/** Round trips of a message that begins when the acknowledgement is heard: far less than a quarter of a second. */
const roundTrips = 5;

describe.each(databaseKinds)('the live picture on %s', (kind) => {
  let road: Road;
  afterEach(async () => road.close());

  it('a change after a quiet time is told together with its acknowledgement', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await road.startEdge();
    const screen = await road.connect(null);
    const order: string[] = [];
    screen.on('message', (topic, payload) => {
      if (topic.startsWith('unison/test/')) {
        const trip = Number(payload.toString());
        if (trip < roundTrips) screen.publish(topic, String(trip + 1));
        else order.push('late');
      } else if (topic.startsWith('spBv1.0/')) {
        readPayload(payload, (metric) => {
          if (metric.name === names.committed) screen.publish('unison/test/trip', '1');
        });
      } else order.push(`told ${(JSON.parse(payload.toString()) as Told).tags.at(-1)?.[2]}`);
    });
    await screen.subscribeAsync([
      'spBv1.0/+/NCMD/#',
      'unison/test/#',
      `unison/live/${road.organization.id}/${road.organization.machines.get('filler')}`,
    ]);
    edge.push('count', Date.now(), 0);
    await until(() => order.includes('told 0') && order.includes('late'), 'nothing is told');
    order.length = 0;
    const wanted: string[] = [];
    for (let value = 1; value <= 12; value++) {
      await sleep(300);
      edge.push('count', Date.now(), value);
      wanted.push(`told ${value}`, 'late');
      await until(() => order.length === wanted.length, `of ${value} nothing is told: ${order.join(', ')}`);
    }
    expect(order).toEqual(wanted);
  });

  it('a machine that changes all the time is told of four times a second, and its last value comes', async () => {
    road = await Road.open(kind);
    await road.startIngestor();
    const edge = await road.startEdge();
    const screen = await road.connect(null);
    const told: { at: number; value: number }[] = [];
    screen.on('message', (_topic, payload) => {
      const { at, tags } = JSON.parse(payload.toString()) as Told;
      told.push({ at, value: tags[0]?.[2] ?? -1 });
    });
    await screen.subscribeAsync(`unison/live/${road.organization.id}/${road.organization.machines.get('filler')}`);
    let made = 0;
    for (const end = performance.now() + 3_000; performance.now() < end; await sleep(5))
      edge.push('count', Date.now(), ++made);
    await until(() => told.at(-1)?.value === made, 'the last value is not told');
    const spanMs = (told.at(-1)?.at ?? 0) - (told[0]?.at ?? 0);
    // Clocks that are read in whole milliseconds.
    expect(told.length - 1).toBeLessThanOrEqual(spanMs / 248);
    expect(told.length).toBeGreaterThan(4);
    expect(told.map(({ value }) => value)).toEqual([...new Set(told.map(({ value }) => value))].sort((a, b) => a - b));
    const last = async (): Promise<unknown> => (await road.owner.query('SELECT value FROM mes.tag_last')).rows;
    await expect.poll(last).toEqual([{ value: made }]);
  });
});
