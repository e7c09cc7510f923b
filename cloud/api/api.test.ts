// The API as a whole: health, problems, what is open, and the rules a route must keep.

import { fastify } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts';
import { type ApiUser, signIn } from '../../test/web/api-client.ts';
import { type ApiOnPort, startApi } from '../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../test/web/live-broker.ts';
import { insertPerson, insertPlant } from '../../test/web/plant-rows.ts';
import { checkRoutes } from '../platform/http/permissions.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let user: ApiUser;
let ingestBeats = true;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const { organizationId } = await insertPlant(ownerUrl, {
    organization: 'N',
    name: 'P',
    timeZone: 'UTC',
    machines: [],
  });
  await insertPerson(ownerUrl, { email: 'lea@n.example', password, name: 'Lea', organizationIds: [organizationId] });
  api = await startApi({
    databaseUrl: database.apiUrl,
    brokerUrl: broker.url,
    health: () => ({ ingest: ingestBeats ? { ok: true } : { ok: false, detail: 'no heartbeat' } }),
  });
  user = await signIn(api.url, { email: 'lea@n.example', password });
});

afterAll(async () => {
  await api?.stop();
  await broker?.stop();
  await database?.drop();
});

async function health(): Promise<{ status: number; parts: Record<string, { ok: boolean }> }> {
  const response = await fetch(`${api.url}/api/v1/health`);
  const { parts } = (await response.json()) as { parts: Record<string, { ok: boolean }> };
  return { status: response.status, parts };
}

interface Description {
  readonly paths: Record<string, Record<string, { security?: unknown[] }>>;
}

describe('the API', () => {
  it('opens to a visitor only what its description says is open', async () => {
    const description = (await (await fetch(`${api.url}/api/v1/openapi.json`)).json()) as Description;
    const open: string[] = [];
    for (const [path, methods] of Object.entries(description.paths)) {
      for (const [method, { security }] of Object.entries(methods)) {
        const url = api.url + path.replace('{id}', '1');
        const { status } = await fetch(url, { method: method.toUpperCase() });
        if (status !== 401 || security?.length === 0) open.push(`${method} ${path}`);
      }
    }
    expect(open.sort()).toEqual([
      'get /api/v1/device/users',
      'get /api/v1/health',
      'get /api/v1/setup',
      'post /api/v1/auth/forgot-password',
      'post /api/v1/auth/login',
      'post /api/v1/auth/logout',
      'post /api/v1/auth/refresh',
      'post /api/v1/auth/reset-password',
      'post /api/v1/device/pair',
      'post /api/v1/device/session',
      'post /api/v1/edge-agents/enrol',
      'post /api/v1/setup',
    ]);
    expect((await fetch(`${api.url}/api/docs/`)).status).toBe(200);
  });

  it('refuses a token of another key, an unsigned one, and none', async () => {
    const [head, claims] = user.token.split('.');
    const unsigned = `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${claims}.`;
    const forged = `${head}.${claims}.${Buffer.alloc(32).toString('base64url')}`;
    for (const authorization of [`Bearer ${unsigned}`, `Bearer ${forged}`, 'Bearer', '']) {
      const { status } = await fetch(`${api.url}/api/v1/plants`, { headers: { authorization } });
      expect(status, authorization).toBe(401);
    }
  });

  it('answers errors as problems with the request id it was given', async () => {
    const headers = { 'x-request-id': 'from-the-proxy.7', authorization: `Bearer ${user.token}` };
    const response = await fetch(`${api.url}/api/v1/now?plant=nine`, { headers });
    expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(response.headers.get('x-request-id')).toBe('from-the-proxy.7');
    expect(await response.json()).toMatchObject({
      status: 400,
      code: 'invalid_request',
      requestId: 'from-the-proxy.7',
      errors: [{ path: 'query/plant', message: 'must be a whole number', code: 'type' }],
    });
    const bad = await fetch(`${api.url}/api/v1/nothing`, { headers: { 'x-request-id': 'two words' } });
    expect(bad.status).toBe(404);
    expect(bad.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('lets the pages of allowed origins in, and no others', async () => {
    const preflight = (origin: string) =>
      fetch(`${api.url}/api/v1/plants`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await preflight('http://localhost:5173');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:5173');
    expect((await preflight('http://evil.example')).headers.get('access-control-allow-origin')).not.toBe(
      'http://evil.example',
    );
  });

  it('is healthy with all its parts, and 503 names the one that fails', async () => {
    await expect.poll(async () => (await health()).status).toBe(200);
    ingestBeats = false;
    expect(await health()).toMatchObject({ status: 503, parts: { ingest: { ok: false }, database: { ok: true } } });
    ingestBeats = true;
    await broker.stop();
    await expect
      .poll(async () => (await health()).parts)
      .toMatchObject({ liveFeed: { ok: false }, ingest: { ok: true } });
    broker = await startLiveBroker();
    await database.drop();
    expect(await health()).toMatchObject({ status: 503, parts: { database: { ok: false } } });
  });

  it('counts its requests by route, never by what was asked for', async () => {
    const text = await (await fetch(`${api.url}/internal/metrics`)).text();
    expect(text).toMatch(
      /unison_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/now",status="400"\} 1/,
    );
    expect(text).not.toContain('nine');
  });
});

describe('a route', () => {
  it('without a permission, or with a body that takes unknown fields, stops the boot', async () => {
    const app = fastify();
    checkRoutes(app, () => false);
    expect(() => app.get('/open', async () => 'x')).toThrow(/no permission/);
    const body = { type: 'object', properties: {} };
    expect(() => app.post('/loose', { config: { permission: 'public' }, schema: { body } }, async () => 'x')).toThrow(
      /refuse unknown fields/,
    );
    app.get('/fine', { config: { permission: 'telemetry.read' } }, async () => 'x');
    await app.close();
  });
});
