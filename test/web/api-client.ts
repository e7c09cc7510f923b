// A signed-in user of the API, with the live stream read event by event.

import type { LiveEvent, LiveHeartbeat } from '../../cloud/domains/telemetry/index.ts';

export interface ApiUser {
  readonly token: string;
  get(path: string): Promise<Answer>;
  /** Any request; a text body goes as CSV, everything else as JSON. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The live stream of a plant; `stop` must be called. */
  live(plantId: number): Promise<LiveReader>;
}

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, else the text; null where there is none. */
  readonly body: unknown;
  readonly headers: Headers;
}

export interface LiveReader {
  readonly status: number;
  /** Waits for the next event of this name and leaves out others. */
  next(name: 'snapshot' | 'change'): Promise<LiveEvent>;
  next(name: 'heartbeat'): Promise<LiveHeartbeat>;
  next(name: 'end'): Promise<{ reason: string }>;
  /** Names and data of everything that came so far. */
  readonly seen: readonly { name: string; data: string }[];
  stop(): void;
}

export async function signIn(url: string, login: { email: string; password: string }): Promise<ApiUser> {
  const response = await fetch(`${url}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(login),
  });
  const { accessToken } = (await response.json()) as { accessToken: string };
  return userWith(url, accessToken);
}

export function userWith(url: string, accessToken: string): ApiUser {
  const headers = { authorization: `Bearer ${accessToken}` };
  return {
    token: accessToken,
    get: (path) => ask(`${url}/api/v1${path}`, { headers }),
    ask(method, path, body, more = {}) {
      const type = typeof body === 'string' || body instanceof Uint8Array ? 'text/csv' : 'application/json';
      return ask(`${url}/api/v1${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': type }), ...more },
        ...(body === undefined ? {} : { body: type === 'text/csv' ? (body as BodyInit) : JSON.stringify(body) }),
      });
    },
    async live(plantId) {
      const stop = new AbortController();
      const answer = await fetch(`${url}/api/v1/live?plant=${plantId}`, { headers, signal: stop.signal });
      return readEvents(answer, () => stop.abort());
    },
  };
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  const json = /json/.test(answer.headers.get('content-type') ?? '');
  return { status: answer.status, body: json ? (JSON.parse(text) as unknown) : text || null, headers: answer.headers };
}

function readEvents(answer: Response, stop: () => void): LiveReader {
  const seen: { name: string; data: string }[] = [];
  let read = 0;
  let wake = Promise.withResolvers<void>();
  let over = false;
  void (async () => {
    let text = '';
    try {
      for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
        text += chunk;
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) {
          const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
          seen.push({ name: name ?? '', data: data ?? '' });
        }
        wake.resolve();
        wake = Promise.withResolvers();
      }
    } catch {
      // stopped by the test
    }
    over = true;
    wake.resolve();
  })();
  return {
    status: answer.status,
    seen,
    stop,
    async next(name: string): Promise<never> {
      for (;;) {
        const event = seen[read];
        if (event) {
          read += 1;
          if (event.name === name) return JSON.parse(event.data) as never;
        } else if (over) {
          throw new Error(`the stream ended without ${name}`);
        } else {
          await wake.promise;
        }
      }
    },
  };
}
