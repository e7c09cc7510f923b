// unison-sim as a plant engineer or another test starts it: a process of its own.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import type { TimeRecord } from './records.ts';

const program = new URL('./main.ts', import.meta.url).pathname;
const directory = mkdtempSync(join(tmpdir(), 'unison-sim-test-'));
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(directory, { recursive: true, force: true });
});

function run(...flags: string[]) {
  const child = spawn(process.execPath, [program, ...flags]);
  children.push(child);
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const all: string[] = [];
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the program said nothing more; on standard error: ${errors}`);
    all.push(value);
    return value;
  };
  const end = async () => {
    if (child.exitCode === null) await once(child, 'exit');
    for (let next = await lines.next(); !next.done; next = await lines.next()) all.push(next.value);
    return { code: child.exitCode, all, errors };
  };
  return { child, line, end };
}

describe('unison-sim', () => {
  it('prints its ports as one line, and on SIGTERM leaves complete ledgers', async () => {
    const ledgers = join(directory, 'ledgers');
    const { child, line, end } = run('--factor', '100', '--start', '2026-03-02T06:00:00Z', '--ledgers', ledgers);
    const ports = JSON.parse(await line());
    const start = Date.UTC(2026, 2, 2, 6);
    expect(ports).toMatchObject({ start, opcuaUrl: `opc.tcp://127.0.0.1:${ports.opcuaPort}/plant` });
    expect(new Set([ports.opcuaPort, ports.modbusPort, ports.rtuPort]).size).toBe(3);
    await new Promise((done) => setTimeout(done, 700));
    child.kill('SIGTERM');
    expect(await end()).toMatchObject({ code: 0, all: { length: 1 } });
    const rows = readFileSync(join(ledgers, 'time.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row) as TimeRecord);
    const ends = ['filler', 'capper', 'labeller', 'packer'].map(
      (name) => rows.findLast((row) => row.machine === name)?.to,
    );
    expect(new Set(ends).size).toBe(1);
    expect(ends[0]).toBeGreaterThan(start + 30_000);
  });

  it('stops by itself when its duration is over', async () => {
    const { line, end } = run('--factor', '1000', '--duration', '60');
    await line();
    expect((await end()).code).toBe(0);
  });

  it('takes fault commands, and says what it does not understand', async () => {
    const { child, line, end } = run('--control', '--duration', '600');
    await line();
    for (const command of [
      'silence 1',
      'speak 1',
      'clock-error -5000',
      'freeze-clock',
      'thaw-clock',
      'pause',
      'flush',
    ]) {
      child.stdin.write(`${command}\n`);
      expect(JSON.parse(await line())).toEqual({ done: command });
    }
    child.stdin.write('stop-opcua\n');
    expect(JSON.parse(await line())).toEqual({ done: 'stop-opcua' });
    child.stdin.write('start-opcua\n');
    expect(JSON.parse(await line())).toEqual({ done: 'start-opcua' });
    child.stdin.write('silence\n');
    expect(JSON.parse(await line()).error).toContain('silence <number>');
    child.kill('SIGTERM');
    expect((await end()).code).toBe(0);
  });

  it('prints the tag map with ideal cycles for whoever configures an edge', async () => {
    const { all } = await run('--tags').end();
    const map = JSON.parse(all.join('\n'));
    expect(map.machines[3]).toMatchObject({ name: 'packer', piecesPerCount: 6, idealCycleMs: { 'COLA-0.5': 5280 } });
    const address = (name: string) => map.tags.find((tag: { name: string }) => tag.name === name)?.address;
    expect(address('filler/state')).toBe('ns=1;s=Filler.State');
    expect(address('packer/total_count')).toBe('unit 2 holding 10 uint32 cdab');
    expect(address('labeller/order')).toBe('unit 1 holding 40 string 16');
    expect(address('labeller/drive_fault')).toBe('unit 1 holding 5 bit 15');
    expect(address('labeller/label_position')).toBe('unit 1 holding 10 int16 scale 0.01');
    expect(address('labeller/guard_open')).toBe('unit 1 coil 7');
    const table = await run('--tags', 'table').end();
    expect(table.all).toHaveLength(map.tags.length);
  });

  it('says what is wrong with its flags', async () => {
    expect(await run('--factor', 'fast').end()).toMatchObject({ code: 1, errors: expect.stringContaining('--factor') });
    expect(await run('--user', 'operator').end()).toMatchObject({
      code: 1,
      errors: expect.stringContaining('--password-file'),
    });
    const empty = join(mkdtempSync(join(tmpdir(), 'unison-sim-test-')), 'password');
    writeFileSync(empty, '\n');
    const blank = await run('--user', 'operator', '--password-file', empty).end();
    rmSync(join(empty, '..'), { recursive: true });
    expect(blank).toMatchObject({ code: 1, errors: expect.stringContaining('no password') });
  });

  it('says which port is taken', async () => {
    const first = run();
    const { opcuaPort, modbusPort } = JSON.parse(await first.line());
    const second = await run('--modbus-port', String(modbusPort)).end();
    expect(second).toMatchObject({ code: 1, errors: expect.stringContaining(String(modbusPort)) });
    const third = await run('--opcua-port', String(opcuaPort)).end();
    expect(third).toMatchObject({ code: 1, errors: expect.stringContaining(String(opcuaPort)) });
  });
});
