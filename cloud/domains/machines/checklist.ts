// Pure: what a machine still lacks before its OEE can be trusted, as one list that is always in the same
// order. A point is done, or open with what is missing as parameters; screens have the sentences and the
// links that mend it.

/** What is known of one machine. Times are instants; ages are judged by the reader's clock. */
export interface MachineFacts {
  readonly machineId: number;
  readonly tags: readonly TagFacts[];
  readonly goodSource: string;
  readonly rejectSource: string;
  /** Values of its state tags that no map knows. */
  readonly unmapped: readonly string[];
  /** What it made lately, makes now, or makes by default. */
  readonly materials: readonly { readonly id: number; readonly code: string; readonly hasStandard: boolean }[];
  /** Begin of its next shift within the days that are looked at, or of the one that is open. */
  readonly nextShift: Date | null;
  readonly lane: LaneFacts | null;
  readonly targetPercent: number | null;
}

export interface TagFacts {
  readonly id: number;
  readonly name: string;
  readonly role: string | null;
  readonly counterKind: string | null;
  readonly hasModulus: boolean;
  readonly agent: string;
  readonly agentOnline: boolean;
  readonly agentLastMessage: Date | null;
}

export interface LaneFacts {
  readonly id: number;
  readonly name: string;
  readonly lacks: readonly ('no_constraint' | 'no_outfeed')[];
}

export const checkCodes = [
  'agent',
  'state_tag',
  'state_values',
  'counts',
  'modulus',
  'ideal_cycle',
  'calendar',
  'lane',
  'target',
] as const;
export type CheckCode = (typeof checkCodes)[number];

export interface Check {
  readonly code: CheckCode;
  /** blocks: there is no OEE without it. advises: there is one, and it says less or may be wrong. */
  readonly severity: 'blocks' | 'advises';
  readonly done: boolean;
  /** False: there is nothing yet that it could be said of, such as the rollover of counters without a counter. */
  readonly applies: boolean;
  /** Why it is open, for the sentence; null where it is done. */
  readonly why: string | null;
  readonly params: Readonly<Record<string, unknown>>;
}

/** An agent that was not heard of for so long is not alive. */
const SILENT_MS = 60_000;

export function checksOf(facts: MachineFacts, now: Date): Check[] {
  const { tags } = facts;
  const withRole = (...roles: string[]) => tags.filter(({ role }) => role !== null && roles.includes(role));
  const counters = withRole('total_count', 'good_count', 'reject_count');
  return [
    agentCheck(tags, now),
    stateCheck(withRole('state'), counters),
    { ...valuesCheck(facts), applies: withRole('state').length > 0 },
    countsCheck(facts, new Set(counters.map(({ role }) => role))),
    { ...modulusCheck(counters), applies: counters.length > 0 },
    cycleCheck(facts),
    open('calendar', 'blocks', facts.nextShift === null ? 'no_shift' : null),
    { ...laneCheck(facts.lane), applies: facts.lane !== null },
    open('target', 'advises', facts.targetPercent === null ? 'no_target' : null),
  ];
}

/** `why` null: it is done. */
function open(code: CheckCode, severity: Check['severity'], why: string | null, params: Check['params'] = {}): Check {
  return { code, severity, done: why === null, applies: true, why, params };
}

function agentCheck(tags: readonly TagFacts[], now: Date): Check {
  const agents = new Map(tags.map((tag) => [tag.agent, tag]));
  if (agents.size === 0) return open('agent', 'blocks', 'no_agent');
  const silent = [...agents.values()].filter(
    ({ agentOnline, agentLastMessage }) =>
      !agentOnline || agentLastMessage === null || now.getTime() - agentLastMessage.getTime() > SILENT_MS,
  );
  const [first] = silent;
  if (!first) return open('agent', 'blocks', null);
  const since = first.agentLastMessage?.toISOString() ?? null;
  return open('agent', 'blocks', since === null ? 'never_heard' : 'silent', { agent: first.agent, since });
}

function stateCheck(states: readonly TagFacts[], counters: readonly TagFacts[]): Check {
  if (states.length > 0) return open('state_tag', 'blocks', null);
  // Then it stands where no piece comes (DEFINITIONS 1, machine layer).
  if (counters.length > 0) return open('state_tag', 'advises', 'by_counts');
  return open('state_tag', 'blocks', 'no_state_tag');
}

function valuesCheck({ unmapped }: MachineFacts): Check {
  if (unmapped.length === 0) return open('state_values', 'blocks', null);
  return open('state_values', 'blocks', 'unmapped', { values: unmapped, count: unmapped.length });
}

/** PQ is total, or good and rejects (DEFINITIONS 8); what operators declare needs no tag. */
function countsCheck({ goodSource, rejectSource }: MachineFacts, roles: ReadonlySet<string | null>): Check {
  const good = goodSource === 'operator' || roles.has('good_count');
  const reject = rejectSource !== 'machine' || roles.has('reject_count');
  const total = roles.has('total_count');
  if (!good && !total) return open('counts', 'blocks', 'no_counts');
  if (total && (good || reject)) return open('counts', 'blocks', null);
  if (good && reject) return open('counts', 'blocks', null);
  return open('counts', 'advises', total ? 'total_only' : 'good_only');
}

function modulusCheck(counters: readonly TagFacts[]): Check {
  const without = counters.filter(
    ({ counterKind, hasModulus }) => (counterKind === null || counterKind === 'cumulative') && !hasModulus,
  );
  if (without.length === 0) return open('modulus', 'advises', null);
  return open('modulus', 'advises', 'no_modulus', {
    tags: without.map(({ name }) => name),
    count: without.length,
    tagId: without[0]?.id,
  });
}

function cycleCheck({ materials }: MachineFacts): Check {
  if (materials.length === 0) return open('ideal_cycle', 'blocks', 'no_material');
  const missing = materials.filter(({ hasStandard }) => !hasStandard);
  if (missing.length === 0) return open('ideal_cycle', 'blocks', null);
  return open('ideal_cycle', 'blocks', 'no_standard', {
    materials: missing.map(({ id, code }) => ({ id, code })),
    count: missing.length,
  });
}

function laneCheck(lane: LaneFacts | null): Check {
  if (lane === null || lane.lacks.length === 0) return open('lane', 'advises', null);
  const why = lane.lacks.length === 2 ? 'no_constraint_no_outfeed' : (lane.lacks[0] ?? null);
  return open('lane', 'advises', why, { laneId: lane.id, lane: lane.name });
}
