#!/usr/bin/env node
// unison-sim: the simulated bottling plant as a program of its own. It prints its ports as one JSON line
// when it can be connected to, and stops on SIGTERM, SIGINT or after its duration.

import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { defaultSeed, idealCycleMs, machineSpecs, materials, startupGoodInARow } from './bottling.ts';
import { obey } from './control.ts';
import type { PlantOptions } from './plant.ts';
import { plantTags } from './tags.ts';

interface Flags {
  readonly seed: number;
  readonly factor: number;
  readonly start?: number;
  readonly duration?: number;
  readonly host: string;
  readonly opcuaPort: number;
  readonly modbusPort: number;
  readonly rtuPort: number;
  readonly ledgers?: string;
  readonly certificates?: string;
  readonly rejectClients: boolean;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly maxSessions: number;
  readonly silence: number[];
  readonly clockError: number;
  readonly control: boolean;
  readonly tags: boolean | string;
}

function within(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !(value >= from && value <= to))
      throw new InvalidArgumentError(`Give a number from ${from} to ${to}.`);
    return value;
  };
}

function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = within(from, to)(text);
    if (!Number.isInteger(value)) throw new InvalidArgumentError('Give a whole number.');
    return value;
  };
}

function instant(text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('Give an instant such as 2026-03-02T06:00:00Z.');
  return time;
}

const port = whole(0, 65_535);

function readFlags(): Flags {
  return new Command('unison-sim')
    .description('A simulated bottling plant that speaks OPC UA, Modbus TCP and Modbus RTU over TCP.')
    .option('--seed <number>', 'equal seeds make equal plants', whole(0, 2 ** 32 - 1), defaultSeed)
    .option('--factor <number>', 'simulated seconds per real second', within(0.01, 1_000_000), 1)
    .option('--start <instant>', 'simulated time at the start (default: now)', instant)
    .option('--duration <seconds>', 'simulated seconds after which it stops by itself', within(0.001, 1e9))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--opcua-port <port>', '0: chosen by the operating system', port, 0)
    .option('--modbus-port <port>', 'Modbus TCP, units 1 to 3; 0: chosen by the operating system', port, 0)
    .option('--rtu-port <port>', 'RTU over TCP, unit 2; 0: chosen by the operating system', port, 0)
    .option('--ledgers <directory>', 'write changes.jsonl, pieces.jsonl and time.jsonl there')
    .option('--certificates <directory>', 'keep the OPC UA certificates there (default: new ones at each start)')
    .option('--reject-clients', 'OPC UA clients wait until their certificate is moved to server/trusted/certs', false)
    .option('--user <name>', 'a user of the OPC UA server, beside anonymous')
    .option('--password-file <file>', 'the password of that user, the file’s first line')
    .option('--max-sessions <number>', 'OPC UA sessions allowed at a time', whole(1, 1_000), 20)
    .option('--silence <unit>', 'a Modbus unit that never answers; may be given again', collect, [])
    .option('--clock-error <ms>', 'how wrong the OPC UA server’s clock is', whole(-1e12, 1e12), 0)
    .option('--control', 'take fault commands on standard input, one a line; `help` lists them', false)
    .option('--tags [form]', 'print the tag map (json or table) and stop', false)
    .parse()
    .opts<Flags>();
}

function collect(text: string, before: number[]): number[] {
  return [...before, whole(1, 247)(text)];
}

function plantOptions(flags: Flags): PlantOptions {
  if ((flags.user === undefined) !== (flags.passwordFile === undefined)) {
    throw new Error('--user and --password-file belong together: give both or neither');
  }
  const { seed, factor, start, duration, host, opcuaPort, modbusPort, rtuPort, ledgers, certificates, maxSessions } =
    flags;
  const password =
    flags.passwordFile === undefined ? '' : (readFileSync(flags.passwordFile, 'utf8').split(/\r?\n/)[0] ?? '');
  if (flags.user !== undefined && password === '')
    throw new Error(`${flags.passwordFile} holds no password in its first line`);
  return {
    seed,
    factor,
    host,
    opcuaPort,
    modbusPort,
    rtuPort,
    maxSessions,
    acceptClients: !flags.rejectClients,
    ...(start === undefined ? {} : { start }),
    ...(duration === undefined ? {} : { duration: Math.round(duration * 1000) }),
    ...(ledgers === undefined ? {} : { ledgers }),
    ...(certificates === undefined ? {} : { certificates }),
    ...(flags.user === undefined ? {} : { user: { name: flags.user, password } }),
  };
}

function printTags(form: boolean | string): void {
  if (form === 'table') {
    const lines = plantTags.map((tag) =>
      [
        tag.name.padEnd(34),
        (tag.role ?? '-').padEnd(13),
        tag.datatype.padEnd(8),
        (tag.unit ?? '').padEnd(5),
        tag.address,
      ].join(' '),
    );
    console.log(lines.join('\n'));
    return;
  }
  const machines = machineSpecs.map((spec) => ({
    name: spec.name,
    piecesPerCount: spec.piecesPerCount,
    idealCycleMs: Object.fromEntries(materials.map((material) => [material.name, idealCycleMs(spec, material)])),
    stopCauses: spec.stops.map(({ cause, kind }) => ({ cause, kind })),
  }));
  console.log(JSON.stringify({ machines, startupGoodInARow, tags: plantTags }, null, 2));
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function run(flags: Flags): Promise<void> {
  const options = plantOptions(flags);
  // Standard output carries JSON lines only; the OPC UA stack logs with console.log.
  console.log = console.error;
  // Loaded here, since the OPC UA stack takes a second and `--tags` and `--help` do without it.
  const { createPlant } = await import('./plant.ts');
  const plant = createPlant(options);
  const stop = (): void => {
    // A failure to stop is told by `finished`.
    plant.stop().catch(() => {});
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const ports = await plant.start();
  for (const unit of flags.silence) plant.silenceUnit(unit);
  plant.clockError(flags.clockError);
  say(ports);
  const control = flags.control ? obey(plant, say) : null;
  await plant.finished;
  control?.close();
}

const flags = readFlags();
if (flags.tags !== false) {
  printTags(flags.tags);
} else {
  try {
    await run(flags);
  } catch (error) {
    console.error(`unison-sim: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
