// unison-edge init: a first configuration with every setting that matters and a word on each, beside it
// the schema that editors complete from and an empty file for the secret.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EdgeConfigError } from '../config.ts';
import { EdgeConfigSchema } from '../settings.ts';

const schemaFile = 'unison-edge.schema.json';
const secretFile = 'edge-1.secret';

const text = `# yaml-language-server: $schema=./${schemaFile}
# A Unison edge agent. \`unison-edge check\` finds mistakes, \`plan\` says what it will cost,
# \`read\` shows live values, \`run\` starts it.
agent:
  group: my-plant          # as the cloud issued it
  name: edge-1
  data: data               # buffer and certificates, beside this file
  healthPort: 9110         # http://127.0.0.1:9110/health and /metrics; may be left out

uplink:
  url: mqtt://127.0.0.1:1883
  passwordFile: ${secretFile}   # its first line is the secret; \`enrol\` writes it

devices:
  # An OPC UA server. Find addresses and datatypes with: unison-edge browse this-file filling
  - name: filling
    driver: opcua
    machine: filler        # as the cloud knows it
    settings:
      endpoint: opc.tcp://192.168.0.10:4840
    intervalMs: 250
    tags:
      - { name: state, address: 'ns=1;s=Filler.State', datatype: String, role: state }
      - { name: good, address: 'ns=1;s=Filler.GoodCount', datatype: UInt32, role: good_count, unit: pcs, counter: { modulus: 4294967296 } }
      - { name: weight, address: 'ns=1;s=Filler.FillWeight', datatype: Double, role: measurement, unit: g }

  # A Modbus link with one or many units behind it. Addresses are zero-based protocol addresses.
  - name: labelling
    driver: modbus
    machine: labeller
    settings:
      host: 192.168.0.20
    intervalMs: 1000
    tags:
      - { name: good, address: 'unit 1 holding 2 uint16', role: good_count, unit: pcs, counter: { modulus: 65536 } }
      - { name: glue, address: 'unit 1 holding 12 float32 badc', role: measurement, unit: °C }
`;

/** Writes the file and what belongs beside it; refuses to overwrite a configuration. */
export function init(file: string): string {
  if (existsSync(file)) throw new EdgeConfigError(`${file} is there already. Name another file.`);
  const folder = dirname(resolve(file));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  writeFileSync(join(folder, schemaFile), `${JSON.stringify(EdgeConfigSchema, null, 2)}\n`);
  const secret = join(folder, secretFile);
  if (!existsSync(secret)) writeFileSync(secret, '', { mode: 0o600 });
  return `${file} written, with ${schemaFile} for your editor. Next:
  1. In Unison, Plant set-up, Agents: make the agent and its enrolment token
  2. unison-edge enrol ${file} --url https://your-cloud --token …
     (it writes group, name and the secret: the first line of ${secret})
  3. In ${basename(file)}: the broker, your devices. Delete the device you do not have.
  4. unison-edge check ${file}`;
}
