// State maps in the database: what each machine's values mean, and values that no map knows.

import { sql } from 'kysely';
import type { Static } from 'typebox';
import type { Context } from '../../platform/http/context.ts';
import type { StateMap } from './meaning.ts';
import type { Unmapped } from './schema.ts';

const MAX_LISTED = 200;
/** More entries than people make. */
const MAX_ENTRIES = 100_000;

/** The maps of these machines; every one of them has one. */
export async function readStateMaps(
  { db }: Context,
  machineIds: readonly number[],
): Promise<ReadonlyMap<number, StateMap>> {
  const machines = await db
    .selectFrom('mes.machines')
    .select(['id', 'state_numbering'])
    .where('id', 'in', [0, ...machineIds])
    .execute();
  const entries = await db
    .selectFrom('mes.state_maps as maps')
    .leftJoin('mes.loss_reasons as reasons', 'reasons.id', 'maps.loss_reason_id')
    .select(['maps.machine_id', 'maps.value', 'maps.state', 'reasons.name as reason'])
    .where('maps.archived_at', 'is', null)
    .where((where) =>
      where.or([where('maps.machine_id', 'is', null), where('maps.machine_id', 'in', [0, ...machineIds])]),
    )
    .orderBy('maps.id')
    .limit(MAX_ENTRIES)
    .execute();
  const entry = ({ value, state, reason }: (typeof entries)[number]) =>
    [value, { state: state as 'running' | 'setup' | 'idle' | 'stopped', reason }] as const;
  const shared = entries.filter(({ machine_id: machine }) => machine === null).map(entry);
  const ofMachine = Map.groupBy(entries, ({ machine_id: machine }) => machine);
  return new Map(
    machines.map(({ id, state_numbering: numbering }) => [
      id,
      {
        numbering: numbering === 'packml_2008' ? numbering : 'packml_2015',
        own: new Map([...shared, ...(ofMachine.get(id) ?? []).map(entry)]),
      },
    ]),
  );
}

/** Values that no map knows, seen last first. */
export async function listUnmapped(
  { db }: Context,
  wanted: { plant?: number; machine?: number; agent?: number },
): Promise<Static<typeof Unmapped>> {
  const { plant = null, machine = null, agent = null } = wanted;
  const { rows } = await sql<{
    plant_id: number;
    machine_id: number;
    machine_name: string;
    tag_id: number;
    tag_name: string;
    value: string;
    first_seen_at: Date;
    last_seen_at: Date;
    count: string;
  }>`
    SELECT codes.plant_id, codes.machine_id, machines.display_name AS machine_name, codes.tag_id, tags.name AS tag_name, codes.value,
           codes.first_seen_at, codes.last_seen_at, count(*) OVER () AS count
    FROM mes.unmapped_values AS codes
    JOIN mes.machines ON machines.id = codes.machine_id
    JOIN mes.tags ON tags.id = codes.tag_id
    JOIN mes.devices ON devices.id = tags.device_id
    WHERE (${plant}::int IS NULL OR codes.plant_id = ${plant}) AND (${machine}::int IS NULL OR codes.machine_id = ${machine})
      AND (${agent}::int IS NULL OR devices.edge_agent_id = ${agent})
    ORDER BY codes.last_seen_at DESC, codes.tag_id, codes.value
    LIMIT ${MAX_LISTED}`.execute(db);
  return {
    count: Number(rows[0]?.count ?? 0),
    items: rows.map((row) => ({
      plantId: row.plant_id,
      machineId: row.machine_id,
      machineName: row.machine_name,
      tagId: row.tag_id,
      tagName: row.tag_name,
      value: row.value,
      firstSeenAt: row.first_seen_at.toISOString(),
      lastSeenAt: row.last_seen_at.toISOString(),
    })),
  };
}
