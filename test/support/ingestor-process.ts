// An ingestor as a process of its own, to be frozen and killed. Its options come as JSON on standard
// input; it says `ready` on standard output. `freezeAt` stops it (SIGSTOP) in the middle of a flush, at
// that step of its first write.

import { subscribe } from 'node:diagnostics_channel';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { Registry } from 'prom-client';
import { Ingestor } from '../../cloud/ingest/ingestor.ts';

interface Order {
  readonly name: string;
  readonly databaseUrl: string;
  readonly broker: { readonly url: string; readonly username: string; readonly password: string };
  readonly freezeAt?: string;
}

const { freezeAt, ...options } = JSON.parse(await text(process.stdin)) as Order;
if (freezeAt !== undefined) {
  let frozen = false;
  subscribe('unison.ingest.step', (step) => {
    if (step !== freezeAt || frozen) return;
    frozen = true;
    process.stdout.write('frozen\n');
    process.kill(process.pid, 'SIGSTOP');
  });
}
const quiet = (): void => {};
const loud = (data: object, message: string): void => {
  process.stderr.write(`${options.name}: ${message} ${inspect(data)}\n`);
};
const ingestor = new Ingestor({
  ...options,
  maxBytes: 64 << 20,
  retentionDays: 400,
  registry: new Registry(),
  log: { debug: quiet, info: quiet, warn: quiet, error: loud },
});
await ingestor.start();
process.stdout.write('ready\n');
