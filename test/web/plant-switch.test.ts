// Where one is, in a real browser: organisation and plant are chosen in one place, for all pages; a link
// shows a colleague the same plant, and the next visit begins where the last one was.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, layoutShift } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { insertPerson, insertPlant } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let north: number;
let south: number;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North Drinks' }, { webDirectory: pages.directory });
  const { lea } = story.users;
  const { ownerUrl } = story.database;
  const { organizationId } = story.plants.lea;
  north = story.plants.lea.plantId;
  await lea.ask('PATCH', `/plants/${north}`, { version: 1, name: 'Plant North' });
  const made = await lea.ask('POST', '/plants', { name: 'Plant South', timeZone: 'America/Sao_Paulo' });
  south = (made.body as { id: number }).id;
  for (const [plantId, code, name] of [
    [north, 'FILL', 'Filling'],
    [north, 'PACK', 'Packing'],
    [south, 'ENCH', 'Enchimento'],
  ])
    await lea.ask('POST', '/departments', { plantId, code, name });
  const pia = { email: 'pia@example.com', password, name: 'Pia', organizationIds: [organizationId] };
  await insertPerson(ownerUrl, { ...pia, role: 'plant_engineer', plantId: south });
  const more = { organization: 'More Drinks', name: 'Plant More', timeZone: 'UTC', machines: [] };
  const { organizationId: other } = await insertPlant(ownerUrl, more);
  await insertPerson(ownerUrl, {
    ...pia,
    email: 'two@example.com',
    name: 'Theo',
    organizationIds: [organizationId, other],
  });
});

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function open(path: string, as: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 768 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(story.api.url + path);
  await page.fill('input[name=email]', `${as}@example.com`);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  if (as !== 'two') await page.locator('.frame h1, .frame .notice').first().waitFor();
  return { page, complaints };
}

const at = (page: Page) => new URL(page.url()).pathname + new URL(page.url()).search;
const place = (page: Page) => page.locator('.place');
const names = (page: Page) => page.locator('a[data-row]').allTextContents();
/** A busy machine takes its time. */
const PATIENCE = { timeout: 20_000 };
const choose = async (page: Page, name: string): Promise<void> => {
  await place(page).click();
  await page.locator('#place').getByRole('button', { name, exact: true }).click();
};

