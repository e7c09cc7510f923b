// unison-edge init: a first configuration with every setting that matters and a word on each.

import { existsSync, writeFileSync } from 'node:fs';
import { EdgeConfigError } from '../config.ts';

const text = `# yaml-language-server: $schema=./unison-edge.schema.json
# A Unison edge agent. \`unison-edge check\` finds mistakes, \`plan\` says what it will cost,
# \`read\` shows live values, \`run\` starts it. \`unison-edge schema\` writes the schema named above.
agent:
  group: my-plant          # as the cloud issued it
  name: edge-1
  data: data               # buffer and certificates, beside this file
  healthPort: 9101         # http://127.0.0.1:9101/health and /metrics

uplink:
  url: mqtt://127.0.0.1:1883
  passwordFile: edge-1.secret   # its first line is the secret from the enrolment

devices:
  # An OPC UA server. Find addresses with: unison-edge browse this-file filling
  - name: filling
    driver: opcua
    machine: filler
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

/** Writes the file; refuses to overwrite one. */
export function init(file: string): string {
  if (existsSync(file)) throw new EdgeConfigError(`${file} is there already. Name another file.`);
  writeFileSync(file, text);
  return `${file} written. Put the secret into edge-1.secret beside it, mend the addresses, then: unison-edge check ${file}`;
}
