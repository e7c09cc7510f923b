// What the ingestor knows of one edge while it holds its lease: who it belongs to, its buffer and
// session, and what each alias means. Forgotten with the lease; a rebirth brings it back.

import type { DatatypeFamily } from '../../protocols/sparkplug/datatypes.ts';

/** A registered edge: (group, edge) belongs to this plant of this organisation. */
export interface EdgeAgent {
  readonly id: number;
  readonly organizationId: number;
  readonly plantId: number;
  readonly group: string;
  readonly edge: string;
}

/** What a metric is to us: a tag with samples, or one of the agent's own reports. */
export type TagKind = 'sample' | 'coverage' | 'gap' | 'clock_offset';

export interface TagRef {
  readonly id: number;
  readonly deviceId: number;
  readonly name: string;
  readonly code: number;
  readonly family: DatatypeFamily;
  readonly kind: TagKind;
  readonly machineId: number | null;
  /** Whether figures depend on it: its changes mark its machine dirty. */
  readonly marks: boolean;
}

export interface DeviceSession {
  readonly id: number;
  readonly name: string;
  readonly byAlias: Map<number, TagRef>;
  readonly byName: Map<string, TagRef>;
}

export interface EdgeSession {
  readonly agent: EdgeAgent;
  /** Lease generation under which this session began. */
  readonly generation: number;
  /** Null until NBIRTH. */
  bdSeq: number | null;
  /** Our edges have both; other Sparkplug edges have neither. */
  buffer: string | null;
  session: string | null;
  readonly devices: Map<string, DeviceSession>;
  /** Messages wait here while a birth is being registered. */
  registering: Promise<void> | null;
  /** The bytes of the last NBIRTH, to know a second delivery. */
  lastBirth: Buffer | null;
  /** When a rebirth was asked for last, in ms of the monotonic clock. */
  rebirthAskedAt: number;
}

export function newEdgeSession(agent: EdgeAgent, generation: number): EdgeSession {
  return {
    agent,
    generation,
    bdSeq: null,
    buffer: null,
    session: null,
    devices: new Map(),
    registering: null,
    lastBirth: null,
    rebirthAskedAt: Number.NEGATIVE_INFINITY,
  };
}
