// The rules of the house about which file may know which, as functions over a tree of sources. The
// architecture test runs them over this checkout, and over small offending trees made for each rule.

import path from 'node:path';
import { parseSync } from 'oxc-parser';

/** Source text by path from the checkout's root, with forward slashes. */
export type Tree = ReadonlyMap<string, string>;

export interface Import {
  /** A path of the tree for relative imports, else the package's specifier as written. */
  readonly target: string;
  readonly relative: boolean;
  /** Erased before it runs. */
  readonly typeOnly: boolean;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  readonly readsEnvironment: boolean;
}

/** Each finding is one line that names the file, what is wrong and where it belongs. */
export type Rule = (files: readonly SourceFile[]) => string[];

const SERVER_PACKAGES = /^(pg|bullmq|fastify|kysely)(\/|$)|^@fastify\/|^pg-/;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.(ts|tsx|mts|mjs)$/;
const MAX_LINES = 500;

/** @throws when a file is no TypeScript. */
export function parseTree(tree: Tree): SourceFile[] {
  return [...tree].map(([file, text]) => {
    const { module, program, errors } = parseSync(file, text);
    if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
    const found: [specifier: string, typeOnly: boolean][] = module.staticImports.map(({ moduleRequest, entries }) => [
      moduleRequest.value,
      entries.length > 0 && entries.every((entry) => entry.isType),
    ]);
    for (const { entries } of module.staticExports) {
      for (const { moduleRequest, isType } of entries) if (moduleRequest) found.push([moduleRequest.value, isType]);
    }
    for (const { moduleRequest } of module.dynamicImports) {
      const literal = /^['"`](.*)['"`]$/s.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[1];
      if (literal !== undefined) found.push([literal, false]);
    }
    return {
      path: file,
      text,
      imports: found.map(([specifier, typeOnly]) => resolve(file, specifier, typeOnly)),
      readsEnvironment: found.some(([name]) => name === 'node:process') || containsProcessEnv(program),
    };
  });
}

function resolve(from: string, specifier: string, typeOnly: boolean): Import {
  const relative = specifier.startsWith('.');
  return { target: relative ? path.posix.join(path.posix.dirname(from), specifier) : specifier, relative, typeOnly };
}

/** `process.env` and `process['env']`, anywhere in the syntax tree; comments and strings do not count. */
function containsProcessEnv(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Array.isArray(node)) return node.some(containsProcessEnv);
  const { type, object, property } = node as { type?: string; object?: Name; property?: Name };
  if (type === 'MemberExpression' && object?.name === 'process' && (property?.name ?? property?.value) === 'env') {
    return true;
  }
  return Object.values(node).some(containsProcessEnv);
}

interface Name {
  readonly name?: string;
  readonly value?: unknown;
}

/** Tests and what only they use may reach into test/; their imports are nobody's architecture. */
function isTest(file: string): boolean {
  return file.startsWith('test/') || /(^|\/)test-[^/]*$|\.test\.tsx?$/.test(file);
}

/** Findings for imports of product files below `area` that `allowed` refuses. */
function forbidImports(
  files: readonly SourceFile[],
  area: string,
  rule: { allowed(found: Import, from: SourceFile): boolean; because: string },
): string[] {
  return files
    .filter((file) => file.path.startsWith(area) && !isTest(file.path))
    .flatMap((file) =>
      file.imports
        .filter((found) => !rule.allowed(found, file))
        .map((found) => `${file.path} imports ${found.target}: ${rule.because}`),
    );
}

const below =
  (...areas: string[]) =>
  (found: Import) =>
    !found.relative || areas.some((area) => found.target.startsWith(area));

/** What a plain domain is, said once for servers and screens. */
function isDeclaration(file: string): boolean {
  return /^cloud\/(platform\/kit\/resource|domains\/[^/]+\/(resource|declarations))\.ts$/.test(file);
}

function domainOf(file: string): string | undefined {
  return /^cloud\/domains\/([^/]+)\//.exec(file)?.[1];
}

