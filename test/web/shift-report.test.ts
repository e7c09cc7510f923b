// The shift report in a real browser: the figures of the API, losses, stops and scrap of one shift on one
// printed page; notes that are corrected and never changed; a signature.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Notes } from '../../cloud/domains/handover-notes/index.ts';
import type { MetricsPage } from '../../cloud/domains/metrics/index.ts';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { insertFacts } from './fact-rows.ts';
import { asOwner } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

const DAY = '2026-03-17';
const EARLY = { from: '2026-03-17T05:00:00Z', to: '2026-03-17T13:00:00Z' };
const LATE = { from: '2026-03-17T13:00:00Z', to: '2026-03-17T21:00:00Z' };
let story: Story<'lea' | 'max' | 'sid'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let filler: number;

const here = () => [story.plants.lea.organizationId, story.plants.lea.plantId];
const query = () => `plant=${story.plants.lea.plantId}&day=${DAY}&shift=Early`;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { webDirectory: pages.directory });
  const { ownerUrl } = story.database;
  const { plantId, organizationId } = story.plants.lea;
  const make = async (name: string, displayName: string) =>
    ((await story.users.lea.ask('POST', '/machines', { plantId, name, displayName })).body as { id: number }).id;
  filler = await make('filler', 'Filler');
  const capper = await make('capper', 'Capper');
  const one = async (text: string, values: unknown[]) => Number((await asOwner(ownerUrl, text, values))[0]?.['id']);
  for (const [code, name, nameDe, category] of [
    ['cap_jam', 'Cap jam', 'Kappenstau', 'unplanned_stop'],
    ['underfill', 'Underfilled', 'Unterfüllt', 'scrap'],
  ])
    await asOwner(
      ownerUrl,
      'INSERT INTO mes.loss_reasons (organization_id, code, name, name_de, category) VALUES ($1, $2, $3, $4, $5)',
      [organizationId, code, name, nameDe, category],
    );
  const unit = await one(
    "INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'pieces') RETURNING id",
    [organizationId],
  );
  const materialId = await one(
    "INSERT INTO mes.materials (organization_id, code, name, unit_id) VALUES ($1, 'COLA', 'Cola 0.5 l', $2) RETURNING id",
    [organizationId, unit],
  );
  const shiftOf = (machineId: number, name: string, { from, to }: typeof EARLY) =>
    one(
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time, state)
       VALUES ($1, $2, $3, $4, 'regular', $5, $5, $6, $7, 'ended') RETURNING id`,
      [...here(), machineId, name, DAY, from, to],
    );
  const at = { ownerUrl, organizationId, plantId, materialId };
  for (const machineId of [filler, capper]) {
    const shiftId = await shiftOf(machineId, 'Early', EARLY);
    await shiftOf(machineId, 'Late', LATE);
    // The golden shift (DEFINITIONS 2), as if it were one hour's facts.
    await insertFacts(at, {
      machineId,
      day: DAY,
      shiftId,
      minutes: { running: 335, setup: 25, idle: 15, unplanned_stop: 35, minor_stop: 10, planned_stop: 40, unknown: 20 },
      pieces: { good: 1420, scrap: 50, rework: 20, startup: 10 },
      idealCycle: 12,
      reason: 'cap_jam',
    });
  }
  await asOwner(
    ownerUrl,
    "UPDATE mes.count_facts SET loss_reason_id = (SELECT id FROM mes.loss_reasons WHERE code = 'underfill') WHERE organization_id = $1",
    [organizationId],
  );
  // One stop of 35 min, and one of 8 that is not told.
  for (const [machineId, from, to] of [
    [filler, '2026-03-17T07:10:00Z', '2026-03-17T07:45:00Z'],
    [capper, '2026-03-17T08:00:00Z', '2026-03-17T08:08:00Z'],
  ])
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.machine_intervals (organization_id, plant_id, machine_id, from_time, to_time, category, state, loss_reason_id, begins, stretch_from, stopped_before_us)
       VALUES ($1, $2, $3, $4, $5, 'unplanned_stop', 'stopped', (SELECT id FROM mes.loss_reasons WHERE organization_id = $1 AND code = 'cap_jam'), true, $4, 0),
              ($1, $2, $3, $5, $6, 'running', 'running', NULL, true, $5, 0)`,
      [...here(), machineId, from, to, EARLY.to],
    );
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function open(path: string, options: Parameters<TestBrowser['open']>[0] = {}) {
  const opened = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  const { page } = opened;
  page.setDefaultTimeout(30_000);
  await page.goto(story.api.url + path);
  await page.fill('input[name=email]', 'lea@example.com');
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.report-figures').waitFor();
  return opened;
}

const report = () => `/shift-report?${query()}`;
const text = async (page: Page, selector: string) =>
  (await page.locator(selector).textContent())?.replaceAll('\u00a0', ' ');

