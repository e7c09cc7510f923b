// Administration in a real browser, against the whole API and a real database: lists, forms, details, roles
// and settings as an administrator and as a viewer see them.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { accessibilityProblems, layoutShift } from './accessibility.ts';
import { type ApiUser, signIn } from './api-client.ts';
import { type ApiOnPort, startApi } from './api-on-port.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { type LiveBroker, startLiveBroker } from './live-broker.ts';
import { insertPerson, insertPlant, type PlantRows } from './plant-rows.ts';

const password = 'correct horse battery';
const emails = { lea: 'lea@north.example', max: 'max@north.example', vera: 'vera@north.example' };
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let plant: PlantRows;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let lea: ApiUser;
let max: ApiUser;

interface Department {
  readonly id: number;
  readonly version: number;
  readonly code: string;
  readonly name: string;
  readonly plantName: string;
  readonly description: string | null;
  readonly archivedAt: string | null;
}

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  const { ownerUrl } = database;
  plant = await insertPlant(ownerUrl, {
    organization: 'North Drinks',
    name: 'Plant North',
    timeZone: 'Europe/Berlin',
    machines: [],
  });
  const organizationIds = [plant.organizationId];
  await insertPerson(ownerUrl, { email: emails.lea, password, name: 'Lea Lang', organizationIds });
  await insertPerson(ownerUrl, { email: emails.max, password, name: 'Max Mohr', organizationIds });
  await insertPerson(ownerUrl, { email: emails.vera, password, name: 'Vera Voss', organizationIds, role: 'viewer' });
  pages = await buildPages();
  browser = await startBrowser();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, webDirectory: pages.directory });
  lea = await signIn(api.url, { email: emails.lea, password });
  max = await signIn(api.url, { email: emails.max, password });
  const south = await lea.ask('POST', '/plants', { name: 'Plant South', timeZone: 'America/Sao_Paulo' });
  for (let at = 1; at <= 60; at += 1) await make({ code: `L${at}`, name: `Line ${at}` });
  await make({ code: 'QA', name: 'Quality', description: 'Release of batches' });
  await make({ plantId: (south.body as { id: number }).id, code: 'FILL', name: 'Enchimento' });
});

afterAll(async () => {
  await browser?.close();
  await api?.stop();
  await broker?.stop();
  await database?.drop();
  await pages?.remove();
});

async function make(fields: object): Promise<Department> {
  const answer = await lea.ask('POST', '/departments', { plantId: plant.plantId, ...fields });
  expect(answer.status).toBe(201);
  return answer.body as Department;
}

async function departments(query: string): Promise<Department[]> {
  return ((await lea.get(`/departments?${query}`)).body as { items: Department[] }).items;
}

async function open(
  address: string,
  { as = 'lea', ...options }: { as?: keyof typeof emails } & Parameters<TestBrowser['open']>[0] = {},
): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 768 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(`${api.url}${address}`);
  await page.fill('input[name=email]', emails[as]);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  return { page, complaints };
}

const titles = (page: Page) => page.locator('a[data-row]').allTextContents();
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const link = (page: Page, name: string) => page.getByRole('link', { name, exact: true });

