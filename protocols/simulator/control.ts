// Fault commands of a running plant on standard input, one a line, each answered by one JSON line on
// standard output: `silence 1` → {"done":"silence 1"}. For tests that run the plant as a process of its own.

import { createInterface, type Interface } from 'node:readline';
import type { Plant } from './plant.ts';

type Command = (plant: Plant, argument: number) => void | Promise<void>;

const commands: Readonly<Record<string, Command>> = {
  silence: (plant, unit) => plant.silenceUnit(unit),
  speak: (plant, unit) => plant.silenceUnit(unit, false),
  'stop-opcua': (plant) => plant.stopOpcua(),
  'start-opcua': (plant) => plant.startOpcua(),
  'clock-error': (plant, ms) => plant.clockError(ms),
  'freeze-clock': (plant) => plant.freezeClock(),
  'thaw-clock': (plant) => plant.freezeClock(false),
  pause: (plant) => plant.pause(),
  resume: (plant) => plant.resume(),
  flush: (plant) => plant.flushLedgers(),
};

const withArgument = new Set(['silence', 'speak', 'clock-error']);

export function obey(plant: Plant, say: (answer: object) => void): Interface {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    void answer(plant, line.trim()).then(say);
  });
  return lines;
}

async function answer(plant: Plant, line: string): Promise<{ done: string } | { error: string }> {
  const [name = '', argument = ''] = line.split(/\s+/);
  const command = commands[name];
  const number = Number(argument);
  if (command === undefined || withArgument.has(name) !== (argument !== '') || !Number.isInteger(number)) {
    const forms = Object.keys(commands).map((known) => (withArgument.has(known) ? `${known} <number>` : known));
    return { error: `not understood: "${line}"; commands are ${forms.join(', ')}` };
  }
  try {
    await command(plant, number);
    return { done: line };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
