// All rows of an organisation as one text per table: what is the same before and after was left alone.

import type pg from 'pg';
import { readRelations } from './catalogue.ts';

export type Fingerprint = ReadonlyMap<string, string>;

/** The query that takes it, made once from the catalogue; as the superuser. */
export async function fingerprintQuery(client: pg.Client, organizationId: number): Promise<string> {
  const owned = (await readRelations(client)).filter(
    ({ kind, owner }) => owner !== null && kind !== 'views' && kind !== 'chunks',
  );
  const parts = owned.map(({ name, owner }) => [name, `${name} AS r WHERE r.${owner} = ${organizationId}`]);
  // An account belongs to its users, and its failed sign-ins to it.
  const accounts = `(SELECT account_id FROM mes.users WHERE organization_id = ${organizationId})`;
  const keys = `SELECT mes.attempt_key(account_id, place) FROM ${accounts} AS a, unnest(ARRAY['anywhere', 'device', 'session']) AS place`;
  parts.push(['mes.accounts', `mes.accounts AS r WHERE r.id IN ${accounts}`]);
  parts.push(['mes.sign_in_attempts', `mes.sign_in_attempts AS r WHERE r.key IN (${keys})`]);
  return parts
    .map(
      ([name, rows]) =>
        `SELECT '${name}' AS name, md5(coalesce(string_agg(r::text, '|' ORDER BY r::text), '')) AS rows FROM ${rows}`,
    )
    .join(' UNION ALL ');
}

export async function takeFingerprint(client: pg.Client, query: string): Promise<Fingerprint> {
  const { rows } = await client.query<{ name: string; rows: string }>(query);
  return new Map(rows.map((row) => [row.name, row.rows]));
}

/** Names of the tables whose rows changed. */
export function changedTables(before: Fingerprint, after: Fingerprint): string[] {
  return [...after].filter(([name, rows]) => before.get(name) !== rows).map(([name]) => name);
}