export const rules: Readonly<Record<string, Rule>> = {
  'protocols know neither edge nor cloud': (files) =>
    forbidImports(files, 'protocols/', { allowed: below('protocols/'), because: 'protocols stand alone' }),

  'the edge knows only protocols': (files) =>
    forbidImports(files, 'edge/', { allowed: below('edge/', 'protocols/'), because: 'the edge knows only protocols/' }),

  'the cloud speaks Sparkplug and no other protocol': (files) =>
    forbidImports(files, 'cloud/', {
      allowed: below('cloud/', 'protocols/sparkplug/'),
      because: 'the cloud knows cloud/ and protocols/sparkplug/',
    }),

  'the platform knows nothing that is built on it': (files) =>
    forbidImports(files, 'cloud/platform/', {
      allowed: below('cloud/platform/'),
      because: 'the platform carries the rest',
    }),

  "a domain reaches another through the other's index": (files) =>
    forbidImports(files, 'cloud/', {
      allowed: ({ target }, from) =>
        domainOf(target) === undefined ||
        domainOf(target) === domainOf(from.path) ||
        (from.path.startsWith('cloud/web/') && isDeclaration(target)) ||
        target === `cloud/domains/${domainOf(target)}/index.ts`,
      because: `only a domain's index.ts is open to others`,
    }),

  'the screens take nothing but types and declarations from the servers': (files) =>
    forbidImports(files, 'cloud/web/', {
      allowed: ({ target, relative, typeOnly }) =>
        typeOnly || (relative ? target.startsWith('cloud/web/') || isDeclaration(target) : !target.startsWith('node:')),
      because: 'a browser cannot run it; import types only',
    }),

  'a declaration is data only': (files) =>
    files
      .filter(({ path: file }) => isDeclaration(file))
      .flatMap((file) =>
        file.imports
          .filter(({ target, typeOnly }) => !typeOnly && !isDeclaration(target))
          .map(({ target }) => `${file.path} imports ${target}: servers and screens share it, so it is data only`),
      ),

  'nothing imports a main': (files) =>
    files.flatMap((file) =>
      file.imports
        .filter(({ target, relative }) => relative && path.posix.basename(target) === 'main.ts')
        .map(({ target }) => `${file.path} imports ${target}: it would run it`),
    ),

  'no cycles': findCycles,

  'no server package in the plant': (files) =>
    files
      .filter((file) => file.path.startsWith('edge/') || file.path.startsWith('protocols/'))
      .flatMap((file) =>
        file.imports
          .filter(({ target, relative }) => !relative && SERVER_PACKAGES.test(target))
          .map(({ target }) => `${file.path} imports ${target}: an edge agent carries no server`),
      ),

  'only config.ts reads the environment': (files) =>
    files
      .filter((file) => /^(edge|cloud|protocols)\//.test(file.path) && !isTest(file.path) && file.readsEnvironment)
      .filter((file) => path.posix.basename(file.path) !== 'config.ts')
      .map((file) => `${file.path} reads process.env: only a config.ts does, and it names what is missing`),

  'no file over 500 lines': (files) =>
    files
      .filter((file) => !file.text.startsWith('// Generated') && !/\.generated\.tsx?$/.test(file.path))
      .map((file) => [file.path, file.text.trimEnd().split('\n').length] as const)
      .filter(([, lines]) => lines > MAX_LINES)
      .map(([name, lines]) => `${name} has ${lines} lines: split it`),

  'a file says first what it is for': (files) =>
    files
      .filter((file) => !/^(#!.*\n)?(\/\/|\/\*)/.test(file.text))
      .map((file) => `${file.path} begins without a comment that says what it is for`),

  'file names are kebab-case': (files) =>
    files
      .filter((file) => !KEBAB_CASE.test(path.posix.basename(file.path)))
      .map((file) => `${file.path}: name it in kebab-case`),
};

/** Each cycle of imports that exist at run time, once. */
function findCycles(files: readonly SourceFile[]): string[] {
  const targets = new Map(
    files.map((file) => [
      file.path,
      file.imports.filter(({ relative, typeOnly }) => relative && !typeOnly).map(({ target }) => target),
    ]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    const start = trail.indexOf(file);
    if (start >= 0) cycles.push([...trail.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...trail, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return cycles;
}
