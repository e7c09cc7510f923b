// What goes on behind the pages, in a real browser with a worker beside the API: a large import, jobs that
// were given up, and an audit trail that somebody tampered with.

import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../cloud/domains/resources.ts';
import { Background } from '../../cloud/platform/jobs/background.ts';
import { csvImportProcessor } from '../../cloud/platform/kit/import-job.ts';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { mailProcessor } from '../../cloud/platform/mail/mail-processor.ts';
import { backgroundOptions } from '../support/test-jobs.ts';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { asOwner } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

/** A busy machine takes its time. */
const PATIENCE = { timeout: 60_000 };
let story: Story<'lea' | 'max'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let smtpPort: number;
let worker: Background;

beforeAll(async () => {
  // A port where no mail server is yet.
  smtpPort = await choosePort([]);
  const mail = { smtpUrl: `smtp://127.0.0.1:${smtpPort}`, from: 'mes@north.example', publicUrl: 'http://mes.example' };
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', max: 'South' }, { webDirectory: pages.directory, mail });
  worker = new Background(
    backgroundOptions({
      databaseUrl: story.database.workerUrl,
      redisUrl: null,
      prefix: 'unison',
      attempts: 2,
      visibilityMs: 30_000,
      processors: [csvImportProcessor(kinds), mailProcessor(mail)],
    }),
  );
});

afterAll(async () => {
  await browser?.close();
  await worker?.stop();
  await story?.stop();
  await pages?.remove();
});

function mailServer(letters: string[]): SMTPServer {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, done) {
      text(stream).then((letter) => {
        letters.push(letter);
        done();
      }, done);
    },
  });
  server.on('error', () => {});
  return server;
}

async function listen(server: SMTPServer, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server.server, 'listening');
}

