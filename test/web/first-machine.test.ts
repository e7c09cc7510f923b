// The whole way of a plant engineer with a new product: from an empty installation, by the pages and the
// agent's own commands, to one machine whose check list is green. Real programs: npm start's, a simulated
// PLC on OPC UA, unison-edge, Chromium.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { choosePort } from '../../cloud/platform/local-process.ts';
import { Program } from '../support/processes.ts';
import { until } from '../support/road.ts';
import { startBrowser, type TestBrowser } from './browser.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const sample = (name: string) => join(root, 'docs', 'samples', name);
/** As long as a busy machine takes. */
const slowly = { timeout: 30_000 };
/** As a PLC names them; `jammed` is a bit, which no map knows. */
const tags = [
  { name: 'jammed', address: 'ns=1;s=Filler.BottleJam', datatype: 'Boolean', role: 'State' },
  { name: 'total', address: 'ns=1;s=Filler.TotalCount', datatype: 'UInt32', role: 'Total count' },
  { name: 'good', address: 'ns=1;s=Filler.GoodCount', datatype: 'UInt32', role: 'Good count' },
  { name: 'order', address: 'ns=1;s=Filler.Order', datatype: 'String', role: 'Order' },
  { name: 'material', address: 'ns=1;s=Filler.Material', datatype: 'String', role: 'Material' },
];

let directory: string;
let file: string;
let start: ChildProcess;
let plc: Program;
let agent: Program;
let browser: TestBrowser;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'unison-first-'));
  file = join(directory, 'edge.yaml');
  const port = await choosePort([]);
  const given = ['--empty', '--data', join(directory, 'data'), '--port', String(port)];
  start = spawn(process.execPath, [join(root, 'deploy/setup/run.mjs'), 'demo', ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // As in a plant: nothing of what a test sets.
    env: { ...process.env, NODE_ENV: 'production' },
  });
  let said = '';
  start.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  plc = new Program({
    program: 'protocols/simulator/main.ts',
    args: ['--certificates', join(directory, 'plc')],
    logFile: join(directory, 'plc.log'),
  });
  plc.start();
  agent = new Program({ program: 'edge/main.ts', args: ['run', file], logFile: join(directory, 'edge.log') });
  browser = await startBrowser();
  ({ page, complaints } = await browser.open({ viewport: { width: 1366, height: 900 } }));
  page.setDefaultTimeout(slowly.timeout);
  // The first start builds the pages, and others may be busy, too.
  await until(() => said.includes('Unison MES runs'), 'npm start --empty did not start', 300_000);
  // Where much else runs it answers 503 for a while: a visitor loads the page again.
  const isThere = async () => (await page.goto(`http://localhost:${port}`))?.ok() ?? false;
  await until(isThere, 'the pages are not served', 60_000);
  await page.getByRole('heading', { name: 'First run' }).waitFor();
}, 400_000);

afterAll(async () => {
  await browser?.close();
  await agent?.end();
  await plc?.end();
  if (start && start.exitCode === null) {
    const ended = once(start, 'exit');
    start.kill('SIGTERM');
    await ended;
  }
  await rm(directory, { recursive: true, force: true });
}, 60_000);

const button = (name: string | RegExp) => page.getByRole('button', { name, exact: typeof name === 'string' });
/** Of Plant set-up; the rail has pages of the same name. */
const section = (name: string) => page.locator('.sections').getByRole('link', { name, exact: true });
const link = (name: string | RegExp) => page.getByRole('link', { name, exact: typeof name === 'string' }).first();
const field = (name: string) => page.getByRole('textbox', { name: new RegExp(`^${name}( required)?$`) });
const heading = (name: string) => page.getByRole('heading', { name, exact: true });

async function choose(label: string | RegExp, option: string): Promise<void> {
  await page.getByRole('combobox', { name: label }).fill(option);
  await page.getByRole('option', { name: option }).first().click();
}

/** `unison-edge …`; what it prints. */
async function edge(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'edge/main.ts'), ...args]);
  return stdout;
}

async function importCsv(csv: string, rows: number): Promise<void> {
  await button('Import CSV').click();
  await page.getByLabel('CSV file').setInputFiles(csv);
  await button('Check the file').click();
  await button('Import now').click();
  await page.getByText(`Done: ${rows} created`).waitFor();
  await button('Close').click();
}

/** The step that failed: those after it would only wait for what it did not make. */
let failed = '';
beforeEach(({ onTestFailed, task }) => {
  if (failed !== '') throw new Error(`"${failed}" failed before.`);
  onTestFailed(() => {
    failed = task.name;
  });
});

