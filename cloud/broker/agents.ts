// The agents' credentials as the embedded broker checks them: the newest, and the one before it while that
// is still good. mes.edge_agents says which there are (sql/0015_edge_mapping.sql).

import type pg from 'pg';
import { verifySecret } from './credentials.ts';

/** What a connected agent has signed in with. */
export interface UsedCredential {
  readonly agentId: number;
  readonly hash: string;
}

interface AgentRow {
  readonly id: number;
  readonly credential_hash: string | null;
  readonly previous_hash: string | null;
}

const good = `SELECT edge_agents.id, edge_agents.credential_hash,
    CASE WHEN edge_agents.previous_until > now() THEN edge_agents.previous_hash END AS previous_hash
  FROM mes.edge_agents WHERE edge_agents.archived_at IS NULL`;

/**
 * The credential that this secret is of; null where it is of none that is good. The first use of the newest
 * ends the one before.
 */
export async function signIn(
  pool: pg.Pool,
  { group, edge, secret }: { group: string; edge: string; secret: Uint8Array },
): Promise<UsedCredential | null> {
  const { rows } = await pool.query<AgentRow>(`${good} AND edge_agents.group_id = $1 AND edge_agents.edge_id = $2`, [
    group,
    edge,
  ]);
  const [agent] = rows;
  if (!agent) return null;
  const { id, credential_hash: newest, previous_hash: previous } = agent;
  if (newest !== null && (await verifySecret(secret, newest))) {
    await pool.query('SELECT mes.use_edge_credential($1, $2)', [id, newest]);
    return { agentId: id, hash: newest };
  }
  return previous !== null && (await verifySecret(secret, previous)) ? { agentId: id, hash: previous } : null;
}

/** Which of these are not good any more. */
export async function endedCredentials(
  pool: pg.Pool,
  used: readonly UsedCredential[],
): Promise<ReadonlySet<UsedCredential>> {
  const { rows } = await pool.query<AgentRow>(`${good} AND edge_agents.id = ANY ($1)`, [
    [...new Set(used.map(({ agentId }) => agentId))],
  ]);
  const agents = new Map(rows.map((row) => [row.id, row]));
  return new Set(
    used.filter(({ agentId, hash }) => {
      const agent = agents.get(agentId);
      return agent?.credential_hash !== hash && agent?.previous_hash !== hash;
    }),
  );
}
