// A step of a counter that nobody can explain, in a real browser: what it was is said in two taps.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { asOwner } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea' | 'sid'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', sid: 'South' }, { webDirectory: pages.directory });
  const { plantId, organizationId, deviceId } = story.plants.lea;
  const fields = { plantId, name: 'press', displayName: 'Press' };
  const { id } = (await story.users.lea.ask('POST', '/machines', fields)).body as { id: number };
  // As the worker derives them: a jump a few minutes ago, and a fall.
  await asOwner(
    story.database.ownerUrl,
    `WITH tag AS (
       INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, machine_id, role)
       VALUES ($1, $2, $3, 'press/total', 'UInt32', $4, 'total_count') RETURNING id)
     INSERT INTO mes.counter_reviews (organization_id, plant_id, machine_id, tag_id, time, kind, previous, reading, allowed, modulus)
     SELECT $1, $2, $4, tag.id, date_trunc('second', now()) - steps.ago, steps.kind, steps.previous, steps.reading, 50, 65536
     FROM tag, (VALUES (interval '2 minutes', 'jump', 100, 151), (interval '1 minute', 'fall', 1200, 700))
       AS steps (ago, kind, previous, reading)`,
    [organizationId, plantId, deviceId, id],
  );
});

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function open(who: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const opened = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  const { page } = opened;
  page.setDefaultTimeout(30_000);
  await page.goto(`${story.api.url}/plant-setup/counter-reviews`);
  await page.fill('input[name=email]', `${who}@example.com`);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  return opened;
}

const card = (page: Page, kind: string) => page.locator('.review', { hasText: kind });
const JUMP = 'More than the machine can make';
const FALL = 'Fell, and no rule explains it';

describe('steps of counters that wait', { timeout: 120_000 }, () => {
  it.each(['light', 'dark'] as const)('are shown with what they may have been, %s', async (colorScheme) => {
    const { page, complaints } = await open('lea', { colorScheme });
    expect(await card(page, JUMP).locator('dd').allTextContents()).toEqual(['100', '151', '50']);
    const choices = await card(page, FALL).locator('.choice').allTextContents();
    expect(choices).toEqual([
      'Count nothing',
      'It began again at 0: count 700',
      'It rolled over: count 65,036',
      'Another number',
    ]);
    await card(page, FALL).getByLabel('Another number').check();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('are booked in two taps, and can be changed afterwards', async () => {
    const { page } = await open('lea');
    await card(page, JUMP).getByLabel('Count 51').check();
    await card(page, JUMP).getByRole('button', { name: 'Book' }).click();
    await card(page, JUMP).waitFor({ state: 'detached' });
    await page.getByLabel('Show').selectOption('decided');
    await page.getByText('51 counted · Made: checked on the floor · lea').waitFor();
    await card(page, JUMP).getByRole('button', { name: 'Change' }).click();
    await card(page, JUMP).getByLabel('Another number').check();
    await card(page, JUMP).getByLabel('Counts').fill('-3');
    await card(page, JUMP).getByLabel('Why').fill('Counted by hand');
    await card(page, JUMP).getByRole('button', { name: 'Book' }).click();
    await page.getByText('Give a number, 0 or more.').waitFor();
    await card(page, JUMP).getByLabel('Counts').fill('40');
    await card(page, JUMP).getByRole('button', { name: 'Book' }).click();
    await page.getByText('40 counted · Counted by hand · lea').waitFor();
    const { body } = await story.users.lea.get('/counter-reviews?state=decided');
    expect(body).toMatchObject({ items: [{ decision: { counts: 40, reason: 'Counted by hand', decidedBy: 'lea' } }] });
    await page.close();
  });

  it('of another organisation are not there, and the page says when nothing waits', async () => {
    const { page } = await open('sid', { locale: 'de-DE' });
    await page.getByText('Nothing waits').or(page.getByText('Nichts wartet')).waitFor();
    expect(await page.locator('.review').count()).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.close();
  });
});
