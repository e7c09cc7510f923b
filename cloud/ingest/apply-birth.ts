// A birth or death that was read is made true: in the database, in the edge's session, on the screens.

import type pg from 'pg';
import type { Payload } from '../../protocols/sparkplug/payload.ts';
import type { Topic } from '../../protocols/sparkplug/topics.ts';
import { names } from '../../protocols/sparkplug/unison.ts';
import { currentValues } from './births.ts';
import { isDataError } from './database.ts';
import type { DeviceSession, EdgeSession } from './edge-session.ts';
import type { LivePicture } from './live.ts';
import type { Outcome } from './outcome.ts';
import { BirthRefused, registerDevice, registerDeviceDeath, registerNode, registerNodeDeath } from './register.ts';
import type { SideNotes } from './side-notes.ts';

export interface BirthKeeping {
  readonly pool: pg.Pool;
  /** The ingestor's name, which has the edge's lease. */
  readonly holder: string;
  readonly live: LivePicture;
  readonly notes: SideNotes;
  readonly log: { info(data: object, message: string): void; warn(data: object, message: string): void };
}

interface Message {
  readonly session: EdgeSession;
  readonly topic: Topic;
  readonly payload: Payload;
}

/** Throws BirthRefused, LeaseLost or what the database said; then the caller forgets the edge's birth. */
export async function applyBirth(keeping: BirthKeeping, { session, topic, payload }: Message): Promise<Outcome> {
  const { pool, holder, live, notes, log } = keeping;
  const device = topic.device ?? '';
  const { edge } = session.agent;
  switch (topic.type) {
    case 'NBIRTH':
      session.born = false;
      session.devices.clear();
      session.waiting.clear();
      await onPool(pool, (db) => registerNode(db, { session, holder }, payload));
      session.born = true;
      session.wantsRebirth = false;
      live.link(session, true, Date.now());
      log.info({ edge, buffer: session.buffer, session: session.session }, 'edge born');
      return { kind: 'applied' };
    case 'DBIRTH': {
      if (!session.born) return { kind: 'shed', reason: 'awaiting_birth' };
      session.devices.delete(device);
      const known: DeviceSession = await onPool(pool, (db) => registerDevice(db, session, device, payload));
      session.devices.set(device, known);
      const values = currentValues(known, payload);
      live.born(session, values);
      notes.born(values);
      return { kind: 'applied' };
    }
    case 'NDEATH': {
      const bdSeq = payload.metrics.find((metric) => metric.name === names.bdSeq)?.value;
      // The Will of an earlier connection may arrive after the next birth [tck-id-operational-behavior-edge-node-termination-host-action-ndeath-node-offline].
      if (bdSeq !== session.bdSeq) return { kind: 'dropped', reason: 'stale_death' };
      await onPool(pool, (db) => registerNodeDeath(db, { session, holder }));
      live.link(session, false, Date.now());
      log.warn({ edge }, 'edge offline');
      return { kind: 'applied' };
    }
    case 'DDEATH':
      await onPool(pool, (db) => registerDeviceDeath(db, session, device));
      return { kind: 'applied' };
    default:
      return { kind: 'applied' };
  }
}

async function onPool<T>(pool: pg.Pool, work: (db: pg.PoolClient) => Promise<T>): Promise<T> {
  const db = await pool.connect();
  try {
    const result = await work(db);
    db.release();
    return result;
  } catch (error) {
    // A connection whose query was given up would answer the next one with this one's rows.
    db.release(!isDataError(error) && !(error instanceof BirthRefused));
    throw error;
  }
}
