// Whatever the servers refuse is said on screen in the reader's language: each fault that a domain or the platform
// declares has its words, and no domain refuses in English alone. A new one without words fails here by its name.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { hasWords } from '../cloud/web/src/kit/fault-words.ts';

const cloud = fileURLToPath(new URL('../cloud/', import.meta.url));

/** These came before faults had codes; they say what they refuse in English, and pages say its kind. */
const older = new Set([
  'api-keys',
  'identity',
  'installation',
  'jobs',
  'paired-devices',
  'plants',
  'roles',
  'settings',
  'users',
]);

const files = readdirSync(`${cloud}domains`, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
const read = (file: string): string => readFileSync(`${cloud}${file}`, 'utf8');

/** The codes that a file declares: the names in its `texts`. */
function declared(file: string): string[] {
  const [, texts = ''] = /^const texts\b[^\n]* = \{\n(.*?)^\};/ms.exec(read(file)) ?? [];
  return [...texts.matchAll(/^ {2}([a-z0-9_]+): \(/gm)].map(([, code = '']) => code);
}

/** Refusals without a code: a conflict that is a plain DomainError, a field with nothing but a message. */
const bare = (source: string): string[] =>
  [...source.matchAll(/new DomainError\(\s*'conflict'|path: [^;]*?\bmessage\b(?::|\s*\})/g)].map(([text]) => text);

describe('faults', () => {
  const sources = [
    'platform/faults.ts',
    ...files.filter((file) => file.endsWith('/faults.ts')).map((f) => `domains/${f}`),
  ];

  it.each(sources)('of %s have words in English and German', (file) => {
    const codes = declared(file);
    expect(codes.length).toBeGreaterThan(0);
    for (const language of ['en', 'de'] as const)
      expect(
        codes.filter((code) => !hasWords(code, language)),
        language,
      ).toEqual([]);
  });

  it('are called the same only where they are the same', () => {
    const codes = sources.flatMap(declared);
    expect(codes.filter((code, at) => codes.indexOf(code) !== at)).toEqual([]);
    expect(hasWords('no_such_fault', 'de')).toBe(false);
  });

  it('are what domains refuse with', () => {
    const found = files
      .filter((file) => !older.has(file.split('/')[0] ?? ''))
      .flatMap((file) => bare(read(`domains/${file}`)).map((text) => `${file}: ${text}`));
    expect(found).toEqual([]);
    expect(bare("throw new DomainError(\n  'conflict', 'No.')")).toHaveLength(1);
    expect(bare("throw new InvalidRequest([{ path: 'body/name', message: 'is bad' }]);")).toHaveLength(1);
    expect(bare('throw new InvalidRequest([{ path: `body/${field}`, message }]);')).toHaveLength(1);
    expect(bare("throw new InvalidRequest([{ path: 'body/name', ...fault('missing', {}) }]);")).toEqual([]);
  });
});
