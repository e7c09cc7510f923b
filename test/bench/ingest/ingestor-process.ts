// The ingestor in a process of its own, as in a plant, counting its flushes.

import { subscribe } from 'node:diagnostics_channel';
import { Registry } from 'prom-client';
import { Ingestor, type IngestorOptions } from '../../../cloud/ingest/ingestor.ts';
import { obey } from '../obey.ts';

export interface IngestorStats {
  readonly flushes: number;
  readonly cpuSeconds: number;
  /** Bytes of messages not yet committed. */
  readonly waitingBytes: number;
  /** MB of JavaScript's heap in use, and of buffers beside it. */
  readonly heap: number;
  readonly totals: Readonly<Record<string, number>>;
}

const quiet = { debug() {}, info() {} };
const loud = (data: object, message: string): void => console.error('ingestor:', message, data);

const state: { ingestor: Ingestor | null; flushes: number } = { ingestor: null, flushes: 0 };

subscribe('unison.ingest.step', (step) => {
  if (step === 'committed') state.flushes++;
});

obey({
  /** `quiet`: its database goes away on purpose, and it need not say so each second. */
  async start({ quiet: isQuiet, ...given }: Pick<IngestorOptions, 'databaseUrl' | 'broker'> & { quiet: boolean }) {
    const ingestor = new Ingestor({
      ...given,
      name: 'bench',
      maxBytes: 64 << 20,
      retentionDays: 400,
      registry: new Registry(),
      log: { ...quiet, warn: isQuiet ? quiet.info : loud, error: loud },
    });
    state.ingestor = ingestor;
    await ingestor.start();
  },
  stats(): IngestorStats {
    const { user, system } = process.cpuUsage();
    const { heapUsed, external } = process.memoryUsage();
    return {
      flushes: state.flushes,
      cpuSeconds: (user + system) / 1e6,
      waitingBytes: state.ingestor?.health().waitingBytes ?? 0,
      heap: (heapUsed + external) / 1e6,
      totals: state.ingestor?.outcomes.totals() ?? {},
    };
  },
  async stop() {
    await state.ingestor?.stop();
  },
});
