// Materials in a real browser: found although mistyped, with attributes and a next revision; a file that is
// checked line by line before it goes in, and the sample that shows what one looks like.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, layoutShift } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { password, type Story, startStory } from './story.ts';

const sampleOf = (name: string): Promise<string> =>
  readFile(new URL(`../../docs/samples/${name}.csv`, import.meta.url), 'utf8');

let story: Story<'lea'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let cola: number;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North' }, { webDirectory: pages.directory });
  const { lea } = story.users;
  const { body } = await lea.ask('POST', '/plants', { name: 'Plant North', timeZone: 'Europe/Berlin' });
  const { id: plantId } = body as { id: number };
  for (const displayName of ['Filler', 'Capper', 'Labeller', 'Packer'])
    await lea.ask('POST', '/machines', { plantId, name: displayName.toLowerCase(), displayName });
  for (const name of ['units-of-measure', 'materials', 'unit-conversions', 'production-standards'])
    await lea.ask('POST', `/${name}/import`, await sampleOf(name));
  cola = ((await lea.get('/materials?code=COLA-0.5')).body as { items: { id: number }[] }).items[0]?.id ?? 0;
});

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function open(path: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 768 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(story.api.url + path);
  await page.fill('input[name=email]', 'lea@example.com');
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  return { page, complaints };
}

/** A busy machine takes its time. */
const PATIENCE = { timeout: 20_000 };
const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const codes = (page: Page) => page.locator('a[data-row]').allTextContents();
const upload = (page: Page, csv: string) =>
  page.setInputFiles('input[type=file]', { name: 'materials.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });

describe('a material', { timeout: 120_000 }, () => {
  it('is found although mistyped, has attributes, and gets a next revision with its reason', async () => {
    const { page, complaints } = await open('/plant-setup/materials');
    await page.getByPlaceholder('Search').fill('lemonda');
    await expect.poll(() => codes(page), PATIENCE).toEqual(['LEMON-0.33']);
    await page.goto(`${story.api.url}/plant-setup/materials/${cola}/edit`);
    await page.getByText('Add an attribute').click();
    const added = page.locator('.attributes > div').last().locator('input');
    await added.first().fill('colour');
    await added.last().fill('brown');
    await button(page, 'Save').click();
    await page.getByText('colour: brown').first().waitFor();
    await page.getByLabel('Revision').fill('B');
    await page.getByLabel('What is different').fill('tethered cap');
    await button(page, 'Make a new revision').click();
    await page.getByRole('cell', { name: 'tethered cap' }).waitFor();
    const { body } = await story.users.lea.get(`/materials/${cola}`);
    expect(body).toMatchObject({ revision: 'B', attributes: { colour: 'brown', returnable: true, volumeLitres: 0.5 } });
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is edited in German, where yes is ja and a half is 0,5, without a change of either', async () => {
    const { page } = await open(`/plant-setup/materials/${cola}/edit`, { locale: 'de-DE' });
    const values = () =>
      page.locator('.attributes input').evaluateAll((all) => all.map((one) => (one as HTMLInputElement).value));
    await expect.poll(values, PATIENCE).toContain('ja');
    expect(await values()).toContain('0,5');
    await page.getByLabel('Name erforderlich').fill('Cola 0,5 l');
    await button(page, 'Speichern').click();
    await page.getByRole('heading', { name: 'COLA-0.5 Cola 0,5 l' }).waitFor();
    const { body } = await story.users.lea.get(`/materials/${cola}`);
    expect(body).toMatchObject({ attributes: { returnable: true, volumeLitres: 0.5 } });
    await page.context().close();
  });
});

describe('an import', { timeout: 120_000 }, () => {
  it('offers the sample that ships, lists each bad line before anything goes in, and then takes the mended file', async () => {
    const { page, complaints } = await open('/plant-setup/materials');
    await button(page, 'Import CSV').click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download a sample' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('materials.csv');
    expect(await readFile(await download.path(), 'utf8')).toBe(await sampleOf('materials'));

    const lines = [
      'code,name,unit,revision,startupGoodInARow',
      'COLA-0.5,Cola,pcs,C,5',
      'X-1,,pcs,1,many',
      'X-2,Two,crate,1,1',
    ];
    await upload(page, [...lines, 'X-3,Three,pcs,1,1'].join('\n'));
    await button(page, 'Check the file').click();
    await page.getByText('4 faults in 3 rows.').waitFor();
    expect(await page.locator('.report tbody tr').evaluateAll((all) => all.map((row) => row.textContent))).toEqual([
      expect.stringMatching(/^2revisionA file makes no new revision/),
      expect.stringMatching(/^3startupGoodInARow.*many/),
      '3nameFill this in.',
      expect.stringMatching(/^4unit.*crate/),
    ]);
    expect(await accessibilityProblems(page)).toEqual([]);
    await upload(page, 'code,name,unit\nX-3,Three,pcs\n');
    await button(page, 'Check the file').click();
    await button(page, 'Import now').click();
    await button(page, 'Close').click();
    await expect.poll(() => codes(page), PATIENCE).toContain('X-3');
    expect(await codes(page)).not.toContain('X-2');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('has a sample for each list, in German, too', async () => {
    const { page } = await open('/plant-setup/units-of-measure', { locale: 'de-DE', colorScheme: 'dark' });
    for (const name of ['units-of-measure', 'unit-conversions', 'production-standards', 'planned-windows']) {
      await page.goto(`${story.api.url}/plant-setup/${name}`);
      await button(page, 'CSV importieren').click();
      const link = page.getByRole('link', { name: 'Beispiel herunterladen' });
      const answer = await page.request.get(new URL((await link.getAttribute('href')) ?? '', page.url()).href);
      expect([await link.getAttribute('download'), await answer.text()]).toEqual([`${name}.csv`, await sampleOf(name)]);
    }
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.context().close();
  });
});

describe('materials, ideal cycles, units and conversions', { timeout: 240_000 }, () => {
  it.each([
    ['light', 'en-GB', 1366],
    ['dark', 'de-DE', 1366],
    ['light', 'de-DE', 1024],
  ] as const)('pass axe and fit, in %s, %s, %i px wide', async (colorScheme, locale, width) => {
    const { lea } = story.users;
    const first = async (name: string) =>
      ((await lea.get(`/${name}`)).body as { items: { id: number }[] }).items[0]?.id;
    const paths = ['materials', `materials/${cola}`, `materials/${cola}/edit`, 'units-of-measure', 'unit-conversions'];
    paths.push(
      `unit-conversions/${await first('unit-conversions')}`,
      'production-standards',
      'production-standards/new',
    );
    paths.push(`production-standards/${await first('production-standards')}`);
    const viewport = { width, height: 768 };
    const { page, complaints } = await open('/plant-setup/materials', { colorScheme, locale, viewport });
    for (const path of paths) {
      await page.goto(`${story.api.url}/plant-setup/${path}`);
      await page.locator('.frame h1').first().waitFor();
      await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
      expect(await accessibilityProblems(page), path).toEqual([]);
      expect(await layoutShift(page), path).toBeLessThan(0.02);
      expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(width);
      // No column is squeezed out, and no head lies over its neighbour.
      const squeezed = await page
        .locator('.list th')
        .evaluateAll((all) =>
          all.filter((one) => one.clientWidth < 40 || one.scrollWidth > one.clientWidth).map((one) => one.textContent),
        );
      expect(squeezed, path).toEqual([]);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
