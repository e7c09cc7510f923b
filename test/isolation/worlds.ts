// Two organisations with a row in every table, as both see the matrix: who asks, and whose rows must not
// be found. Texts of each carry its markers, so that a leak is seen in any answer.

import pg from 'pg';
import { type FilledRows, fillEveryTable, inserter, type Markers } from '../support/fill-tables.ts';
import { createOrganization, type TestOrganization } from '../support/registry.ts';

export interface World extends TestOrganization {
  readonly mark: Markers;
  /** Begins all markers of the organisation, and nothing else. */
  readonly sign: string;
  /** A second plant, to ask from. */
  readonly otherPlantId: number;
  readonly rows: FilledRows;
}

export interface Worlds {
  readonly ours: World;
  readonly theirs: World;
}

/** Begins what nobody may be answered, not even its owner. */
export const SECRET = 'zqsecret';

export async function makeWorlds(ownerUrl: string): Promise<Worlds> {
  return { ours: await makeWorld(ownerUrl, 'zqours'), theirs: await makeWorld(ownerUrl, 'zqtheirs') };
}

async function makeWorld(ownerUrl: string, sign: string): Promise<World> {
  const mark = { organization: `${sign}company`, plant: `${sign}plant` };
  const names = { name: mark.organization, machines: [mark.plant], edges: [mark.plant] };
  const organization = await createOrganization(ownerUrl, names);
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('UPDATE mes.plants SET name = $2 WHERE id = $1', [organization.plantId, mark.plant]);
    await client.query('UPDATE mes.organizations SET demo = $2 WHERE id = $1', [organization.id, sign === 'zqtheirs']);
    const otherPlant = { organization_id: organization.id, name: `${sign} elsewhere`, time_zone: 'Europe/Berlin' };
    const otherPlantId = await inserter(client)('plants', otherPlant);
    const rows = await fillEveryTable(client, organization, mark);
    return { ...organization, mark, sign, otherPlantId, rows };
  } finally {
    await client.end();
  }
}
