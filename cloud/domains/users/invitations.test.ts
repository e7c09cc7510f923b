// Somebody new is invited: a letter over SMTP brings a link to set a password. Where there is no mail, the
// administrator is told to hand a link over.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { until } from '../../../test/support/road.ts';
import { backgroundOptions } from '../../../test/support/test-jobs.ts';
import { type ApiOnPort, startApi } from '../../../test/web/api-on-port.ts';
import { type LiveBroker, startLiveBroker } from '../../../test/web/live-broker.ts';
import { asOwner, insertPerson, insertPlant } from '../../../test/web/plant-rows.ts';
import { Background } from '../../platform/jobs/background.ts';
import { mailProcessor } from '../../platform/mail/mail-processor.ts';
import { Browser } from '../identity/test-browser.ts';

const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let withoutMail: ApiOnPort;
let worker: Background;
let server: SMTPServer;
/** What the mail server was given. */
const letters: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  const plant = { name: 'Plant', timeZone: 'Europe/Berlin', machines: [] };
  const north = await insertPlant(ownerUrl, { ...plant, organization: 'North Drinks' });
  const south = await insertPlant(ownerUrl, { ...plant, organization: 'South Dairy' });
  const ada = { email: 'ada@n.example', password, name: 'Ada' };
  await insertPerson(ownerUrl, { ...ada, organizationIds: [north.organizationId] });
  const sam = { email: 'sam@s.example', password, name: 'Sam' };
  await insertPerson(ownerUrl, { ...sam, organizationIds: [south.organizationId] });
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, _session, done) => void text(stream).then((letter) => done(letters.push(letter) ? null : null)),
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const from = 'Unison <mes@n.example>';
  const mail = { smtpUrl: `smtp://127.0.0.1:${port}`, from, publicUrl: 'https://mes.n.example' };
  const options = { databaseUrl: database.apiUrl, brokerUrl: broker.url };
  api = await startApi({ ...options, mail });
  withoutMail = await startApi(options);
  const jobs = { databaseUrl: database.workerUrl, redisUrl: null, prefix: 'invite', processors: [mailProcessor(mail)] };
  worker = new Background(backgroundOptions(jobs));
  await worker.start();
});

afterAll(async () => {
  await worker?.stop();
  await api?.stop();
  await withoutMail?.stop();
  await new Promise((resolve) => server.close(() => resolve(undefined)));
  await broker?.stop();
  await database?.drop();
});

async function administrator(where = api): Promise<Browser> {
  const ada = new Browser(where.url);
  expect((await ada.signIn({ email: 'ada@n.example', password })).status).toBe(200);
  return ada;
}

const plain = (letter = ''): string => letter.replaceAll('=\r\n', '').replaceAll('=3D', '=');

describe('somebody new', () => {
  it('with an e-mail address gets a letter, sets a password with its link, once, and signs in', async () => {
    const ada = await administrator();
    const body = { displayName: 'Lea Lang', email: 'lea@n.example', language: 'de', roles: [] };
    const made = await ada.post('/users', body);
    expect(made).toMatchObject({ status: 201, body: { invitation: 'mailed' } });
    expect(JSON.stringify(made.body)).not.toContain('token');
    await until(async () => letters.length === 1, 'no letter came');
    const letter = plain(letters[0]);
    expect(letter).toMatch(/^To: lea@n\.example$/m);
    expect(letter).toContain('Guten Tag Lea Lang');
    expect(letter).toContain('7 Tage');
    const [, token] = /https:\/\/mes\.n\.example\/reset-password#token=([\w-]{43})/.exec(letter) ?? [];
    const lea = new Browser(api.url);
    const choice = { token, password: 'a blue bicycle in the rain' };
    expect((await lea.post('/auth/reset-password', choice)).status).toBe(204);
    expect((await lea.post('/auth/reset-password', choice)).status).toBe(404);
    expect((await lea.signIn({ email: 'lea@n.example', password: choice.password })).status).toBe(200);
    const trail = await asOwner(
      database.ownerUrl,
      "SELECT actor_name, new FROM mes.audit_logs WHERE action = 'invite'",
    );
    expect(trail).toEqual([{ actor_name: 'Ada', new: { by: 'mail' } }]);
  });

  it('who has a password, no address, or an account already is not written to', async () => {
    const ada = await administrator();
    for (const person of [
      { displayName: 'Max', email: 'max@n.example', password: 'a green umbrella at noon' },
      { displayName: 'Olga', badge: 'B-17' },
      { displayName: 'Sam', email: 'sam@s.example' },
    ])
      expect((await ada.post('/users', { ...person, roles: [] })).body).toMatchObject({ invitation: null });
    const asked = await asOwner(
      database.ownerUrl,
      "SELECT count(*)::int AS n FROM mes.background_jobs WHERE kind = 'mail.send'",
    );
    expect(asked).toEqual([{ n: 1 }]);
  });

  it('gets a link from the administrator’s hand where there is no mail', async () => {
    const ada = await administrator(withoutMail);
    const made = await ada.post('/users', { displayName: 'Tom', email: 'tom@n.example', roles: [] });
    expect(made).toMatchObject({ status: 201, body: { invitation: 'by_hand' } });
    const link = await ada.post(`/users/${Number(made.body['id'])}/reset-link`, { by: 'link' });
    const token = String(link.body['path']).split('#token=')[1];
    const tom = new Browser(withoutMail.url);
    const choice = { token, password: 'a yellow lantern by the sea' };
    expect((await tom.post('/auth/reset-password', choice)).status).toBe(204);
    expect((await tom.signIn({ email: 'tom@n.example', password: choice.password })).status).toBe(200);
  });

  it('of whom nothing comes is not written to: what is refused sends no letter', async () => {
    const ada = await administrator();
    const before = letters.length;
    const twice = { displayName: 'Lea again', email: 'lea@n.example', roles: [] };
    expect((await ada.post('/users', twice)).status).toBe(409);
    const role = { displayName: 'X', email: 'x@n.example', roles: [{ roleId: 999_999, plantId: null }] };
    expect((await ada.post('/users', role)).status).toBe(400);
    const asked = await asOwner(
      database.ownerUrl,
      "SELECT count(*)::int AS n FROM mes.background_jobs WHERE kind = 'mail.send' AND state <> 'completed'",
    );
    expect([asked, letters.length]).toEqual([[{ n: 0 }], before]);
  });
});
