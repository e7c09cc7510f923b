// A real browser for the tests of the screens.

import { access, constants } from 'node:fs/promises';
import { aptInstall, canInstall } from './apt.ts';
import { readServicesConfig } from './config.ts';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

/**
 * Path of a Chromium, installed where it is missing and can be.
 * @throws when there is none; the message says what to do.
 */
export async function ensureChromium(tell: (line: string) => void): Promise<string> {
  const { chromium } = readServicesConfig();
  if (chromium !== undefined) {
    if (await isProgram(chromium)) return chromium;
    throw new Error(`UNISON_TEST_CHROMIUM names ${chromium}, which is no program.`);
  }
  const found = await firstProgram();
  if (found !== undefined) return found;
  if (!canInstall()) {
    throw new Error('The tests need Chromium: install it, or set UNISON_TEST_CHROMIUM to the path of one.');
  }
  await aptInstall(['chromium', 'fonts-liberation'], tell);
  const installed = await firstProgram();
  if (installed === undefined) throw new Error('The package chromium brought no program: set UNISON_TEST_CHROMIUM.');
  return installed;
}

async function firstProgram(): Promise<string | undefined> {
  for (const place of PLACES) if (await isProgram(place)) return place;
  return undefined;
}

async function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
