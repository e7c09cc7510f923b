// The messages docs/wire.md shows, made by the code that sends them. `node test/support/wire-examples.ts`
// prints their bytes for the document.

import { pathToFileURL } from 'node:url';
import { emptyColumns, encodeBatch } from '../../edge/buffer/batch.ts';
import type { DictionaryTag } from '../../edge/buffer/store.ts';
import {
  encodeDeviceBirth,
  encodeFill,
  encodeIdle,
  encodeMeaning,
  encodeNodeBirth,
  encodeNodeDeath,
} from '../../edge/uplink/births.ts';
import { DataEncoder } from '../../edge/uplink/data.ts';
import type { Value } from '../../protocols/driver.ts';
import { datatypeCode } from '../../protocols/sparkplug/datatypes.ts';
import { encodePayload } from '../../protocols/sparkplug/payload.ts';
import { encodeAcknowledgement, names } from '../../protocols/sparkplug/unison.ts';

export const exampleTime = Date.UTC(2026, 0, 15, 6, 0, 0);
export const exampleSession = '0f8e2a54-93d1-4c0e-a7b1-0123456789ab';
export const exampleBuffer = '5d3c1f00-7c2e-4b7a-9a55-fedcba987654';

export const exampleTags: readonly DictionaryTag[] = [
  {
    no: 1,
    device: 'filler',
    name: 'Good',
    datatype: datatypeCode.UInt32,
    properties: encodeMeaning({
      machine: 'filler',
      role: 'good_count',
      counter: 'cumulative',
      modulus: 65_536,
      unit: 'pcs',
    }),
  },
  {
    no: 2,
    device: 'filler',
    name: 'Weight',
    datatype: datatypeCode.Double,
    properties: encodeMeaning({ machine: 'filler', role: 'measurement', unit: 'g', pollMs: 1_000 }),
  },
  {
    no: 3,
    device: 'filler',
    name: 'State',
    datatype: datatypeCode.String,
    properties: encodeMeaning({ role: 'state' }),
  },
  { no: 4, device: 'filler', name: names.coverage, datatype: datatypeCode.String, properties: '{}' },
  { no: 5, device: 'filler', name: names.gap, datatype: datatypeCode.String, properties: '{}' },
];

const codeOf = (no: number): number => exampleTags.find((tag) => tag.no === no)?.datatype ?? 0;

function data(
  rows: readonly { tag: number; value: Value; status?: number; time?: number }[],
  more: { offset: number; seq: number; isHistorical?: boolean; watermark?: number },
): Buffer {
  const columns = emptyColumns();
  for (const { tag, value, status = 0, time = exampleTime } of rows) {
    columns.tag.push(tag);
    columns.time.push(time);
    columns.value.push(value);
    columns.status.push(status);
  }
  const { offset, seq, isHistorical = false, watermark = exampleTime - 250 } = more;
  const body = encodeBatch(columns);
  return new DataEncoder().encode({ body, offset, seq, watermark, isHistorical, now: exampleTime + 40, codeOf });
}

const command = (name: string, datatype: 'Bytes' | 'DateTime' | 'Boolean', value: Buffer | number | boolean): Buffer =>
  encodePayload({ timestamp: exampleTime, metrics: [{ name, timestamp: exampleTime, datatype, value }] });

/** Bytes by the name they have in docs/wire.md. */
export function wireExamples(): Record<string, Buffer> {
  const gap = { tag: 'Weight', from: exampleTime - 60_000, to: exampleTime, cause: 'buffer_full', count: 60 };
  const acknowledgement = encodeAcknowledgement({
    session: exampleSession,
    ranges: [
      [7, 7],
      [9, 300],
    ],
  });
  return {
    nbirth: encodeNodeBirth(
      { bdSeq: 3, buffer: exampleBuffer, session: exampleSession, version: '1.0.0' },
      exampleTime,
    ),
    dbirth: encodeDeviceBirth({
      tags: exampleTags,
      current: (no) =>
        no === 1
          ? { time: exampleTime - 1_000, value: 41, status: 0 }
          : no === 2
            ? { time: exampleTime, value: 1, status: 0x800a_0000 }
            : undefined,
      seq: 1,
      now: exampleTime,
    }),
    'ddata-fresh': data(
      [
        { tag: 1, value: 42 },
        { tag: 2, value: 501.25, time: exampleTime + 10 },
      ],
      { offset: 7, seq: 2 },
    ),
    'ddata-historical': data([{ tag: 1, value: 42 }], { offset: 7, seq: 3, isHistorical: true, watermark: 0 }),
    'ddata-status': data(
      [
        { tag: 2, value: null, status: 0x800a_0000 },
        { tag: 2, value: 500, status: 0x4000_0000, time: exampleTime + 1 },
      ],
      { offset: 8, seq: 4 },
    ),
    'ddata-text': data([{ tag: 3, value: 'Größe ½' }], { offset: 9, seq: 5 }),
    'ddata-gap': data([{ tag: 5, value: JSON.stringify(gap) }], { offset: 10, seq: 6 }),
    'ddata-coverage': data([{ tag: 4, value: 'up' }], { offset: 11, seq: 7 }),
    'ndata-idle': encodeIdle({ watermark: exampleTime - 2_000, seq: 8, now: exampleTime }),
    'ndata-fill': encodeFill({ bytes: 4_194_304, oldest: exampleTime - 600_000, seq: 9, now: exampleTime }),
    ndeath: encodeNodeDeath(3, exampleTime),
    committed: acknowledgement,
    'ncmd-committed': command(names.committed, 'Bytes', acknowledgement),
    'ncmd-replay': command(names.replay, 'DateTime', exampleTime - 3_600_000),
    'ncmd-rebirth': command(names.rebirth, 'Boolean', true),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, bytes] of Object.entries(wireExamples())) {
    const lines = bytes.toString('hex').match(/.{1,96}/g) ?? [];
    process.stdout.write(`\n\`\`\`hex ${name}\n${lines.join('\n')}\n\`\`\`\n`);
  }
}
