// The current values a DBIRTH carries: for the live picture only, never samples.

import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import type { Payload } from '../../protocols/sparkplug/payload.ts';
import { properties } from '../../protocols/sparkplug/unison.ts';
import type { DeviceSession, TagRef } from './edge-session.ts';

export function currentValues(
  device: DeviceSession,
  payload: Payload,
): { tag: TagRef; time: number; value: number | string | null; status: number }[] {
  return payload.metrics.flatMap((metric) => {
    const tag = device.byName.get(metric.name ?? '');
    if (
      tag?.kind !== 'sample' ||
      metric.timestamp === undefined ||
      datatypeCode[metric.datatype ?? 'Unknown'] !== tag.code
    )
      return [];
    const { value } = metric;
    const status = metric.properties?.[properties.statusCode]?.value;
    const plain =
      typeof value === 'boolean'
        ? Number(value)
        : typeof value === 'number' || typeof value === 'string'
          ? value
          : null;
    // A tag without any value yet has nothing to show.
    if (plain === null && status === undefined) return [];
    return [{ tag, time: metric.timestamp, value: plain, status: typeof status === 'number' ? status : 0 }];
  });
}
