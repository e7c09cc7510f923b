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
  /** This and what follows changes when somebody maps the tag anew (mappings.ts). */
  machineId: number | null;
  /** Whether figures depend on it: its changes mark its machine dirty. */
  marks: boolean;
  /** Whether it says its machine's state: its values are noted (side-notes.ts). */
  isState?: boolean;
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
  /**
   * Whether the NBIRTH of the edge's present session is registered. False also after a birth was lost or
   * shed: then data is left unacknowledged, since its aliases and its session may be other ones.
   */
  born: boolean;
  bdSeq: number | null;
  /** Our edges have both; other Sparkplug edges have neither. */
  buffer: string | null;
  session: string | null;
  readonly devices: Map<string, DeviceSession>;
  /** Messages wait here while a birth is being registered. */
  registering: Promise<void> | null;
  /** The bytes of the last NBIRTH, to know a second delivery. */
  lastBirth: Buffer | null;
  /** Sequence number of the last message, or null when the next one may have any. */
  seq: number | null;
  /**
   * Offsets received since the last birth that wait for their commit. While the database is away an edge
   * sends its window again and again; a second copy would only take room.
   */
  readonly waiting: Set<number>;
  /** When a rebirth was asked for last, in ms of the monotonic clock. */
  rebirthAskedAt: number;
  /** A rebirth was wanted too soon after the last one; it is asked for as soon as it may be. */
  wantsRebirth: boolean;
}

export function newEdgeSession(agent: EdgeAgent, generation: number): EdgeSession {
  return {
    agent,
    generation,
    born: false,
    bdSeq: null,
    buffer: null,
    session: null,
    devices: new Map(),
    registering: null,
    lastBirth: null,
    seq: null,
    waiting: new Set(),
    rebirthAskedAt: Number.NEGATIVE_INFINITY,
    wantsRebirth: false,
  };
}

/** A birth was lost or could not be taken: nothing this edge sends can be resolved until the next one. */
export function forgetBirth(session: EdgeSession): void {
  session.born = false;
  session.seq = null;
  session.lastBirth = null;
  session.devices.clear();
}

/** Notes the sequence number of a message (-1 for none) and answers whether one before it is missing. */
export function isAfterHole(session: EdgeSession, seq: number): boolean {
  if (seq < 0) return false;
  const isNext = session.seq === null || seq === (session.seq + 1) % 256;
  session.seq = seq;
  return !isNext;
}
