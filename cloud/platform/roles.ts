// Gives the service roles their passwords, and says under which URL each is reached.

import pg from 'pg';
import type { CloudConfig, DatabaseUrls } from './config.ts';

const roles = ['api', 'ingest', 'worker'] as const;

/** Lets mes_api, mes_ingest and mes_worker sign in with the configured passwords. Safe to repeat. */
export async function provisionRoles(ownerUrl: string, passwords: CloudConfig['rolePasswords']): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    for (const role of roles) {
      await client.query(`ALTER ROLE mes_${role} LOGIN PASSWORD ${client.escapeLiteral(passwords[role])}`);
    }
  } finally {
    await client.end();
  }
}

/** The URL of each role: as configured, or the owner's with the role's name and password. */
export function databaseUrls(config: CloudConfig, ownerUrl: string): DatabaseUrls {
  const as = (role: (typeof roles)[number]): string => {
    const url = new URL(ownerUrl);
    url.username = `mes_${role}`;
    url.password = config.rolePasswords[role];
    return url.toString();
  };
  return {
    owner: ownerUrl,
    api: config.databaseApiUrl ?? as('api'),
    apiDirect: as('api'),
    ingest: config.databaseIngestUrl ?? as('ingest'),
    worker: config.databaseWorkerUrl ?? as('worker'),
  };
}
