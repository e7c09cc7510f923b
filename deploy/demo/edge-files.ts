// The configuration files of the demo's two agents, made from the simulated plant's tag map and written
// where a person can read and change them.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { PlantTag } from '../../protocols/simulator/plant-tag.ts';
import { plantTags } from '../../protocols/simulator/tags.ts';

export interface EdgeFileOptions {
  readonly directory: string;
  readonly group: string;
  readonly name: string;
  readonly secret: string;
  readonly brokerUrl: string;
  readonly healthPort: number;
  /** Only tags with one of these. Default: all tags. */
  readonly roles?: ReadonlySet<string> | undefined;
}

/** Writes the agent's YAML and secret and answers the YAML's path. */
export function writeEdgeFile(
  options: EdgeFileOptions,
  device: { name: string; driver: 'opcua' | 'modbus'; settings: object; intervalMs: number; clock?: object },
): string {
  const { directory, group, name, secret, brokerUrl, healthPort, roles } = options;
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'broker.secret'), `${secret}\n`, { mode: 0o600 });
  const tags = plantTags
    .filter((tag) => tag.protocol === device.driver && (roles?.has(tag.role ?? '') ?? true))
    .map(tagOf);
  const text = stringify(
    {
      agent: { group, name, data: 'data', healthPort },
      uplink: { url: brokerUrl, passwordFile: 'broker.secret' },
      devices: [{ ...device, tags }],
    },
    { lineWidth: 0 },
  );
  const file = join(directory, 'edge.yaml');
  writeFileSync(file, `# Written by the demo at each start, from the simulated plant's tag map.\n${text}`);
  return file;
}

function tagOf(tag: PlantTag): object {
  const isCounter = tag.role?.endsWith('_count') ?? false;
  return {
    name: tag.name,
    address: tag.address,
    datatype: tag.datatype,
    machine: tag.machine,
    ...(tag.role !== null && { role: tag.role }),
    ...(tag.role === 'alarm' && { reason: words(tag.name) }),
    ...(tag.role === 'reject_count' && { reason: tag.reason ?? words(tag.name) }),
    ...(tag.unit !== null && { unit: tag.unit }),
    ...(isCounter && tag.modulus !== null && { counter: { kind: 'cumulative', modulus: tag.modulus } }),
    ...(tag.protocol === 'opcua' && { intervalMs: tag.intervalMs }),
  };
}

/** `filler/bottle_jam` → `Bottle jam`. */
function words(name: string): string {
  const text = (name.split('/').at(-1) ?? name).replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
