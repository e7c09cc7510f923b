// Agents and tags in a real browser: live values, mapping with undo, what the agent says beside it, a value
// that no map knows.

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityProblems } from './accessibility.ts';
import { buildPages, startBrowser, type TestBrowser } from './browser.ts';
import { asOwner } from './plant-rows.ts';
import { password, type Story, startStory } from './story.ts';

let story: Story<'lea'>;
let browser: TestBrowser;
let pages: Awaited<ReturnType<typeof buildPages>>;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  pages = await buildPages();
  story = await startStory({ lea: 'North' }, { webDirectory: pages.directory });
  const { ownerUrl } = story.database;
  const { organizationId, plantId, deviceId } = story.plants.lea;
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.machines (organization_id, plant_id, name, display_name)
     VALUES ($1, $2, 'filler', 'Filler'), ($1, $2, 'capper', 'Capper')`,
    [organizationId, plantId],
  );
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.tags (organization_id, plant_id, device_id, name, datatype, unit, machine_id, role, declared_machine, declared_role)
     SELECT $1, $2, $3, given.name, given.datatype, given.unit, machines.id, given.role, machines.name, given.role
     FROM (VALUES ('good', 'UInt32', 'pcs', 'filler', 'good_count'), ('state', 'Int32', NULL, 'filler', 'state'),
                  ('loose', 'Double', 'g', NULL, NULL)) AS given (name, datatype, unit, machine, role)
     LEFT JOIN mes.machines ON machines.plant_id = $2 AND machines.name = given.machine`,
    [organizationId, plantId, deviceId],
  );
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.tag_last (organization_id, plant_id, tag_id, time, value) SELECT $1, $2, tags.id, now(), 41.5 FROM mes.tags WHERE tags.name = 'loose'`,
    [organizationId, plantId],
  );
  await asOwner(
    ownerUrl,
    `INSERT INTO mes.state_values (organization_id, plant_id, tag_id, value, first_seen_at, last_seen_at)
     SELECT $1, $2, tags.id, '42', now(), now() FROM mes.tags WHERE tags.name = 'state'`,
    [organizationId, plantId],
  );
  browser = await startBrowser();
  ({ page, complaints } = await browser.open({ viewport: { width: 1366, height: 900 } }));
  await page.goto(story.api.url);
  await page.getByLabel('E-mail').fill('lea@example.com');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Plant set-up' }).waitFor();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  await story?.stop();
  await pages?.remove();
});

/** As long as a busy machine takes. */
const slowly = { timeout: 20_000 };

const row = (name: string) =>
  page.locator('tbody tr').filter({ has: page.getByLabel(`Select ${name}`, { exact: true }) });

describe('the page of tags', { timeout: 90_000 }, () => {
  it('shows what no machine has first, with its value as it changes', async () => {
    const { organizationId, plantId } = story.plants.lea;
    await page.goto(`${story.api.url}/plant-setup/tags?plant=${plantId}`);
    await row('loose').waitFor();
    expect(await page.locator('tbody tr').first().textContent()).toContain('loose');
    expect(await row('loose').textContent()).toContain('41.5');
    const [tag] = await asOwner(story.database.ownerUrl, "SELECT id FROM mes.tags WHERE name = 'loose'");
    await expect
      .poll(
        async () => {
          await story.broker.publish(
            `unison/live/${organizationId}/unmapped-${plantId}`,
            JSON.stringify({ at: Date.now(), tags: [[tag?.['id'], Date.now(), 77.25, 0]] }),
          );
          return row('loose').textContent();
        },
        { timeout: 15_000 },
      )
      .toContain('77.3');
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  it('maps one or many, says who says so, and puts them back', async () => {
    await page.getByLabel('Machine of good').selectOption({ label: 'Capper' });
    await expect.poll(() => row('good').textContent(), slowly).toContain('Here; the agent says filler, Good count');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => row('good').textContent(), slowly).not.toContain('Here');
    await page.getByLabel('Select good').check();
    await page.getByLabel('Select loose').check();
    await page.getByLabel('Machine of all selected').selectOption({ label: 'Capper' });
    await expect.poll(() => page.getByLabel('Machine of loose').inputValue(), slowly).not.toBe('');
    await row('good').getByRole('button', { name: 'Give back' }).click();
    await expect.poll(() => row('good').textContent(), slowly).not.toContain('Here');
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('a counter', { timeout: 90_000 }, () => {
  it('is told where it rolls over, by one of the usual numbers or by another, and an alarm why it stops', async () => {
    const rollover = page.getByLabel('Rollover of good');
    await rollover.fill('65536');
    await rollover.press('Enter');
    await expect.poll(() => rollover.inputValue(), slowly).toBe('65,536');
    // It stays a word of the agent’s: only machine and role are mapped.
    expect(await row('good').textContent()).not.toContain('Here');
    const tags = async () =>
      ((await story.users.lea.get('/tags')).body as { items: { name: string; counterModulus: number | null }[] }).items;
    expect((await tags()).find(({ name }) => name === 'good')).toMatchObject({ counterModulus: 65_536 });
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect.poll(() => rollover.inputValue(), slowly).toBe('');

    await story.users.lea.ask('POST', '/loss-reasons/starter');
    await page.getByLabel('Machine of loose').selectOption({ label: 'Filler' });
    await page.getByLabel('Role of loose').selectOption('Alarm');
    await page.getByLabel('Loss reason of loose').selectOption('Jam');
    await expect
      .poll(async () => (await tags()).find(({ name }) => name === 'loose'), slowly)
      .toMatchObject({ lossReasonId: expect.any(Number) });
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

describe('the page of agents', { timeout: 90_000 }, () => {
  it('shows the agent, and a value that no map knows is mended with one press', async () => {
    await page.getByRole('link', { name: 'Agents', exact: true }).click();
    await page.getByRole('link', { name: 'bottling' }).waitFor();
    await page.getByRole('heading', { name: 'Map this value' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.getByLabel('Loss reason of 42').selectOption('Changeover');
    await page.getByRole('button', { name: 'Filler: 42 → Setup' }).click();
    await page.getByRole('heading', { name: 'Map this value' }).waitFor({ state: 'detached' });
    expect((await story.users.lea.get('/state-maps')).body).toMatchObject({
      items: [{ value: '42', state: 'setup', lossReasonName: 'Changeover' }],
    });
  });

  it('offers a token with the command to type', async () => {
    await page.getByRole('link', { name: 'bottling' }).click();
    await page.getByRole('button', { name: 'Enrol anew' }).click();
    const command = page.getByLabel('Command with its token');
    await expect
      .poll(() => command.inputValue())
      .toMatch(/^unison-edge enrol edge\.yaml --url http:\S+ --token \S{43}$/);
    expect(await accessibilityProblems(page)).toEqual([]);
    expect(complaints).toEqual([]);
  });
});