describe('the shift report', { timeout: 120_000 }, () => {
  it('says the figures of the API, the largest losses, long stops and scrap of one shift', async () => {
    const { page, complaints } = await open(report());
    const { body } = await story.users.lea.get(
      `/metrics?plant=${story.plants.lea.plantId}&fromDay=${DAY}&toDay=${DAY}&shiftName=Early`,
    );
    const [row] = (body as MetricsPage).items;
    for (const name of ['oee', 'availability', 'performance', 'quality']) {
      const { value = null, numerator = 0, denominator = 0 } = row?.ratios[name] ?? {};
      const said = `${((value ?? -1) * 100).toFixed(1)} % ${numerator / 6e7} of ${denominator / 6e7} min`;
      expect(await text(page, `[data-figure=${name}]`)).toBe(said);
    }
    expect(await text(page, '[data-figure=oee]')).toBe('67.6 % 568 of 840 min');
    expect(await page.locator('.losses li').allTextContents()).toEqual([
      'Cap jam1:10 h2 ×',
      'Reduced speed1:10 h',
      'Setup0:50 h2 ×',
    ]);
    expect(await page.locator('.stops li').allTextContents()).toEqual(['08:10–08:45FillerCap jam0:35 h']);
    expect(await page.locator('.scrap li').allTextContents()).toEqual(['Underfilled160']);
    expect(await text(page, '.badge')).toBe('ended');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('goes from shift to shift', async () => {
    const { page } = await open(report());
    await page.getByRole('link', { name: 'Next shift: Late' }).click();
    await page.getByRole('heading', { name: 'Shift report: Late, 17 Mar 2026' }).waitFor();
    expect(await page.getByRole('link', { name: /Next shift/ }).count()).toBe(0);
    await page.getByRole('link', { name: 'Previous shift: Early' }).click();
    await page.getByRole('heading', { name: 'Shift report: Early, 17 Mar 2026' }).waitFor();
    await page.context().close();
  });

  it('keeps notes, and what they were before somebody corrected them', async () => {
    const { page } = await open(report());
    await page.getByLabel('What must the next shift know?').fill('Belt of the capper slips');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('.notes .text', { hasText: 'Belt of the capper slips' }).waitFor();
    await page.getByRole('button', { name: 'Correct' }).click();
    await page.getByRole('textbox', { name: 'Correct' }).fill('Belt of the labeller slips');
    await page.getByRole('button', { name: 'Save the correction' }).click();
    await page.locator('.notes .text', { hasText: 'Belt of the labeller slips' }).waitFor();
    expect(await page.locator('.notes del').allTextContents()).toEqual(['Belt of the capper slips']);
    const { items } = (await story.users.lea.get(`/handover-notes?${query()}`)).body as Notes;
    expect(items).toMatchObject([
      { text: 'Belt of the capper slips', by: 'lea', replacedById: items[1]?.id },
      { text: 'Belt of the labeller slips', replacesId: items[0]?.id, replacedById: null },
    ]);
    // Who was slower is told, and nobody else sees or corrects them.
    const again = `/handover-notes/${items[0]?.id}/correction`;
    const late = await story.users.max.ask('POST', again, { text: 'Mine' });
    expect(late).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect((await story.users.sid.ask('POST', again, { text: 'Mine' })).status).toBe(404);
    expect((await story.users.sid.get(`/handover-notes?${query()}`)).body).toEqual({ items: [] });
    const nowhere = { plantId: story.plants.lea.plantId, day: DAY, shift: 'Night', text: 'To nobody' };
    expect((await story.users.lea.ask('POST', '/handover-notes', nowhere)).status).toBe(404);
    await page.context().close();
  });

  it('is signed once, which closes it; and prints on one page', async () => {
    const { page } = await open(report());
    await page.getByText('It cannot be taken back').waitFor();
    await page.getByRole('button', { name: 'Sign this shift' }).click();
    await page.locator('.signature', { hasText: 'Signed: lea' }).waitFor();
    await expect.poll(() => text(page, '.badge')).toBe('closed');
    expect(await page.getByRole('button', { name: 'Sign this shift' }).count()).toBe(0);
    const pdf = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
    expect(pdf.match(/\/Type\s*\/Page\b/g)).toHaveLength(1);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('.rail, .toolbar, form').filter({ visible: true }).count()).toBe(0);
    await page.context().close();
  });

  it('is read in German and in both themes, and fits a telephone', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(report(), { locale: 'de-DE', colorScheme });
      await page.getByRole('heading', { name: 'Schichtbericht: Early, 17. März 2026' }).waitFor();
      expect(await page.locator('.losses li').first().textContent()).toBe('Kappenstau1:10 h2 ×');
      expect(await text(page, '[data-figure=oee] strong')).toBe('67,6 %');
      expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await page.context().close();
    }
  });
});
