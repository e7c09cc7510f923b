// Whether what a screen shows is still true: the rules of age. Pure.

/** An agent that says nothing for this long is silent. */
const AGENT_SILENT_MS = 10_000;
/** A polled tag that misses so many periods is old. Edges send changes only: up to an agent's watermark, no
 * new value means no change. */
const MISSED_PERIODS = 3;
/** Time a value may be on its way from the machine to the screen. */
const ON_THE_WAY_MS = 2_000;

export interface AgentLink {
  readonly online: boolean;
  /** Server time of its last message, ms. */
  readonly lastMessageMs: number | null;
  /** Everything before this time (ms) is known; null for agents that do not tell. */
  readonly watermarkMs: number | null;
}

/** Null: it is heard. Otherwise since when it is not; `at` null: it was never heard. */
export function silenceOf(
  agent: Pick<AgentLink, 'online' | 'lastMessageMs'>,
  nowMs: number,
): { at: number | null } | null {
  const { lastMessageMs } = agent;
  if (lastMessageMs === null) return { at: null };
  return agent.online && nowMs - lastMessageMs <= AGENT_SILENT_MS ? null : { at: lastMessageMs };
}

export type Staleness = 'cut_off' | 'agent_silent' | 'device_unseen' | 'missed_polls' | 'bad_quality';

export interface ValueSituation {
  readonly nowMs: number;
  readonly timeMs: number;
  readonly pollMs: number | null;
  readonly watermarkMs: number | null;
  /** OPC UA status code. */
  readonly status: number;
  readonly pageCutOff: boolean;
  readonly agentSilent: boolean;
  readonly deviceUnseen: boolean;
}

/** Why a value may no longer be true; null when it is fresh. */
export function stalenessOf(situation: ValueSituation): Staleness | null {
  if (situation.pageCutOff) return 'cut_off';
  if (situation.agentSilent) return 'agent_silent';
  if (situation.deviceUnseen) return 'device_unseen';
  if (situation.status >>> 30 === 2) return 'bad_quality';
  const { pollMs, nowMs, timeMs, watermarkMs } = situation;
  if (pollMs === null) return null;
  const periods = MISSED_PERIODS * pollMs;
  // A watermark comes with the agent's messages: it cannot be asked to be newer than they must be.
  const patience = watermarkMs === null ? periods : Math.max(periods, AGENT_SILENT_MS);
  return nowMs - Math.max(timeMs, watermarkMs ?? 0) > patience + ON_THE_WAY_MS ? 'missed_polls' : null;
}
