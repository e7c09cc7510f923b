// The Mosquitto that tests are given: it knows its users, keeps to its ACL, and comes back after a kill
// with what it had stored.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mosquitto, startMosquitto } from './mosquitto.ts';

const passwords = { edge: 'secret of the edge', reader: 'secret of the reader' };
const acl = 'user edge\ntopic readwrite plant/#\nuser reader\ntopic read plant/#\n';

let directory: string;
let broker: Mosquitto;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'unison-mosquitto-'));
  broker = await startMosquitto({ directory, passwords, acl });
});

afterEach(async () => {
  await broker.stop();
  await rm(directory, { recursive: true, force: true });
});

function connect(username: keyof typeof passwords, password: string = passwords[username]): Promise<MqttClient> {
  return connectAsync(broker.url, { username, password, reconnectPeriod: 0, clientId: username, clean: false });
}

describe('a Mosquitto for a test', () => {
  it('refuses a wrong password', async () => {
    await expect(connect('edge', 'guess')).rejects.toThrow(/Not authorized/);
  });

  it('delivers what the ACL allows and nothing else', async () => {
    const [edge, reader] = [await connect('edge'), await connect('reader')];
    const heard: string[] = [];
    reader.on('message', (topic) => heard.push(topic));
    await reader.subscribeAsync('plant/#', { qos: 1 });
    await reader.publishAsync('plant/forged', 'x', { qos: 1 });
    await edge.publishAsync('other/topic', 'x', { qos: 1 });
    await edge.publishAsync('other/topic', 'a refused message does not cost the connection', { qos: 1 });
    await edge.publishAsync('plant/count', '1', { qos: 1 });
    await expect.poll(() => heard).toEqual(['plant/count']);
    await Promise.all([edge.endAsync(), reader.endAsync()]);
  });

  it('is gone when killed, and has its retained messages when stopped and started again', async () => {
    const edge = await connect('edge');
    await edge.publishAsync('plant/state', 'running', { qos: 1, retain: true });
    await edge.endAsync();
    await broker.stop();
    broker = await startMosquitto({ directory, port: broker.port, passwords, acl });
    const reader = await connect('reader');
    const heard: string[] = [];
    reader.on('message', (_topic, payload) => heard.push(payload.toString()));
    await reader.subscribeAsync('plant/#', { qos: 1 });
    await expect.poll(() => heard).toEqual(['running']);
    await reader.endAsync();

    await broker.stop('SIGKILL');
    await broker.stop();
    await expect(connect('edge')).rejects.toThrow(/ECONNREFUSED/);
  });
});
