// A signed-in user of the API, with the live stream read event by event.

import type { LiveEvent, LiveHeartbeat } from '../../cloud/domains/telemetry/index.ts';

export interface ApiUser {
  readonly token: string;
  get(path: string): Promise<{ status: number; body: unknown }>;
  /** The live stream of a plant; `stop` must be called. */
  live(plantId: number): Promise<LiveReader>;
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
    async get(path) {
      const answer = await fetch(`${url}/api/v1${path}`, { headers });
      return { status: answer.status, body: await answer.json() };
    },
    async live(plantId) {
      const stop = new AbortController();
      const answer = await fetch(`${url}/api/v1/live?plant=${plantId}`, { headers, signal: stop.signal });
      return readEvents(answer, () => stop.abort());
    },
  };
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
