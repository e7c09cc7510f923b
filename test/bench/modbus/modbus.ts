// modbus.registers: what the driver reads (planned, decoded, as readings of tags) against a bare loop of
// modbus-serial that asks for the same blocks and looks at nothing.

import { type Bench, inTurn, median } from '../bench.ts';
import { Child } from '../child.ts';
import type { Reading } from './modbus-reader-process.ts';

const registers = 1_000;
const seconds = 4;

export const modbusBench: Bench = {
  names: ['modbus.registers'],
  async run(context) {
    const server = Child.start(new URL('./modbus-server-process.ts', import.meta.url));
    const reader = Child.start(new URL('./modbus-reader-process.ts', import.meta.url), {
      profile: context.profile,
      name: 'modbus-reader',
    });
    try {
      const reading: Reading = { port: await server.ask<number>('start'), registers, seconds };
      const runs = await inTurn(context, {
        reference: () => reader.ask<number>('bare', reading),
        subject: () => reader.ask<number>('driver', reading),
      });
      return [
        {
          name: 'modbus.registers',
          value: median(runs.subject),
          unit: 'registers/s',
          reference: { name: 'a bare modbus-serial loop over the same blocks', value: median(runs.reference) },
          aims: [{ of: 'ratio', is: 'at least', bound: 0.9 }],
          runs,
          conditions: `${registers} holding registers, each a tag, in blocks of 125, one request after the other on one connection; modbus-serial's server as a process of its own; ${seconds} s a run`,
        },
      ];
    } finally {
      await reader.stop();
      await server.stop();
    }
  },
};
