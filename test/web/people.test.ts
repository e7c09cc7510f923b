// People in a real browser: the first run of an empty installation, users and their rights, a password by
// link, oneself, and API keys.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { accessibilityProblems } from './accessibility.ts';
import { type ApiUser, signIn, userWith } from './api-client.ts';
import { type ApiOnPort, startApi } from './api-on-port.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { type LiveBroker, startLiveBroker } from './live-broker.ts';
import { asOwner, insertPerson, insertPlant } from './plant-rows.ts';

const password = 'velvet anchor tuesday';
const ada = { email: 'ada@north.example', password };
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  pages = await buildPages();
  browser = await startBrowser();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, webDirectory: pages.directory });
});

afterAll(async () => {
  await browser?.close();
  await api?.stop();
  await broker?.stop();
  await database?.drop();
  await pages?.remove();
});

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

async function visit(path: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(`${api.url}${path}`);
  return { page, complaints };
}

async function enter(page: Page, login: { email: string; password: string }): Promise<void> {
  await page.fill('input[name=email]', login.email);
  await page.fill('input[name=password]', login.password);
  await page.click('button[type=submit]');
}

interface User {
  readonly id: number;
  readonly displayName: string;
  readonly badge: string | null;
}
const users = async (user: ApiUser) => ((await user.get('/users?limit=500')).body as { items: User[] }).items;

