// The page OEE in a real browser: the golden shift as facts, read from the page as the API gives it, in both
// profiles; what is missing is said, and leads to where it is mended.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricsPage, ParetoPage } from '../../cloud/domains/metrics/index.ts';
import { accessibilityProblems, layoutShift } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { type FactRows, insertFacts } from './fact-rows.ts';
import { asOwner, insertPerson } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea' | 'sid'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let machines: Record<'filler' | 'capper' | 'packer', number>;
let cola: number;

const MINUTE = 60_000_000;
const DAY = '2026-03-17';
const PERIOD = 'period=own&from=2026-03-16&to=2026-03-18';

/** DEFINITIONS 2: minutes by category, and the pieces of a cycle of 12 s. */
const golden: Omit<FactRows, 'machineId'> = {
  day: DAY,
  minutes: { running: 335, setup: 25, idle: 15, unplanned_stop: 35, minor_stop: 10, planned_stop: 40, unknown: 20 },
  pieces: { good: 1420, scrap: 50, rework: 20, startup: 10 },
  idealCycle: 12,
  reason: 'cap_jam',
};

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North', sid: 'South' }, { webDirectory: pages.directory });
  const { ownerUrl } = story.database;
  const { plantId, organizationId } = story.plants.lea;
  const make = async (name: string, displayName: string) =>
    ((await story.users.lea.ask('POST', '/machines', { plantId, name, displayName })).body as { id: number }).id;
  machines = {
    filler: await make('filler', 'Filler'),
    capper: await make('capper', 'Capper'),
    packer: await make('packer', 'Packer'),
  };
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.loss_reasons (organization_id, code, name, name_de, category)
     VALUES ($1, 'cap_jam', 'Cap jam', 'Kappenstau', 'unplanned_stop')`,
    [organizationId],
  );
  const [unit] = await asOwner(
    ownerUrl,
    "INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'pieces') RETURNING id",
    [organizationId],
  );
  const { body } = await story.users.lea.ask('POST', '/materials', {
    code: 'COLA',
    name: 'Cola 0.5 l',
    unitId: unit?.['id'],
  });
  cola = (body as { id: number }).id;
  if (!cola) throw new Error(JSON.stringify(body));
  const at = { ownerUrl, organizationId, plantId, materialId: cola };
  await insertFacts(at, { ...golden, machineId: machines.filler });
  const day = { day: '2026-03-18', reason: null };
  // Faster than ideal: 380 min for 400 pieces of a minute; and of 40 min there is no data.
  await insertFacts(at, {
    ...day,
    machineId: machines.packer,
    minutes: { running: 380, unknown: 40 },
    pieces: { good: 400 },
    idealCycle: 60,
  });
  await insertFacts(at, {
    ...day,
    machineId: machines.capper,
    minutes: { running: 100, minor_stop: 20 },
    pieces: { good: 50 },
    idealCycle: null,
  });
  // A week before, a little worse; what is asked; and a shift that is another version since.
  const minutes = { ...golden.minutes, running: 300, unplanned_stop: 70 };
  await insertFacts(at, { ...golden, day: '2026-03-10', minutes, pieces: { good: 1200 }, machineId: machines.filler });
  const target = { machineId: machines.filler, validFrom: '2026-03-01', targetPercent: 72.5 };
  const asking = await story.users.lea.ask('POST', '/machine-targets', target);
  if (asking.status !== 201) throw new Error(JSON.stringify(asking.body));
  const [shift] = await asOwner(
    ownerUrl,
    `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time, state, version)
     VALUES ($1, $2, $3, 'Early', 'regular', $4, $4, '2026-03-17T05:00:00Z', '2026-03-17T13:00:00Z', 'restated', 2) RETURNING id`,
    [organizationId, plantId, machines.filler, DAY],
  );
  for (const [version, cause, by] of [
    [1, 'closed', null],
    [2, 'classification', 'Mia'],
  ])
    await asOwner(
      ownerUrl,
      `INSERT INTO mes.shift_figures (organization_id, plant_id, machine_id, shift_instance_id, version, name, start_day, business_date, from_time, to_time, cause, caused_by, time_sums, count_sums)
       SELECT shifts.organization_id, shifts.plant_id, shifts.machine_id, shifts.id, $2, shifts.name, shifts.start_day, shifts.business_date, shifts.from_time, shifts.to_time, $3, $4, '[]', '[]'
       FROM mes.shift_instances AS shifts WHERE shifts.id = $1`,
      [shift?.['id'], version, cause, by],
    );
  for (const [name, hour, good] of [
    ['Early', '06', 100],
    ['Night', '22', 60],
  ] as const) {
    const from = `2026-04-01T${hour}:00:00Z`;
    const [made] = await asOwner(
      ownerUrl,
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
       VALUES ($1, $2, $3, $4, 'regular', '2026-04-01', '2026-04-01', $5, $5::timestamptz + interval '2 hours') RETURNING id`,
      [organizationId, plantId, machines.capper, name, from],
    );
    await insertFacts(at, {
      day: '2026-04-01',
      reason: null,
      machineId: machines.capper,
      minutes: { running: good, idle: 120 - good },
      pieces: { good },
      idealCycle: 60,
      hour: new Date(from),
      shiftId: Number(made?.['id']),
    });
  }
  const bob = { email: 'bob@example.com', password, name: 'bob', organizationIds: [organizationId] };
  await insertPerson(ownerUrl, { ...bob, role: null });
}, 120_000);

