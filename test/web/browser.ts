// A real browser on the built pages.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../support/services.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * The pages, built into a directory of their own, as `npm start` builds them: by a process that knows of no
 * test. In a test's own process React would be its development build, which mounts everything twice and
 * hides what a page that is mounted once does wrong.
 */
export async function buildPages(): Promise<{ directory: string; remove(): Promise<void> }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'unison-web-'));
  const args = [fileOf('node_modules/vite/bin/vite.js'), 'build', fileOf('cloud/web'), '--outDir', directory];
  await promisify(execFile)(process.execPath, [...args, '--emptyOutDir', '--logLevel', 'error'], {
    env: { ...process.env, NODE_ENV: 'production' },
  });
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

export interface TestBrowser {
  /** A page of a visitor of his own (no cookies); what it complains of is in `complaints`. */
  open(options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }>;
  close(): Promise<void>;
}

export async function startBrowser(): Promise<TestBrowser> {
  const browser: Browser = await chromium.launch({ executablePath: chromiumPath(), args: QUIET });
  return {
    async open(options) {
      const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'America/New_York', ...options });
      const page = await context.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => {
        // The first visit has no session to restore, and a stopped server is part of a test.
        if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
          complaints.push(message.text());
      });
      return { page, complaints };
    },
    close: () => browser.close(),
  };
}