describe('the first run', { timeout: 120_000 }, () => {
  it('leads a stranger from nothing to a plant with three people, one limited to it; back loses nothing', async () => {
    const { page, complaints } = await visit('/');
    await page.getByRole('heading', { name: 'First run' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Next').click();
    await page.getByText('Fill this in.').waitFor();
    await page.getByLabel('Organisation').fill('North Drinks');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Plant' }).fill('Plant North');
    await page.getByRole('combobox', { name: 'Time zone of the plant' }).fill('berlin');
    await page.getByRole('option', { name: /Europe\/Berlin/ }).click();
    await button(page, 'Back').click();
    expect(await page.getByLabel('Organisation').inputValue()).toBe('North Drinks');
    await button(page, 'Next').click();
    expect(await page.getByRole('combobox').first().inputValue()).toBe('Europe/Berlin');
    await button(page, 'Next').click();
    await page.getByLabel('Your name').fill('Ada Adler');
    await page.getByLabel('E-mail').fill(ada.email);
    await page.getByLabel('Password').fill('northdrinks12');
    await button(page, 'Set up').click();
    await page.getByText('must not be your own name or e-mail address').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Password').fill(password);
    await button(page, 'Set up').click();

    await page.getByRole('heading', { name: 'People' }).waitFor();
    await page.getByLabel('Name').fill('Olga Operator');
    await page.getByLabel('PIN').fill('4711');
    await button(page, 'Add a role').click();
    await page.getByLabel('Role', { exact: true }).selectOption('Operator');
    await page.getByLabel('Where').selectOption('Plant North');
    await button(page, 'Create').click();
    await button(page, 'Add one more person').click();
    await page.getByLabel('Name').fill('Sven Schicht');
    await page.getByLabel('E-mail').fill('sven@north.example');
    await button(page, 'Add a role').click();
    await page.getByLabel('Role', { exact: true }).selectOption('Shift lead');
    await button(page, 'Create').click();
    await link(page, 'Sven Schicht').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await link(page, 'Finish and go to the plant').click();
    await page.getByText('This plant has no machines yet.').waitFor();

    const admin = await signIn(api.url, ada);
    const people = await users(admin);
    expect(people.map(({ displayName }) => displayName)).toEqual(['Ada Adler', 'Olga Operator', 'Sven Schicht']);
    expect((await admin.get(`/users/${people[1]?.id}/access`)).body).toMatchObject({
      roles: [{ roleCode: 'operator', plantName: 'Plant North' }],
    });
    expect((await admin.get(`/users/${people[1]?.id}/sign-in`)).body).toMatchObject({
      hasPin: true,
      hasPassword: false,
    });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a user', { timeout: 120_000 }, () => {
  it('gets a password by a link that is shown once, signs in, and changes it', async () => {
    const admin = await signIn(api.url, ada);
    const sven = (await users(admin)).find(({ displayName }) => displayName === 'Sven Schicht');
    const { page, complaints } = await visit(`/admin/users/${sven?.id}`);
    await enter(page, ada);
    await button(page, 'Make a link to set a password').click();
    const address = await page.getByLabel('Link', { exact: true }).inputValue();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.reload();
    await page.getByRole('heading', { name: 'Signing in' }).waitFor();
    expect(await page.getByLabel('Link', { exact: true }).count()).toBe(0);

    const own = await browser.open({});
    await own.page.goto(address);
    await own.page.getByLabel('New password').fill('quiet copper lantern');
    await own.page.getByLabel('The same again').fill('quiet copper lanterns');
    await button(own.page, 'Set password').click();
    await own.page.getByText('The two are not the same.').waitFor();
    await own.page.getByLabel('The same again').fill('quiet copper lantern');
    await button(own.page, 'Set password').click();
    await own.page.getByText('The new password is set.').waitFor();
    expect(await accessibilityProblems(own.page)).toEqual([]);
    await link(own.page, 'To sign-in').click();
    await enter(own.page, { email: 'sven@north.example', password: 'quiet copper lantern' });
    await own.page.getByRole('button', { name: 'Account: Sven Schicht' }).click();
    await link(own.page, 'Profile').click();
    await own.page.getByRole('heading', { name: 'Where you are signed in' }).waitFor();
    expect(await accessibilityProblems(own.page)).toEqual([]);
    await own.page.getByLabel('Present password').first().fill('not this one at all');
    await own.page.getByLabel('New password').fill('amber river thursday');
    await button(own.page, 'Change password').click();
    await own.page.locator('.fault').first().waitFor();
    await own.page.getByLabel('Present password').first().fill('quiet copper lantern');
    await button(own.page, 'Change password').click();
    await own.page.getByText('Saved.').waitFor();
    expect(
      (await signIn(api.url, { email: 'sven@north.example', password: 'amber river thursday' })).token,
    ).toBeTruthy();

    // Signed out everywhere by the administrator, and archived with a way back.
    await button(page, 'Sign out everywhere').click();
    await page.getByText('All sessions of this person have ended.').waitFor();
    await own.page.reload();
    await own.page.locator('input[name=email]').waitFor();
    await button(page, 'Archive').click();
    await button(page, 'Undo').click();
    await link(page, 'Edit').waitFor();
    expect([...complaints, ...own.complaints]).toEqual([]);
    await own.page.context().close();
    await page.context().close();
  });

  it('has roles per plant, changed where they are shown, and counts at once', async () => {
    const admin = await signIn(api.url, ada);
    await admin.ask('POST', '/plants', { name: 'Plant South', timeZone: 'America/Sao_Paulo' });
    const sven = (await users(admin)).find(({ displayName }) => displayName === 'Sven Schicht');
    const svenAsks = await signIn(api.url, { email: 'sven@north.example', password: 'amber river thursday' });
    const seen = async () =>
      ((await svenAsks.get('/session')).body as { plants: { name: string }[] }).plants.map(({ name }) => name);
    expect(await seen()).toEqual(['Plant North', 'Plant South']);
    const { page, complaints } = await visit(`/admin/users/${sven?.id}`);
    await enter(page, ada);
    await page.getByLabel('Where').selectOption('Plant South');
    await button(page, 'Save roles').click();
    await expect.poll(seen).toEqual(['Plant South']);
    await page.getByText('gave other roles').waitFor();
    await page.getByRole('radio', { name: 'Only these plants' }).check();
    await page.getByRole('checkbox', { name: 'Plant North' }).check();
    await button(page, 'Save plants').click();
    await expect
      .poll(async () => (await admin.get(`/users/${sven?.id}/access`)).body)
      .toMatchObject({ allPlants: false });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a device', { timeout: 120_000 }, () => {
  it('is paired with a code shown once; an operator signs in with name and PIN; a TV needs nobody', async () => {
    const { page, complaints } = await visit('/admin/paired-devices/new');
    await enter(page, ada);
    const make = async (kind: string): Promise<void> => {
      await page.getByRole('combobox', { name: 'Plant' }).fill('north');
      await page.getByRole('option', { name: 'Plant North' }).click();
      await page.getByLabel('Kind').selectOption(kind);
      await page.getByLabel('Name').fill(`${kind} at line 1`);
      await button(page, 'Create').click();
      await button(page, 'Make a pairing code').click();
    };
    await make('Tablet');
    const code = await page.getByLabel('Code', { exact: true }).inputValue();
    expect(await accessibilityProblems(page)).toEqual([]);
    const tablet = await visit('/pair', { viewport: { width: 820, height: 1180 } });
    await tablet.page.getByLabel('Code').fill(code);
    await button(tablet.page, 'Pair').click();
    await button(tablet.page, 'Olga Operator').click();
    await tablet.page.getByLabel('PIN of Olga Operator').fill('9999');
    await button(tablet.page, 'Sign in').click();
    await tablet.page.getByText('The PIN is wrong.').waitFor();
    expect(await accessibilityProblems(tablet.page)).toEqual([]);
    await tablet.page.getByLabel('PIN of Olga Operator').fill('4711');
    await button(tablet.page, 'Sign in').click();
    await tablet.page.getByRole('button', { name: 'Account: Olga Operator' }).waitFor();

    await page.goto(`${api.url}/admin/paired-devices/new`);
    await make('TV');
    const tv = await visit('/');
    await tv.page.goto(await page.getByLabel('Link', { exact: true }).inputValue());
    await button(tv.page, 'Pair').click();
    await tv.page.getByText('This plant has no machines yet.').waitFor();
    await tv.page.reload();
    await tv.page.getByText('This plant has no machines yet.').waitFor();
    expect([...complaints, ...tablet.complaints, ...tv.complaints]).toEqual([]);
    for (const one of [page, tablet.page, tv.page]) await one.context().close();
  });
});

describe('who has forgotten the password', { timeout: 120_000 }, () => {
  it('is told to ask the administrator where no mail is set up', async () => {
    const { page } = await visit('/');
    await button(page, 'Forgot the password?').click();
    await page.getByLabel('E-mail').fill(ada.email);
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Mail a link').click();
    await page
      .getByRole('alert')
      .filter({ hasText: /administrator/ })
      .waitFor();
    await button(page, 'To sign-in').click();
    await page.locator('input[name=email]').waitFor();
    await page.context().close();
  });
});

describe('API keys', { timeout: 120_000 }, () => {
  it('are shown once, may what their roles may, and end when revoked', async () => {
    const { page, complaints } = await visit('/admin/api-keys');
    await enter(page, ada);
    await page.getByText('No API key.').waitFor();
    await button(page, 'New API key').click();
    const dialog = page.getByRole('dialog', { name: 'New API key' });
    await dialog.getByLabel('Name').fill('Grafana');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('Choose at least one role.').waitFor();
    await dialog.getByRole('checkbox', { name: 'Viewer' }).check();
    expect(await accessibilityProblems(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).click();
    const key = userWith(api.url, await page.getByLabel('Key', { exact: true }).inputValue());
    expect((await key.get('/plants')).status).toBe(200);
    expect((await key.ask('POST', '/plants', { name: 'X', timeZone: 'UTC' })).status).toBe(403);
    await button(page, 'Revoke').click();
    await page.getByRole('dialog', { name: 'Revoke “Grafana”?' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('cell', { name: 'revoked' }).waitFor();
    expect((await key.get('/plants')).status).toBe(401);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('a member of two organisations', { timeout: 120_000 }, () => {
  it('chooses one, switches to the other, and takes the demo away by typing the word', async () => {
    const plant = { name: 'Demo plant', timeZone: 'UTC', machines: [] };
    const demo = await insertPlant(database.ownerUrl, { ...plant, organization: 'Demo Drinks' });
    const more = await insertPlant(database.ownerUrl, { ...plant, organization: 'More Drinks', name: 'Plant More' });
    await asOwner(database.ownerUrl, 'UPDATE mes.organizations SET demo = true WHERE id = $1', [demo.organizationId]);
    const two = { email: 'two@both.example', password };
    const organizationIds = [demo.organizationId, more.organizationId];
    await insertPerson(database.ownerUrl, { ...two, name: 'Theo Two', organizationIds });
    const { page, complaints } = await visit('/');
    await enter(page, two);
    await button(page, 'More Drinks').click();
    await page.getByRole('button', { name: 'Where you are: More Drinks Plant More' }).click();
    await button(page, 'Demo Drinks').click();
    await page.getByText('Demo plant').first().waitFor();
    await page.goto(`${api.url}/admin/organizations`);
    await page.getByRole('heading', { name: 'Remove the demo' }).waitFor();
    expect(await button(page, 'Remove the demo for good').count()).toBe(0);
    await page.getByLabel('Type “remove” to confirm').fill('remove');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Remove the demo for good').click();
    await page.locator('input[name=email]').waitFor();
    const left = await asOwner(
      database.ownerUrl,
      "SELECT count(*)::int AS count FROM mes.organizations WHERE name = 'Demo Drinks'",
    );
    expect(left).toEqual([{ count: 0 }]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
