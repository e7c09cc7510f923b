// The page Now in a browser, as somebody in front of it sees one figure change.

import { type Browser, chromium } from 'playwright-core';

export interface Screen {
  /** What the figure showed and when (ms since 1970, the browser's clock), in order. */
  shown(): Promise<{ readonly text: string; readonly at: number }[]>;
  close(): Promise<void>;
}

const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'];

/** Signs in and watches the figure of this tag. */
export async function openScreen(options: {
  readonly executable: string;
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly tag: number;
}): Promise<Screen> {
  const { executable, url, email, password, tag } = options;
  const browser: Browser = await chromium.launch({ executablePath: executable, args: quiet });
  try {
    const page = await browser.newPage({ locale: 'en-GB' });
    await page.goto(url);
    await page.fill('input[name=email]', email);
    await page.fill('input[name=password]', password);
    await page.click('button[type=submit]');
    await page.getByRole('button', { name: 'Readings' }).click();
    const figure = `[data-tag="${tag}"] .figure`;
    await page.waitForSelector(figure);
    // As text: this file is not compiled for a browser.
    await page.evaluate(`
      window.shown = [];
      new MutationObserver(() => {
        const text = document.querySelector('${figure}')?.textContent ?? '';
        if (window.shown.at(-1)?.text !== text) window.shown.push({ text, at: Date.now() });
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    `);
    return {
      shown: () => page.evaluate<{ text: string; at: number }[]>('window.shown'),
      close: () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
