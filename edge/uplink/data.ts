// One stored batch as one DDATA: aliases, time and value from the batch; offset, watermark and seq from
// the moment of sending.

import { writeMetric } from '../../protocols/sparkplug/payload.ts';
import { WireWriter } from '../../protocols/sparkplug/protobuf.ts';
import { type DataMetric, names, writeDataMetric } from '../../protocols/sparkplug/unison.ts';
import { openBatch, textEnd, valueAt } from '../buffer/batch.ts';

export interface DataMessage {
  readonly body: Uint8Array;
  readonly offset: number;
  /** Everything of the events lane before this (ms) is committed or in here. */
  readonly watermark: number;
  readonly seq: number;
  readonly now: number;
  readonly isHistorical: boolean;
  /** Datatype code of each tag, by number. */
  readonly codeOf: (tag: number) => number;
}

/** Encodes messages one after the other, reusing its memory. */
export class DataEncoder {
  readonly #writer = new WireWriter(64 * 1024);
  readonly #metric: DataMetric = { alias: 0, time: 0, code: 0, value: null, status: 0, isHistorical: false };

  encode(message: DataMessage): Buffer {
    const writer = this.#writer;
    const metric = this.#metric;
    const view = openBatch(message.body);
    writer.reset();
    writer.byte(0x08);
    writer.varint(message.now);
    metric.isHistorical = message.isHistorical;
    let text = 0;
    for (let row = 0; row < view.count; row++) {
      const tag = view.tag[row] as number;
      metric.alias = tag;
      metric.time = view.time[row] as number;
      metric.code = message.codeOf(tag);
      metric.value = valueAt(view, row, text);
      metric.status = view.status[row] as number;
      text = textEnd(view, row, text);
      writeDataMetric(writer, metric);
    }
    // Last, since metrics of a payload stand in order of time.
    const { now, isHistorical } = message;
    writeMetric(writer, { name: names.offset, timestamp: now, datatype: 'Int64', value: message.offset, isHistorical });
    writeMetric(writer, {
      name: names.watermark,
      timestamp: now,
      datatype: 'DateTime',
      value: message.watermark,
      isHistorical,
    });
    writer.byte(0x18);
    writer.varint(message.seq);
    return writer.finish();
  }
}
