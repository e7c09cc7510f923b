// The page Now in a real browser, against the whole API, a real database and a real broker.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Now } from '../../cloud/domains/telemetry/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { accessibilityProblems } from './accessibility.ts';
import { signIn } from './api-client.ts';
import { type ApiOnPort, startApi } from './api-on-port.ts';
import { bottlingMachines } from './bottling-rows.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { type LiveBroker, startLiveBroker } from './live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows, storeSamples } from './plant-rows.ts';

const email = 'lea@example.com';
const password = 'correct horse battery';
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let plant: PlantRows;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let heartbeat: NodeJS.Timeout;
let agentSpeaks = true;

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  plant = await insertPlant(database.ownerUrl, {
    organization: 'North Drinks',
    name: 'Plant North',
    timeZone: 'Europe/Berlin',
    machines: bottlingMachines,
  });
  await insertPerson(database.ownerUrl, { email, password, name: 'Lea Lang', organizationIds: [plant.organizationId] });
  pages = await buildPages();
  browser = await startBrowser();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, webDirectory: pages.directory });
  heartbeat = setInterval(() => {
    if (agentSpeaks) void broker.publishAgents(plant.organizationId, [[plant.agentId, true, Date.now(), Date.now()]]);
  }, 500);
});

afterAll(async () => {
  clearInterval(heartbeat);
  await browser?.close();
  await api?.stop();
  await broker?.stop();
  await database?.drop();
  await pages?.remove();
});

async function openNow(options: Parameters<TestBrowser['open']>[0]): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await browser.open(options);
  await page.goto(api.url);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.waitForSelector('.tile:not(.skeleton)');
  await page
    .getByRole('button', { name: 'Readings' })
    .or(page.getByRole('button', { name: 'Messwerte' }))
    .click();
  return { page, complaints };
}

const tile = (page: Page, name: string) => page.getByRole('article', { name });
const id = (tag: string) => plant.tags[tag] ?? 0;
const figure = (page: Page, tag: string) => page.locator(`[data-tag="${id(tag)}"] .figure`);

/** Stored before it is told, as the ingestor does it: a stream looks again soon after its beginning. */
async function say(machine: string, tags: readonly [string, number | string][]): Promise<void> {
  const now = Date.now();
  const here = { organizationId: plant.organizationId, plantId: plant.plantId };
  for (const [tag, value] of tags)
    await storeSamples(database.ownerUrl, { ...here, tagId: id(`${machine}/${tag}`) }, [
      { time: new Date(now), value },
    ]);
  await broker.publishTags(
    plant.organizationId,
    plant.machines[machine] ?? 0,
    tags.map(([tag, value]) => [id(`${machine}/${tag}`), now, value, 0] as const),
  );
}

