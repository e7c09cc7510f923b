// Figures on the page Now in a real browser: this shift and its target as the API gives them, what is missing
// said, and what changes while one looks on.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MetricsPage, TargetNowPage } from '../../cloud/domains/metrics/index.ts';
import type { NowFigures } from '../../cloud/domains/now-figures/index.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { accessibilityProblems } from './accessibility.ts';
import { type ApiUser, signIn } from './api-client.ts';
import { type ApiOnPort, startApi } from './api-on-port.ts';
import { bottlingMachines } from './bottling-rows.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { insertFacts } from './fact-rows.ts';
import { type LiveBroker, startLiveBroker } from './live-broker.ts';
import { asOwner, insertPerson, insertPlant, type PlantRows } from './plant-rows.ts';

const password = 'correct horse battery';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
let database: TestDatabase;
let broker: LiveBroker;
let api: ApiOnPort;
let plant: PlantRows;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let lea: ApiUser;
let sid: ApiUser;
let heartbeat: NodeJS.Timeout;
let material: number;
const begun = Date.now() - 2 * HOUR_MS;
const shift = {
  from: new Date(begun),
  to: new Date(begun + 8 * HOUR_MS),
  day: new Date(begun).toISOString().slice(0, 10),
};
const shifts: Record<string, number> = {};
let run: number;

const one = async (query: string, values: unknown[]): Promise<number> =>
  Number((await asOwner(database.ownerUrl, query, values))[0]?.['id']);
const machine = (name: string): number => plant.machines[name] ?? 0;
const here = () => [plant.organizationId, plant.plantId];

/** Last hour's facts of a machine. */
function facts(
  name: string,
  rows: Pick<Parameters<typeof insertFacts>[1], 'minutes' | 'pieces' | 'idealCycle' | 'runId'>,
) {
  const at = { ownerUrl: database.ownerUrl, ...plant, materialId: material };
  const hour = new Date(Math.floor((Date.now() - HOUR_MS) / HOUR_MS) * HOUR_MS);
  const shiftId = shifts[name] ?? 0;
  return insertFacts(at, { machineId: machine(name), day: shift.day, reason: null, hour, shiftId, ...rows });
}

/** That a machine stands since so many minutes, as facts have it. */
async function stands(name: string, minutes: number, reason: string | null): Promise<void> {
  const from = new Date(Date.now() - minutes * MINUTE_MS);
  await asOwner(database.ownerUrl, 'DELETE FROM mes.machine_intervals WHERE machine_id = $1', [machine(name)]);
  await asOwner(
    database.ownerUrl,
    `INSERT INTO mes.machine_intervals (organization_id, plant_id, machine_id, from_time, to_time, category, state, loss_reason_id, begins, stretch_from, stopped_before_us)
     VALUES ($1, $2, $3, $4, now(), 'unplanned_stop', 'stopped', (SELECT id FROM mes.loss_reasons WHERE organization_id = $1 AND code = $5), true, $4, 0)`,
    [...here(), machine(name), from, reason],
  );
}

