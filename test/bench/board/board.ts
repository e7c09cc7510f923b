// web.board: the page Now with two hundred machines that change once a second, in Chromium. web.board: from the
// navigation of somebody who is signed in, with a cold cache, until each tile stands there with its state, its
// figures and its readings. web.board.task: the longest task of the page's thread while it is looked at; what
// is clicked meanwhile waits so long. The reference is the plainest page of the same shell, in the same browser.

import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { startApi } from '../../web/api-on-port.ts';
import { startLiveBroker } from '../../web/live-broker.ts';
import { insertPerson } from '../../web/plant-rows.ts';
import { type Bench, type BenchContext, inTurn, median, percentile, type Result, shown } from '../bench.ts';
import { enter, launch } from '../latency/screen.ts';
import { insertBoard, MACHINES, READINGS, speak } from './board-plant.ts';

const login = { email: 'lea@example.com', password: 'correct horse battery' };
const pages = fileURLToPath(new URL('../../../dist/web/', import.meta.url));
const STEADY_MS = 60_000;
/** After the first load, until the page is left alone. */
const SETTLE_MS = 5_000;
const SHOWN_WITHIN_MS = 60_000;

export const boardBench: Bench = {
  names: ['web.board', 'web.board.task'],
  async run(context) {
    const closing: (() => Promise<unknown> | void)[] = [];
    try {
      return await measure(context, closing);
    } finally {
      for (const close of closing.toReversed()) await close();
    }
  },
};

interface Stage {
  readonly browser: Browser;
  readonly url: string;
  readonly plantId: number;
  /** Cookies of somebody who is signed in; each visit leaves new ones. */
  signedIn: Awaited<ReturnType<BrowserContext['storageState']>>;
}

async function measure(context: BenchContext, closing: (() => Promise<unknown> | void)[]): Promise<Result[]> {
  const stage = await openStage(context, closing);
  const board = `/now?plant=${stage.plantId}&readings=1`;
  const runs = await inTurn(context, {
    subject: () => load(stage, { path: board, isShown: boardIsShown }, async (_, ms) => ms),
    reference: () => load(stage, { path: '/profile', isShown: plainIsShown }, async (_, ms) => ms),
  });
  const tasks = await load(stage, { path: board, isShown: boardIsShown }, watchTasks);
  const plain = await load(stage, { path: '/profile', isShown: plainIsShown }, watchTasks);
  const what = `${MACHINES} machines, each with a state, a counter and a measurement that change once a second, told as the ingestor tells them, through broker, API and live stream; figures every two seconds and more; readings shown; 1920 × 1080; broker, API, database and Chromium on the same cores`;
  return [
    {
      name: 'web.board',
      value: median(runs.subject),
      unit: 'ms',
      reference: { name: 'the plainest page of the same shell', value: median(runs.reference) },
      aims: [{ of: 'value', is: 'at most', bound: 2_000 }],
      runs,
      conditions: `first load, cold cache, signed in: from the navigation until ${MACHINES} tiles stand there with state, figures and readings; ${what}`,
    },
    {
      name: 'web.board.task',
      value: longest(tasks),
      unit: 'ms',
      reference: null,
      aims: [{ of: 'value', is: 'at most', bound: 100 }],
      runs: { subject: [longest(tasks)], reference: [longest(plain)] },
      conditions: `the longest task in ${STEADY_MS / 1_000} s of steady state, 0 where none is over 50 ms, against the plainest page's; ${tasks.length} over 50 ms (median ${shown(median(tasks))}, p95 ${shown(percentile(tasks, 0.95))} ms), ${tasks.filter((ms) => ms > 100).length} over 100 ms; ${what}`,
    },
  ];
}

async function openStage({ services }: BenchContext, closing: (() => Promise<unknown> | void)[]): Promise<Stage> {
  const database = await services.database();
  closing.push(() => database.drop());
  const plant = await insertBoard(database.ownerUrl);
  await insertPerson(database.ownerUrl, { ...login, name: 'Lea Lang', organizationIds: [plant.organizationId] });
  const broker = await startLiveBroker();
  closing.push(() => broker.stop());
  const api = await startApi({ databaseUrl: database.apiUrl, brokerUrl: broker.url, webDirectory: pages });
  closing.push(() => api.stop());
  const browser = await launch(await services.chromium());
  closing.push(() => browser.close());
  const first = await browser.newContext({ locale: 'en-GB' });
  const page = await first.newPage();
  await enter(page, { url: api.url, ...login });
  await page.waitForSelector('.tile:not(.skeleton)', { timeout: SHOWN_WITHIN_MS });
  const signedIn = await first.storageState();
  await first.close();
  closing.push(speak(broker, plant));
  return { browser, url: api.url, plantId: plant.plantId, signedIn };
}

// As text: this file is not compiled for a browser. The first part costs next to nothing as long as it is false.
const boardIsShown = `
  document.getElementsByClassName('lasts').length === ${MACHINES} && document.querySelector('article.tile .lasts:empty') === null &&
  [...document.querySelectorAll('article.tile [data-figure="oee"]')].filter((one) => /\\d/.test(one.textContent)).length === ${MACHINES} &&
  [...document.querySelectorAll('article.tile [data-tag] .figure')].filter((one) => /\\d/.test(one.textContent)).length === ${READINGS}`;
const itsText = 'document.body.innerText.slice(0, 500)';
const plainIsShown = `document.querySelector('main h1, h1') !== null`;

/** Opens a page in a browser that has never seen it, and goes on with it and the ms until it was shown. */
async function load<T>(
  stage: Stage,
  { path, isShown }: { readonly path: string; readonly isShown: string },
  work: (page: Page, ms: number) => Promise<T>,
): Promise<T> {
  const context = await stage.browser.newContext({
    locale: 'en-GB',
    viewport: { width: 1_920, height: 1_080 },
    storageState: stage.signedIn,
  });
  try {
    const page = await context.newPage();
    // Asked before each frame, and measured when it is true: performance.now() begins with the navigation.
    await page.addInitScript(`
      window.tasks = [];
      new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ type: 'longtask' });
      window.shown = new Promise((resolve) => {
        const look = () => {
          if (document.body && (${isShown})) resolve(performance.now());
          else if (performance.now() > ${SHOWN_WITHIN_MS}) resolve(null);
          else requestAnimationFrame(look);
        };
        look();
      });
    `);
    await page.goto(`${stage.url}${path}`);
    const ms = await page.evaluate<number | null>('window.shown');
    if (ms === null) throw new Error(`${path} was not shown: ${await page.evaluate<string>(itsText)}`);
    return await work(page, ms);
  } finally {
    stage.signedIn = await context.storageState();
    await context.close();
  }
}

/** Milliseconds of each task over 50 ms while the page is looked at. */
async function watchTasks(page: Page): Promise<number[]> {
  await page.waitForTimeout(SETTLE_MS);
  await page.evaluate('window.tasks.length = 0');
  await page.waitForTimeout(STEADY_MS);
  return page.evaluate<number[]>('window.tasks');
}

const longest = (tasks: readonly number[]): number => Math.max(0, ...tasks);