afterAll(async () => {
  await browser?.close();
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
  await page.locator('.frame h1, .frame .notice').first().waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  return opened;
}

const filler = (more = '') => `/oee?${PERIOD}&machine=${machines.filler}${more}`;
const figure = (page: Page, name: string) => page.locator(`[data-figure=${name}]`);
const shown = async (page: Page, name: string) => (await figure(page, name).locator('.number').textContent())?.trim();
const quotient = (page: Page, name: string) => figure(page, name).locator('.quotient strong').textContent();
const settled = (page: Page) => page.locator('.oee[aria-busy=false]').waitFor();

async function api(more: string): Promise<MetricsPage['items'][number]> {
  const { body } = await story.users.lea.get(`/metrics?fromDay=2026-03-16&toDay=2026-03-18${more}`);
  const [item] = (body as MetricsPage).items;
  if (!item) throw new Error('no figures');
  return item;
}

describe('the page OEE', { timeout: 120_000 }, () => {
  it('says how much of a demo’s history is there, until it is', async () => {
    const { organizationId } = story.plants.lea;
    await asOwner(
      story.database.ownerUrl,
      'INSERT INTO mes.demo_histories (organization_id, until_time, days, days_done) VALUES ($1, now(), 90, 43)',
      [organizationId],
    );
    const { page, complaints } = await open(filler());
    const strip = page.getByRole('status').filter({ hasText: 'History' });
    await strip.waitFor();
    expect(await strip.textContent()).toBe('History of the demo is being filled: 43 of 90 days.');
    expect(await accessibilityProblems(page)).toEqual([]);
    await asOwner(
      story.database.ownerUrl,
      'UPDATE mes.demo_histories SET days_done = 90, finished_at = now() WHERE organization_id = $1',
      [organizationId],
    );
    await strip.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('shows the figures of the API with what they are made of, and changes the profile', async () => {
    const { page, complaints } = await open(filler());
    const check = async (profile: string) => {
      const { ratios } = await api(`&machine=${machines.filler}&profile=${profile}`);
      for (const name of ['oee', 'availability', 'performance', 'quality']) {
        const { value, numerator, denominator } = ratios[name] ?? { value: null, numerator: 0, denominator: 0 };
        expect(await shown(page, name)).toBe(`${((value ?? -1) * 100).toFixed(1)} %`);
        expect(await quotient(page, name)).toBe(`${numerator / MINUTE} of ${denominator / MINUTE} min`);
      }
    };
    await check('iso22400');
    expect(await shown(page, 'availability')).toBe('79.8 %');
    expect(await quotient(page, 'oee')).toBe('284 of 420 min');
    await page.getByRole('button', { name: 'TPM' }).click();
    await page.waitForURL(/profile=tpm/);
    await settled(page);
    await check('tpm');
    expect(await shown(page, 'availability')).toBe('82.1 %');
    expect(await shown(page, 'oee')).toBe('67.6 %');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('goes from calendar time down to value adding, and loses nothing on the way', async () => {
    const { page } = await open(filler());
    const rows = await page.locator('.waterfall tbody tr').evaluateAll((all) =>
      all.map((row) => {
        const [h = '0', mm = '0'] = (row.querySelector('.amount')?.textContent ?? '').split(':');
        return [row.getAttribute('data-step') ?? '', Number(h) * 60 + Number(mm)] as const;
      }),
    );
    const minutes = Object.fromEntries(rows);
    expect(minutes).toEqual({
      calendarTime: 480,
      planned: 40,
      noData: 20,
      pbt: 420,
      setup: 25,
      waiting: 15,
      unplannedDown: 35,
      minorStops: 10,
      rework: 4,
      reducedSpeed: 35,
      scrap: 10,
      startup: 2,
      valueAdding: 284,
    });
    const { losses } = await api(`&machine=${machines.filler}`);
    const wholes = new Set(['calendarTime', 'pbt']);
    for (const [step, amount] of rows)
      if (!wholes.has(step)) expect([step, amount]).toEqual([step, (losses?.[step] ?? -1) / MINUTE]);
    const sum = rows.reduce((all, [step, amount]) => all + (wholes.has(step) ? 0 : amount), 0);
    expect(sum).toBe(minutes['calendarTime']);
    const share = page.locator('[data-step=valueAdding] .share');
    expect(await share.textContent()).toBe('59.2 %');
    await page.close();
  });

  it('tells the reasons as the API does, by time or by how often', async () => {
    const { page } = await open(filler());
    const { body } = await story.users.lea.get(
      `/metrics/losses?fromDay=${DAY}&toDay=${DAY}&machine=${machines.filler}`,
    );
    const names = () => page.locator('.reasons .name').allTextContents();
    const { items } = body as ParetoPage;
    expect((await names())[0]).toBe('Cap jam');
    expect(await page.locator('.reasons .amount').allTextContents()).toEqual(
      items.map(({ duration }) => `0:${String(duration / MINUTE).padStart(2, '0')}`),
    );
    await page.locator('.reasons').getByRole('button', { name: 'Count' }).click();
    await page.waitForURL(/reasons=count/);
    // The fixture begins a minor stop each minute, and everything else once.
    await expect.poll(async () => (await names())[0]).toBe('Minor stop, no reason given');
    expect(await page.locator('.reasons .count').first().textContent()).toBe('10 ×');
    await page.close();
  });

  it('says what a figure means with its own numbers', async () => {
    const { page } = await open(filler());
    await page.getByRole('button', { name: 'What Availability means' }).click();
    const said = page.getByRole('dialog', { name: 'What Availability means' });
    await said.getByText('A = APT / PBT').waitFor();
    const inputs = await said.locator('td').allTextContents();
    expect(inputs.toSorted()).toEqual(['335 min', '420 min', '79.8 %']);
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await said.waitFor({ state: 'hidden' });
    await page.close();
  });

  it('names the ideal cycle that is missing, and leads to where it is made', async () => {
    const { page } = await open(`/oee?${PERIOD}&machine=${machines.capper}`);
    expect(await figure(page, 'oee').locator('.none').textContent()).toBe('no figure');
    expect(await shown(page, 'availability')).toBe('83.3 %');
    await page.getByText('No ideal cycle for Cola 0.5 l on Capper').waitFor();
    expect(await page.locator('[data-step=running] .amount').textContent()).toBe('1:40');
    await page.getByRole('link', { name: 'Set it' }).click();
    await page.waitForURL(`**/production-standards/new?machineId=${machines.capper}&materialId=${cola}`);
    await page.close();
  });

  it('hatches a figure of too little data, and says when the ideal cycle is suspect', async () => {
    const { page } = await open(`/oee?${PERIOD}&machine=${machines.packer}`);
    expect(await shown(page, 'performance')).toBe('105 %');
    await page.getByText('the ideal cycle is suspect').waitFor();
    await page.getByText('Of 0:40 h in scheduled time there is no data.').waitFor();
    expect(await page.locator('.oee-figure.hatched').count()).toBe(1);
    const faster = page.locator('[data-step=reducedSpeed]');
    expect(await faster.locator('th').textContent()).toBe('Faster than ideal');
    expect(await faster.locator('.amount').textContent()).toBe('−0:20');
    await page.close();
  });

  it('leaves gaps in the trend, moves along it by keys, and opens a day', async () => {
    const { page } = await open(`/oee?${PERIOD}&machine=${machines.filler}&by=day`);
    const bars = page.locator('.bars button');
    expect(await bars.count()).toBe(3);
    expect(await page.locator('.bars .column').count()).toBe(1);
    await bars.last().focus();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.read-out-line', { hasText: '17 Mar 2026: 67.6 %, 284 of 420 min' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.locator('.read-out-line', { hasText: '16 Mar 2026: no figure' }).waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/from=2026-03-17&to=2026-03-17/);
    await page.close();
  });

  it('compares two periods, marks what is asked, and says which shift is another version by now', async () => {
    const { page, complaints } = await open(filler('&by=day'));
    await figure(page, 'oee').getByText('target 72.5 %').waitFor();
    const badge = page.locator('.restated');
    expect(await badge.textContent()).toMatch(/^restated v2 Early, 17 Mar 2026 a reason of a stop, Mia, /);
    expect(await badge.getByRole('link').getAttribute('href')).toContain('day=2026-03-17&shift=Early');
    await page.getByLabel('Compare').selectOption({ label: 'From a day' });
    await page.getByLabel('Other time from').fill('2026-03-09');
    await page.waitForURL(/compare=2026-03-09/);
    await settled(page);
    const { body } = await story.users.lea.get(
      `/metrics?fromDay=2026-03-09&toDay=2026-03-11&machine=${machines.filler}`,
    );
    const before = (body as MetricsPage).items[0]?.ratios;
    const { ratios } = await api(`&machine=${machines.filler}`);
    const shownPoints: string[] = [];
    for (const name of ['oee', 'availability', 'performance', 'quality']) {
      const [value, than] = [ratios[name]?.value ?? 0, before?.[name]?.value ?? 0];
      const points = Math.round((value - than) * 1_000) / 10;
      shownPoints.push(`${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`);
      expect(await figure(page, name).locator('.difference').textContent()).toBe(
        `${shownPoints.at(-1)} percentage points to ${(than * 100).toFixed(than === 1 ? 0 : 1)}\u00a0%, 9 Mar 2026 to 11 Mar 2026`,
      );
    }
    expect(shownPoints[0]).toMatch(/^\+/);
    expect(shownPoints[3]).toMatch(/^−/);
    const row = page.locator('.places tbody tr');
    expect(await row.locator('.difference').allTextContents()).toEqual(shownPoints.map((one) => `${one} pp`));
    // Where the time went, and to what: then, in brackets.
    const amount = (step: string) => page.locator(`[data-step=${step}] .amount`).textContent();
    expect(await amount('unplannedDown')).toBe('0:35 (1:10)');
    expect(await page.locator('.reasons li', { hasText: 'Cap jam' }).locator('.amount').textContent()).toBe(
      '0:35 (1:10)',
    );
    // The seventeenth beside the tenth, and what is asked on each day.
    expect(await page.locator('.bars button:nth-of-type(2) .column').count()).toBe(2);
    expect(await page.locator('.bars .column.before').count()).toBe(1);
    expect(await page.locator('.bars .target').count()).toBe(3);
    await page.locator('.bars button').nth(1).hover();
    await page.locator('.read-out-line', { hasText: `target 72.5 %; 10 Mar 2026: ` }).waitFor();
    await page.getByLabel('Compare').selectOption({ label: 'The time before' });
    await page.locator('.difference', { hasText: 'no figure for 13 Mar 2026 to 15 Mar 2026' }).first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('shows the shifts of one name alone, and each name beside the others', async () => {
    const { page, complaints } = await open(`/oee?period=own&from=2026-04-01&to=2026-04-02&machine=${machines.capper}`);
    const table = page.locator('.places');
    await table.getByRole('button', { name: 'By shift' }).click();
    await table.getByText('60 of 120 min').first().waitFor();
    expect(await table.locator('tbody th').allTextContents()).toEqual(['Early', 'Night']);
    await table.getByRole('link', { name: 'Night' }).click();
    await page.waitForURL(/shift=Night/);
    await settled(page);
    expect(await quotient(page, 'oee')).toBe('60 of 120 min');
    expect(await page.getByRole('combobox', { name: /^Shift/ }).inputValue()).toBe('Night');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('combobox', { name: /^Shift/ }).selectOption('All shifts');
    await settled(page);
    expect(await quotient(page, 'oee')).toBe('160 of 240 min');
    await page.goto(`${story.api.url}/oee?${PERIOD}&shift=Holiday&machine=${machines.filler}`);
    await page.getByText('There is no time to count here in this period.').waitFor();
    expect(await page.getByRole('combobox', { name: /^Shift/ }).inputValue()).toBe('Holiday');
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('says on which machines a reason cost time, and leads to their stops', async () => {
    const { page, complaints } = await open(`/oee?${PERIOD}&compare=2026-03-09&basis=machine`);
    const reasons = page.locator('.reasons');
    const minor = reasons.getByRole('button', { name: 'Minor stop' });
    await minor.click();
    expect(await minor.getAttribute('aria-expanded')).toBe('true');
    const on = reasons.locator('.machines li');
    await expect.poll(() => on.allTextContents()).toEqual(['Capper0:2020 ×', 'Filler0:1010 ×']);
    expect(await on.first().getByRole('link').getAttribute('href')).toBe(
      `/machines/${machines.capper}?from=2026-03-15T23%3A00%3A00.000Z&to=2026-03-18T23%3A00%3A00.000Z&why=minor_stop.none`,
    );
    expect(await accessibilityProblems(page)).toEqual([]);
    await minor.click();
    await on.first().waitFor({ state: 'detached' });
    // What nobody can list one by one leads nowhere.
    await reasons.getByRole('button', { name: 'No data' }).click();
    await expect.poll(() => on.allTextContents()).toEqual(['Packer0:401 ×', 'Filler0:201 ×']);
    expect(await on.getByRole('link').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('lists machines with their numerators; one leads to its own page of figures', async () => {
    const { page, complaints } = await open(`/oee?${PERIOD}`);
    expect(await layoutShift(page)).toBe(0);
    const row = page.locator('.places tbody tr', { hasText: 'Filler' });
    await row.getByText('284 of 420 min').waitFor();
    await row.getByText('1,420 of 1,500 pieces').waitFor();
    // The same days, by the plant's clock.
    expect(await row.getByRole('link', { name: 'Time line: Filler' }).getAttribute('href')).toBe(
      `/machines/${machines.filler}?from=2026-03-15T23%3A00%3A00.000Z&to=2026-03-18T23%3A00%3A00.000Z`,
    );
    await row.getByRole('link', { name: 'Filler', exact: true }).click();
    await page.waitForURL(new RegExp(`machine=${machines.filler}`));
    await settled(page);
    expect(await shown(page, 'oee')).toBe('67.6 %');
    await page.goBack();
    await page.locator('.places').getByRole('button', { name: 'By lane' }).click();
    await page.waitForURL(/rows=lane/);
    await settled(page);
    expect(await page.locator('.places tbody tr').count()).toBe(1);
    await page.locator('.places tbody tr', { hasText: 'Without a lane' }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('is well for everybody, %s', async (colorScheme) => {
    const { page, complaints } = await open(filler('&compare=2026-03-09'), { colorScheme });
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goto(`${story.api.url}/oee?${PERIOD}&plant=${story.plants.lea.plantId}`);
    await page.locator('.places tbody tr').first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it.each([
    [360, 740],
    [820, 1180],
    [1920, 1080],
  ])('fits %i pixels, in German', async (width, height) => {
    const { page } = await open(`/oee?${PERIOD}&compare=2026-03-09`, {
      viewport: { width, height },
      locale: 'de-DE',
      hasTouch: width < 1_000,
    });
    await page.getByText('Keine Idealzeit für Cola 0.5 l auf Capper').waitFor();
    await page.getByRole('heading', { name: 'Von der Kalenderzeit zur Wertschöpfung' }).waitFor();
    await page.locator('.reasons', { hasText: 'Kappenstau' }).waitFor();
    expect(await page.locator('.places tbody tr', { hasText: 'Filler' }).textContent()).toContain('67,6 %');
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    await page.close();
  });

  it('says what is missing where nothing is known, and is not there for who may not see figures', async () => {
    const { page } = await open('/oee', { who: 'sid' });
    await page.getByText('There is no time to count here in this period.').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByRole('link', { name: 'See what is missing' }).click();
    await page.waitForURL(/\/plant-setup\/machine-checklists/);
    await page.close();
    const { page: other } = await open('/oee', { who: 'bob' });
    expect(await other.locator('.rail').getByRole('link', { name: 'OEE' }).count()).toBe(0);
    await other.close();
  });
});