beforeAll(async () => {
  database = await createTestDatabase('embedded');
  broker = await startLiveBroker();
  plant = await insertPlant(database.ownerUrl, {
    organization: 'North Drinks',
    name: 'Plant North',
    timeZone: 'Europe/Berlin',
    machines: bottlingMachines,
  });
  const other = { organization: 'South Drinks', name: 'Plant South', timeZone: 'Europe/Berlin', machines: [] };
  const south = await insertPlant(database.ownerUrl, other);
  const { ownerUrl } = database;
  const organizationIds = [plant.organizationId];
  await insertPerson(ownerUrl, { email: 'lea@example.com', password, name: 'Lea Lang', organizationIds });
  const foreign = { email: 'sid@example.com', password, name: 'Sid', organizationIds: [south.organizationId] };
  await insertPerson(ownerUrl, foreign);
  const unit = await one(
    "INSERT INTO mes.units_of_measure (organization_id, code, name) VALUES ($1, 'pcs', 'pieces') RETURNING id",
    [plant.organizationId],
  );
  material = await one(
    "INSERT INTO mes.materials (organization_id, code, name, unit_id) VALUES ($1, 'COLA', 'Cola 0.5 l', $2) RETURNING id",
    [plant.organizationId, unit],
  );
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.loss_reasons (organization_id, code, name, name_de, category) VALUES ($1, 'belt', 'Worn belt', 'Riemen verschlissen', 'unplanned_stop')`,
    [plant.organizationId],
  );
  for (const name of ['filler', 'capper', 'packer'])
    shifts[name] = await one(
      `INSERT INTO mes.shift_instances (organization_id, plant_id, machine_id, name, kind, start_day, business_date, from_time, to_time)
       VALUES ($1, $2, $3, 'Early', 'regular', $4, $4, $5, $6) RETURNING id`,
      [...here(), machine(name), shift.day, shift.from, shift.to],
    );
  const runOf = (name: string, from: Date) =>
    one(
      `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, material_id, from_time, source) VALUES ($1, $2, $3, $4, $5, 'operator') RETURNING id`,
      [...here(), machine(name), material, from],
    );
  run = await runOf('filler', shift.from);
  // It began within the shift.
  const later = await runOf('capper', new Date(shift.from.getTime() + MINUTE_MS));
  pages = await buildPages();
  browser = await startBrowser();
  api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, webDirectory: pages.directory });
  lea = await signIn(api.url, { email: 'lea@example.com', password });
  sid = await signIn(api.url, { email: 'sid@example.com', password });
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.production_standards (organization_id, plant_id, machine_id, material_id, valid_from, ideal_cycle_s)
     VALUES ($1, $2, $3, $4, '2026-01-01', 12)`,
    [...here(), machine('filler'), material],
  );
  await asOwner(
    ownerUrl,
    "INSERT INTO mes.machine_targets (organization_id, plant_id, machine_id, valid_from, target_percent) VALUES ($1, $2, $3, '2026-01-01', 75)",
    [...here(), machine('filler')],
  );
  // An hour: 40 min of work, 20 min of a stop; 200 pieces of 12 s are exactly the 40 min.
  const hour = { minutes: { running: 40, unplanned_stop: 20 }, pieces: { good: 180, scrap: 20 }, idealCycle: 12 };
  await facts('filler', { ...hour, runId: run });
  const half = { minutes: { running: 30, unknown: 30 }, pieces: { good: 100, scrap: 4 }, idealCycle: 12 };
  await facts('capper', { ...half, runId: later });
  await facts('capper', { minutes: {}, pieces: { good: 0, scrap: 9 }, idealCycle: 12 });
  await facts('packer', { minutes: { running: 60 }, pieces: { good: 100 }, idealCycle: null });
  await asOwner(ownerUrl, `UPDATE mes.lanes SET kind = 'serial' WHERE organization_id = $1 AND name = 'Line 1'`, [
    plant.organizationId,
  ]);
  await asOwner(
    ownerUrl,
    'UPDATE mes.lane_memberships SET is_constraint = true, is_outfeed = true WHERE machine_id = $1',
    [machine('filler')],
  );
  heartbeat = setInterval(() => {
    void broker.publishAgents(plant.organizationId, [[plant.agentId, true, Date.now(), Date.now()]]);
  }, 500);
}, 120_000);

afterAll(async () => {
  clearInterval(heartbeat);
  await browser?.close();
  await api?.stop();
  await broker?.stop();
  await database?.drop();
  await pages?.remove();
});

async function open(path = '/now', options: Parameters<TestBrowser['open']>[0] = {}) {
  const opened = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  opened.page.setDefaultTimeout(30_000);
  await opened.page.goto(api.url + path);
  await opened.page.fill('input[name=email]', 'lea@example.com');
  await opened.page.fill('input[name=password]', password);
  await opened.page.click('button[type=submit]');
  await opened.page.locator('.tile [data-figure=oee][title]').first().waitFor();
  return opened;
}

const tile = (page: Page, name: string) => page.getByRole('article', { name });
const figure = async (page: Page, name: string, what: string) =>
  (await tile(page, name).locator(`[data-figure=${what}]`).textContent())?.replaceAll('\u00a0', ' ');

