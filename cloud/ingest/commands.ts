// What the ingestor tells and hears of an edge: the topics it listens to, the NCMD it sends.

import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { topicOf } from '../../protocols/sparkplug/topics.ts';
import type { EdgeAgent } from './edge-session.ts';

export interface CommandMetric {
  readonly name: string;
  readonly datatype: 'Bytes' | 'Boolean' | 'DateTime';
  readonly value: Buffer | boolean | number;
}

/** An NCMD with this one metric, not retained, without seq [tck-id-payloads-ncmd-seq]. */
export function commandTo({ group, edge }: EdgeAgent, metric: CommandMetric): { topic: string; payload: Buffer } {
  const now = Date.now();
  return {
    topic: topicOf({ group, type: 'NCMD', edge, device: null }),
    payload: encodePayload({ timestamp: now, metrics: [{ ...metric, timestamp: now }] }),
  };
}

/** Everything an edge publishes; not its commands, which are ours. */
export function topicsOf({ group, edge }: EdgeAgent): string[] {
  return [
    ...(['NBIRTH', 'NDEATH', 'NDATA'] as const).map((type) => topicOf({ group, type, edge, device: null })),
    ...(['DBIRTH', 'DDEATH', 'DDATA'] as const).map((type) => topicOf({ group, type, edge, device: '+' })),
  ];
}

/** NBIRTH of every edge: how strangers are noticed. */
export const allBirths = topicOf({ group: '+', type: 'NBIRTH', edge: '+', device: null });
