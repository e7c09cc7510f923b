// The real services a benchmark runs on, brought up when the first one wants them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase, databaseUrl, dropDatabase } from '../../cloud/platform/postgres-databases.ts';
import { readServicesConfig } from '../../deploy/services/config.ts';
import { isCurrent, rootCommand, rootOf } from '../../deploy/services/debian-root.ts';
import { acquireServices, releaseServices, type Services } from '../../deploy/services/services.ts';
import type { DatabaseServer } from '../support/services.ts';
import { prepareServer } from '../support/template.ts';

export interface BenchDatabase {
  /** A superuser's. */
  readonly ownerUrl: string;
  readonly ingestUrl: string;
  readonly apiUrl: string;
  readonly workerUrl: string;
  /** Of the roles mes_api, mes_ingest and mes_worker. */
  readonly rolePassword: string;
  drop(): Promise<void>;
}

export class BenchServices {
  readonly #tell: (line: string) => void;
  #services: Promise<Services> | null = null;
  #server: Promise<DatabaseServer> | null = null;

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  /** An empty, migrated database on PostgreSQL with TimescaleDB. */
  async database(): Promise<BenchDatabase> {
    this.#server ??= this.#acquire().then((services) => prepareServer(services.timescaleUrl));
    const { url, template, rolePassword } = await this.#server;
    const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
    await createDatabase(url, { name, template });
    const as = (user: string): string => databaseUrl(url, { database: name, user, password: rolePassword });
    return {
      ownerUrl: databaseUrl(url, { database: name }),
      ingestUrl: as('mes_ingest'),
      apiUrl: as('mes_api'),
      workerUrl: as('mes_worker'),
      rolePassword,
      drop: () => dropDatabase(url, name),
    };
  }

  async redisUrl(): Promise<string> {
    return (await this.#acquire()).redisUrl;
  }

  /** Path of the browser. */
  async chromium(): Promise<string> {
    return (await this.#acquire()).chromium;
  }

  /** The command of PostgreSQL's own client: of the installed services, else the one on PATH. */
  async psql(args: readonly string[]): Promise<{ file: string; args: string[] }> {
    const { directory } = readServicesConfig();
    if (!(await isCurrent(directory))) return { file: 'psql', args: [...args] };
    return rootCommand(rootOf(directory), 'usr/lib/postgresql/17/bin/psql', args);
  }

  async release(): Promise<void> {
    if (this.#services === null) return;
    await releaseServices({ user: process.pid, tell: this.#tell });
  }

  #acquire(): Promise<Services> {
    this.#services ??= acquireServices({ user: process.pid, tell: this.#tell });
    return this.#services;
  }
}

/** A folder of its own, and how to remove it. */
export async function temporaryFolder(name: string): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), `unison-bench-${name}-`));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
