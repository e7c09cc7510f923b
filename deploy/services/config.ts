// Where the real services of the tests come from: environment variables name those that run already,
// everything else is installed into .runtime/services.

import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface ServicesConfig {
  /** Everything installed, running or logged lives here. */
  readonly directory: string;
  /** A superuser's URL of a PostgreSQL 17 with TimescaleDB that runs already. */
  readonly timescaleUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Path of a Mosquitto 2 program. */
  readonly mosquitto: string | undefined;
  /** Path of a Chromium program. */
  readonly chromium: string | undefined;
  /** Path of a libfaketimeMT.so.1. */
  readonly faketime: string | undefined;
}

/** @throws when a variable is set to something that cannot be right; the message names it. */
export function readServicesConfig(): ServicesConfig {
  return {
    directory: path.join(fileURLToPath(new URL('../../', import.meta.url)), '.runtime', 'services'),
    timescaleUrl: url('UNISON_TEST_TIMESCALE_URL', ['postgres:', 'postgresql:']),
    redisUrl: url('UNISON_TEST_REDIS_URL', ['redis:', 'rediss:']),
    mosquitto: file('UNISON_TEST_MOSQUITTO', 'program'),
    chromium: file('UNISON_TEST_CHROMIUM', 'program'),
    faketime: file('UNISON_TEST_FAKETIME', 'library'),
  };
}

function url(name: string, protocols: readonly string[]): string | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new Error(`${name} must be a URL that begins with ${protocols[0]}//`);
  }
  return value;
}

function file(name: string, kind: 'program' | 'library'): string | undefined {
  const value = process.env[name];
  if (value === undefined || value === '') return undefined;
  if (!path.isAbsolute(value)) throw new Error(`${name} must be the full path of a ${kind}`);
  return value;
}
