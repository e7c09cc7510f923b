// Plant set-up in a real browser: a lane's machines put in order by mouse and keyboard, the check list that
// leads to what mends it, and reasons to begin with by one press.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems, layoutShift } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea' | 'max'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let line: number;
const machines: Record<string, number> = {};

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', max: 'North' }, { webDirectory: pages.directory });
  const { lea } = story.users;
  const { plantId } = story.plants.lea;
  for (const displayName of ['Filler', 'Capper', 'Labeller', 'Packer']) {
    const fields = { plantId, name: displayName.toLowerCase(), displayName };
    machines[displayName] = ((await lea.ask('POST', '/machines', fields)).body as { id: number }).id;
  }
  line = ((await lea.ask('POST', '/lanes', { plantId, name: 'Bottling' })).body as { id: number }).id;
});

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function open(path: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
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
const order = (page: Page) => page.locator('.order-list strong').allTextContents();
const stored = async (): Promise<string[]> => {
  const { body } = await story.users.lea.get(`/lanes/${line}/arrangement`);
  return (body as { machines: { displayName: string }[] }).machines.map(({ displayName }) => displayName);
};
/** Where the grip of a machine lies, once it lies somewhere. */
async function boxOf(page: Page, name: string) {
  const grip = page.getByRole('button', { name: new RegExp(`^Move ${name}`) });
  await grip.scrollIntoViewIfNeeded();
  const box = await grip.boundingBox();
  if (!box) throw new Error(`The grip of ${name} lies nowhere.`);
  return box;
}
async function putIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Put in a machine').fill(name);
  await page.getByRole('option', { name }).click();
}

describe('a lane', { timeout: 120_000 }, () => {
  it('is put in order by keyboard and by mouse, marked, saved, and corrected; it says what it lacks', async () => {
    const { page, complaints } = await open(`/plant-setup/lanes/${line}`);
    for (const name of ['Packer', 'Filler', 'Capper']) await putIn(page, name);
    expect(await order(page)).toEqual(['Packer', 'Filler', 'Capper']);
    await page.getByText('No constraint is marked').waitFor();
    const grip = page.getByRole('button', { name: /^Move Packer/ });
    await grip.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    expect(await order(page)).toEqual(['Filler', 'Capper', 'Packer']);
    // The keyboard stays where it was, and what happened is said.
    expect(await grip.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.getByText('Packer: place 3 of 3').waitFor({ state: 'attached' });
    await page.getByLabel('Filler: Constraint').check();
    await page.getByLabel('Packer: Outfeed').check();
    expect(await page.getByText('No constraint is marked').count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    // The list is the one that was there before: nobody has to find the way back to where they were.
    const list = await page.locator('.order-list').elementHandle();
    await button(page, 'Save the order').click();
    await page.getByText('Saved. Figures are computed anew.').waitFor();
    await button(page, 'Save the order').waitFor({ state: 'detached' });
    expect(await list?.evaluate((one) => one.isConnected)).toBe(true);
    expect(await page.locator('output:focus').textContent()).toBe('Saved. Figures are computed anew.');
    expect(await stored()).toEqual(['Filler', 'Capper', 'Packer']);

    const from = await boxOf(page, 'Capper');
    const to = await boxOf(page, 'Filler');
    await page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await page.mouse.down();
    await page.mouse.move(to.x + to.width / 2, to.y + to.height / 2, { steps: 8 });
    await page.mouse.up();
    expect(await order(page)).toEqual(['Capper', 'Filler', 'Packer']);
    await page.getByLabel('Reason').fill('rebuilt');
    await button(page, 'Save the order').click();
    await expect.poll(stored, PATIENCE).toEqual(['Capper', 'Filler', 'Packer']);
    // What was is listed, and can be looked at.
    const earlier = page.locator('.stretches button').first();
    await earlier.click();
    await expect.poll(() => order(page), PATIENCE).toEqual(['Filler', 'Capper', 'Packer']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('that somebody else changed meanwhile is not overwritten', async () => {
    const { page } = await open(`/plant-setup/lanes/${line}`);
    const { body } = await story.users.max.get(`/lanes/${line}`);
    await button(page, 'Take out Packer').click();
    const { version } = body as { version: number };
    const theirs = [{ machineId: machines['Filler'] }, { machineId: machines['Capper'] }];
    await story.users.max.ask('PUT', `/lanes/${line}/arrangement`, { version, machines: theirs });
    await button(page, 'Save the order').click();
    await page.getByText('max has changed this since you read it').waitFor();
    await button(page, 'Try again').click();
    await expect.poll(() => order(page), PATIENCE).toEqual(['Filler', 'Capper']);
    await page.context().close();
  });
});

describe('the check list', { timeout: 120_000 }, () => {
  it('stands over the machine, and each point that is open leads to what mends it', async () => {
    const { page, complaints } = await open(`/plant-setup/machines/${machines['Labeller']}`);
    const points = page.locator('.check-list li');
    expect(await points.count()).toBe(6);
    await page.getByText('5 points stand in the way of OEE.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(await layoutShift(page)).toBeLessThan(0.02);
    await points.filter({ hasText: 'It has no target OEE.' }).getByRole('link').click();
    await page.getByRole('heading', { name: 'New target' }).waitFor();
    await expect.poll(() => page.getByLabel('Machine').inputValue(), PATIENCE).toBe('Labeller');
    await page.getByLabel('From').fill('2026-01-01');
    await page.getByLabel('Target OEE').fill('85');
    await button(page, 'Create').click();
    await page.getByRole('heading', { name: 'Labeller: 85 %' }).waitFor();
    await page.goto(`${story.api.url}/plant-setup/machines/${machines['Labeller']}`);
    await page.locator('.check-list li.done', { hasText: 'It has a target.' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is there for all machines at a glance, in German, too', async () => {
    const { page } = await open('/plant-setup', { locale: 'de-DE', colorScheme: 'dark' });
    await page.getByRole('heading', { name: 'Prüflisten' }).waitFor();
    await page.getByRole('link', { name: 'Labeller' }).waitFor();
    expect(await page.locator('.checks tbody tr').count()).toBe(4);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.context().close();
  });
});

describe('loss reasons', { timeout: 120_000 }, () => {
  it('come twenty at once by one press, and go again by another', async () => {
    const { page } = await open('/plant-setup/loss-reasons');
    const total = page.locator('.total');
    await button(page, 'Load 20 reasons to begin with').click();
    await page.getByText('20 reasons were loaded.').waitFor();
    await expect.poll(() => total.textContent(), PATIENCE).toBe('20');
    expect(await accessibilityProblems(page)).toEqual([]);
    await button(page, 'Undo').click();
    await expect.poll(() => total.textContent(), PATIENCE).toBe('0');
    await page.context().close();
  });
});
