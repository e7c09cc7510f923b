// Sends a request of the matrix over HTTP and reads the answer as text, whole; of a live stream, what it
// begins with.

import type { Request } from './requests.ts';

export interface Answer {
  readonly status: number;
  /** Headers and body. */
  readonly text: string;
}

/** A stream that says nothing for so long has nothing to say, ms. */
const STREAM_PATIENCE_MS = 5_000;

export interface Sending {
  readonly url: string;
  /** `GET /departments/{id}` */
  readonly route: string;
  readonly request: Request;
  readonly token: string | null;
}

export async function send({ url, route, request, token }: Sending): Promise<Answer> {
  const [method = '', template = ''] = route.split(' ');
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(request.path?.[name])));
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(request.query ?? {})) query.append(name, String(value));
  const { body } = request;
  const stop = new AbortController();
  const answer = await fetch(`${url}/api/v1${path}${query.size > 0 ? `?${query.toString()}` : ''}`, {
    method,
    signal: stop.signal,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'text/csv' : 'application/json' }),
      ...request.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const head = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  const streams = answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  const text = streams ? await readSnapshot(answer, stop) : await answer.text();
  return { status: answer.status, text: `${head}\n\n${text}` };
}

async function readSnapshot(answer: Response, stop: AbortController): Promise<string> {
  const timer = setTimeout(() => stop.abort(), STREAM_PATIENCE_MS);
  let text = '';
  try {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      // Ended by abort, which closes the connection, too.
      if (/^event: snapshot\n.*\n\n/m.test(text)) stop.abort();
    }
  } catch {
    // aborted: it was long enough
  }
  clearTimeout(timer);
  return text;
}
