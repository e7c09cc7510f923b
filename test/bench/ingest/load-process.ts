// The load generator in a process of its own: some edges that publish the same rows round after round.

import { obey } from '../obey.ts';
import { LoadEdge, type LoadEdgeSettings } from './load-edge.ts';
import type { Load } from './rows.ts';

export interface Sent {
  /** From the first publish to the last acknowledgement, which follows the last commit. */
  readonly seconds: number;
  readonly bytes: number;
  readonly resent: number;
}

const edges: LoadEdge[] = [];

obey({
  async start({ load, settings }: { load: Load; settings: readonly LoadEdgeSettings[] }) {
    for (const one of settings) edges.push(new LoadEdge(one, load));
    for (const edge of edges) await edge.connect();
  },
  async round({ isHistorical }: { isHistorical: boolean }): Promise<Sent> {
    for (const edge of edges) edge.encode(isHistorical);
    const before = edges.reduce((sum, edge) => sum + edge.resent, 0);
    const start = performance.now();
    await Promise.all(edges.map((edge) => edge.send()));
    const seconds = (performance.now() - start) / 1_000;
    return {
      seconds,
      bytes: edges.reduce((sum, edge) => sum + edge.bytes, 0),
      resent: edges.reduce((sum, edge) => sum + edge.resent, 0) - before,
    };
  },
  async stop() {
    for (const edge of edges) await edge.close();
  },
});