describe('who may see several plants', { timeout: 120_000 }, () => {
  it('chooses one for all pages: Now, lists, CSV and new records follow, and a link shows a colleague the same', async () => {
    const { page, complaints } = await open('/now', 'lea');
    await page.getByRole('heading', { name: 'Now: Plant North' }).waitFor({ state: 'attached' });
    expect(at(page)).toBe(`/now?plant=${north}`);
    // There is one switch: the strip only says the name.
    expect(await page.locator('.strip select').count()).toBe(0);
    expect(await page.locator('.strip').textContent()).toContain('Plant North');
    await choose(page, 'Plant South');
    await page.getByRole('heading', { name: 'Now: Plant South' }).waitFor({ state: 'attached' });
    expect(at(page)).toBe(`/now?plant=${south}`);

    await page.goto(`${story.api.url}/admin/departments`);
    await expect.poll(() => names(page), PATIENCE).toEqual(['Enchimento']);
    expect(at(page)).toBe(`/admin/departments?plant=${south}`);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export CSV' }).click(),
    ]);
    expect((await readFile(await file.path(), 'utf8')).trim().split('\n')).toHaveLength(2);
    await page.getByRole('link', { name: 'New department' }).click();
    await expect.poll(() => page.getByRole('combobox', { name: 'Plant' }).inputValue()).toBe('Plant South');
    await page.goBack();
    await choose(page, 'All plants');
    await expect.poll(() => names(page), PATIENCE).toEqual(['Enchimento', 'Filling', 'Packing']);
    expect(at(page)).toBe('/admin/departments?plant=all');
    expect(await place(page).textContent()).toContain('All plants');
    await choose(page, 'Plant North');
    await expect.poll(() => names(page), PATIENCE).toEqual(['Filling', 'Packing']);
    await page.goBack();
    await expect.poll(() => names(page), PATIENCE).toHaveLength(3);
    await page.goForward();
    await expect.poll(() => names(page), PATIENCE).toHaveLength(2);

    const colleague = await open(at(page), 'lea');
    await expect.poll(() => names(colleague.page), PATIENCE).toEqual(['Filling', 'Packing']);
    await expect.poll(() => place(colleague.page).textContent()).toContain('Plant North');
    expect([...complaints, ...colleague.complaints]).toEqual([]);
    await page.context().close();
    await colleague.page.context().close();
  });

  it('finds the choice again at the next visit; filters stay when the plant changes', async () => {
    const { page, complaints } = await open('/admin/departments', 'lea');
    await expect.poll(() => names(page), PATIENCE).toHaveLength(3);
    await page.getByRole('searchbox').fill('ench');
    await expect.poll(() => names(page), PATIENCE).toEqual(['Enchimento']);
    await choose(page, 'Plant South');
    await expect.poll(() => at(page)).toBe(`/admin/departments?plant=${south}&search=ench`);
    expect(await names(page)).toEqual(['Enchimento']);
    const later = await page.context().newPage();
    await later.goto(`${story.api.url}/`);
    await later.getByRole('heading', { name: 'Now: Plant South' }).waitFor({ state: 'attached' });
    await later.goto(`${story.api.url}/admin/departments`);
    await expect.poll(() => names(later), PATIENCE).toEqual(['Enchimento']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('sees at a record the plant of the record, and a choice there leads to the list', async () => {
    const { page } = await open(`/admin/departments?plant=${north}`, 'lea');
    await expect.poll(() => names(page), PATIENCE).toHaveLength(2);
    const { items } = (await story.users.lea.get('/departments?code=ENCH')).body as { items: { id: number }[] };
    await page.goto(`${story.api.url}/admin/departments/${items[0]?.id}`);
    await page.getByRole('heading', { name: 'Enchimento' }).waitFor();
    await expect.poll(() => place(page).textContent()).toContain('Plant South');
    await choose(page, 'Plant North');
    await expect.poll(() => names(page), PATIENCE).toEqual(['Filling', 'Packing']);
    expect(at(page)).toBe(`/admin/departments?plant=${north}`);
    await page.context().close();
  });

  it('is told nothing of plants where a page is about the organisation', async () => {
    const { page } = await open('/admin/users', 'lea');
    for (const path of ['/admin/users', '/admin/roles', '/admin/settings', '/admin/audit-logs', '/profile']) {
      await page.goto(story.api.url + path);
      await page.locator('h1').waitFor();
      expect(await place(page).textContent(), path).toBe('Where you are: North Drinks ');
      expect(await page.getByRole('button', { name: 'Where you are' }).count()).toBe(0);
      expect(at(page)).toBe(path);
    }
    await page.context().close();
  });

  it('chooses by keyboard alone, in both themes, in German, on desk, tablet and telephone; nothing moves', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, complaints } = await open('/admin/departments', 'lea', { locale: 'de-DE', colorScheme });
      await expect.poll(() => names(page), PATIENCE).toHaveLength(3);
      expect(await layoutShift(page)).toBe(0);
      await place(page).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Wo Sie sind' }).waitFor();
      expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      await page.keyboard.press('Tab');
      expect(await page.locator(':focus').textContent()).toBe('Plant North');
      await page.keyboard.press('Enter');
      await expect.poll(() => names(page), PATIENCE).toEqual(['Filling', 'Packing']);
      expect(await place(page).textContent()).toBe('Wo Sie sind: North Drinks Plant North');
      await place(page).focus();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Escape');
      expect(await page.locator('#place').isVisible()).toBe(false);
      for (const [width, height] of [
        [1366, 768],
        [820, 1180],
        [360, 740],
      ] as const) {
        await page.setViewportSize({ width, height });
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        await place(page).click();
        const box = await page.locator('#place').boundingBox();
        expect(box && box.x >= 0 && box.x + box.width <= width && box.y >= 0 && box.y + box.height <= height).toBe(
          true,
        );
        await page.keyboard.press('Escape');
      }
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });
});

describe('who may see one plant', { timeout: 120_000 }, () => {
  it('sees its name and no choice, and is told where a link leads to another', async () => {
    const { page, complaints } = await open('/admin/departments', 'pia');
    await expect.poll(() => names(page), PATIENCE).toEqual(['Enchimento']);
    expect(await place(page).textContent()).toBe('Where you are: North Drinks Plant South');
    expect(await page.locator('button.place').count()).toBe(0);
    await page.goto(`${story.api.url}/admin/departments?plant=all`);
    await expect.poll(() => at(page)).toBe(`/admin/departments?plant=${south}`);
    for (const path of ['/admin/departments', '/now']) {
      await page.goto(`${story.api.url}${path}?plant=${north}`);
      await page.getByText('This plant is not there, or you may not see it.').waitFor();
    }
    // What one may not see is not remembered.
    await page.goto(`${story.api.url}/now`);
    await page.getByRole('heading', { name: 'Now: Plant South' }).waitFor({ state: 'attached' });
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('who belongs to two organisations', { timeout: 120_000 }, () => {
  it('goes from one to the other in the same place, on any page', async () => {
    const { page, complaints } = await open('/profile', 'two');
    await page.getByRole('button', { name: 'North Drinks' }).click();
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
    await choose(page, 'More Drinks');
    await page.getByRole('heading', { name: 'Now: Plant More' }).waitFor({ state: 'attached' });
    expect(await place(page).textContent()).toBe('Where you are: More Drinks Plant More');
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
