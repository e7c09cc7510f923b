// The calendar in a real browser: a week is painted with the pointer and with keys, saved and undone, overtime
// takes two presses, the night on which clocks change shows its real hours.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { password, type Story, startStory } from './story.ts';

let pages: Awaited<ReturnType<typeof buildPages>>;
let browser: TestBrowser;
let story: Story<'lea'>;

beforeAll(async () => {
  pages = await buildPages();
  browser = await startBrowser();
  story = await startStory({ lea: 'North' }, { webDirectory: pages.directory });
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

let made = 0;
async function newCalendar(pattern?: string): Promise<number> {
  const { lea } = story.users;
  made += 1;
  const { plantId } = story.plants.lea;
  const { id } = (await lea.ask('POST', '/calendars', { plantId, name: `Calendar ${made}` })).body as { id: number };
  if (pattern) await lea.ask('POST', `/calendars/${id}/apply-pattern`, { version: 1, pattern });
  return id;
}

interface Plan {
  readonly shifts: { name: string; start: string; end: string; breaks: unknown[] }[];
  readonly days: { shift: string }[][];
}
const planOf = async (id: number) => (await story.users.lea.get(`/calendars/${id}/plan`)).body as Plan;

async function open(
  path: string,
  options: Parameters<TestBrowser['open']>[0] = {},
): Promise<{ page: Page; complaints: string[] }> {
  const { page, complaints } = await browser.open({ viewport: { width: 1366, height: 900 }, ...options });
  page.setDefaultTimeout(20_000);
  await page.goto(`${story.api.url}${path}`);
  await page.fill('input[name=email]', 'lea@example.com');
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
  await page.locator('.frame h1').first().waitFor();
  await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  return { page, complaints };
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

describe('a calendar on screen', { timeout: 120_000 }, () => {
  it('begins with one press, is painted with the pointer and with keys, saved, and undone', async () => {
    const id = await newCalendar();
    const { page, complaints } = await open(`/plant-setup/calendars/${id}`);
    await button(page, '3 × 8 h').click();
    const saturday = button(page, 'Night starts on Saturday');
    await saturday.waitFor();
    expect((await planOf(id)).days.map((day) => day.length)).toEqual([3, 3, 3, 3, 3, 0, 0]);

    // A stroke over two days.
    await saturday.hover();
    await page.mouse.down();
    await button(page, 'Night starts on Sunday').hover();
    await page.mouse.up();
    // With keys: to Early of Saturday, and space.
    await button(page, 'Late starts on Friday').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
    await button(page, 'Save rotation').click();
    // The press before has said so, too: what counts is what is kept.
    await expect
      .poll(async () => (await planOf(id)).days.slice(5).map((day) => day.map(({ shift }) => shift).toSorted()), {
        timeout: 20_000,
      })
      .toEqual([['Early', 'Night'], ['Night']]);

    await button(page, 'Undo').click();
    await page.getByText('Rotation saved').waitFor({ state: 'detached' });
    expect((await planOf(id)).days.map((day) => day.length)).toEqual([3, 3, 3, 3, 3, 0, 0]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('gets a shift dragged over the hours of a day, with a break, and a step back', async () => {
    const id = await newCalendar('2x8');
    const { page } = await open(`/plant-setup/calendars/${id}`);
    const hours = page.locator('td.hours').nth(5);
    const box = await hours.boundingBox();
    const at = (hour: number) => (box?.x ?? 0) + ((box?.width ?? 0) * hour) / 24;
    await hours.scrollIntoViewIfNeeded();
    const y = ((await hours.boundingBox())?.y ?? 0) + 10;
    await page.mouse.move(at(8), y);
    await page.mouse.down();
    await page.mouse.move(at(10), y);
    await page.mouse.move(at(12), y);
    await page.mouse.up();
    const fields = page.getByRole('group', { name: 'Shift 3' });
    expect([await fields.getByLabel('Start').inputValue(), await fields.getByLabel('End').inputValue()]).toEqual([
      '08:00',
      '12:00',
    ]);
    await fields.getByRole('button', { name: 'Add break' }).click();
    await button(page, 'Undo step').click();
    await fields.getByRole('button', { name: 'Add break' }).click();
    await button(page, 'Save rotation').click();
    await page.getByText('Rotation saved').waitFor();
    const plan = await planOf(id);
    expect(plan.shifts[2]).toMatchObject({
      name: 'Shift 3',
      start: '08:00',
      end: '12:00',
      breaks: [{ start: '08:00', minutes: 30 }],
    });
    expect(plan.days[5]).toEqual([{ shift: 'Shift 3', team: null }]);
    await page.context().close();
  });

  it('says why it cannot be saved', async () => {
    const id = await newCalendar('2x8');
    const { page } = await open(`/plant-setup/calendars/${id}`);
    await page.getByRole('group', { name: 'Late' }).getByLabel('Start').fill('12:00');
    await button(page, 'Save rotation').click();
    await page.getByRole('alert').getByText('would overlap').waitFor();
    expect((await planOf(id)).shifts[1]?.start).toBe('14:00');
    await page.context().close();
  });

  it('shows a month: overtime takes two presses, a holiday its day, and changed clocks their hours', async () => {
    const id = await newCalendar('2x8');
    const { page } = await open(`/plant-setup/calendars/${id}`);
    await button(page, 'Month after').click();
    await page.locator('.month[aria-busy=false]').waitFor();
    const late = page.locator('.month-shift', { hasText: 'Late' }).nth(3);
    await late.click();
    await button(page, 'Ends 1 h later').click();
    await page.locator('.month-shift', { hasText: '14:00–23:00' }).waitFor();
    const exceptions = (await story.users.lea.get('/calendar-exceptions?kind=overtime')).body as { items: object[] };
    expect(exceptions.items).toMatchObject([{ minutesAfter: 60, machineId: null, laneId: null }]);
    await button(page, 'Undo').click();
    await page.locator('.month-shift', { hasText: '14:00–23:00' }).waitFor({ state: 'detached' });

    // To the next March or October: one of seven months.
    let changed = 0;
    for (let months = 0; months < 8 && changed === 0; months++) {
      await button(page, 'Month after').click();
      await page.locator('.month[aria-busy=false]').waitFor();
      changed = await page.locator('.clock-change').count();
    }
    expect(await page.locator('.clock-change').textContent()).toMatch(/clocks change: 2[35] h/);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)(
    'passes axe in %s, speaks German, and fits desk and tablet',
    async (colorScheme) => {
      const id = await newCalendar('3x8');
      const { page } = await open(`/plant-setup/calendars/${id}`, { colorScheme, locale: 'de-DE' });
      await page.getByRole('heading', { name: 'Schichtfolge' }).waitFor();
      for (const path of [
        `calendars/${id}`,
        'calendars',
        'calendar-exceptions',
        'calendar-exceptions/new',
        'work-center-shifts',
        'planned-windows',
        'planned-windows/new',
      ]) {
        await page.goto(`${story.api.url}/plant-setup/${path}`);
        await page.locator('h1, .problem').first().waitFor();
        await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
        await page.waitForLoadState('networkidle');
        expect(await accessibilityProblems(page), path).toEqual([]);
        for (const [width, height] of [
          [1366, 768],
          [820, 1180],
        ] as const) {
          await page.setViewportSize({ width, height });
          expect(await page.evaluate(() => document.documentElement.scrollWidth), `${path} at ${width}`).toBe(width);
        }
      }
      await page.context().close();
    },
  );
});