describe('from an empty installation to a machine whose check list is green', { timeout: 180_000 }, () => {
  it('organisation and plant', async () => {
    await field('Organisation').fill('Trial Foods');
    await button('Next').click();
    await field('Plant').fill('Plant One');
    await choose('Time zone of the plant', 'Europe/Berlin');
    await button('Next').click();
    await field('Your name').fill('Eva Engineer');
    await page.getByLabel('E-mail').fill('eva@trial.example');
    await page.getByLabel('Password').fill('velvet anchor tuesday');
    await button('Set up').click();
    await link('Finish and go to the plant').click();
    await link('Make the first one').click();
  });

  it('machine and lane', async () => {
    await field('Name').fill('Press 1');
    await field('Name at the edge').fill('press-1');
    await button('Create').click();
    await page.getByText('5 points stand in the way of OEE.').waitFor();
    await link('Put it into a lane').click();
    await link('New lane').click();
    await field('Name').fill('Line 1');
    await button('Create').click();
    await choose('Put in a machine', 'Press 1');
    // It stands alone: nobody has to say that it is constraint and outfeed.
    await expect.poll(() => page.getByLabel('Press 1: Outfeed').isChecked(), slowly).toBe(true);
    await button('Save the order').click();
    await page.getByText('Saved.').waitFor();
  });

  it('agent, with its one-time token, approved certificate and tags without roles', async () => {
    await link('Agents').click();
    await link('New agent').click();
    await field('Name').fill('edge-1');
    await button('Create').click();
    await button('Make an enrolment token').click();
    const command = await page.getByLabel('Command with its token').inputValue();
    const [, , , ...rest] = command.split(' ');
    expect(await edge('enrol', file, ...rest)).toContain('/edge-1 is enrolled');
    await page.getByText('It is enrolled. Now name its devices').waitFor();

    await until(() => plc.log().includes('opcuaUrl'), 'the PLC did not start', 60_000);
    const { opcuaUrl } = JSON.parse(plc.log()) as { opcuaUrl: string };
    const [head = ''] = readFileSync(file, 'utf8').split('devices:');
    writeFileSync(file, head.replace(/^ *healthPort:.*\n/m, ''));
    const lines = tags.map(
      ({ name, address, datatype }) => `      - { name: ${name}, address: '${address}', datatype: ${datatype} }`,
    );
    const device = [
      'devices:',
      '  - name: press-plc',
      '    driver: opcua',
      `    settings: { endpoint: '${opcuaUrl}' }`,
    ];
    appendFileSync(file, [...device, '    intervalMs: 250', '    tags:', ...lines, ''].join('\n'));
    expect(await edge('check', file)).toContain(`1 device, ${tags.length} tags`);
    await edge('read', file).catch(() => '');
    const [, approval = ''] = /--approve (\S+)/.exec(await edge('certificates', file, 'press-plc')) ?? [];
    await edge('certificates', file, 'press-plc', '--approve', approval);
    expect(await edge('read', file)).toContain('WO-');
    agent.start();
    await link(/^press-plc/).waitFor();
  });

  it('tags, and where their counters roll over', async () => {
    await link('Map its tags').click();
    await page.getByLabel('Select total').waitFor();
    await page.getByLabel('Select all that are shown').check();
    await page.getByLabel('Machine of all selected').selectOption('Press 1');
    // One after the other without waiting: each goes on from what the one before answered.
    for (const { name, role } of tags) await page.getByLabel(`Role of ${name}`).selectOption(role);
    for (const name of ['total', 'good']) {
      await page.getByLabel(`Rollover of ${name}`).fill('4294967296');
      await page.getByLabel(`Rollover of ${name}`).press('Enter');
    }
    await expect.poll(() => page.getByLabel('Rollover of good').inputValue(), slowly).toBe('4,294,967,296');
  });

  it('what its states mean', async () => {
    await link('States').click();
    await link('New state value').click();
    await choose(/^Machine/, 'Press 1');
    await field('Value').fill('1');
    await page.getByRole('combobox', { name: /^Means/ }).selectOption('Stopped');
    await button('Create').click();
    await heading('1').waitFor();
    // What it says already is a task on its own page.
    await section('Machines').click();
    await link('Press 1').click();
    await button('Press 1: 0 → Running').click();
    await page.getByText('Every state it showed has a meaning.').waitFor();
  });

  it('calendar', async () => {
    await link('Plan shifts').click();
    await link('New calendar').click();
    await field('Name').fill('Three shifts');
    await button('Create').click();
    await button('3 × 8 h').click();
    for (const day of ['Saturday', 'Sunday'])
      for (const shift of ['Early', 'Late', 'Night']) await button(`${shift} starts on ${day}`).click();
    await button('Save rotation').click();
    await expect.poll(() => button('Undo step').isDisabled(), slowly).toBe(true);
    // The calendar and its first day are filled in.
    await link('Let somebody follow it').click();
    await button('Create').click();
    await heading('Plant One: Three shifts').waitFor();
  });

  it('materials and ideal cycles, by CSV', async () => {
    await link('Materials').click();
    await importCsv(sample('materials.csv'), 3);
    const cycles = join(directory, 'cycles.csv');
    writeFileSync(
      cycles,
      'machine,material,validFrom,idealCycleS\n' +
        ['COLA-0.5', 'WATER-1.0', 'LEMON-0.33'].map((code) => `Press 1,${code},2026-01-01,1\n`).join(''),
    );
    await link('Ideal cycles').click();
    await importCsv(cycles, 3);
  });

  it('the order that its PLC tells, and a target', async () => {
    await link('Orders').click();
    await button('Create it').click();
    const dialog = page.getByRole('dialog', { name: 'Create order WO-' });
    const create = dialog.getByRole('button', { name: 'Create', exact: true });
    // Its material is known from the PLC; the quantity is all that is asked for.
    await create.click();
    await dialog.getByText('Fill this in.').waitFor();
    await dialog.getByLabel(/^Quantity/).fill('1800');
    await create.click();
    await page.getByText('▶ on Press 1').waitFor();
    await link('Plant set-up').click();
    await link('Advice').click();
    await page.getByLabel(/^Target OEE/).fill('75');
    await button('Create').click();
    await heading('Press 1: 75 %').waitFor();
  });

  it('and every point of its check list is there', async () => {
    await section('Machines').click();
    await link('Press 1').click();
    const checks = page.getByRole('region', { name: 'What it lacks for OEE' }).getByRole('listitem');
    await expect
      .poll(async () => (await checks.allInnerTexts()).map((text) => text.split('\n')[0]), slowly)
      .toEqual(Array.from({ length: 9 }, () => 'There'));
    expect(complaints).toEqual([]);
  });
});
