// docs/wire.md is what others build against: its bytes are what our code sends, our code understands
// them, and so does an independent decoder.

import { readFile } from 'node:fs/promises';
import { Registry } from 'prom-client';
import protobuf from 'protobufjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Batch } from '../cloud/ingest/batch.ts';
import { decodeData } from '../cloud/ingest/decode-data.ts';
import { newEdgeSession, type TagKind, type TagRef } from '../cloud/ingest/edge-session.ts';
import { Outcomes } from '../cloud/ingest/outcome.ts';
import { datatypeFamily } from '../protocols/sparkplug/datatypes.ts';
import { decodePayload, encodePayload } from '../protocols/sparkplug/payload.ts';
import { decodeAcknowledgement, names } from '../protocols/sparkplug/unison.ts';
import { exampleBuffer, exampleSession, exampleTags, exampleTime, wireExamples } from './support/wire-examples.ts';

const documented = new Map<string, Buffer>();

beforeAll(async () => {
  const text = await readFile(new URL('../docs/wire.md', import.meta.url), 'utf8');
  for (const [, name, hex] of text.matchAll(/```hex (\S+)\n([0-9a-f\n]+)```/g))
    documented.set(name ?? '', Buffer.from((hex ?? '').replaceAll('\n', ''), 'hex'));
});

const bytes = (name: string): Buffer => {
  const found = documented.get(name);
  if (!found) throw new Error(`docs/wire.md shows no ${name}`);
  return found;
};

/** What the ingestor makes of a documented DDATA. */
function ingest(name: string): Batch {
  const agent = { id: 1, organizationId: 1, plantId: 1, group: 'riverside', edge: 'edge-1' };
  const session = newEdgeSession(agent, 1);
  const kinds = new Map<string, TagKind>([
    [names.coverage, 'coverage'],
    [names.gap, 'gap'],
  ]);
  const refs = exampleTags.map(
    ({ no, name: tag, datatype }): TagRef => ({
      id: no,
      deviceId: 1,
      name: tag,
      code: datatype,
      family: datatypeFamily(datatype),
      kind: kinds.get(tag) ?? 'sample',
      machineId: null,
      marks: false,
    }),
  );
  const device = {
    id: 1,
    name: 'filler',
    byAlias: new Map(refs.map((ref) => [ref.id, ref])),
    byName: new Map(refs.map((ref) => [ref.name, ref])),
  };
  const batch = new Batch();
  const context = { outcomes: new Outcomes(new Registry()), now: exampleTime + 1_000, retentionMs: 86_400_000 };
  const message = { session, device, edgeSession: exampleSession, topic: 't', payload: bytes(name) };
  expect(decodeData(message, batch, context)).toBeNull();
  return batch;
}

describe('docs/wire.md', () => {
  it('shows every example, and each is what the code sends', () => {
    const made = wireExamples();
    expect([...documented.keys()].sort()).toEqual(Object.keys(made).sort());
    for (const [name, expected] of Object.entries(made))
      expect(bytes(name).toString('hex'), name).toBe(expected.toString('hex'));
  });

  it('shows payloads that come back byte for byte, and that an independent decoder reads', () => {
    const judge = protobuf
      .parse(`syntax = "proto2"; package p;
      message Payload { message Metric { optional string name = 1; optional uint64 alias = 2; optional uint64 timestamp = 3; }
        optional uint64 timestamp = 1; repeated Metric metrics = 2; optional uint64 seq = 3; }`)
      .root.lookupType('p.Payload');
    for (const name of [...documented.keys()].filter((one) => one !== 'committed')) {
      const payload = decodePayload(bytes(name));
      // Data resolves its datatypes by the births, so only births and commands can be made again from objects.
      if (!name.startsWith('ddata'))
        expect(encodePayload(payload).toString('hex'), name).toBe(bytes(name).toString('hex'));
      const read = judge.toObject(judge.decode(bytes(name)), { longs: Number }) as {
        seq?: number;
        metrics: { name?: string }[];
      };
      expect([read.seq, read.metrics.map((metric) => metric.name)]).toEqual([
        payload.seq,
        payload.metrics.map((metric) => metric.name),
      ]);
    }
  });

  it('has births that say who the edge is and what its tags mean', () => {
    const node = Object.fromEntries(
      decodePayload(bytes('nbirth')).metrics.map((metric) => [metric.name, metric.value]),
    );
    expect(node).toMatchObject({
      bdSeq: 3,
      [names.buffer]: exampleBuffer,
      [names.session]: exampleSession,
      [names.committed]: null,
    });
    const [offset, watermark, good, weight] = decodePayload(bytes('dbirth')).metrics;
    expect([offset?.name, offset?.isTransient, watermark?.name, watermark?.isTransient]).toEqual([
      names.offset,
      true,
      names.watermark,
      true,
    ]);
    expect(good).toMatchObject({
      name: 'Good',
      alias: 1,
      datatype: 'UInt32',
      value: 41,
      timestamp: exampleTime - 1_000,
    });
    expect(good?.properties).toMatchObject({
      'Unison/Role': { value: 'good_count' },
      'Unison/Modulus': { value: 65_536 },
    });
    expect(weight).toMatchObject({
      value: null,
      properties: { Quality: { value: 0 }, StatusCode: { value: 0x800a_0000 } },
    });
    expect(decodePayload(bytes('ndeath'))).toMatchObject({ seq: undefined, metrics: [{ name: 'bdSeq', value: 3 }] });
  });

  it('has data that the ingestor reads as the document says', () => {
    const fresh = ingest('ddata-fresh');
    expect([fresh.fresh.tag.map((tag) => tag.name), fresh.fresh.time, fresh.fresh.value]).toEqual([
      ['Good', 'Weight'],
      [exampleTime, exampleTime + 10],
      [42, 501.25],
    ]);
    expect(fresh.messages[0]).toMatchObject({
      offset: 7,
      watermark: exampleTime - 250,
      edgeSession: exampleSession,
      isHistorical: false,
    });

    const again = ingest('ddata-historical');
    expect([again.fresh.length, again.repeated.value]).toEqual([0, [42]]);
    expect(again.messages[0]).toMatchObject({ offset: 7, watermark: null, isHistorical: true });

    const status = ingest('ddata-status').fresh;
    expect([status.value, status.status.map((code) => (code ?? 0) >>> 0)]).toEqual([
      [null, 500],
      [0x800a_0000, 0x4000_0000],
    ]);
    expect(ingest('ddata-text').text.value).toEqual(['Größe ½']);
    expect(ingest('ddata-gap').gaps).toMatchObject([
      { tagId: 2, from: exampleTime - 60_000, to: exampleTime, cause: 'buffer_full', count: 60 },
    ]);
    expect(ingest('ddata-coverage').coverage).toMatchObject([{ deviceId: 1, time: exampleTime, state: 'up' }]);
  });

  it('has commands as an agent reads them', () => {
    const ranges = [
      [7, 7],
      [9, 300],
    ];
    expect(decodeAcknowledgement(bytes('committed'))).toEqual({ session: exampleSession, ranges });
    const command = (name: string) => decodePayload(bytes(name)).metrics[0];
    expect(command('ncmd-committed')).toMatchObject({
      name: names.committed,
      datatype: 'Bytes',
      value: bytes('committed'),
    });
    expect(command('ncmd-replay')).toMatchObject({
      name: names.replay,
      datatype: 'DateTime',
      value: exampleTime - 3_600_000,
    });
    expect(command('ncmd-rebirth')).toMatchObject({ name: names.rebirth, value: true });
  });
});
