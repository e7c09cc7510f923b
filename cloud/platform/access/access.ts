// Looks up what a session may do, and remembers it as long as nothing was changed. One instance belongs to
// one API process; how each hears of changes is in change-listener.ts, what is decided in grants.ts.
//
// An answer is kept only while changes are heard, only if none was heard while it was read, and for a
// minute at most, should all of this fail. So a changed role, an archived user and a closed session count
// from the next request on, on every instance.

import { sql } from 'kysely';
import { LRUCache } from 'lru-cache';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Database } from '../database.ts';
import type { PermissionCatalogue } from '../http/permissions.ts';
import { createChangeListener } from './change-listener.ts';
import { compileRole } from './compile.ts';
import { type Access, type AssignedRole, commonPlants, type Grant, type Plants } from './grants.ts';

/** What mes.session_access and its like answer. */
export interface AccessRow {
  readonly actor_kind: string;
  readonly user_id: number | null;
  readonly organization_id: number;
  readonly name: string;
  readonly expires_at: Date | null;
  readonly all_plants: boolean;
  readonly plant_ids: readonly number[];
  readonly roles: readonly AssignedRole[];
  /** The person an API key acts for; his rights are those of now, and bound the key's. */
  readonly holder_id?: number;
  readonly holder_all_plants?: boolean;
  readonly holder_plant_ids?: readonly number[];
  readonly holder_roles?: readonly AssignedRole[];
}

export interface AccessControl {
  start(): void;
  /** Safe twice and before `start`. */
  stop(): Promise<void>;
  /** Null: the session was ended, has expired, or its user or organisation was archived. */
  ofSession(sessionId: string): Promise<Access | null>;
  /** For who comes without a session: `key` names him in the cache, `read` asks the database. */
  lookUp(key: string, read: () => Promise<AccessRow | undefined>): Promise<Access | null>;
  /** When it resolves, changes that were committed before count on this instance. */
  settle(): Promise<void>;
  /** Told when access in an organisation may have changed, until the returned function is called. */
  follow(organizationId: number, listener: () => void): () => void;
}

export interface AccessControlOptions {
  readonly db: Database;
  /** URL of mes_api, for a connection that listens. */
  readonly listenUrl: string;
  readonly catalogue: PermissionCatalogue;
  readonly metrics: Registry | null;
  readonly log: { info(data: object, message: string): void; warn(data: object, message: string): void };
}

/** Sessions and keys remembered, roles remembered. */
const MAX_SESSIONS = 20_000;
const MAX_ROLES = 5_000;
const MAX_AGE_MS = 60_000;

export function createAccessControl(options: AccessControlOptions): AccessControl {
  const { db, listenUrl, catalogue, metrics, log } = options;
  const known = new LRUCache<string, Access>({ max: MAX_SESSIONS, ttl: MAX_AGE_MS });
  const compiled = new LRUCache<string, Promise<ReadonlySet<string>>>({ max: MAX_ROLES });
  const reading = new Map<string, Promise<Access | null>>();
  const followers = new Map<number, Set<() => void>>();
  /** Counts changes, so that what was read before one is not kept after it. */
  let changes = 0;

  const onChange = (organizationId: number | null): void => {
    changes += 1;
    reading.clear();
    if (organizationId === null) compiled.clear();
    const outdated: string[] = [];
    for (const [key, access] of known.entries()) {
      if (organizationId === null || access.organizationId === organizationId) outdated.push(key);
    }
    for (const key of outdated) known.delete(key);
    for (const [id, listeners] of followers) {
      if (organizationId === null || id === organizationId) for (const listener of listeners) listener();
    }
  };
  const changeListener = createChangeListener({ url: listenUrl, log, onChange });
  const lookups = metrics && addMetrics(metrics, changeListener.hearing);

  const compile = (
    { id, version, permissions }: AssignedRole,
    organizationId: number,
  ): Promise<ReadonlySet<string>> => {
    const key = `${id}:${version}`;
    let granted = compiled.get(key);
    if (!granted) {
      granted = compileRole({ organizationId, role: key, patterns: permissions }, catalogue);
      granted.catch(() => compiled.delete(key));
      compiled.set(key, granted);
    }
    return granted;
  };

  const toAccess = async (row: AccessRow, sessionId: string | null): Promise<Access> => {
    lookups?.inc({ source: 'database' });
    const grantsOf = async (roles: readonly AssignedRole[]): Promise<Grant[]> => {
      const grants: Grant[] = [];
      for (const role of roles) grants.push({ ...role, granted: await compile(role, row.organization_id) });
      return grants;
    };
    const plants: Plants = row.all_plants ? 'all' : row.plant_ids;
    const access: Access = {
      kind: row.actor_kind === 'api_key' || row.actor_kind === 'device' ? row.actor_kind : 'user',
      userId: row.user_id,
      sessionId,
      organizationId: row.organization_id,
      name: row.name,
      expiresAt: row.expires_at,
      plants,
      grants: await grantsOf(row.roles),
    };
    if (row.holder_id === undefined) return access;
    const holder = {
      userId: row.holder_id,
      plants: row.holder_all_plants ? ('all' as const) : (row.holder_plant_ids ?? []),
      grants: await grantsOf(row.holder_roles ?? []),
    };
    return { ...access, plants: commonPlants(plants, holder.plants), holder };
  };

  const look = async (
    key: string,
    { sessionId, read }: { sessionId: string | null; read: () => Promise<AccessRow | undefined> },
  ): Promise<Access | null> => {
    if (!changeListener.hearing()) {
      const row = await read();
      return row ? toAccess(row, sessionId) : null;
    }
    const kept = known.get(key);
    if (kept && (kept.expiresAt === null || kept.expiresAt.getTime() > Date.now())) {
      lookups?.inc({ source: 'memory' });
      return kept;
    }
    const underway = reading.get(key);
    if (underway) return underway;
    const before = changes;
    const mine = (async () => {
      const row = await read();
      const access = row ? await toAccess(row, sessionId) : null;
      if (access && changes === before && changeListener.hearing()) known.set(key, access);
      return access;
    })();
    reading.set(key, mine);
    try {
      return await mine;
    } finally {
      if (reading.get(key) === mine) reading.delete(key);
    }
  };

  return {
    start: () => changeListener.start(),
    stop: () => changeListener.stop(),
    settle: () => changeListener.settle(),
    ofSession: (sessionId) => look(`session ${sessionId}`, { sessionId, read: () => readSession(db, sessionId) }),
    lookUp: (key, read) => look(`key ${key}`, { sessionId: null, read }),
    follow(organizationId, listener) {
      const listeners = followers.get(organizationId) ?? new Set();
      followers.set(organizationId, listeners.add(listener));
      return () => {
        if (listeners.delete(listener) && listeners.size === 0) followers.delete(organizationId);
      };
    },
  };
}

async function readSession(db: Database, sessionId: string): Promise<AccessRow | undefined> {
  return (await sql<AccessRow>`SELECT * FROM mes.session_access(${sessionId})`.execute(db)).rows[0];
}

function addMetrics(registry: Registry, hearing: () => boolean): Counter<'source'> {
  const hears = new Gauge({
    name: 'unison_access_hearing',
    help: '1 while changes of access are heard; 0: the database is asked at each request',
    registers: [],
    collect() {
      this.set(hearing() ? 1 : 0);
    },
  });
  registry.registerMetric(hears);
  return new Counter({
    name: 'unison_access_lookups_total',
    help: 'Who asks and what he may do, by where it was known',
    labelNames: ['source'],
    registers: [registry],
  });
}
