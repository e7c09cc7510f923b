// libfaketime, for the tests of wrong clocks: preloaded into a program it shifts the wall clock which
// that program sees, and no other clock of the machine.

import { existsSync } from 'node:fs';
import { aptInstall, canInstall } from './apt.ts';
import { readServicesConfig } from './config.ts';

/** The build for programs with threads. Debian's place first. */
const PLACES = [
  `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/faketime/libfaketimeMT.so.1`,
  '/usr/lib/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
];

/**
 * Path of the library, installed where it is missing and can be. On the machine itself, not in the
 * services' own Debian: it is loaded into a Node.js that runs on this machine's C library.
 * @throws when there is none; the message says what to do.
 */
export async function ensureFaketime(tell: (line: string) => void): Promise<string> {
  const { faketime } = readServicesConfig();
  if (faketime !== undefined) {
    if (existsSync(faketime)) return faketime;
    throw new Error(`UNISON_TEST_FAKETIME names ${faketime}, which is not there.`);
  }
  const found = PLACES.find((place) => existsSync(place));
  if (found !== undefined) return found;
  if (!canInstall()) {
    throw new Error('The tests need libfaketime: install it, or set UNISON_TEST_FAKETIME to its libfaketimeMT.so.1.');
  }
  await aptInstall(['libfaketime'], tell);
  const installed = PLACES.find((place) => existsSync(place));
  if (installed === undefined) {
    throw new Error('The package libfaketime brought no library: set UNISON_TEST_FAKETIME to its libfaketimeMT.so.1.');
  }
  return installed;
}
