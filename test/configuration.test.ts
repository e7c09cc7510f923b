// docs/configuration.md is what an administrator sets up by: it names every variable the cloud reads, no
// other, and the defaults it names are the defaults.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readConfig } from '../cloud/platform/config.ts';

const text = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'unison-configuration-'));
afterAll(() => rmSync(directory, { recursive: true }));

const rows = [...text('docs/configuration.md').matchAll(/^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$/gm)];
const documented = rows.map(([, name = '', value = '']) => ({ name, value: /^`([^<`]+)`$/.exec(value)?.[1] }));

describe('docs/configuration.md', () => {
  it('names each variable of the schema once, in its order', () => {
    const read = [...text('cloud/platform/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): Type\./gm)].map(
      ([, name]) => name,
    );
    expect(read.length).toBeGreaterThan(20);
    expect(documented.map(({ name }) => name)).toEqual(read);
  });

  it.each(documented.filter(({ value }) => value !== undefined))('$name: $value is the default', ({ name, value }) => {
    expect(readConfig({ [name]: value }, directory)).toEqual(readConfig({}, directory));
  });
});
