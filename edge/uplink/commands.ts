// What the cloud tells an edge by NCMD, parsed at the border.

import { decodePayload } from '../../protocols/sparkplug/payload.ts';
import { type Acknowledgement, decodeAcknowledgement, names } from '../../protocols/sparkplug/unison.ts';

export interface NodeCommand {
  /** The cloud's time in ms. */
  readonly time: number | null;
  readonly rebirth: boolean;
  readonly acknowledgements: readonly Acknowledgement[];
  /** Send again what is kept from these times (ms) on. */
  readonly replays: readonly number[];
}

/** Throws WireError for bytes that are no command. Metrics we do not know are for others. */
export function decodeCommand(bytes: Uint8Array): NodeCommand {
  const { timestamp, metrics } = decodePayload(bytes);
  const named = (name: string): unknown[] =>
    metrics.filter((metric) => metric.name === name).map((metric) => metric.value);
  return {
    time: timestamp ?? null,
    rebirth: named(names.rebirth).includes(true),
    acknowledgements: named(names.committed)
      .filter((value) => value instanceof Uint8Array)
      .map((value) => decodeAcknowledgement(value)),
    replays: named(names.replay).filter((value) => typeof value === 'number'),
  };
}
