// An agent over HTTP, with the real command line of the edge and the real broker: made, enrolled once,
// renewed, revoked; and what the page of agents tells.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mqtt, { type MqttClient } from 'mqtt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { type Story, startStory } from '../../../test/web/story.ts';
import { type Broker, startBroker } from '../../broker/broker.ts';

const program = fileURLToPath(new URL('../../../edge/main.ts', import.meta.url));
const run = promisify(execFile);
const quiet = { info: () => {}, warn: () => {} };

let story: Story<'lea' | 'sid'>;
let pool: pg.Pool;
let broker: Broker;
let directory: string;

beforeAll(async () => {
  story = await startStory({ lea: 'North', sid: 'South' });
  pool = new pg.Pool({ connectionString: story.database.ingestUrl, max: 2 });
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    cloud: { username: 'cloud', password: 'x' },
    pool,
    log: quiet,
  });
  directory = mkdtempSync(join(tmpdir(), 'unison-enrol-'));
});

afterAll(async () => {
  await broker?.stop();
  await pool?.end();
  await story?.stop();
  rmSync(directory, { recursive: true, force: true });
});

interface Agent {
  id: number;
  version: number;
  groupId: string;
  edgeId: string;
}

async function makeAgent(edgeId: string): Promise<Agent> {
  const { lea } = story.users;
  const made = await lea.ask('POST', '/edge-agents', { plantId: story.plants.lea.plantId, edgeId });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body as Agent;
}

async function tokenOf(agent: Agent): Promise<string> {
  const offered = await story.users.lea.ask('POST', `/edge-agents/${agent.id}/token`);
  expect(offered.status, JSON.stringify(offered.body)).toBe(200);
  return (offered.body as { token: string }).token;
}

/** As an engineer types it, beside the PLC. */
async function enrol(file: string, token: string): Promise<{ out: string; secret: string }> {
  const args = [program, 'enrol', file, '--url', story.api.url, '--token', token];
  const { stdout } = await run(process.execPath, args, { cwd: directory });
  const secret = readFileSync(join(directory, 'edge-1.secret'), 'utf8').trim();
  return { out: stdout, secret };
}

const connect = (agent: Agent, password: string): Promise<MqttClient> =>
  mqtt.connectAsync(broker.url, { username: `${agent.groupId}/${agent.edgeId}`, password, reconnectPeriod: 0 });

const closed = (client: MqttClient): Promise<void> => new Promise((resolve) => client.once('close', () => resolve()));

