// Asks one address over and over on so many connections, each waiting for its answer before it asks again.

import { Agent, request } from 'node:http';
import { obey } from '../obey.ts';

export interface Asking {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections: number;
  readonly seconds: number;
}

obey({
  /** Answers per second, after a warm-up of a second. Rejects at the first answer that is not 200. */
  async ask(asking: Asking): Promise<number> {
    const agent = new Agent({ keepAlive: true, maxSockets: asking.connections });
    const from = performance.now() + 1_000;
    const until = from + asking.seconds * 1_000;
    let answers = 0;
    const loop = async (): Promise<void> => {
      while (performance.now() < until) {
        await once(agent, asking);
        if (performance.now() >= from) answers += 1;
      }
    };
    await Promise.all(Array.from({ length: asking.connections }, loop));
    agent.destroy();
    return answers / asking.seconds;
  },
});

function once(agent: Agent, { url, method, headers, body }: Asking): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, method, headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${method} ${url} answered ${answer.statusCode}`));
      answer.resume();
      answer.once('end', resolve);
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}
