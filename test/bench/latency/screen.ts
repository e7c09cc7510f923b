// The page Now in a browser, as somebody in front of it sees one figure, or one tile, change.

import { type Browser, chromium, type Page } from 'playwright-core';

export interface Sight {
  readonly text: string;
  /** ms since 1970, by the browser's clock. */
  readonly at: number;
}

export interface Screen {
  /** What was to be seen and since when, in order. */
  shown(): Promise<Sight[]>;
  close(): Promise<void>;
}

interface ScreenOptions {
  readonly executable: string;
  readonly url: string;
  readonly email: string;
  readonly password: string;
}

const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** Signs in and watches the figure of this tag. */
export function openScreen({ tag, ...options }: ScreenOptions & { readonly tag: number }): Promise<Screen> {
  return watch(options, async (page) => {
    await page.getByRole('button', { name: 'Readings' }).click();
    return { of: `[data-tag="${tag}"] .figure`, saw: 'textContent' };
  });
}

/** Signs in and watches how the first tile looks: its class, as `tile look-stopped`. */
export function openTile(options: ScreenOptions): Promise<Screen> {
  return watch(options, async () => ({ of: 'article.tile', saw: 'className' }));
}

async function watch(
  { executable, url, email, password }: ScreenOptions,
  choose: (page: Page) => Promise<{ readonly of: string; readonly saw: 'textContent' | 'className' }>,
): Promise<Screen> {
  const browser: Browser = await launch(executable);
  try {
    const page = await browser.newPage({ locale: 'en-GB' });
    await enter(page, { url, email, password });
    const { of, saw } = await choose(page);
    await page.waitForSelector(of);
    // As text: this file is not compiled for a browser.
    await page.evaluate(`
      window.shown = [];
      const look = () => {
        const text = document.querySelector('${of}')?.${saw} ?? '';
        if (window.shown.at(-1)?.text !== text) window.shown.push({ text, at: Date.now() });
      };
      look();
      new MutationObserver(look).observe(document.body, {
        subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'],
      });
    `);
    return {
      shown: () => page.evaluate<Sight[]>('window.shown'),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

export function launch(executable: string): Promise<Browser> {
  return chromium.launch({ executablePath: executable, args: quiet });
}

/** Signs in as somebody does, and comes to the page Now. */
export async function enter(
  page: Page,
  { url, email, password }: Pick<ScreenOptions, 'url' | 'email' | 'password'>,
): Promise<void> {
  await page.goto(url);
  await page.fill('input[name=email]', email);
  await page.fill('input[name=password]', password);
  await page.click('button[type=submit]');
}
