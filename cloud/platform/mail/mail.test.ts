// Letters, from the command that asks for one to the mail server that takes, defers or refuses it: over
// SMTP on real sockets, with a real server.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts';
import { createOrganization } from '../../../test/support/registry.ts';
import { until } from '../../../test/support/road.ts';
import { backgroundOptions, Rows } from '../../../test/support/test-jobs.ts';
import { type Database, inTenant, openDatabase } from '../database.ts';
import { Background } from '../jobs/background.ts';
import { createMail, type Letter, type MailSettings } from './mail.ts';
import { mailProcessor } from './mail-processor.ts';
import { write } from './templates.ts';

const from = 'Unison MES <unison@plant.example>';
const publicUrl = 'https://mes.plant.example/app/';
const letter: Letter = {
  to: 'lea@plant.example',
  language: 'de',
  template: 'reset_link',
  words: {
    name: 'Lea Lang',
    organization: 'Nord & Süd',
    link: 'https://mes.plant.example/reset?token=geheim',
    minutes: 30,
  },
};

describe('a letter', () => {
  let database: TestDatabase;
  let api: Database;
  let rows: Rows;
  let organizationId: number;
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    database = await createTestDatabase('embedded');
    organizationId = (await createOrganization(database.ownerUrl, { name: 'north', machines: [], edges: [] })).id;
    api = openDatabase({ url: database.apiUrl, max: 2, statementTimeoutMs: 10_000, log: { warn: () => {} } });
    rows = new Rows(database.ownerUrl);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await rows.pool.query('TRUNCATE mes.background_jobs, bullmq.job CASCADE');
  });
  afterAll(async () => {
    await api?.destroy();
    await rows?.pool.end();
    await database?.drop();
  });

  /** A mail server, and what it was given. */
  async function startServer(options: SMTPServerOptions = {}) {
    const got: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      onData(stream, _session, done) {
        text(stream).then(
          (message) => {
            got.push(message);
            done();
          },
          (error: Error) => done(error),
        );
      },
      ...options,
    });
    server.on('error', () => {});
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    stops.push(() => new Promise((resolve) => server.close(() => resolve(undefined))));
    const { port } = server.server.address() as AddressInfo;
    return { got, host: `127.0.0.1:${port}` };
  }

  /** Sends the letter and waits for the end of its job. */
  async function send(smtpUrl: string, ends: 'completed' | 'dead') {
    const settings: MailSettings = { smtpUrl, from, publicUrl };
    const worker = new Background(
      backgroundOptions({
        databaseUrl: database.workerUrl,
        redisUrl: null,
        prefix: 'mail',
        processors: [mailProcessor(settings)],
        firstRetryMs: 5,
      }),
    );
    stops.push(() => worker.stop());
    await worker.start();
    const id = await ask(settings);
    await until(async () => (await rows.job(id)).state === ends, `the letter is not ${ends}`);
    return rows.job(id);
  }

  function ask(settings: MailSettings): Promise<string> {
    return inTenant(api, { organizationId, plantIds: 'all' }, (trx) =>
      createMail(settings).sendForVisitor(trx, { ...letter, organizationId, requestId: 'request-9' }),
    );
  }

  const answering = (code: number, message: string): Error => Object.assign(new Error(message), { responseCode: code });

  it('reaches the mail server as text and as HTML, and its link is forgotten', async () => {
    const { got, host } = await startServer();
    const row = await send(`smtp://${host}`, 'completed');
    expect(got).toHaveLength(1);
    const [message = ''] = got;
    expect(message).toMatch(/^From: Unison MES <unison@plant\.example>$/m);
    expect(message).toMatch(/^To: lea@plant\.example$/m);
    expect(message).toMatch(/^Subject: =\?UTF-8\?Q\?Neues_Passwort_w=C3=A4hlen\?=$/m);
    expect(message).toMatch(/^Message-ID: <[0-9a-f-]{36}@plant\.example>$/m);
    expect(message).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m);
    expect(message).toMatch(/^Content-Type: text\/html; charset=utf-8$/m);
    expect(message.replaceAll('=\r\n', '')).toContain('https://mes.plant.example/reset?token=3Dgeheim');
    expect(row).toMatchObject({ attempts: 1, payload: {} });
  });

  it('that the server puts off is tried again', async () => {
    let asked = 0;
    const { got, host } = await startServer({
      onRcptTo: (_address, _session, done) => done(++asked < 3 ? answering(451, 'Greylisted, come back') : null),
    });
    const row = await send(`smtp://${host}`, 'completed');
    expect(row.attempts).toBe(3);
    expect(got).toHaveLength(1);
  });

  it('that the server refuses is dead at once, with the server’s words', async () => {
    const { host } = await startServer({
      onRcptTo: (_address, _session, done) => done(answering(550, 'No such user here')),
    });
    const row = await send(`smtp://${host}`, 'dead');
    expect(row.attempts).toBe(1);
    expect(row.error).toBe('The mail server refused it: 550 No such user here');
    expect(row.payload, 'a dead letter can be replayed').toMatchObject({ template: 'reset_link' });
  });

  it('waits for a server that is away', async () => {
    const { host } = await startServer();
    await stops.pop()?.();
    const settings = { smtpUrl: `smtp://${host}`, from, publicUrl };
    const worker = new Background(
      backgroundOptions({
        databaseUrl: database.workerUrl,
        redisUrl: null,
        prefix: 'mail',
        processors: [mailProcessor(settings)],
      }),
    );
    stops.push(() => worker.stop());
    await worker.start();
    const id = await ask(settings);
    await until(async () => (await rows.job(id)).state === 'failed', 'the letter did not fail');
    expect((await rows.job(id)).error).toBe('The mail server could not be reached (ESOCKET).');
  });

  it('goes encrypted and signed in where the server has both', async () => {
    const { got, host } = await startServer({
      authOptional: false,
      disabledCommands: [],
      onAuth: ({ username, password }, _session, done) =>
        username === 'mes' && password === 'swordfish'
          ? done(null, { user: 'mes' })
          : done(answering(535, 'Wrong password')),
      onMailFrom: (_address, { secure }, done) => done(secure ? null : answering(530, 'Encrypt first')),
    });
    await send(`smtp://mes:swordfish@${host}?tls.rejectUnauthorized=false`, 'completed');
    expect(got).toHaveLength(1);
  });

  it('does not give the password to a server that does not encrypt', async () => {
    let asked = false;
    const { host } = await startServer({
      disabledCommands: ['STARTTLS'],
      onAuth: (_auth, _session, done) => {
        asked = true;
        done(null, { user: 'mes' });
      },
    });
    const row = await send(`smtp://mes:swordfish@${host}`, 'dead');
    expect(row.error).toContain('The mail server refused it');
    expect(row.error).not.toContain('swordfish');
    expect(asked).toBe(false);
  });

  it('is not asked for where mail is not configured: the user is told, and nothing is queued', async () => {
    const settings = { smtpUrl: null, from, publicUrl };
    expect(createMail(settings).configured).toBe(false);
    await expect(ask(settings)).rejects.toThrow('Mail is not configured');
    const { rows: queued } = await rows.pool.query('SELECT FROM mes.background_jobs');
    expect(queued).toEqual([]);
  });

  it('to something that is no address is not asked for', async () => {
    const mail = createMail({ smtpUrl: 'smtp://127.0.0.1', from, publicUrl });
    const bad = { ...letter, to: 'lea@plant.example\r\nBcc: all@plant.example', organizationId, requestId: 'r' };
    await expect(
      inTenant(api, { organizationId, plantIds: 'all' }, (trx) => mail.sendForVisitor(trx, bad)),
    ).rejects.toThrow('wrong payload');
  });
});

