// unison-edge enrol: exchanges a one-time token for the agent's own credential and puts it where the
// configuration looks for it. What the cloud decides (group, name, and for a first configuration the broker)
// is written into the file; not a letter beside it is touched.

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { isScalar, parseDocument } from 'yaml';
import { EdgeConfigError } from '../config.ts';
import { init } from './init.ts';

const timeoutMs = 20_000;

const Enrolled = Type.Object({
  group: Type.String({ minLength: 1 }),
  name: Type.String({ minLength: 1 }),
  secret: Type.String({ minLength: 1, pattern: '^[A-Za-z0-9_-]+$' }),
  broker: Type.Object({
    url: Type.Union([Type.String(), Type.Null()]),
    port: Type.Union([Type.Integer(), Type.Null()]),
  }),
});

export interface EnrolOptions {
  /** Of the cloud: https, or http on this machine. */
  readonly url: string;
  readonly token: string;
  /** Allows http to another machine: whoever listens there gets the secret. */
  readonly insecure: boolean;
}

/** Answers what was done and what is next. Throws EdgeConfigError with what to do; then the token is still good. */
export async function enrol(file: string, options: EnrolOptions): Promise<string> {
  const cloud = cloudUrl(options);
  const isNew = !existsSync(file);
  if (isNew) init(file);
  // Everything that can go wrong here goes wrong before the token is used.
  const places = placesIn(file);
  const enrolled = await exchange(cloud, options.token);
  const { group, name, secret } = enrolled;
  const url = isNew ? brokerUrl(cloud, enrolled.broker) : null;
  const said = places.write({ group, name, url });
  writeSecret(places.secretFile, secret);
  return [
    `${group}/${name} is enrolled; its secret is in ${places.secretFile}.`,
    ...(said.length > 0 ? [`In ${file}: ${said.join(', ')}.`] : []),
    'Next:',
    ...(isNew ? [`  In ${file}: your devices. Delete the device you do not have.`] : []),
    `  unison-edge check ${file}`,
    `  unison-edge run ${file}`,
    '  An agent that runs already takes the new secret at its next start; the one before is good until then, for 24 hours at most.',
  ].join('\n');
}

function cloudUrl({ url, insecure }: EnrolOptions): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new EdgeConfigError(`--url ${url} is no address. Give the cloud's, such as https://mes.example.com`);
  }
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname);
  if (parsed.protocol === 'https:' || (parsed.protocol === 'http:' && (isHere || insecure))) return parsed;
  throw new EdgeConfigError(
    parsed.protocol === 'http:'
      ? `${url} is not encrypted: whoever listens on the way gets the agent's secret. Use https, or say --insecure.`
      : `${url} is no web address. Give the cloud's, such as https://mes.example.com`,
  );
}

async function exchange(cloud: URL, token: string): Promise<Type.Static<typeof Enrolled>> {
  const target = new URL('/api/v1/edge-agents/enrol', cloud);
  let response: Response;
  try {
    response = await fetch(target, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: token.trim() }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    });
  } catch (error) {
    throw new EdgeConfigError(
      `${cloud.origin} does not answer: ${reasonOf(error)}. The token is still good. A certificate of your own authority: NODE_EXTRA_CA_CERTS=/path/to/ca.pem`,
      { cause: error },
    );
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) {
    const detail = (body as { detail?: unknown } | null)?.detail;
    throw new EdgeConfigError(
      typeof detail === 'string' ? detail : `${cloud.origin} answered ${response.status}. Is that the cloud?`,
    );
  }
  if (!Value.Check(Enrolled, body)) throw new EdgeConfigError(`${cloud.origin} gave no credential. Is that the cloud?`);
  return body;
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.message || cause?.code || message || String(error);
}

/** For a first configuration: where the cloud says its broker is, or beside the cloud. */
function brokerUrl(cloud: URL, { url, port }: Type.Static<typeof Enrolled>['broker']): string | null {
  if (url !== null) return url;
  return port === null ? null : `mqtt://${cloud.hostname}:${port}`;
}

interface Places {
  readonly secretFile: string;
  /** Writes what differs; answers it in words. */
  write(values: { group: string; name: string; url: string | null }): string[];
}

function placesIn(file: string): Places {
  const text = readFileSync(file, 'utf8');
  const document = parseDocument(text, { prettyErrors: false });
  const [broken] = document.errors;
  if (broken)
    throw new EdgeConfigError(`${file} is not YAML: ${broken.message}. \`unison-edge check\` shows the line.`);
  const at = (...path: string[]): { value: string; range: readonly [number, number] } => {
    const node = document.getIn(path, true);
    if (!isScalar(node) || typeof node.value !== 'string' || !node.range) {
      throw new EdgeConfigError(
        `${file}: ${path.join('.')} is missing. Write it, with any value; enrol puts in the right one.`,
      );
    }
    return { value: node.value, range: [node.range[0], node.range[1]] };
  };
  const group = at('agent', 'group');
  const name = at('agent', 'name');
  const url = at('uplink', 'url');
  const secretFile = resolve(dirname(resolve(file)), at('uplink', 'passwordFile').value);
  return {
    secretFile,
    write(values) {
      const changes = [
        { what: 'agent.group', place: group, now: values.group },
        { what: 'agent.name', place: name, now: values.name },
        { what: 'uplink.url', place: url, now: values.url ?? url.value },
      ].filter(({ place, now }) => place.value !== now);
      let next = text;
      // From the end, so that places before stay where they are.
      for (const { place, now } of [...changes].sort((a, b) => b.place.range[0] - a.place.range[0]))
        next = next.slice(0, place.range[0]) + scalar(now) + next.slice(place.range[1]);
      if (changes.length > 0) writeWhole(file, next, statSync(file).mode & 0o777);
      return changes.map(({ what, now }) => `${what} is now ${now}`);
    },
  };
}

/** Text that YAML would read as something else is quoted. */
function scalar(text: string): string {
  const plain: unknown = parseDocument(text).toJS();
  return plain === text ? text : JSON.stringify(text);
}

function writeSecret(file: string, secret: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, `${secret}\n`, 0o600);
}

/** Old or new, never half. */
function writeWhole(file: string, text: string, mode: number): void {
  const next = `${file}.new`;
  rmSync(next, { force: true });
  writeFileSync(next, text, { mode });
  renameSync(next, file);
}