describe('a list', { timeout: 120_000 }, () => {
  it('shows what the API says, page by page; search, filter, sort and archived are in the URL', async () => {
    const { page, complaints } = await open('/admin/departments');
    const first = await departments('limit=50');
    expect(await titles(page)).toEqual(first.map(({ name }) => name));
    const cells = page.locator('tbody tr').nth(2).locator('td');
    const third = first[2];
    expect(await cells.allTextContents()).toEqual([
      third?.name,
      third?.code,
      third?.plantName,
      third?.description ?? '–',
    ]);
    await page.locator('.total', { hasText: '62' }).waitFor();
    await button(page, 'Show more').click();
    await expect.poll(() => titles(page)).toHaveLength(62);

    await page.keyboard.press('/');
    await page.keyboard.type('line 1');
    await page.locator('.total', { hasText: '15' }).waitFor();
    await page.getByRole('button', { name: 'Name' }).click();
    await page.getByRole('button', { name: 'Name' }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?plant=all&search=line+1&sort=-name');
    await expect
      .poll(() => titles(page))
      .toEqual((await departments('search=line 1&sort=-name')).map(({ name }) => name));
    await page.reload();
    await page.locator('.total', { hasText: '15' }).waitFor();
    expect((await titles(page))[0]).toBe('Line 51');
    expect(await page.getByRole('searchbox').inputValue()).toBe('line 1');

    await page.goto(`${api.url}/admin/departments`);
    await page.locator('.place').click();
    await button(page, 'Plant South').click();
    await expect.poll(() => titles(page)).toEqual(['Enchimento']);
    await page.getByLabel('Shown').selectOption('Archived');
    await page.getByText('Nothing matches this search and these filters.').waitFor();
    await button(page, 'Clear search and filters').click();
    await expect.poll(() => titles(page)).toEqual(['Enchimento']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is used by keyboard alone: search, into the rows, open, back, new, save', async () => {
    const { page, complaints } = await open('/admin/departments');
    await page.keyboard.press('/');
    await page.keyboard.type('line 2');
    await page.locator('.total', { hasText: '15' }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Line 12' }).waitFor();
    await page.goBack();
    await page.locator('.total', { hasText: '15' }).waitFor();
    await page.keyboard.press('n');
    await page.getByRole('heading', { name: 'New department' }).waitFor();
    await page.keyboard.press('Control+Enter');
    await page.getByText('Please check the marked fields.').waitFor();
    await page.getByRole('combobox', { name: 'Plant' }).focus();
    await page.keyboard.type('north');
    await page.getByRole('option', { name: 'Plant North' }).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('KEYS');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Keyboard');
    await page.keyboard.press('Control+Enter');
    await page.getByRole('heading', { name: 'Keyboard' }).waitFor();
    expect((await departments('code=KEYS'))[0]?.name).toBe('Keyboard');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('offers a viewer nothing that would be refused', async () => {
    const { page } = await open('/admin/departments', { as: 'vera' });
    await expect.poll(async () => (await titles(page)).length).toBe(50);
    expect(await link(page, 'New department').count()).toBe(0);
    expect(await button(page, 'Import CSV').count()).toBe(0);
    expect(
      await page.getByRole('navigation', { name: 'Administration' }).getByRole('link').allTextContents(),
    ).not.toContain('Roles');
    await page.locator('a[data-row]').first().click();
    await page.getByRole('heading', { name: 'Who changed this' }).waitFor();
    expect(await link(page, 'Edit').count()).toBe(0);
    expect(await button(page, 'Archive').count()).toBe(0);
    await page.context().close();
  });
});

describe('a record', { timeout: 120_000 }, () => {
  it('is made, changed, changed by two at once, archived, and brought back', async () => {
    const { page, complaints } = await open('/admin/departments/new');
    await page.getByRole('combobox', { name: 'Plant' }).fill('north');
    await page.getByRole('option', { name: 'Plant North' }).click();
    await page.getByLabel('Code').fill('no spaces');
    await page.getByLabel('Name').fill('Palletising');
    await button(page, 'Create').click();
    await page.getByText('Use Short, such as FILL').waitFor();
    expect(await page.getByLabel('Code').evaluate((input) => input === document.activeElement)).toBe(true);
    await page.getByLabel('Code').fill('QA');
    await button(page, 'Create').click();
    await page.getByText('There is one with the same Plant and Code already').waitFor();
    await page.getByLabel('Code').fill('PAL');
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Palletising' }).waitFor();
    const [made] = await departments('code=PAL');
    expect(page.url()).toBe(`${api.url}/admin/departments/${made?.id}`);

    await link(page, 'Edit').click();
    await page.getByLabel('Name').fill('Palletising hall');
    const theirs = await max.ask('PATCH', `/departments/${made?.id}`, {
      version: 1,
      name: 'Pallets',
      description: 'Max was here',
    });
    expect(theirs.status).toBe(200);
    await button(page, 'Save').click();
    await page.getByText(/Max Mohr changed this at .* CES?T \(Plant North\), while you were editing/).waitFor();
    expect(await page.locator('.conflict tbody tr').allTextContents()).toEqual([
      'NamePalletsPalletising hall',
      'DescriptionMax was here–',
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Keep mine').click();
    await page.getByRole('heading', { name: 'Palletising hall' }).waitFor();
    // What only the other changed stays his.
    expect((await departments('code=PAL'))[0]).toMatchObject({ name: 'Palletising hall', description: 'Max was here' });
    await page.locator('.history-of li').nth(2).waitFor();
    expect(await page.locator('.history-of li').first().locator('dd').textContent()).toBe('Pallets → Palletising hall');

    await button(page, 'Archive').click();
    await page.getByText(/Palletising hall was archived/).waitFor();
    await page.locator('.badge', { hasText: 'Archived since' }).waitFor();
    expect(await departments('code=PAL')).toEqual([]);
    await button(page, 'Undo').click();
    await link(page, 'Edit').waitFor();
    expect((await departments('code=PAL'))[0]?.archivedAt).toBeNull();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'can be read in %s when its archiving is told, undo and all',
    async (colorScheme) => {
      const { id } = await make({ code: `GONE-${colorScheme}`, name: `Gone in ${colorScheme}` });
      const { page } = await open(`/admin/departments/${id}`, { colorScheme });
      await button(page, 'Archive').click();
      await page.getByText(`Gone in ${colorScheme} was archived`).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await button(page, 'Undo').click();
      await link(page, 'Edit').waitFor();
      await lea.ask('DELETE', `/departments/${id}?version=3`);
      await page.context().close();
    },
  );

  it('that is refused says so in the language of the page, by the names that the page uses', async () => {
    const answer = await lea.ask('POST', '/plants', { name: 'Plant West', timeZone: 'Europe/Lisbon' });
    const west = answer.body as { id: number };
    const { page } = await open('/admin/departments/new', { locale: 'de-DE' });
    await page.getByRole('combobox', { name: 'Werk' }).fill('west');
    await page.getByRole('option', { name: 'Plant West' }).click();
    await page.getByLabel('Kürzel').fill('WEST');
    await page.getByLabel('Name').fill('Westen');
    await lea.ask('DELETE', `/plants/${west.id}?version=1`);
    await button(page, 'Anlegen').click();
    await page.getByText(`Das gibt es nicht, oder Sie dürfen es nicht sehen: ${west.id}`).waitFor();
    expect(await page.locator('.problem strong').textContent()).toBe('Bitte prüfen Sie die markierten Felder.');
    await page.goto(`${api.url}/admin/departments?sort=nonsense`);
    await page.locator('.problem', { hasText: 'Sort: Bitte eins davon wählen: code, -code, name' }).waitFor();
    expect(await page.locator('.problem').textContent()).not.toContain('query/');
    // What stands against it, too, and with no word of another language.
    const { id } = await make({ code: 'TWIN', name: 'Zwilling' });
    await page.goto(`${api.url}/admin/departments/${id}/edit`);
    await page.getByLabel('Kürzel').fill('QA');
    await button(page, 'Speichern').click();
    await page.getByText(/^Das gibt es schon, vielleicht archiviert\. Gleich: Werk und Kürzel\.$/).waitFor();
    await page.goto(`${api.url}/admin/departments/${id}`);
    await button(page, 'Archivieren').waitFor();
    await max.ask('DELETE', `/departments/${id}?version=1`);
    await button(page, 'Archivieren').click();
    await page.getByText(/^Max Mohr hat dies inzwischen geändert\. Bitte neu laden und dann noch einmal/).waitFor();
    await page.context().close();
  });

  it('is not left with unsaved changes without a question', async () => {
    const { page } = await open('/admin/departments');
    await page.goto(`${api.url}/admin/departments/61/edit`);
    await page.getByLabel('Name').fill('Quality and laboratory');
    await link(page, 'Plants').click();
    const question = page.getByRole('dialog', { name: 'Leave without saving?' });
    await question.waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.getByLabel('Name').inputValue()).toBe('Quality and laboratory');
    await link(page, 'Plants').click();
    await button(page, 'Leave without saving').click();
    await page.getByRole('heading', { name: 'Plants' }).waitFor();
    expect((await lea.get('/departments/61')).body).toMatchObject({ name: 'Quality' });
    await page.context().close();
  });

  it('takes a time zone by a part of its name', async () => {
    const { page } = await open('/admin/plants/new');
    await page.getByLabel('Name').fill('Plant East');
    await page.getByRole('combobox', { name: 'Time zone' }).fill('tokyo');
    await page.getByRole('option', { name: /Asia\/Tokyo/ }).click();
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Plant East' }).waitFor();
    const { items } = (await lea.get('/plants?name=Plant East')).body as { items: { timeZone: string }[] };
    expect(items[0]?.timeZone).toBe('Asia/Tokyo');
    await page.context().close();
  });
});

describe('CSV', { timeout: 120_000 }, () => {
  it('is checked first, with every line that is wrong; goes in as a whole; and comes out as filtered', async () => {
    const { page, complaints } = await open('/admin/departments?search=csv');
    await button(page, 'Import CSV').click();
    const dialog = page.getByRole('dialog', { name: 'Import: Departments' });
    const file = dialog.getByLabel('CSV file');
    const give = (text: string) =>
      file.setInputFiles({ name: 'd.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await give('plant,code,name\nPlant North,CSV1,CSV one\nPlant West,CSV2,CSV two\nPlant North,not ok,CSV three\n');
    await dialog.getByRole('button', { name: 'Check the file' }).click();
    await dialog.getByText('2 faults in 2 rows').waitFor();
    expect(await dialog.locator('tbody tr td:first-child').allTextContents()).toEqual(['3', '4']);
    expect(await accessibilityProblems(page)).toEqual([]);
    await give('plant;code;name\nPlant North;CSV1;CSV one\nPlant North;CSV2;CSV two\n');
    await dialog.getByRole('button', { name: 'Check the file' }).click();
    await dialog.getByText('2 would be created').waitFor();
    expect(await departments('search=csv')).toEqual([]);
    await dialog.getByRole('button', { name: 'Import now' }).click();
    await dialog.getByText('Done: 2 created').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => titles(page)).toEqual(['CSV one', 'CSV two']);
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, 'Export CSV').click()]);
    const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toContain('CSV one');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is chosen, mended and chosen again under the same name: the dialog stays, and speaks German to Germans', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'unison-csv-'));
    const file = path.join(directory, 'departments.csv');
    await writeFile(file, 'plant,code,name\nPlant North,AGAIN\nPlant North,not ok,Again,more\nPlant Nord,OK,Again\n');
    const { page } = await open('/admin/departments', { locale: 'de-DE' });
    await button(page, 'CSV importieren').click();
    const dialog = page.getByRole('dialog', { name: 'Importieren: Abteilungen' });
    // As a browser does when one chooses what is chosen already: no change, but a cancel that bubbles.
    await dialog.getByLabel('CSV-Datei').setInputFiles(file);
    await dialog.getByLabel('CSV-Datei').setInputFiles(file);
    await dialog.getByRole('button', { name: 'Datei prüfen' }).click();
    await dialog.getByText('3 Fehler in 3 Zeilen').waitFor();
    expect(await dialog.locator('tbody tr').allTextContents()).toEqual([
      '2–2 Zellen in dieser Zeile, 3 erwartet.',
      '3–4 Zellen in dieser Zeile, 3 erwartet.',
      '4plantDas gibt es nicht, oder Sie dürfen es nicht sehen: Plant Nord',
    ]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
    await rm(directory, { recursive: true });
  });
});

describe('roles', { timeout: 120_000 }, () => {
  it("are made from the matrix; the system's stay as they are; who would lose rights is warned", async () => {
    const { page, complaints } = await open('/admin/roles/new');
    await page.getByLabel('Code').fill('line_clerk');
    await page.getByLabel('Name').fill('Line clerk');
    await page.getByRole('checkbox', { name: 'Departments: All of it' }).check();
    await page.getByRole('checkbox', { name: 'Plants: See' }).check();
    // What comes with the whole row is no box any more.
    expect(await page.getByRole('checkbox', { name: 'Departments: See' }).count()).toBe(0);
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Line clerk' }).waitFor();
    const { items } = (await lea.get('/roles?roleCode=line_clerk')).body as {
      items: { id: number; permissions: string[] }[];
    };
    expect(items[0]?.permissions).toEqual(['departments.*', 'plants.read']);

    await page.goto(`${api.url}/admin/roles?search=viewer`);
    await link(page, 'Viewer').click();
    await page.getByText('This role comes with the system and stays as it is.').waitFor();
    expect(await link(page, 'Edit').count()).toBe(0);
    await page.context().close();

    const kim = { email: 'kim@north.example', password, name: 'Kim', organizationIds: [plant.organizationId] };
    const [kimId] = await insertPerson(database.ownerUrl, { ...kim, role: null });
    const keeper = await lea.ask('POST', '/roles', {
      roleCode: 'keeper',
      roleName: 'Keeper',
      permissions: ['roles.*', 'users.read', 'departments.read'],
    });
    const { id: keeperId } = keeper.body as { id: number };
    const given = await lea.ask('PUT', `/users/${kimId}/roles`, {
      version: 1,
      roles: [{ roleId: keeperId, plantId: null }],
    });
    expect(given.status).toBe(200);
    const own = await browser.open({});
    await own.page.goto(`${api.url}/admin/roles/${keeperId}/edit`);
    await own.page.fill('input[name=email]', kim.email);
    await own.page.fill('input[name=password]', password);
    await own.page.click('button[type=submit]');
    await own.page.getByRole('checkbox', { name: 'Roles: All of it' }).uncheck();
    await own.page.getByText('When you save this, you lose: Roles: Archive, Roles: Create').waitFor();
    expect(await accessibilityProblems(own.page)).toEqual([]);
    expect([...complaints, ...own.complaints]).toEqual([]);
    await own.page.context().close();
  });
});

describe('settings and the audit trail', { timeout: 120_000 }, () => {
  it('keep what was set, and say who did it', async () => {
    const { page, complaints } = await open('/admin/settings');
    await page.getByLabel('Sign out at shared tablets after').fill('0');
    await page.keyboard.press('Enter');
    await page.getByText('Enter a number from 1 to 480.').waitFor();
    await page.getByLabel('Sign out at shared tablets after').fill('25');
    await page.keyboard.press('Enter');
    await expect
      .poll(async () => ((await lea.get('/settings')).body as { items: { key: string; value: unknown }[] }).items)
      .toContainEqual(expect.objectContaining({ key: 'tabletIdleMinutes', value: 25 }));
    await page.goto(`${api.url}/admin/audit-logs?entity=settings`);
    await page.getByRole('cell', { name: 'Lea Lang' }).waitFor();
    expect(await page.locator('tbody tr').first().textContent()).toContain('25');
    await page
      .getByText(/The trail is whole: (1 entry is|[2-9]\d* entries are|1\d+ entries are) sealed/)
      .or(page.getByText('Nothing is sealed yet'))
      .waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

const widths = [
  [1366, 768],
  [820, 1180],
  [390, 844],
] as const;

describe('every page', { timeout: 120_000 }, () => {
  const paths = [
    '/admin/departments',
    '/admin/departments?search=nothing-is-called-so',
    '/admin/departments?sort=nonsense',
    '/admin/departments/1',
    '/admin/departments/1/edit',
    '/admin/plants/new',
    '/admin/organizations',
    '/admin/users',
    '/admin/users/new',
    '/admin/users/1',
    '/admin/paired-devices',
    '/admin/api-keys',
    '/profile',
    '/admin/roles/new',
    '/admin/settings',
    '/admin/jobs',
    '/admin/audit-logs',
  ];

  it.each(['light', 'dark'] as const)('passes axe in %s, moves nothing while data comes', async (colorScheme) => {
    const { page } = await open('/admin/departments', { colorScheme });
    for (const address of paths) {
      await page.goto(`${api.url}${address}`);
      await page.locator('h1, .problem').first().waitFor();
      await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
      await page.waitForLoadState('networkidle');
      expect(await accessibilityProblems(page), `${address} in ${colorScheme}`).toEqual([]);
      expect(await layoutShift(page), address).toBe(0);
    }
    await page.context().close();
  });

  it('speaks German and fits desk, tablet and telephone', async () => {
    const { page } = await open('/admin/departments', { locale: 'de-DE' });
    for (const address of paths) {
      await page.goto(`${api.url}${address}`);
      await page.locator('h1, .problem').first().waitFor();
      await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
      for (const [width, height] of widths) {
        await page.setViewportSize({ width, height });
        expect(await page.evaluate(() => document.documentElement.scrollWidth), `${address} at ${width}`).toBe(width);
      }
    }
    await page.goto(`${api.url}/admin/departments/1`);
    await page.getByRole('heading', { name: 'Wer hat das geändert' }).waitFor();
    expect(await link(page, 'Bearbeiten').count()).toBe(1);
    await page.context().close();
  });
});
