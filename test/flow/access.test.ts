// What an agent's account may do on the broker, on ours and on Mosquitto with the ACL made for it: its own
// edge, and nothing of anybody else's.

import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { mosquittoAcl } from '../../cloud/broker/access.ts';
import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { databaseKinds } from '../support/database.ts';
import { cloudAccount, Road, until } from '../support/road.ts';

describe.each(databaseKinds)('accounts on the broker of %s', (kind) => {
  let road: Road;
  afterEach(async () => road.close());

  /** Everything the broker lets through, as the cloud hears it. */
  async function heard(): Promise<string[]> {
    const topics: string[] = [];
    const cloud = await road.connect(null);
    cloud.on('message', (topic) => topics.push(topic));
    await cloud.subscribeAsync(['spBv1.0/#', 'unison/#']);
    return topics;
  }

  const foreign = (own: string, other: string): string[] => [
    `spBv1.0/${other}/NBIRTH/edge-1`,
    `spBv1.0/${other}/DDATA/edge-1/filling`,
    `spBv1.0/${own}/NBIRTH/edge-2`,
    `spBv1.0/${own}/DDATA/edge-2/filling`,
    `spBv1.0/${own}/NCMD/edge-1`,
    `spBv1.0/${own}/DCMD/edge-1/filling`,
    `spBv1.0/${other}/NCMD/edge-1`,
    'spBv1.0/STATE/unison',
    'unison/live/1/1',
    `spBv1.0/${own}/DDATA/edge-1`,
    `spBv1.0/${own}/DDATA/edge-1/filling/more`,
    'anything',
  ];

  it('an agent publishes for its own group and name only, and no commands', async () => {
    road = await Road.open(kind, ['edge-1', 'edge-2']);
    const other = await road.addOrganization('lakeside', ['edge-1']);
    const topics = await heard();
    for (const topic of foreign('riverside', other.agents[0]?.group ?? '')) {
      // Our broker ends the connection of who tries.
      const agent = await road.connect('edge-1');
      agent.on('error', () => {});
      agent.publish(topic, 'forged', { qos: 0 });
      await agent.publishAsync('spBv1.0/riverside/NDATA/edge-1', 'own').catch(() => undefined);
      await agent.endAsync(true);
    }
    const honest = await road.connect('edge-1');
    await honest.publishAsync('spBv1.0/riverside/DDATA/edge-1/filling', 'last', { qos: 1 });
    await until(() => topics.includes('spBv1.0/riverside/DDATA/edge-1/filling'), 'nothing came through');
    expect(new Set(topics)).toEqual(
      new Set([
        ...topics.filter((topic) => topic === 'spBv1.0/riverside/NDATA/edge-1'),
        'spBv1.0/riverside/DDATA/edge-1/filling',
      ]),
    );
  });

  it('an agent hears its own commands and hosts, and nobody else', async () => {
    road = await Road.open(kind, ['edge-1', 'edge-2']);
    const other = await road.addOrganization('lakeside', ['edge-1']);
    const agent = await road.connect('edge-1');
    const topics: string[] = [];
    agent.on('message', (topic) => topics.push(topic));
    // Mosquitto may grant a filter and then deliver nothing of it.
    for (const filter of [
      '#',
      'spBv1.0/#',
      'spBv1.0/+/NCMD/+',
      'spBv1.0/riverside/NCMD/+',
      'spBv1.0/riverside/DDATA/edge-2/+',
      `spBv1.0/${other.agents[0]?.group}/NCMD/edge-1`,
      'unison/#',
      '$SYS/#',
    ])
      await agent.subscribeAsync(filter, { qos: 1 }).catch(() => undefined);
    const cloud = await road.connect(null);
    const publish = (topic: string) => cloud.publishAsync(topic, 'x', { qos: 1 });
    for (const topic of foreign('riverside', 'lakeside')) {
      if (
        !topic.endsWith('/NCMD/edge-1') &&
        !topic.includes('DCMD') &&
        !topic.includes('STATE') &&
        topic !== 'anything'
      )
        await publish(topic);
    }
    await publish('spBv1.0/lakeside/NCMD/edge-1');
    expect(topics.filter((topic) => !topic.startsWith('spBv1.0/riverside/NCMD/edge-1'))).toEqual([]);
    await agent.subscribeAsync([
      'spBv1.0/riverside/NCMD/edge-1',
      'spBv1.0/riverside/DCMD/edge-1/+',
      'spBv1.0/STATE/unison',
    ]);
    topics.length = 0;
    for (const topic of [
      'spBv1.0/riverside/NCMD/edge-1',
      'spBv1.0/riverside/DCMD/edge-1/filling',
      'spBv1.0/STATE/unison',
    ])
      await publish(topic);
    await until(() => new Set(topics).size === 3, `heard ${topics.join()}`);
  });

  it('an agent cannot leave a Will in another’s name', async () => {
    road = await Road.open(kind, ['edge-1', 'edge-2']);
    const topics = await heard();
    const will = {
      topic: 'spBv1.0/riverside/NDEATH/edge-2',
      payload: Buffer.from('dead'),
      qos: 1 as const,
      retain: false,
    };
    const agent = await road.connect('edge-1', { will }).catch(() => null);
    agent?.on('error', () => {});
    agent?.stream.destroy();
    const own = { ...will, topic: 'spBv1.0/riverside/NDEATH/edge-1' };
    const honest = await road.connect('edge-1', { will: own, clientId: 'honest' });
    honest.on('error', () => {});
    honest.stream.destroy();
    await until(() => topics.includes(own.topic), 'its own Will did not come');
    expect(topics).toEqual([own.topic]);
  });

  it('a wrong password is refused, and the agent’s log says what to do', async () => {
    road = await Road.open(kind);
    const edge = await road.startEdge({ uplink: { password: 'guess' } });
    const reasons = () => edge.log.lines.map((line) => (line.data as { reason?: string }).reason ?? '');
    await until(() => reasons().some((reason) => reason !== ''), 'no reason was given');
    expect(reasons().find((reason) => reason !== '')).toMatch(
      /refused user riverside\/edge-1\. Check uplink\.username and the password file, or enrol the agent again/,
    );
    await expect(
      mqtt.connectAsync(road.brokerUrl, { username: cloudAccount.username, password: 'guess', reconnectPeriod: 0 }),
    ).rejects.toThrow(/Connection refused/);
    await expect(mqtt.connectAsync(road.brokerUrl, { reconnectPeriod: 0 })).rejects.toThrow(/Connection refused/);
  });

  it('an edge nobody registered becomes a dead letter, and makes nothing', async () => {
    road = await Road.open(kind);
    // Two of them, so that one stranger would be two letters.
    await road.startIngestor();
    await road.startIngestor();
    await until(async () => (await road.holder()) !== undefined, 'nobody took the lease');
    const cloud = await road.connect(null);
    const birth = encodePayload({
      timestamp: Date.now(),
      metrics: [{ name: 'bdSeq', datatype: 'Int64', value: 0 }],
      seq: 0,
    });
    const device = encodePayload({
      timestamp: Date.now(),
      seq: 1,
      metrics: [{ name: 'x', alias: 1, datatype: 'Double', value: 1 }],
    });
    for (let round = 0; round < 5; round++) {
      await cloud.publishAsync('spBv1.0/strangers/NBIRTH/edge-9', birth);
      await cloud.publishAsync('spBv1.0/strangers/DBIRTH/edge-9/press', device);
      await cloud.publishAsync('spBv1.0/strangers/DDATA/edge-9/press', device);
    }
    const letters = async () =>
      (await road.owner.query('SELECT organization_id, topic, reason, payload FROM mes.dead_letters')).rows;
    await until(async () => (await letters()).length > 0, 'no dead letter');
    const edge = await road.startEdge();
    edge.push('count', Date.now(), 1);
    await road.drained(edge);
    expect(await letters()).toEqual([
      { organization_id: null, topic: 'spBv1.0/strangers/NBIRTH/edge-9', reason: 'unknown_edge', payload: birth },
    ]);
    expect((await road.owner.query("SELECT FROM mes.devices WHERE name = 'press'")).rowCount).toBe(0);
    expect((await road.owner.query("SELECT FROM mes.tags WHERE name = 'x'")).rowCount).toBe(0);
    expect((await road.samples()).map((row) => row.value)).toEqual([1]);
  });
});

describe('the ACL for Mosquitto', () => {
  it('gives an agent its own topics', () => {
    expect(mosquittoAcl('cloud', [{ group: 'g', edge: 'e' }])).toContain('user g/e\ntopic write spBv1.0/g/NBIRTH/e\n');
  });
});
