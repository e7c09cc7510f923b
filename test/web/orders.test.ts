// Orders in a real browser: the board moved by mouse and by keyboard and by two people at once, runs put right on
// the time line, and the operator's panel on a tablet.

import type { Page } from 'playwright-core';
import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { insertProduction, type ProductionRows } from '../support/production-rows.ts';
import { accessibilityProblems } from './accessibility.ts';
import type { Answer, ApiUser } from './api-client.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { asOwner } from './plant-rows.ts';
import { type Story, startStory } from './story.ts';

let story: Story<'lea' | 'max'>;
let lea: ApiUser;
let max: ApiUser;
let plant: ProductionRows;
let pages: Awaited<ReturnType<typeof buildPages>>;
let browser: TestBrowser;

/** By the plant's clock, as the board has them: around midnight it is another day elsewhere. */
const day = (offset: number) => Temporal.Now.plainDateISO('Europe/Berlin').add({ days: offset }).toString();
const at = (offset: number, time: string) => `${day(offset)}T${time}:00Z`;

interface Order {
  readonly id: number;
  readonly version: number;
  readonly plannedFrom: string | null;
  readonly laneId: number | null;
}
const order = (answer: Answer) => answer.body as Order;

beforeAll(async () => {
  pages = await buildPages();
  story = await startStory({ lea: 'North', max: 'North' }, { webDirectory: pages.directory });
  ({ lea, max } = story.users);
  plant = await insertProduction(story.database.ownerUrl, story.plants.lea);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

async function make(number: string, more: object = {}): Promise<Order> {
  const body = {
    plantId: plant.plantId,
    number,
    materialId: plant.materials['COLA'],
    quantity: 1200,
    promisedDate: day(2),
    ...more,
  };
  const answer = await lea.ask('POST', '/work-orders', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return order(answer);
}

async function open(
  path: string,
  options: Parameters<TestBrowser['open']>[0] = {},
): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 768 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(`${story.api.url}${path}`);
  await page.fill('input[name=email]', 'lea@example.com');
  await page.fill('input[name=password]', 'correct horse battery');
  await page.click('button[type=submit]');
  await page.waitForSelector('main h1');
  return { page, complaints };
}

const card = (page: Page, number: string) => page.locator('.order-card', { hasText: number });
const grip = (page: Page, number: string) => card(page, number).locator('.grip');
const now = async ({ id }: Order): Promise<Order> => order(await lea.get(`/work-orders/${id}`));

describe('the board', { timeout: 120_000 }, () => {
  it('moves an order with the mouse to another day, and back by undo', async () => {
    const made = await make('DRAG-1', { laneId: plant.laneId, plannedFrom: at(0, '06:00'), plannedTo: at(0, '10:00') });
    const { page, complaints } = await open('/orders/board');
    const source = await grip(page, 'DRAG-1').boundingBox();
    const cells = page.locator(`td[data-cell="${plant.laneId}/3"]`);
    const target = await cells.boundingBox();
    await page.mouse.move((source?.x ?? 0) + 20, (source?.y ?? 0) + 20);
    await page.mouse.down();
    await page.mouse.move((target?.x ?? 0) + 40, (target?.y ?? 0) + 40, { steps: 8 });
    await page.waitForSelector(`td[data-cell="${plant.laneId}/3"].target`);
    await page.mouse.up();
    await page.waitForSelector(`td[data-cell="${plant.laneId}/3"] .order-card`);
    expect((await now(made)).plannedFrom).toBe(new Date(at(2, '06:00')).toISOString());
    await page.click('.banner button:has-text("Undo")');
    await page.waitForSelector(`td[data-cell="${plant.laneId}/1"] .order-card`);
    expect((await now(made)).plannedFrom).toBe(new Date(at(0, '06:00')).toISOString());
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('moves an order with the keyboard to another lane and day, or leaves it where it was', async () => {
    const made = await make('KEYS-1');
    const { page } = await open('/orders/board');
    await grip(page, 'KEYS-1').focus();
    for (const key of ['Space', 'ArrowUp', 'ArrowRight', 'Escape']) await page.keyboard.press(key);
    expect((await now(made)).version).toBe(1);
    await grip(page, 'KEYS-1').focus();
    for (const key of ['Space', 'ArrowUp', 'ArrowUp', 'ArrowRight', 'ArrowRight', 'Enter'])
      await page.keyboard.press(key);
    await page.waitForSelector(`td[data-cell="${plant.laneId}/1"] .order-card:has-text("KEYS-1")`);
    // The keyboard went along.
    await page.locator('.grip:focus', { hasText: 'KEYS-1' }).waitFor();
    expect(await now(made)).toMatchObject({ laneId: plant.laneId, version: 2 });
    await page.context().close();
  });

  it('shows the second of two people who was faster, and where the order lies', async () => {
    const made = await make('RACE-1', { laneId: plant.laneId, plannedFrom: at(1, '06:00') });
    const { page } = await open('/orders/board');
    await grip(page, 'RACE-1').waitFor();
    await grip(page, 'RACE-1').focus();
    await page.keyboard.press('Space');
    const faster = await max.ask('PATCH', `/work-orders/${made.id}`, { version: 1, plannedFrom: at(3, '06:00') });
    expect(faster.status).toBe(200);
    // The board asks again and again; while somebody holds a card, it stands still.
    for (const _ of [1, 2]) await page.waitForResponse(/work-orders\/board/);
    const held = grip(page, 'RACE-1').and(page.locator(':focus[aria-pressed=true]'));
    expect(await held.count()).toBe(1);
    expect(await page.locator(`td[data-cell="${plant.laneId}/2"] .order-card:has-text("RACE-1")`).count()).toBe(1);
    for (const key of ['ArrowLeft', 'Enter']) await page.keyboard.press(key);
    await page
      .locator('.banner', { hasText: 'RACE-1 was not moved. max has changed this since you read it' })
      .waitFor();
    await page.waitForSelector(`td[data-cell="${plant.laneId}/4"] .order-card:has-text("RACE-1")`);
    expect((await now(made)).plannedFrom).toBe(new Date(at(3, '06:00')).toISOString());
    await page.context().close();
  });
});

describe('an order', { timeout: 120_000 }, () => {
  it('goes its steps from its page, and tells what was made', async () => {
    const made = await make('STEP-1');
    const { page } = await open(`/orders/work-orders/${made.id}`);
    await page.click('button:has-text("Release")');
    await page.click('button:has-text("Start")');
    await page.locator('.banner', { hasText: 'STEP-1: running' }).waitFor();
    const log = { machineId: plant.machines['packer'], kind: 'good', quantity: 40, workOrderId: made.id };
    await asOwner(story.database.ownerUrl, "UPDATE mes.machines SET good_source = 'operator' WHERE id = $1", [
      plant.machines['packer'],
    ]);
    expect((await lea.ask('POST', '/production-logs', log)).status).toBe(201);
    await page.locator('text=40 of 1,200').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.context().close();
  });
});

describe('runs', { timeout: 120_000 }, () => {
  it('are put right on the time line, with a reason', async () => {
    const right = await make('TRUTH-1');
    await asOwner(
      story.database.ownerUrl,
      `INSERT INTO mes.machine_runs (organization_id, plant_id, machine_id, from_time, to_time, source, plc_order)
       VALUES ($1, $2, $3, now() - interval '10 minutes', now(), 'plc', 'WO-TYPO')`,
      [plant.organizationId, plant.plantId, plant.machines['filler']],
    );
    const { page, complaints } = await open(`/orders/machine-runs?machine=${plant.machines['filler']}`);
    await page.locator('.tasks', { hasText: 'WO-TYPO' }).waitFor();
    await page.click('.run-bar:has-text("WO-TYPO")');
    await page.click('button:has-text("Save the correction")');
    await page.locator('.fault', { hasText: 'Say why' }).waitFor();
    const picker = page.locator('.correction').getByLabel('Order', { exact: true });
    await picker.fill('TRUTH');
    await page.locator('[role=option]', { hasText: 'TRUTH-1' }).click();
    await page.locator('.correction').getByLabel('Reason').fill('typed wrong at the panel');
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.click('button:has-text("Save the correction")');
    await page.locator('.run-bar', { hasText: 'TRUTH-1' }).waitFor();
    const { items } = (await lea.get(`/machine-runs?workOrderId=${right.id}`)).body as { items: object[] };
    expect(items).toMatchObject([{ plcOrder: 'WO-TYPO', corrected: true, reason: 'typed wrong at the panel' }]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe("the operator's panel", { timeout: 120_000 }, () => {
  it('starts an order and takes good pieces and scrap with one tap each, and takes them back', async () => {
    const made = await make('TAP-1');
    await lea.ask('POST', `/work-orders/${made.id}/release`, { version: 1 });
    const tablet = {
      viewport: { width: 1024, height: 1366 },
      hasTouch: true,
      isMobile: true,
      colorScheme: 'dark',
    } as const;
    const { page } = await open('/orders/production-logs', tablet);
    await page.tap('button:has-text("Packer")');
    await page.tap('button:has-text("TAP-1")');
    await page.locator('.run-now', { hasText: 'TAP-1' }).waitFor();
    // The network is slow: what is tapped meanwhile waits for its turn, and is not lost.
    let letGo = (): void => {};
    const slow = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    await page.route(/\/production-logs$/, async (route) => {
      await slow;
      await route.continue();
    });
    await page.tap('button:has-text("+ 10"):not(:has-text("100"))');
    await page.tap('button:has-text("underfill")');
    await expect.poll(() => page.locator('.waiting-entries li').count()).toBe(2);
    letGo();
    await page.locator('.waiting-entries').waitFor({ state: 'detached' });
    await page.locator('.logs li', { hasText: 'underfill' }).waitFor();
    await page.tap('.logs li:has-text("underfill") button');
    await page.locator('.logs li.gone', { hasText: 'underfill' }).waitFor();
    const sizes = await page
      .locator('.panel button')
      .evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect().height));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(48);
    expect(await accessibilityProblems(page)).toEqual([]);
    const { items } = (await lea.get(`/production-logs?workOrderId=${made.id}`)).body as {
      items: { kind: string; quantity: number }[];
    };
    expect(items.map(({ kind, quantity }) => [kind, quantity])).toEqual([
      ['scrap', -1],
      ['scrap', 1],
      ['good', 10],
    ]);
    await page.context().close();
  });
});