describe('signing in', () => {
  it('says what is wrong, then leads to the plant; a reload stays signed in, signing out ends it', async () => {
    const { page, complaints } = await browser.open({});
    await page.goto(api.url);
    await page.fill('input[name=email]', email);
    await page.fill('input[name=password]', 'wrong');
    await page.click('button[type=submit]');
    await page.getByText('E-mail or password is wrong.').waitFor();
    await page.fill('input[name=password]', password);
    await page.keyboard.press('Enter');
    await tile(page, 'Filler').waitFor();
    expect(new URL(page.url()).search).toBe(`?plant=${plant.plantId}`);
    await page.reload();
    await tile(page, 'Filler').waitFor();
    await page.getByRole('button', { name: 'Account: Lea Lang' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.locator('input[name=email]').waitFor();
    await page.reload();
    await page.locator('input[name=email]').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('the page Now', () => {
  it('shows what the API says: every state, reason, value and unit, in physical order', async () => {
    const { page, complaints } = await openNow({});
    const user = await signIn(api.url, { email, password });
    const now = (await user.get(`/now?plant=${plant.plantId}`)).body as Now;
    const machines = now.lanes.flatMap((lane) => lane.machines);
    expect(await page.locator('.tile h3').allTextContents()).toEqual(machines.map((machine) => machine.displayName));
    const states = { running: 'Running', setup: 'Setup', idle: 'Idle', stopped: 'Stopped', unknown: 'Unknown' };
    for (const machine of machines) {
      const word = machine.state ? states[machine.state.state] : 'No state signal';
      // On a busy machine the agent's first sign of life may come after the page.
      const shownWord = () => tile(page, machine.displayName).locator('.word').textContent();
      await expect.poll(shownWord, { timeout: 10_000 }).toBe(word);
      for (const tag of machine.tags) {
        if (!/measurement|good_count|reject_count/.test(tag.role ?? '')) continue;
        const text = (await figure(page, tag.name).textContent()) ?? '';
        expect(text.endsWith(` ${tag.unit}`), `${tag.name}: ${text}`).toBe(true);
        const shown = Number(text.replaceAll(',', '').split(' ')[0]);
        expect(Math.abs(shown - Number(tag.value))).toBeLessThanOrEqual(Math.abs(Number(tag.value)) * 0.005);
      }
    }
    expect(await tile(page, 'Capper').locator('.reason').textContent()).toBe('Cap jam');
    expect(await tile(page, 'Labeller').locator('.reason').textContent()).toBe('Starved or blocked');
    expect(await tile(page, 'Packer').locator('.reason').textContent()).toBe('“99” has no meaning yet');
    expect(await tile(page, 'Capper').locator('.alarm').textContent()).toContain('Guard open + 1 more');
    // Only the stop fills its tile.
    const fills = await page
      .locator('.tile')
      .evaluateAll((tiles) => tiles.map((one) => getComputedStyle(one).backgroundColor));
    expect(fills.filter((fill) => fill === 'rgb(174, 28, 40)')).toHaveLength(1);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('follows the machines live: a value, a stop that asks why, an alarm, a late value that changes nothing', async () => {
    const { page } = await openNow({});
    const filler = tile(page, 'Filler');
    // The stream stands when the first value has come.
    await expect
      .poll(async () => {
        await say('filler', [['fill_weight', 498.26]]);
        return figure(page, 'filler/fill_weight').textContent();
      })
      .toBe('498.3 g');
    await say('filler', [
      ['state', 'Stopping'],
      ['low_level', 1],
    ]);
    await filler.locator('.word', { hasText: 'Stopped' }).waitFor();
    expect(await filler.locator('.reason').textContent()).toBe('Why? Say why Filler stopped');
    expect(await filler.locator('.lasts').textContent()).toMatch(/^0:00:0\d$/);
    await filler.getByText('Product level low').waitFor();
    await broker.publishTags(plant.organizationId, plant.machines['filler'] ?? 0, [
      [id('filler/state'), Date.now() - 60_000, 'Execute', 0],
    ]);
    await say('filler', [['good_count', 4_294_967_295]]);
    await expect.poll(() => figure(page, 'filler/good_count').textContent()).toBe('4,294,967,295 pcs');
    expect(await filler.locator('.word').textContent()).toBe('Stopped');
    await say('filler', [
      ['state', 'Execute'],
      ['low_level', 0],
      ['good_count', 128_417],
    ]);
    await filler.locator('.word', { hasText: 'Running' }).waitFor();
    await page.context().close();
  });

  it('opens the history of a value by keyboard, keeps it in the URL, and gaps stay gaps', async () => {
    const from = Date.now() - 30 * 60_000;
    const tag = { organizationId: plant.organizationId, plantId: plant.plantId, tagId: id('capper/cap_torque') };
    const samples = Array.from({ length: 20 }, (_, at) => ({
      time: new Date(from + at * 20_000),
      value: 1.5 + at / 100,
    }));
    await storeSamples(database.ownerUrl, tag, samples);
    await asOwner(
      database.ownerUrl,
      `INSERT INTO mes.gap_ledger (organization_id, plant_id, edge_agent_id, from_time, to_time, cause)
       VALUES ($1, $2, $3, $4, $5, 'buffer_full')`,
      [plant.organizationId, plant.plantId, plant.agentId, new Date(from + 400_000), new Date(from + 600_000)],
    );
    const { page, complaints } = await openNow({});
    await page.locator(`[data-tag="${tag.tagId}"]`).focus();
    await page.keyboard.press('Enter');
    const panel = page.getByRole('region', { name: 'History: Capper, Cap torque' });
    await panel.locator('canvas').waitFor();
    await panel.getByText('Buffer full').waitFor();
    expect(await panel.locator('.summary').textContent()).toContain('Minimum1.50 N·m');
    await panel.getByRole('button', { name: '24 hours' }).click();
    await page.reload();
    await panel.locator('canvas').waitFor();
    expect(await panel.getByRole('button', { name: '24 hours' }).getAttribute('aria-pressed')).toBe('true');
    await panel.getByRole('heading').focus();
    await page.keyboard.press('Escape');
    await expect.poll(() => panel.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('speaks German with a decimal comma, and passes axe in both themes with data and history open', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await openNow({ locale: 'de-DE', colorScheme });
      await expect.poll(() => figure(page, 'labeller/glue_temperature').textContent()).toBe('148,2 °C');
      expect(await page.locator('html').getAttribute('lang')).toBe('de');
      await page.locator(`[data-tag="${id('labeller/glue_temperature')}"]`).click();
      await page.getByRole('region', { name: 'Verlauf: Labeller, Glue temperature' }).locator('.summary').waitFor();
      expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      await page.context().close();
    }
  }, 60_000);

  it('fits a telephone: nothing wider than the screen', async () => {
    const { page } = await openNow({ viewport: { width: 360, height: 740 } });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width).toBe(360);
    await page.context().close();
  });

  it('says so when the agent is silent and when the page itself is cut off, and keeps the last values', async () => {
    const { page } = await openNow({});
    const filler = tile(page, 'Filler');
    const word = () => filler.locator('.word').textContent();
    await expect.poll(word).toBe('Running');
    agentSpeaks = false;
    await expect.poll(word, { timeout: 25_000 }).toBe('No data');
    expect(await filler.locator('.reason').textContent()).toMatch(/^since \d\d:\d\d:\d\d CES?T$/);
    expect(await page.locator('.troubles').textContent()).toMatch(/Agent bottling: silent since/);
    await expect.poll(() => filler.locator('.value:not(.stale)').count()).toBe(0);
    expect(await filler.locator('.facts').textContent()).toContain('BeforeRunning');
    agentSpeaks = true;
    await expect.poll(word).toBe('Running');

    await expect.poll(() => filler.locator('.value.stale').count()).toBe(0);
    await api.stop();
    await page.getByText(/Cut off from the server since/).waitFor({ timeout: 25_000 });
    expect(await figure(page, 'filler/good_count').textContent()).toBe('128,417 pcs');
    expect(await page.locator('.value:not(.stale)').count()).toBe(0);
    await page.context().close();
  }, 90_000);
});
