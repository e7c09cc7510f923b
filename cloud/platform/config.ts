// The cloud's configuration: environment > .env in the working directory > defaults, checked at boot.
// Nothing else in cloud/ reads the environment. Secrets that are not given are made once and kept in
// the data directory, readable for its owner only; there are no default secrets.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Type from 'typebox';
import { Value } from 'typebox/value';

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** What a cloud process does; by default all of it in one process. */
export const parts = ['broker', 'ingest', 'api', 'worker'] as const;
export type Part = (typeof parts)[number];

export interface DatabaseUrls {
  /** For migrations and giving the other roles their passwords. */
  readonly owner: string;
  readonly api: string;
  /** As mes_api past any pooler, to LISTEN. */
  readonly apiDirect: string;
  readonly ingest: string;
  readonly worker: string;
}

export interface CloudConfig {
  readonly dataDirectory: string;
  readonly parts: readonly Part[];
  /** Null: the embedded PostgreSQL in the data directory. */
  readonly databaseUrl: string | null;
  /** Role URLs that are given; what is missing is derived from the owner's URL and a generated password. */
  readonly databaseApiUrl: string | null;
  readonly databaseIngestUrl: string | null;
  readonly databaseWorkerUrl: string | null;
  readonly rolePasswords: { readonly api: string; readonly ingest: string; readonly worker: string };
  readonly http: { readonly host: string; readonly port: number; readonly corsOrigins: readonly string[] };
  readonly broker: {
    /** Null: the embedded broker on `port`. */
    readonly url: string | null;
    readonly host: string;
    readonly port: number;
    /** The cloud's own account on the broker. */
    readonly username: string;
    readonly password: string;
  };
  readonly ingest: {
    /** Unique among ingestors. */
    readonly name: string;
    /** Bytes of messages held and not yet committed, at most. */
    readonly maxBytes: number;
    /** Samples older than this are refused, in days. */
    readonly retentionDays: number;
  };
  readonly queue: {
    /** Null: PostgreSQL carries jobs, too. */
    readonly redisUrl: string | null;
    /** Begins every key in Redis. */
    readonly prefix: string;
    /** Attempts of a job until it is dead. */
    readonly attempts: number;
    /** A worker silent for so many seconds is dead, and its jobs run elsewhere. */
    readonly visibilityS: number;
  };
  /** Requests per minute; cloud/platform/http/limits.ts says of whom. */
  readonly limits: { readonly perAddress: number; readonly perActor: number; readonly signInsPerAddress: number };
  readonly mail: {
    /** Null: there is no mail. */
    readonly smtpUrl: string | null;
    readonly from: string;
    /** Where people reach the pages. */
    readonly publicUrl: string;
  };
  readonly jwtSecret: string;
  /** Tokens made with it are still taken: a new JWT_SECRET signs nobody out. */
  readonly jwtSecretPrevious: string | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

const port = Type.Integer({ minimum: 0, maximum: 65_535 });

const environmentSchema = Type.Object({
  UNISON_DATA_DIR: Type.String({ default: '.data' }),
  UNISON_PARTS: Type.String({ default: parts.join(','), pattern: `^(${parts.join('|')})(,(${parts.join('|')}))*$` }),
  DATABASE_URL: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  DATABASE_API_URL: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  DATABASE_INGEST_URL: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  DATABASE_WORKER_URL: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  DATABASE_API_PASSWORD: Type.Optional(Type.String({ minLength: 16 })),
  DATABASE_INGEST_PASSWORD: Type.Optional(Type.String({ minLength: 16 })),
  DATABASE_WORKER_PASSWORD: Type.Optional(Type.String({ minLength: 16 })),
  HTTP_HOST: Type.String({ default: '127.0.0.1' }),
  HTTP_PORT: Type.Integer({ ...port, default: 8080 }),
  CORS_ORIGINS: Type.String({ default: 'http://localhost:3000,http://localhost:5173' }),
  MQTT_URL: Type.Optional(Type.String({ pattern: '^mqtts?://' })),
  MQTT_HOST: Type.String({ default: '127.0.0.1' }),
  MQTT_PORT: Type.Integer({ ...port, default: 1883 }),
  MQTT_USERNAME: Type.String({ default: 'unison-cloud' }),
  MQTT_PASSWORD: Type.Optional(Type.String({ minLength: 16 })),
  INGEST_NAME: Type.Optional(Type.String({ minLength: 1 })),
  INGEST_MAX_BYTES: Type.Integer({ default: 67_108_864, minimum: 1_048_576 }),
  RETENTION_DAYS: Type.Integer({ default: 400, minimum: 1 }),
  REDIS_URL: Type.Optional(Type.String({ pattern: '^rediss?://' })),
  QUEUE_PREFIX: Type.String({ default: 'unison', pattern: '^[A-Za-z0-9_-]{1,40}$' }),
  QUEUE_ATTEMPTS: Type.Integer({ default: 3, minimum: 1, maximum: 20 }),
  QUEUE_VISIBILITY_S: Type.Integer({ default: 30, minimum: 5, maximum: 3_600 }),
  LIMIT_PER_ADDRESS: Type.Integer({ default: 6_000, minimum: 1 }),
  LIMIT_PER_USER: Type.Integer({ default: 1_200, minimum: 1 }),
  LIMIT_SIGN_INS: Type.Integer({ default: 60, minimum: 1 }),
  SMTP_URL: Type.Optional(Type.String({ pattern: '^smtps?://' })),
  MAIL_FROM: Type.String({ default: 'Unison MES <unison@localhost>', pattern: '^[^\\r\\n]*[^\\s@]+@[^\\s@]+$' }),
  PUBLIC_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  JWT_SECRET: Type.Optional(Type.String({ minLength: 32 })),
  JWT_SECRET_PREVIOUS: Type.Optional(Type.String({ minLength: 32 })),
  LOG_LEVEL: Type.Union([Type.Literal('debug'), Type.Literal('info'), Type.Literal('warn'), Type.Literal('error')], {
    default: 'info',
  }),
});

/** Reads and checks the configuration. Throws ConfigError naming every variable that is wrong and what it must be. */
export function readConfig(
  environment: Record<string, string | undefined> = process.env,
  directory = process.cwd(),
): CloudConfig {
  const given = { ...readDotEnv(join(directory, '.env')), ...withoutEmpty(environment) };
  const known = Object.fromEntries(Object.keys(environmentSchema.properties).map((key) => [key, given[key]]));
  const values: unknown = Value.Convert(environmentSchema, Value.Default(environmentSchema, withoutEmpty(known)));
  const errors = [...Value.Errors(environmentSchema, values)];
  if (errors.length > 0) {
    const lines = errors.map((error) => `  ${error.instancePath.slice(1)}: ${error.message}`);
    throw new ConfigError(
      `The configuration is wrong:\n${lines.join('\n')}\nSet these in the environment or in .env (README: Configuration).`,
    );
  }
  const read = Value.Parse(environmentSchema, values);
  for (const name of ['JWT_SECRET', 'JWT_SECRET_PREVIOUS'] as const) refuseGuessable(name, read[name]);
  const dataDirectory = resolve(directory, read.UNISON_DATA_DIR);
  const secrets = readSecrets(dataDirectory);
  return {
    dataDirectory,
    parts: read.UNISON_PARTS.split(',') as Part[],
    databaseUrl: read.DATABASE_URL ?? null,
    databaseApiUrl: read.DATABASE_API_URL ?? null,
    databaseIngestUrl: read.DATABASE_INGEST_URL ?? null,
    databaseWorkerUrl: read.DATABASE_WORKER_URL ?? null,
    rolePasswords: {
      api: read.DATABASE_API_PASSWORD ?? secrets.databaseApi,
      ingest: read.DATABASE_INGEST_PASSWORD ?? secrets.databaseIngest,
      worker: read.DATABASE_WORKER_PASSWORD ?? secrets.databaseWorker,
    },
    http: {
      host: read.HTTP_HOST,
      port: read.HTTP_PORT,
      corsOrigins: read.CORS_ORIGINS.split(',').filter((origin) => origin !== ''),
    },
    broker: {
      url: read.MQTT_URL ?? null,
      host: read.MQTT_HOST,
      port: read.MQTT_PORT,
      username: read.MQTT_USERNAME,
      password: read.MQTT_PASSWORD ?? secrets.mqtt,
    },
    ingest: {
      name: read.INGEST_NAME ?? `ingest-${process.pid}`,
      maxBytes: read.INGEST_MAX_BYTES,
      retentionDays: read.RETENTION_DAYS,
    },
    queue: {
      redisUrl: read.REDIS_URL ?? null,
      prefix: read.QUEUE_PREFIX,
      attempts: read.QUEUE_ATTEMPTS,
      visibilityS: read.QUEUE_VISIBILITY_S,
    },
    limits: {
      perAddress: read.LIMIT_PER_ADDRESS,
      perActor: read.LIMIT_PER_USER,
      signInsPerAddress: read.LIMIT_SIGN_INS,
    },
    mail: {
      smtpUrl: read.SMTP_URL ?? null,
      from: read.MAIL_FROM,
      publicUrl: read.PUBLIC_URL ?? `http://localhost:${read.HTTP_PORT}`,
    },
    jwtSecret: read.JWT_SECRET ?? secrets.jwt,
    jwtSecretPrevious: read.JWT_SECRET_PREVIOUS ?? null,
    logLevel: read.LOG_LEVEL,
  };
}

/** What examples and templates say where a secret belongs. */
const KNOWN_DEFAULTS =
  /change.?(me|this|it)|your.?(secret|256|jwt|key)|super.?secret|secret.?key|my.?secret|password|example|default|placeholder|insecure|todo|replace/i;
/** Of different characters; random hexadecimal of 32 characters has 10 and more. */
const MIN_DIFFERENT = 10;

/** Throws ConfigError for a secret that somebody else could have, or could guess. */
function refuseGuessable(name: string, secret: string | undefined): void {
  if (secret === undefined) return;
  const characters = Array.from(secret);
  const inARow = characters.filter(
    (character, at) => at > 0 && Math.abs(character.charCodeAt(0) - secret.charCodeAt(at - 1)) <= 1,
  );
  const why = KNOWN_DEFAULTS.test(secret)
    ? 'looks like one from an example'
    : new Set(characters).size < MIN_DIFFERENT || inARow.length > secret.length / 2 || /^(.+?)\1+$/.test(secret)
      ? 'repeats itself and can be guessed'
      : null;
  if (why === null) return;
  throw new ConfigError(`${name} ${why}. Make one of your own: openssl rand -base64 48`);
}

const secretNames = ['databaseApi', 'databaseIngest', 'databaseWorker', 'mqtt', 'jwt'] as const;
type Secrets = Record<(typeof secretNames)[number], string>;

function readSecrets(dataDirectory: string): Secrets {
  const file = join(dataDirectory, 'secrets.json');
  mkdirSync(dataDirectory, { recursive: true, mode: 0o755 });
  const stored: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const known = Value.Parse(Type.Record(Type.String(), Type.String()), stored);
  const missing = secretNames.filter((name) => !known[name]);
  for (const name of missing) known[name] = randomBytes(32).toString('base64url');
  if (missing.length > 0) writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
  return known as Secrets;
}

function readDotEnv(file: string): Record<string, string> {
  if (!existsSync(file)) return {};
  const entries = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => /^\s*([A-Z][A-Z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => [match[1] ?? '', (match[2] ?? '').replace(/^(['"])(.*)\1$/, '$2')]);
  return Object.fromEntries(entries) as Record<string, string>;
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