describe('an agent', { timeout: 240_000 }, () => {
  it('is made under the group of its plant, and enrolled once with a token by its own command', async () => {
    const agent = await makeAgent('line-1');
    const second = await makeAgent('line-2');
    expect(agent.groupId).toMatch(/^plant-[0-9a-f]{6}$/);
    expect(second.groupId).toBe(agent.groupId);
    const token = await tokenOf(agent);
    const { out, secret } = await enrol('edge.yaml', token);
    expect(out).toContain(`${agent.groupId}/line-1 is enrolled`);
    expect(statSync(join(directory, 'edge-1.secret')).mode & 0o777).toBe(0o600);
    const yaml = readFileSync(join(directory, 'edge.yaml'), 'utf8');
    expect(yaml).toContain(`group: ${agent.groupId}  `);
    expect(yaml).toContain('name: line-1\n');
    expect(yaml).toContain('# as the cloud issued it');
    const client = await connect(agent, secret);
    await client.endAsync();
    await expect(enrol('edge.yaml', token)).rejects.toThrow(/used already/);
    expect(readFileSync(join(directory, 'edge-1.secret'), 'utf8').trim()).toBe(secret);
    const trail = await asOwner(story.database.ownerUrl, 'SELECT * FROM mes.audit_logs');
    expect(trail.map(({ action }) => action)).toEqual(expect.arrayContaining(['create', 'offer_token', 'enrol']));
    expect(JSON.stringify(trail)).not.toContain(token);
    expect(JSON.stringify(trail)).not.toContain(secret);
  });

  it('is not enrolled with an old token, over an open line, or with a file that cannot take it', async () => {
    const agent = await makeAgent('line-3');
    const token = await tokenOf(agent);
    const open = [program, 'enrol', 'other.yaml', '--url', 'http://mes.example.com', '--token', token];
    await expect(run(process.execPath, open, { cwd: directory })).rejects.toThrow(/not encrypted/);
    const newer = await tokenOf(agent);
    expect((await story.users.lea.ask('POST', '/edge-agents/enrol', { token })).status).toBe(404);
    await asOwner(story.database.ownerUrl, 'UPDATE mes.edge_agents SET token_expires_at = now() WHERE id = $1', [
      agent.id,
    ]);
    expect((await story.users.lea.ask('POST', '/edge-agents/enrol', { token: newer })).status).toBe(404);
  });

  it('gets a new credential while it runs on the one before, which ends with the first use of the new one', async () => {
    const agent = await makeAgent('line-4');
    const first = (await enrol('edge.yaml', await tokenOf(agent))).secret;
    const running = await connect(agent, first);
    const second = (await enrol('edge.yaml', await tokenOf(agent))).secret;
    expect(second).not.toBe(first);
    const again = await connect(agent, first);
    await again.endAsync();
    const ended = closed(running);
    const renewed = await connect(agent, second);
    await ended;
    await expect(connect(agent, first)).rejects.toThrow(/Not authorized|Bad username|refused/i);
    expect(renewed.connected).toBe(true);
    // And a day after its making the one before ends by itself, used or not.
    const third = (await enrol('edge.yaml', await tokenOf(agent))).secret;
    await asOwner(story.database.ownerUrl, 'UPDATE mes.edge_agents SET previous_until = now() WHERE id = $1', [
      agent.id,
    ]);
    if (renewed.connected) await closed(renewed);
    await expect(connect(agent, second)).rejects.toThrow(/Not authorized|Bad username|refused/i);
    await (await connect(agent, third)).endAsync();
  });

  it('is out at once when it is revoked or archived, and restored when it comes back', async () => {
    const agent = await makeAgent('line-5');
    const { lea } = story.users;
    const { secret } = await enrol('edge.yaml', await tokenOf(agent));
    const client = await connect(agent, secret);
    const { version } = (await lea.ask('GET', `/edge-agents/${agent.id}`)).body as Agent;
    const dropped = closed(client);
    const archived = await lea.ask('DELETE', `/edge-agents/${agent.id}?version=${version}`);
    expect(archived.status, JSON.stringify(archived.body)).toBe(200);
    await dropped;
    await expect(connect(agent, secret)).rejects.toThrow(/Not authorized|Bad username|refused/i);
    expect((await lea.ask('POST', `/edge-agents/${agent.id}/token`)).status).toBe(409);
    const back = await lea.ask('POST', `/edge-agents/${agent.id}/restore`, {
      version: (archived.body as Agent).version,
    });
    expect(back.status, JSON.stringify(back.body)).toBe(200);
    const returned = await connect(agent, secret);
    const revoked = closed(returned);
    expect((await lea.ask('POST', `/edge-agents/${agent.id}/revoke`)).status).toBe(204);
    await revoked;
    await expect(connect(agent, secret)).rejects.toThrow(/Not authorized|Bad username|refused/i);
  });

  it('has a name of its own, whoever makes it at the same moment', async () => {
    const { lea } = story.users;
    const body = { plantId: story.plants.lea.plantId, edgeId: 'twin' };
    const answers = await Promise.all([1, 2].map(() => lea.ask('POST', '/edge-agents', body)));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, 409]);
    expect((await lea.ask('POST', '/edge-agents', { ...body, edgeId: 'TWIN' })).status).toBe(409);
    expect((await lea.ask('POST', '/edge-agents', { ...body, edgeId: 'a/b' })).status).toBe(400);
  });

  it('is nobody else’s to see, to enrol or to revoke', async () => {
    const agent = await makeAgent('line-6');
    const { sid } = story.users;
    for (const [method, path] of [
      ['GET', ''],
      ['POST', '/token'],
      ['POST', '/revoke'],
    ] as const)
      expect((await sid.ask(method, `/edge-agents/${agent.id}${path}`)).status).toBe(404);
    const theirs = await sid.ask('POST', '/edge-agents', { plantId: story.plants.lea.plantId, edgeId: 'mine' });
    expect(theirs.status).toBe(400);
  });
});

describe('the page of agents', () => {
  it('tells how each is doing, and of edges that nobody knows', async () => {
    const { lea, sid } = story.users;
    const { ownerUrl } = story.database;
    const { agentId, deviceId, plantId, organizationId } = story.plants.lea;
    await asOwner(
      ownerUrl,
      `UPDATE mes.edge_states SET watermark = now() - interval '90 seconds', buffer_bytes = 4096, buffer_oldest = now() - interval '5 minutes'
       WHERE edge_agent_id = $1`,
      [agentId],
    );
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype) VALUES ($1, $2, $3, 'loose', 'Double')`,
      [organizationId, plantId, deviceId],
    );
    await asOwner(ownerUrl, `INSERT INTO mes.dead_letters (topic, reason, payload) VALUES ($1, 'unknown_edge', 'x')`, [
      `spBv1.0/group-${organizationId}/NBIRTH/forgotten`,
    ]);
    const told = (await lea.ask('GET', `/edge-agents/overview?plant=${plantId}`)).body as {
      agents: { id: number; lagSeconds: number }[];
      unknown: object[];
    };
    const bottling = told.agents.find(({ id }) => id === agentId);
    expect(bottling).toMatchObject({
      online: true,
      version: '0.1.0',
      bufferBytes: 4096,
      devices: 1,
      unmappedTags: 1,
      credential: { state: 'enrolled' },
    });
    expect(bottling?.lagSeconds).toBeGreaterThan(80);
    expect(told.unknown).toMatchObject([{ plantId, edgeId: 'forgotten', letters: 1 }]);
    expect((await lea.ask('GET', `/edge-agents/${agentId}/devices`)).body).toMatchObject({
      items: [{ name: 'line', tags: 1, unmapped: 1 }],
    });
    const theirs = (await sid.ask('GET', '/edge-agents/overview')).body as typeof told;
    expect(theirs.unknown).toEqual([]);
    expect(theirs.agents.every(({ id }) => id !== agentId)).toBe(true);
    await vi.waitFor(() => expect(broker.connectedClients).toBeLessThan(5));
  });
});
