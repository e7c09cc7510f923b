// Who is signed in at this browser: the access token lives in memory only, the refresh token in a cookie
// that no script sees.
//
//   restoring ──cookie is good──▶ signed_in ◀──refresh, 2 min before the end──┐
//       │                            │  └────────────────────────────────────┘
//       └──no cookie──▶ signed_out ◀─┴──signed out, or the session has ended
//
// While the server cannot be reached, one stays signed in and the refresh is tried again.

import type { SignedIn } from '../../../domains/identity/index.ts';
import type { FieldError, Problem } from '../../../platform/errors.ts';

export type SessionState =
  | { readonly status: 'restoring' }
  | { readonly status: 'signed_out' }
  | { readonly status: 'signed_in'; readonly signedIn: Present };

/** Whoever is there: a person, or a TV as itself. */
export interface Present extends Pick<SignedIn, 'accessToken' | 'expiresAt' | 'organization'> {
  readonly user: { readonly name: string };
}

/** What the server answered instead of what was asked for. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly requestId: string;
  /** What is wrong with which field: `body/email`. */
  readonly errors: readonly FieldError[];
  /** How long to wait before the next try, seconds. */
  readonly retryAfter: number | null;
  /** The answer as it came. */
  readonly answer: unknown;

  constructor(status: number, answer: unknown, retryAfter: number | null = null) {
    const problem = answer as Partial<Problem>;
    super(problem.detail ?? `status ${status}`);
    this.status = status;
    this.code = problem.code ?? 'internal';
    this.requestId = problem.requestId ?? '';
    this.errors = problem.errors ?? [];
    this.retryAfter = retryAfter;
    this.answer = answer;
  }
}

/** What goes out besides method and path. A `file` is sent as it is, a `body` as JSON. */
export interface Outgoing {
  readonly body?: unknown;
  readonly file?: Blob;
  readonly signal?: AbortSignal;
  /** The same key sent twice is carried out once. */
  readonly idempotencyKey?: string;
}

export interface Session {
  state(): SessionState;
  subscribe(listener: () => void): () => void;
  /** Tries the cookie of an earlier visit. */
  restore(): Promise<void>;
  /** Null: signed in; otherwise the organisations to choose from. Throws ApiError or TypeError (no network). */
  signIn(login: {
    email?: string;
    badge?: string;
    userId?: number;
    password?: string;
    pin?: string;
    organizationId?: number;
  }): Promise<{ id: number; name: string }[] | null>;
  signOut(): Promise<void>;
  /** A request with the access token, refreshed where it has ended. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Asks the API to do something; throws ApiError, or TypeError when it cannot be reached. */
  send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, outgoing?: Outgoing): Promise<T>;
  /** The same without a token: for those who have none yet. */
  sendOpenly<T>(method: 'POST', path: string, body: unknown): Promise<T>;
  getOpenly<T>(path: string, signal?: AbortSignal): Promise<T>;
  /** Becomes who the server says one is now: after a first run, or in another organisation. */
  become(signedIn: SignedIn): void;
}

const BASE = '/api/v1';
const REFRESH_BEFORE_END_MS = 120_000;
const RETRY_MS = 5_000;

export function createSession(): Session {
  let state: SessionState = { status: 'restoring' };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let refreshing: Promise<void> | null = null;
  const listeners = new Set<() => void>();

  const become = (next: SessionState): void => {
    clearTimeout(timer);
    state = next;
    if (next.status === 'signed_in') {
      const wait = Date.parse(next.signedIn.expiresAt) - Date.now() - REFRESH_BEFORE_END_MS;
      timer = setTimeout(() => void refresh(), Math.max(wait, RETRY_MS));
    }
    for (const listener of listeners) listener();
  };

  const refresh = (): Promise<void> => {
    refreshing ??= (async () => {
      try {
        const response = await fetch(`${BASE}/auth/refresh`, { method: 'POST' });
        if (response.ok) become({ status: 'signed_in', signedIn: (await response.json()) as SignedIn });
        else if (response.status === 401) {
          const tv = await deviceSession();
          become(tv ? { status: 'signed_in', signedIn: tv } : { status: 'signed_out' });
        } else throw new Error(`status ${response.status}`);
      } catch {
        clearTimeout(timer);
        timer = setTimeout(() => void refresh(), RETRY_MS);
      } finally {
        refreshing = null;
      }
    })();
    return refreshing;
  };

  const send = (path: string, init: RequestInit = {}): Promise<Response> => {
    const token = state.status === 'signed_in' ? state.signedIn.accessToken : '';
    const headers = new Headers(init.headers);
    headers.set('authorization', `Bearer ${token}`);
    return fetch(BASE + path, { ...init, headers });
  };

  const authorized: Session['fetch'] = async (path, init) => {
    const response = await send(path, init);
    if (response.status !== 401) return response;
    await refresh();
    return state.status === 'signed_in' ? send(path, init) : response;
  };

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    restore: refresh,
    async signIn(login) {
      type Answer = SignedIn | { organizations: { id: number; name: string }[] };
      const answer = await sendOpenly<Answer>('POST', '/auth/login', login);
      if ('organizations' in answer) return answer.organizations;
      become({ status: 'signed_in', signedIn: answer });
      return null;
    },
    async signOut() {
      await fetch(`${BASE}/auth/logout`, { method: 'POST' });
      become({ status: 'signed_out' });
    },
    fetch: authorized,
    async get<T>(path: string, signal?: AbortSignal) {
      return readAnswer<T>(await authorized(path, signal ? { signal } : {}));
    },
    async send<T>(method: string, path: string, { body, file, signal, idempotencyKey }: Outgoing = {}) {
      const headers: Record<string, string> = {};
      if (body !== undefined) headers['content-type'] = 'application/json';
      if (file) headers['content-type'] = 'text/csv';
      if (idempotencyKey) headers['idempotency-key'] = idempotencyKey;
      const content = file ?? (body === undefined ? null : JSON.stringify(body));
      return readAnswer<T>(await authorized(path, { method, headers, body: content, ...(signal ? { signal } : {}) }));
    },
    sendOpenly,
    async getOpenly<T>(path: string, signal?: AbortSignal) {
      return readAnswer<T>(await fetch(BASE + path, signal ? { signal } : {}));
    },
    become: (signedIn) => become({ status: 'signed_in', signedIn }),
  };
}

/** A paired TV needs no person; anything else is null. */
async function deviceSession(): Promise<Present | null> {
  const response = await fetch(`${BASE}/device/session`, { method: 'POST' });
  // A server that is only busy has not said no.
  if (response.status >= 500) throw new Error(`status ${response.status}`);
  if (!response.ok) return null;
  type Answer = Omit<Present, 'user'> & { device: { name: string; kind: string } };
  const { device, ...rest } = (await response.json()) as Answer;
  return device.kind === 'tv' ? { ...rest, user: { name: device.name } } : null;
}

async function sendOpenly<T>(method: string, path: string, body: unknown): Promise<T> {
  const headers = { 'content-type': 'application/json' };
  return readAnswer<T>(await fetch(BASE + path, { method, headers, body: JSON.stringify(body) }));
}

async function readAnswer<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T;
  if (response.ok) return (await response.json()) as T;
  const answer: unknown = await response.json().catch(() => ({}));
  const retryAfter = Number(response.headers.get('retry-after'));
  throw new ApiError(response.status, answer, retryAfter > 0 ? retryAfter : null);
}
