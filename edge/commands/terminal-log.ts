// The agent's log for a person at a terminal. A service writes JSON lines; who starts the agent by hand
// reads time, level, device, message and what else there is to know.

import type { DestinationStream } from 'pino';

interface LogLine {
  readonly level: number;
  readonly time: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

const levels: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'WARN', 50: 'ERROR', 60: 'FATAL' };
const left = new Set(['level', 'time', 'pid', 'hostname', 'agent', 'msg', 'device']);

/** Where pino writes: plain lines on a terminal, JSON anywhere else. */
export function logDestination(out: { isTTY?: boolean; write(text: string): unknown }): DestinationStream {
  if (out.isTTY !== true) return { write: (line) => void out.write(line) };
  return { write: (line) => void out.write(`${plainLine(line)}\n`) };
}

/** One JSON line of pino as a line for people; times in the machine's own zone. */
export function plainLine(json: string): string {
  const line = JSON.parse(json) as LogLine;
  const time = new Date(line.time).toLocaleTimeString('en-GB');
  const device = typeof line['device'] === 'string' ? `${line['device']}: ` : '';
  const rest = Object.entries(line)
    .filter(([key, value]) => !left.has(key) && value !== null)
    .map(([key, value]) => `${key} ${wordsOf(key, value)}`);
  const tail = rest.length === 0 ? '' : ` (${rest.join(', ')})`;
  return `${time} ${(levels[line.level] ?? String(line.level)).padEnd(5)} ${device}${line.msg}${tail}`;
}

function wordsOf(key: string, value: unknown): string {
  if ((key === 'from' || key === 'to') && typeof value === 'number') return new Date(value).toISOString();
  if (key === 'err' && typeof value === 'object' && value !== null && 'message' in value) return String(value.message);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
