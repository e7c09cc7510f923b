#!/usr/bin/env -S node --max-semi-space-size=8 --heap-growing-percent=30
// unison-edge: the command line of the edge agent.

import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import pino from 'pino';
import { approveCertificate, listCertificates } from './commands/certificates.ts';
import { enrol } from './commands/enrol.ts';
import { init } from './commands/init.ts';
import { browse, readOnce } from './commands/look.ts';
import { birthWarnings, plan } from './commands/plan.ts';
import { run } from './commands/run.ts';
import { type LoadedConfig, loadConfig } from './config.ts';
import { EdgeConfigSchema } from './settings.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const log = pino({ level: 'warn' }, pino.destination(2));
const lookAt = (file: string): LoadedConfig => loadConfig(file, { needsSecret: false });
const say = (text: string): void => void process.stdout.write(`${text}\n`);

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

const program = new Command('unison-edge')
  .version(version)
  .description('Reads machines over OPC UA and Modbus and brings every value to Unison MES.');

program
  .command('run <file>')
  .description('run the agent')
  .action((file: string) => run(file, version));
program
  .command('check <file>')
  .description('find every mistake in a configuration')
  .action((file: string) => {
    const config = loadConfig(file);
    const tags = config.devices.reduce((sum, device) => sum + device.tags.length, 0);
    say(
      [
        `${file} is right: ${count(config.devices.length, 'device')}, ${count(tags, 'tag')}.`,
        ...birthWarnings(config),
      ].join('\n'),
    );
  });
program
  .command('plan <file>')
  .description('what it will cost: requests, bus time, bytes, births, hours of buffer')
  .action((file: string) => say(plan(lookAt(file))));
program
  .command('read <file> [device]')
  .description('connect and show every tag once')
  .action(async (file: string, device?: string) => say(await readOnce(lookAt(file), device, log)));
program
  .command('browse <file> <device>')
  .description('show what an OPC UA server has')
  .option('--below <place>', 'begin here: what the column "look below" shows')
  .option('--depth <levels>', 'how many levels', '2')
  .action(async (file: string, device: string, options: { below?: string; depth: string }) =>
    say(
      await browse(
        lookAt(file),
        { device, below: options.below ?? null, depth: Math.max(1, Number(options.depth) || 1) },
        log,
      ),
    ),
  );
program
  .command('certificates <file> <device>')
  .description('list the certificates of an OPC UA device; approve one that waits')
  .option('--approve <thumbprint>', 'trust the waiting certificate whose thumbprint begins so')
  .action((file: string, device: string, options: { approve?: string }) => {
    const config = lookAt(file);
    say(
      options.approve === undefined
        ? listCertificates(config, device)
        : approveCertificate(config, device, options.approve),
    );
  });
program
  .command('init [file]')
  .description('write a first configuration')
  .action((file?: string) => say(init(file ?? 'edge.yaml')));
program
  .command('enrol [file]')
  .description(
    'exchange a one-time token for the credential of this agent; writes a first configuration where there is none',
  )
  .requiredOption('--url <cloud>', 'address of the cloud, https://…')
  .requiredOption('--token <token>', 'from the page of the agent; good once, for 24 hours')
  .option('--insecure', 'allow http to another machine', false)
  .action(async (file: string | undefined, options: { url: string; token: string; insecure: boolean }) =>
    say(await enrol(file ?? 'edge.yaml', options)),
  );
program
  .command('schema')
  .description('print the JSON Schema of the configuration')
  .action(() => say(JSON.stringify(EdgeConfigSchema, null, 2)));

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
