// The page of a machine in a real browser, as a shift lead uses it: what the machine did, why it stood in two
// taps and back again, a year down to a minute, an interval down to its samples.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricsPage } from '../../cloud/domains/metrics/index.ts';
import type { Interval, Timeline } from '../../cloud/domains/stops/index.ts';
import { at, type Figures, stage, startFigures } from '../../cloud/domains/stops/test-stage.ts';
import { insertProduction } from '../support/production-rows.ts';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { asOwner, insertPerson, storeSamples } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea' | 'sid'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let figures: Figures;
let machineId: number;

const HOUR_US = 3_600_000_000;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', sid: 'South' }, { webDirectory: pages.directory });
  const { ownerUrl } = story.database;
  const plant = await insertProduction(ownerUrl, story.plants.lea);
  machineId = plant.machines['filler'] ?? 0;
  for (const [code, name, name_de, category, position] of [
    ['changeover', 'Changeover', 'Umrüsten', 'setup', 1],
    ['starved', 'No bottles', 'Keine Flaschen', 'idle', 2],
    ['power', 'Power cut', 'Stromausfall', 'unplanned_stop', 3],
    ['service', 'Service', 'Wartung', 'planned_stop', 4],
    ['jammed', 'Cap jam', 'Kappenstau', 'unplanned_stop', 5],
    ['belt', 'Belt', 'Band', 'unplanned_stop', 6],
    ['seal', 'Seal worn', 'Dichtung verschlissen', 'unplanned_stop', null],
  ])
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.loss_reasons (organization_id, code, name, name_de, category, frequent_position) VALUES ($1, $2, $3, $4, $5, $6)`,
      [plant.organizationId, code, name, name_de, category, position],
    );
  await stage(story, plant);
  // As a calendar would have it: figures are asked for by plant days.
  await asOwner(
    ownerUrl,
    "UPDATE mes.shift_instances SET start_day = (from_time AT TIME ZONE 'Europe/Berlin')::date, business_date = (from_time AT TIME ZONE 'Europe/Berlin')::date",
  );
  const viewer = { email: 'viv@example.com', password, name: 'viv', organizationIds: [plant.organizationId] };
  await insertPerson(ownerUrl, { ...viewer, role: 'viewer' });
  figures = startFigures(story);
  await figures.computed();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await figures?.stop();
  await story?.stop();
  await pages?.remove();
});

async function open(
  path: string,
  { who = 'lea', ...options }: Parameters<TestBrowser['open']>[0] & { who?: string } = {},
) {
  const opened = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  const { page } = opened;
  page.setDefaultTimeout(30_000);
  await page.goto(story.api.url + path);
  await page.fill('input[name=email]', `${who}@example.com`);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  return opened;
}

const window = () => `from=${at(0)}&to=${at(240)}`;
const filler = () => `/machines/${machineId}?${window()}`;
const slider = (page: Page) => page.getByRole('slider');
const stopAt = (page: Page, minute: number) => page.locator(`[data-stop="${at(minute)}"]`);

async function timeline(period = window()): Promise<Timeline> {
  return (await story.users.lea.get(`/machines/${machineId}/timeline?${period}`)).body as Timeline;
}

async function intervalAt(minute: number): Promise<Interval | undefined> {
  const { intervals } = await timeline(`from=${at(minute)}&to=${at(minute + 1)}`);
  return intervals?.[0];
}

const hoursMinutes = (us: number) =>
  `${Math.floor(us / HOUR_US)}:${String(Math.round((us % HOUR_US) / 60_000_000)).padStart(2, '0')}`;

describe('the page of a machine', { timeout: 120_000 }, () => {
  it('is reached from the list of machines, and shows the time and the figures of the API', async () => {
    const { page, complaints } = await open('/now');
    await page.locator('.rail').getByRole('link', { name: 'Machines' }).click();
    await page.waitForURL(/\/machines\?plant=/);
    const row = page.locator('.machine-row', { hasText: 'Filler' });
    await row.getByText('No data').waitFor();
    await row.click();
    await page.waitForURL(new RegExp(`/machines/${machineId}$`));
    await page.locator('.machine-state[data-look=no_data]').waitFor();
    await page.goto(story.api.url + filler());
    await page.locator('.key [data-category]').first().waitFor();
    const sums = new Map<string, number>();
    for (const { category, from, to } of (await timeline()).intervals ?? [])
      sums.set(category, (sums.get(category) ?? 0) + (Date.parse(to) - Date.parse(from)) * 1_000);
    const shown = await page
      .locator('.key [data-category]')
      .evaluateAll((all) =>
        all.map((one) => [one.getAttribute('data-category'), one.querySelector('strong')?.textContent]),
      );
    expect(Object.fromEntries(shown)).toEqual(
      Object.fromEntries([...sums].map(([category, us]) => [category, hoursMinutes(us)])),
    );
    const { body } = await story.users.lea.get(`/metrics?machine=${machineId}&${window()}`);
    const availability = (body as MetricsPage).items[0]?.ratios['availability'];
    await expect
      .poll(() => page.locator('.machine-figures [data-figure=availability] dd > strong').textContent())
      .toBe(`${((availability?.value ?? 0) * 100).toFixed(1)} %`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('takes two taps to say why it stood, keeps who and when in sight, and takes it back', async () => {
    const { page, complaints } = await open(filler());
    expect(await page.locator('.stops .stop').first().getAttribute('data-stop')).toBe(at(200));
    await stopAt(page, 60).click();
    const choice = page.locator('.reason-choice .likely').first();
    expect(await choice.getByRole('button').allTextContents()).toEqual([
      'Changeover',
      'No bottles',
      'Power cut',
      'Service',
      'Cap jam',
      'Belt',
      'More reasons …',
    ]);
    await choice.getByRole('button', { name: 'Cap jam' }).click();
    const strip = page.locator('.done-strip');
    await strip.getByText('Cap jam').waitFor();
    expect(await strip.textContent()).toContain('lea, ');
    // The row says so at once, and the interval when it is computed anew.
    await stopAt(page, 60).getByText('Cap jam').waitFor();
    await expect.poll(async () => (await intervalAt(61))?.reason?.code, { timeout: 20_000 }).toBe('jammed');
    await stopAt(page, 60).getByText('being computed').waitFor({ state: 'detached' });
    expect(await stopAt(page, 60).textContent()).toContain('lea, ');
    await strip.getByRole('button', { name: 'Undo' }).click();
    await strip.getByText('taken back').waitFor();
    await expect.poll(async () => (await intervalAt(61))?.reason, { timeout: 20_000 }).toBeNull();
    await stopAt(page, 60).getByText('Why?').waitFor();
    await stopAt(page, 60).click();
    const said = page.getByRole('list', { name: 'Said of this time' });
    await said.locator('.taken-back', { hasText: 'Cap jam' }).getByText('taken back by lea').waitFor();
    // One more tap has all of them, by what they are.
    await page.getByRole('button', { name: 'More reasons …' }).click();
    await page.getByRole('searchbox', { name: 'Search reasons' }).fill('seal');
    await page.getByRole('region', { name: 'Unplanned stop' }).getByRole('button', { name: 'Seal worn' }).click();
    await expect.poll(async () => (await intervalAt(61))?.reason?.code, { timeout: 20_000 }).toBe('seal');
    await page.locator('.done-strip').getByRole('button', { name: 'Undo' }).click();
    await expect.poll(async () => (await intervalAt(61))?.reason, { timeout: 20_000 }).toBeNull();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lets who may say that running time was none in truth, in words, and takes it back', async () => {
    const { page, complaints } = await open(filler());
    const openRunning = async () => {
      await slider(page).focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
    };
    await openRunning();
    const detail = page.locator('.stop-detail');
    await detail.getByRole('heading', { name: /^Running / }).waitFor();
    expect(await detail.getByRole('group').count()).toBe(0);
    await detail.getByRole('button', { name: 'This running time was in truth …' }).click();
    const reason = detail
      .getByRole('group', { name: 'What was it in truth?' })
      .getByRole('button', { name: 'Power cut' });
    await reason.click();
    await detail.getByRole('alert').getByText('Say in words why the machine did not run').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await detail.getByLabel('Why does the machine say otherwise?').fill('The sensor was wet');
    await reason.click();
    await detail.waitFor({ state: 'detached' });
    await expect
      .poll(() => intervalAt(10), { timeout: 20_000 })
      .toMatchObject({ category: 'unplanned_stop', state: 'running', reason: { code: 'power' } });
    // The figures follow, as the API has them.
    const { body } = await story.users.lea.get(`/metrics?machine=${machineId}&${window()}`);
    const { value = null } = (body as MetricsPage).items[0]?.ratios['availability'] ?? {};
    await expect
      .poll(() => page.locator('.machine-figures [data-figure=availability] dd > strong').textContent(), {
        timeout: 20_000,
      })
      .toBe(`${((value ?? 0) * 100).toFixed(1)} %`);
    const row = stopAt(page, 0);
    await row.getByText('Power cut').waitFor();
    await row.click();
    const said = page.getByRole('list', { name: 'Said of this time' });
    await said.getByText('overrules the machine').waitFor();
    expect(await said.textContent()).toContain('“The sensor was wet”');
    await said.getByRole('button', { name: 'Undo: Power cut' }).click();
    await expect.poll(async () => (await intervalAt(10))?.category, { timeout: 20_000 }).toBe('running');
    await row.waitFor({ state: 'detached' });
    // Of the stop that lasts a word holds until the machine runs again.
    await stopAt(page, 200).click();
    await page.locator('.reason-choice').first().getByRole('button', { name: 'Belt' }).click();
    await stopAt(page, 200).getByText('Belt').waitFor();
    await stopAt(page, 200).click();
    await said.getByText('until it runs').waitFor();
    await said.getByRole('button', { name: 'Undo: Belt' }).click();
    await expect.poll(async () => (await intervalAt(210))?.reason, { timeout: 20_000 }).toBeNull();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('goes from what time was lost to, to the stops it was', async () => {
    const { page, complaints } = await open(filler());
    const list = page.locator('.stops li');
    await expect.poll(() => list.count()).toBe(4);
    await page.locator('.reasons').getByRole('link', { name: 'Minor stop' }).click();
    await page.waitForURL(/why=minor_stop\.none/);
    await page.getByText('Only: Minor stop').waitFor();
    expect(await list.evaluateAll((all) => all.map((one) => one.querySelector('button')?.dataset['stop']))).toEqual([
      at(120),
    ]);
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('machine-stops');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('link', { name: 'All stops' }).click();
    await expect.poll(() => list.count()).toBe(4);
    await page.goto(`${story.api.url}${filler()}&why=weather.rain`);
    await expect.poll(() => list.count()).toBe(4);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says since when it shows alarms where there were too many', async () => {
    const { ownerUrl } = story.database;
    const [tag] = await asOwner(
      ownerUrl,
      "SELECT id, organization_id, plant_id FROM mes.tags WHERE name = 'filler/jam'",
    );
    const begin = Date.parse(at(-2_000));
    await storeSamples(
      ownerUrl,
      {
        organizationId: Number(tag?.['organization_id']),
        plantId: Number(tag?.['plant_id']),
        tagId: Number(tag?.['id']),
      },
      Array.from({ length: 1_200 }, (_, nth) => ({ time: new Date(begin + nth * 1_000), value: nth % 2 === 0 })),
    );
    const { page } = await open(`/machines/${machineId}?from=${at(-2_010)}&to=${at(-1_970)}`);
    await page.getByText(/^Alarms since .*; there were more before: zoom in$/).waitFor();
    expect(await page.locator('.alarm-band .not-told').count()).toBe(1);
    await page.goto(`${story.api.url}/machines/${machineId}?from=${at(-1_990)}&to=${at(-1_970)}`);
    await page.getByText('Alarms', { exact: true }).waitFor();
    expect(await page.locator('.alarm-band .not-told').count()).toBe(0);
    await page.close();
  });

  it('moves one cursor by keys, opens what is under it, and its samples to the millisecond', async () => {
    const { page } = await open(filler());
    await slider(page).focus();
    await page.keyboard.press('Home');
    const text = () => slider(page).getAttribute('aria-valuetext');
    expect(await text()).toContain(': Running');
    for (let step = 0; step < 40 && !(await text())?.includes('Unplanned stop'); step++)
      await page.keyboard.press('ArrowRight');
    expect(Number(await slider(page).getAttribute('aria-valuenow'))).toBe(Date.parse(at(60)));
    await page.locator('.reading', { hasText: 'Unplanned stop' }).waitFor();
    expect(await page.locator('.cursor-line').count()).toBeGreaterThan(0);
    await page.keyboard.press('Enter');
    const detail = page.locator('.stop-detail');
    await detail.getByRole('heading', { name: /Unplanned stop/ }).waitFor();
    await detail.getByRole('group', { name: 'Why did it stop?' }).waitFor();
    await detail.getByRole('button', { name: 'Samples' }).click();
    const rows = detail.locator('.samples tbody tr');
    await rows.first().waitFor();
    const samples = await rows.allTextContents();
    expect(samples.filter((row) => row.includes('filler/state')).map((row) => row.includes('held before'))).toEqual([
      true,
      false,
    ]);
    expect(samples.find((row) => row.includes('Stopped'))).toMatch(/:00:00\.000/);
    await page.close();
  });

  it('goes from a year to a minute without ever loading more than a screen can show', async () => {
    const { page, complaints } = await open(filler());
    const sizes: number[] = [];
    const windows: number[] = [];
    page.on('response', (response) => {
      const url = new URL(response.url());
      if (!url.pathname.endsWith('/timeline')) return;
      const [from, to] = ['from', 'to'].map((name) => Date.parse(url.searchParams.get(name) ?? ''));
      // What the page did not wait for has no body any more.
      void response.json().then(
        (body: Timeline) => {
          const shares = body.shares?.items.reduce((sum, { time }) => sum + Object.keys(time).length, 0) ?? 0;
          sizes.push(Math.max(body.intervals?.length ?? shares, body.counts.items.length));
          windows.push((to ?? 0) - (from ?? 0));
        },
        () => {},
      );
    });
    await page.getByRole('button', { name: 'Year' }).click();
    await page.getByText('Shares by day').waitFor();
    await page.getByText('Stops are listed for 31 days at most.').waitFor();
    await slider(page).focus();
    const shownMs = async () =>
      Number(await slider(page).getAttribute('aria-valuemax')) -
      Number(await slider(page).getAttribute('aria-valuemin'));
    for (let step = 0; step < 30 && (await shownMs()) > 60_000; step++) {
      await page.keyboard.press('+');
      // The hand rests here and there, and what is shown is asked for.
      if (step % 5 === 0) await page.waitForTimeout(400);
    }
    expect(await shownMs()).toBe(60_000);
    await expect.poll(() => windows.includes(60_000), { timeout: 15_000 }).toBe(true);
    expect(windows.length).toBeGreaterThan(3);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000);
    expect(await page.evaluate(() => new URL(location.href).searchParams.get('from'))).not.toBeNull();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lets one draw a time, and is reached from the page OEE with the same days', async () => {
    const { page } = await open(filler());
    const box = await slider(page).boundingBox();
    if (!box) throw new Error('no time line');
    await page.mouse.move(box.x + box.width / 4, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + 60, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL((url) => url.searchParams.get('from') !== at(0));
    const from = Date.parse(new URL(page.url()).searchParams.get('from') ?? '');
    const to = Date.parse(new URL(page.url()).searchParams.get('to') ?? '');
    expect(Math.abs(from - Date.parse(at(60)))).toBeLessThan(60_000);
    expect(Math.abs(to - Date.parse(at(120)))).toBeLessThan(60_000);
    await page.goto(`${story.api.url}/oee?machine=${machineId}`);
    await page.getByRole('link', { name: 'To the stops' }).click();
    await page.waitForURL(new RegExp(`/machines/${machineId}\\?from=`));
    await slider(page).waitFor();
    await page.close();
  });

  it('says why one may not give reasons, and has none of another organisation', async () => {
    const { page } = await open(filler(), { who: 'viv' });
    await stopAt(page, 60).click();
    await page.getByText('You may look at stops, not give reasons.').waitFor();
    expect(await page.locator('.reason-choice').count()).toBe(0);
    await slider(page).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Running / }).waitFor();
    expect(await page.getByRole('button', { name: 'This running time was in truth …' }).count()).toBe(0);
    await page.close();
    const { page: other } = await open('/machines', { who: 'sid' });
    await other.getByText('This plant has no machines yet.').waitFor();
    await other.goto(story.api.url + filler());
    await other.locator('.problem').waitFor();
    await other.close();
  });

  it.each(['light', 'dark'] as const)('is well for everybody, %s', async (colorScheme) => {
    const { page } = await open(filler(), { colorScheme });
    await stopAt(page, 60).click();
    await page.locator('.reason-choice button').first().waitFor();
    await page.locator('.waterfall').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto(`${story.api.url}/machines`);
    await page.locator('.machine-row').first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.close();
  });

  it.each([
    [390, 844],
    [1024, 768],
    [1920, 1080],
  ])('fits %i pixels, in German', async (width, height) => {
    const { page } = await open(filler(), { viewport: { width, height }, locale: 'de-DE', hasTouch: width < 1_100 });
    await stopAt(page, 60).click();
    await page.getByRole('button', { name: 'Kappenstau' }).waitFor();
    await page.locator('.key').getByText('Ungeplanter Stillstand').waitFor();
    await page.getByRole('heading', { name: 'Von der Kalenderzeit zur Wertschöpfung' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.close();
  });
});