describe('what letters say', () => {
  it.each([
    ['en', 'reset_link', 'Choose a new password', '30 minutes'],
    ['de', 'reset_link', 'Neues Passwort wählen', '30 Minuten'],
    ['en', 'invitation', 'Your account at Nord & Süd', '30 minutes'],
    ['de', 'invitation', 'Ihr Konto bei Nord & Süd', '30 Minuten'],
  ] as const)('in %s, %s', (language, template, subject, time) => {
    const written = write({ ...letter, language, template });
    expect(written.subject).toBe(subject);
    expect(written.text).toContain(letter.words.link);
    expect(written.text).toContain(time);
    expect(written.html).toContain('Nord &#38; Süd');
    expect(written.html).toContain(`<html lang="${language}">`);
  });

  it('says hours and days where they fit', () => {
    const written = (minutes: number) => write({ ...letter, language: 'en', words: { ...letter.words, minutes } }).text;
    expect(written(120)).toContain('2 hours');
    expect(written(7 * 1_440)).toContain('7 days');
  });

  it('does not let a name become markup or a header', () => {
    const words = { ...letter.words, name: '<script>alert(1)</script>', organization: 'A\r\nBcc: x@y.example' };
    const written = write({ ...letter, template: 'invitation', words });
    expect(written.html).not.toContain('<script>');
    expect(written.subject).not.toMatch(/[\r\n]/);
  });

  it('has links to where people reach the pages', () => {
    const mail = createMail({ smtpUrl: null, from, publicUrl });
    expect(mail.link('reset?token=a')).toBe('https://mes.plant.example/app/reset?token=a');
  });
});