async function open(path: string, as: 'lea' | 'max'): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 768 } });
  page.setDefaultTimeout(PATIENCE.timeout);
  await page.goto(story.api.url + path);
  await page.fill('input[name=email]', `${as}@example.com`);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  return { page, complaints };
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('a large CSV file', { timeout: 180_000 }, () => {
  it('waits, shows how far it is, and its end; then the list has the rows', async () => {
    const { page, complaints } = await open('/admin/departments', 'lea');
    const rows = Array.from({ length: 3_000 }, (_, at) => `Plant,C${at},Name ${at}`);
    await button(page, 'Import CSV').click();
    const dialog = page.getByRole('dialog', { name: 'Import: Departments' });
    await dialog.getByLabel('CSV file').setInputFiles({
      name: 'departments.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(['plant,code,name', ...rows].join('\n')),
    });
    await dialog.getByRole('button', { name: 'Check the file' }).click();
    await dialog.getByText('3,000 would be created').waitFor();
    await dialog.getByRole('button', { name: 'Import now' }).click();
    const progress = dialog.locator('.job-progress');
    await progress.getByText('Waiting 0 %').waitFor();

    // Somebody else is just making one of them, so that the import stands still on its way.
    const { organizationId, plantId } = story.plants.lea;
    const other = new pg.Client({ connectionString: story.database.ownerUrl });
    await other.connect();
    await other.query('BEGIN');
    await other.query(
      `INSERT INTO mes.departments (organization_id, plant_id, code, name) VALUES ($1, $2, 'C2900', 'Theirs')`,
      [organizationId, plantId],
    );
    await worker.start();
    await progress.getByText(/Under way [1-9]\d %/).waitFor();
    expect(Number(await progress.getByRole('progressbar').getAttribute('value'))).toBeGreaterThan(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await other.query('ROLLBACK');
    await other.end();
    await progress.getByText('Done 100 %').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('.total').textContent(), PATIENCE).toMatch(/[1-9]/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a job that was given up', { timeout: 180_000 }, () => {
  it('is found with its reason, tried again when the cause is mended, one or all of a kind', async () => {
    const forgetful = await browser.open({});
    for (const email of ['lea@example.com', 'lea@example.com']) {
      await forgetful.page.goto(story.api.url);
      await button(forgetful.page, 'Forgot the password?').click();
      await forgetful.page.getByLabel('E-mail').fill(email);
      await button(forgetful.page, 'Mail a link').click();
      await forgetful.page.locator('output').waitFor(PATIENCE);
    }
    const { page, complaints } = await open('/admin/jobs', 'lea');
    await page.getByLabel('State').selectOption('Given up');
    await expect.poll(() => page.locator('a[data-row]').allTextContents(), PATIENCE).toEqual(['Mail', 'Mail']);
    const row = page.locator('tbody tr').first();
    expect(await row.textContent()).toContain('The mail server could not be reached');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.locator('a[data-row]').first().click();
    await page.getByRole('heading', { name: 'Mail' }).waitFor();
    expect(await page.locator('dl.fields').textContent()).toMatch(/Attempts[1-9]/);

    const letters: string[] = [];
    const server = mailServer(letters);
    await listen(server, smtpPort);
    await button(page, 'Try again').click();
    await page.locator('.job-progress').getByText('Done 100 %').waitFor();
    expect(letters).toHaveLength(1);
    expect(await button(page, 'Try again').count()).toBe(0);
    await page.goto(`${story.api.url}/admin/jobs?state=dead`);
    await button(page, 'Try all given up again: Mail').click();
    await page.getByText('Nothing matches this search and these filters.').waitFor();
    await expect.poll(() => letters.length, PATIENCE).toBe(2);
    expect(letters.every((letter) => letter.includes('lea@example.com'))).toBe(true);
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect([...complaints, ...forgetful.complaints]).toEqual([]);
    await forgetful.page.context().close();
    await page.context().close();
  });
});

describe('an audit trail', { timeout: 180_000 }, () => {
  it('that somebody tampered with says which entry it was, and up to where it is sealed', async () => {
    const { max } = story.users;
    const { plantId, organizationId } = story.plants.max;
    for (const code of ['A', 'B', 'C'])
      expect((await max.ask('POST', '/departments', { plantId, code, name: code })).status).toBe(201);
    await asOwner(
      story.database.ownerUrl,
      `SELECT mes.seal_audit(500) FROM (SELECT set_config('mes.organization_id', $1, false),
         set_config('mes.plant_ids', 'all', false) OFFSET 0) AS tenant`,
      [String(organizationId)],
    );
    const { ownerUrl } = story.database;
    const [entry] = await asOwner(
      ownerUrl,
      `SELECT seals.sequence, seals.audit_log_id AS id, max(all_seals.sequence) AS last
       FROM mes.audit_seals AS seals JOIN mes.audit_logs ON audit_logs.id = seals.audit_log_id
       JOIN mes.audit_seals AS all_seals ON all_seals.organization_id = seals.organization_id
       WHERE seals.organization_id = $1 AND audit_logs.new->>'code' = 'B' GROUP BY 1, 2`,
      [organizationId],
    );
    const tamper = async (sql: string): Promise<void> => {
      await asOwner(ownerUrl, 'ALTER TABLE mes.audit_logs DISABLE TRIGGER append_only');
      await asOwner(ownerUrl, sql, [entry?.['id']]);
      await asOwner(ownerUrl, 'ALTER TABLE mes.audit_logs ENABLE TRIGGER append_only');
    };
    const { page, complaints } = await open('/admin/audit-logs', 'max');
    await page.getByText(/The trail is whole: \d+ entries are sealed/).waitFor();
    const { sealedUpTo } = (await max.get('/audit-logs/verification')).body as { sealedUpTo: { sequence: number } };
    expect(sealedUpTo.sequence).toBeGreaterThanOrEqual(Number(entry?.['last']));

    await tamper("UPDATE mes.audit_logs SET actor_name = 'somebody else' WHERE id = $1");
    await page.reload();
    const alarm = page.getByRole('alert').filter({ hasText: 'The trail was tampered with or damaged.' });
    await alarm.waitFor();
    expect(await alarm.locator('li').allTextContents()).toEqual([
      `an entry was changed (Seal ${String(entry?.['sequence'])})`,
    ]);
    expect(await alarm.textContent()).toMatch(/The last seal is \d+, of \d+ \w+ \d{4}, /);
    // The list says which one that is.
    const changed = page.locator('tbody tr', { hasText: 'somebody else' });
    expect(await changed.locator('td').last().textContent()).toBe(String(entry?.['sequence']));
    expect(await accessibilityProblems(page)).toEqual([]);

    await tamper('DELETE FROM mes.audit_logs WHERE id = $1');
    await page.reload();
    await alarm.getByText(`an entry is missing (Seal ${String(entry?.['sequence'])})`).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
