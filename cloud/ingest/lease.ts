// Which edges this ingestor owns. An edge belongs to one ingestor at a time: alias tables do not
// survive a message-by-message split. A lease is a row that its holder renews; when it stops, another
// takes over within leaseMs + renewMs. Two writers for a moment stay correct, because rows are idempotent.

import type pg from 'pg';
import type { EdgeAgent } from './edge-session.ts';

export const leaseMs = 6_000;
export const renewMs = 2_000;

/** Another ingestor holds the edge by now: what we know of it is not the last word. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';
}

/** A row of this is there while the edge ($1) is held by us ($2) in our generation ($3). */
export const heldByUs = `SELECT FROM mes.edge_leases
  WHERE edge_leases.edge_agent_id = $1 AND edge_leases.ingestor = $2 AND edge_leases.generation = $3`;

export interface Lease {
  readonly agent: EdgeAgent;
  readonly generation: number;
}

/** Renews what is ours and takes what is free. Answers everything this ingestor owns now. */
export async function takeLeases(db: pg.Pool | pg.ClientBase, ingestor: string): Promise<Lease[]> {
  const { rows } = await db.query<{
    id: number;
    organization_id: number;
    plant_id: number;
    group_id: string;
    edge_id: string;
    generation: string;
  }>(
    `WITH taken AS (
       INSERT INTO mes.edge_leases AS held (edge_agent_id, organization_id, ingestor, generation, until)
       SELECT edge_agents.id, edge_agents.organization_id, $1, 1, now() + $2 * interval '1 millisecond'
       FROM mes.edge_agents
       WHERE edge_agents.archived_at IS NULL
       ORDER BY edge_agents.id
       ON CONFLICT (edge_agent_id) DO UPDATE
       SET ingestor = excluded.ingestor, until = excluded.until,
           generation = held.generation + CASE WHEN held.ingestor = excluded.ingestor THEN 0 ELSE 1 END
       WHERE held.ingestor = excluded.ingestor OR held.until < now()
       RETURNING edge_agent_id, generation
     )
     SELECT edge_agents.id, edge_agents.organization_id, edge_agents.plant_id, edge_agents.group_id, edge_agents.edge_id, taken.generation
     FROM taken
     JOIN mes.edge_agents ON edge_agents.id = taken.edge_agent_id
     ORDER BY edge_agents.id`,
    [ingestor, leaseMs],
  );
  return rows.map((row) => ({
    agent: {
      id: row.id,
      organizationId: row.organization_id,
      plantId: row.plant_id,
      group: row.group_id,
      edge: row.edge_id,
    },
    generation: Number(row.generation),
  }));
}

/** Gives the edges back at once, so that another ingestor need not wait. */
export async function releaseLeases(db: pg.Pool | pg.ClientBase, ingestor: string): Promise<void> {
  await db.query('DELETE FROM mes.edge_leases WHERE edge_leases.ingestor = $1', [ingestor]);
}

/**
 * Whether it falls to this ingestor to report an edge it does not hold: it is registered nowhere (and not
 * merely another's, or about to be leased), and of the ingestors that hold leases this is the first by name.
 */
export async function isOursToReport(
  db: pg.Pool,
  { group, edge, ingestor }: { group: string; edge: string; ingestor: string },
): Promise<boolean> {
  const { rows } = await db.query<{ ours: boolean }>(
    `SELECT NOT EXISTS (SELECT FROM mes.edge_agents WHERE edge_agents.group_id = $1 AND edge_agents.edge_id = $2)
       AND coalesce((SELECT min(edge_leases.ingestor) FROM mes.edge_leases WHERE edge_leases.until > now()), $3) = $3 AS ours`,
    [group, edge, ingestor],
  );
  return rows[0]?.ours ?? false;
}