describe('figures on the page Now', { timeout: 120_000 }, () => {
  it('are those of the metrics: this shift with its factors, good pieces against their target, the line', async () => {
    const { page, complaints } = await open();
    const from = new Date(Math.floor(begun / HOUR_MS) * HOUR_MS).toISOString();
    const to = new Date(Date.now() + HOUR_MS).toISOString();
    const { body } = await lea.get(`/metrics?machine=${machine('filler')}&from=${from}&to=${to}`);
    const [row] = (body as MetricsPage).items;
    if (!row) throw new Error('no figures');
    const { ratios, pieces } = row;
    for (const name of ['oee', 'availability', 'performance', 'quality'])
      expect(await figure(page, 'Filler', name)).toBe(
        `${((ratios[name]?.value ?? -1) * 100).toFixed(name === 'performance' ? 0 : 1)} %`,
      );
    expect(await figure(page, 'Filler', 'oee')).toBe('60.0 %');
    expect(await tile(page, 'Filler').locator('[data-figure=oee]').getAttribute('title')).toBe('36 of 60 min');
    const made = (await lea.get(`/metrics/target-now?machine=${machine('filler')}`)).body as TargetNowPage;
    expect(made.items[0]).toMatchObject({ target: 225, pieces: { good: 180 } });
    expect(await figure(page, 'Filler', 'good')).toBe('180');
    expect(await figure(page, 'Filler', 'target')).toBe('225');
    expect(await figure(page, 'Filler', 'rejects')).toBe(String(pieces.scrap));
    // Good pieces and rejects are of the same run, not of a run and of a shift.
    expect([await figure(page, 'Capper', 'good'), await figure(page, 'Capper', 'rejects')]).toEqual(['100', '4']);
    expect(await page.locator('.line-figure').textContent()).toContain('60.0 % at Filler');
    expect(await page.locator('.strip .shift').textContent()).toBe('ShiftEarly Shift report');
    expect(await page.getByRole('link', { name: 'Shift report' }).getAttribute('href')).toBe(
      `/shift-report?plant=${plant.plantId}&day=${shift.day}&shift=Early`,
    );
    expect(await page.locator('.strip [role=timer]').textContent()).toMatch(/^5:5\d$/);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('say why there is none, and are hatched where too little is known', async () => {
    const { page } = await open();
    expect(await figure(page, 'Packer', 'oee')).toBe('–');
    expect(await tile(page, 'Packer').locator('.said').textContent()).toContain('no ideal cycle');
    expect(await figure(page, 'Packer', 'availability')).toBe('100 %');
    expect(await tile(page, 'Labeller').locator('.said').textContent()).toBe('no shift now, so no figure');
    expect(await tile(page, 'Capper').locator('.shift-figures.hatched .said').textContent()).toContain(
      '50.0 % of the time known',
    );
    expect(await page.locator('.shift-figures.hatched').count()).toBe(1);
    await page.context().close();
  });

  it('change while one looks on: more pieces, and the reason that a person gave', async () => {
    const { page } = await open();
    const reason = () => tile(page, 'Capper').locator('.reason').textContent();
    await expect.poll(reason, { timeout: 10_000 }).toBe('Cap jam');
    await facts('filler', { minutes: { unplanned_stop: 15 }, pieces: { good: 20 }, idealCycle: 12, runId: run });
    await stands('capper', 12, 'belt');
    await expect.poll(reason, { timeout: 15_000 }).toBe('Worn belt');
    await expect.poll(() => figure(page, 'Filler', 'good'), { timeout: 15_000 }).toBe('200');
    expect(await figure(page, 'Filler', 'oee')).toBe('53.3 %');
    await page.context().close();
  });

  it('are seen by those who may see the plant and nobody else', async () => {
    const own = await lea.get(`/now/figures?plant=${plant.plantId}`);
    expect((own.body as NowFigures).machines).toHaveLength(bottlingMachines.length);
    expect((await sid.get(`/now/figures?plant=${plant.plantId}`)).status).toBe(404);
  });

  it('are read in German, in both themes by everybody, on a telephone, and from afar on a TV', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open('/now', { locale: 'de-DE', colorScheme });
      const reason = tile(page, 'Capper').locator('.reason', { hasText: 'Riemen verschlissen' });
      await reason.waitFor();
      expect(await tile(page, 'Packer').locator('.said').textContent()).toContain('keine Idealzeit');
      expect(await accessibilityProblems(page), colorScheme).toEqual([]);
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      await page.context().close();
    }
    const { page } = await open('/now?tv=1', { viewport: { width: 1920, height: 1080 } });
    const sizes = await page
      .locator('.tv .lanes')
      .evaluateAll((boards) =>
        boards.flatMap((board) =>
          [...board.querySelectorAll('*')]
            .filter(
              (element) =>
                element.checkVisibility() &&
                [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
            )
            .map((element) => Number.parseFloat(getComputedStyle(element).fontSize)),
        ),
      );
    expect((await tile(page, 'Filler').boundingBox())?.width).toBeGreaterThan(300);
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(27);
    expect(Math.max(...sizes)).toBeGreaterThanOrEqual(64.8);
    await page.context().close();
  });
});
