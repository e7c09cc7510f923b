// Reads the agent's YAML file. Every fault is reported at once, each with its line, its key and what to
// do; a file with faults is never half used.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Datatype, DriverTag } from '../protocols/driver.ts';
import { defaultDatatype, parseAddress } from '../protocols/modbus/address.ts';
import { parseOpcuaAddress } from '../protocols/opcua/address.ts';
import { opcuaSettingsProblems } from '../protocols/opcua/settings.ts';
import { type DeviceConfig, deviceSchemas, type EdgeConfig, EdgeFile, type TagConfig } from './settings.ts';

export class EdgeConfigError extends Error {
  override name = 'EdgeConfigError';
}

/** A device ready to run: addresses parsed, defaults filled in. */
export interface LoadedDevice {
  readonly config: DeviceConfig;
  readonly tags: readonly LoadedTag[];
}

export interface LoadedTag {
  readonly config: TagConfig;
  readonly driver: DriverTag;
  readonly machine: string | undefined;
}

export interface LoadedConfig {
  readonly file: string;
  readonly config: EdgeConfig;
  readonly devices: readonly LoadedDevice[];
  readonly password: string;
  /** Absolute. */
  readonly dataDirectory: string;
  readonly caFile: string | undefined;
}

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

const unknownSetting = 'is not a setting here; check the spelling, or delete the line';
const remedies: Readonly<Record<string, string>> = {
  additionalProperties: unknownSetting,
  // What typebox says of a key that additionalProperties: false refuses.
  boolean: unknownSetting,
  required: 'is missing',
};

/**
 * Reads and checks a file. Throws EdgeConfigError listing every fault as `file:line: key: what to do`.
 * Without `needsSecret` the cloud's secret may still be missing: looking at a PLC takes none.
 */
export function loadConfig(file: string, { needsSecret = true } = {}): LoadedConfig {
  const path = resolve(file);
  const lines = new LineCounter();
  const document = parseDocument(readText(path), { lineCounter: lines, prettyErrors: false });
  const [broken] = document.errors;
  if (broken) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new EdgeConfigError(
      `${file}:${line}:${col}: this is not YAML: ${broken.message}. Indent with spaces and keep lists aligned.`,
    );
  }
  const faults: Fault[] = [];
  const config = check(document.toJS() as unknown, faults);
  const devices = faults.length === 0 ? config.devices.map((device, index) => loadDevice(device, index, faults)) : [];
  if (faults.length === 0) faults.push(...doubles(config));
  const base = dirname(path);
  const password =
    faults.length === 0 && needsSecret ? readSecret(resolve(base, config.uplink.passwordFile), faults) : '';
  if (faults.length > 0)
    throw new EdgeConfigError(faults.map((fault) => place(file, document, lines, fault)).join('\n'));
  return {
    file: path,
    config,
    devices,
    password,
    dataDirectory: resolve(base, config.agent.data),
    caFile: config.uplink.caFile === undefined ? undefined : resolve(base, config.uplink.caFile),
  };
}

function check(value: unknown, faults: Fault[]): EdgeConfig {
  const filled = withDefaults(EdgeFile, value);
  collect(EdgeFile, filled, [], faults);
  if (faults.length > 0) return filled as EdgeConfig;
  const { devices, ...rest } = filled as EdgeConfig;
  const checked = devices.map((device, index) => {
    const schema = deviceSchemas[device.driver];
    const whole = withDefaults(schema, device);
    collect(schema, whole, ['devices', index], faults);
    return whole as DeviceConfig;
  });
  return { ...rest, devices: checked };
}

function withDefaults(schema: TSchema, value: unknown): unknown {
  return Value.Default(schema, value ?? {});
}

function collect(schema: TSchema, value: unknown, base: (string | number)[], faults: Fault[]): void {
  const seen = new Set<string>();
  for (const error of Value.Errors(schema, value)) {
    const path = [...base, ...error.instancePath.split('/').slice(1).map(unescapePointer)];
    const params = error.params as {
      additionalProperties?: string[];
      requiredProperties?: string[];
      allowedValues?: unknown[];
    };
    const keys = params.additionalProperties ?? params.requiredProperties ?? [];
    for (const key of keys.length > 0 ? keys : [null]) {
      const at = key === null ? path : [...path, key];
      // Of several errors at one key the first says what is wrong; the others follow from it.
      if (seen.has(at.join('/'))) continue;
      seen.add(at.join('/'));
      const allowed = params.allowedValues ? `: ${params.allowedValues.join(', ')}` : '';
      const meaning = describe(schema, path.slice(base.length));
      faults.push({ path: at, message: remedies[error.keyword] ?? `${error.message}${allowed}${meaning}` });
    }
  }
}

/** What the schema says the setting at this path is, for a message. */
function describe(schema: TSchema, path: readonly (string | number)[]): string {
  let at: { properties?: Record<string, TSchema>; items?: TSchema; description?: string } | undefined = schema;
  for (const part of path) at = typeof part === 'number' ? at?.items : at?.properties?.[part];
  return at?.description === undefined ? '' : `. ${at.description}`;
}

function loadDevice(config: DeviceConfig, index: number, faults: Fault[]): LoadedDevice {
  if (config.driver === 'opcua') {
    for (const message of opcuaSettingsProblems(config.settings))
      faults.push({ path: ['devices', index, 'settings'], message });
  }
  const tags = config.tags.map((tag, at): LoadedTag => {
    const fault = (key: string, message: string): void =>
      void faults.push({ path: ['devices', index, 'tags', at, key], message });
    const datatype = datatypeOf(config, tag, fault);
    if (tag.role === 'reject_count' && tag.reason === undefined)
      fault('reason', 'is missing: a reject_count says why it counts');
    return {
      config: tag,
      machine: tag.machine ?? config.machine,
      driver: {
        name: tag.name,
        address: tag.address,
        datatype,
        intervalMs: tag.intervalMs ?? config.intervalMs,
        deadband: tag.deadband ?? 0,
      },
    };
  });
  return { config, tags };
}

function datatypeOf(config: DeviceConfig, tag: TagConfig, fault: (key: string, message: string) => void): Datatype {
  try {
    if (config.driver === 'modbus') return tag.datatype ?? defaultDatatype(parseAddress(tag.address));
    parseOpcuaAddress(tag.address);
    if (tag.datatype === undefined)
      fault('datatype', `is missing: \`unison-edge browse\` shows the datatype of ${tag.address}`);
  } catch (error) {
    fault('address', error instanceof Error ? error.message : String(error));
  }
  return tag.datatype ?? 'Double';
}

function doubles(config: EdgeConfig): Fault[] {
  const faults: Fault[] = [];
  const devices = new Set<string>();
  for (const [index, device] of config.devices.entries()) {
    const name = device.name.toLowerCase();
    if (devices.has(name))
      faults.push({
        path: ['devices', index, 'name'],
        message: `there is another device ${device.name}; names may not differ by case only`,
      });
    devices.add(name);
    const tags = new Set<string>();
    for (const [at, tag] of device.tags.entries()) {
      if (tags.has(tag.name))
        faults.push({
          path: ['devices', index, 'tags', at, 'name'],
          message: `there is another tag ${tag.name} in this device; give it another name`,
        });
      tags.add(tag.name);
    }
  }
  return faults;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new EdgeConfigError(`${path}: cannot be read. \`unison-edge init\` writes a first one.`, { cause: error });
  }
}

function readSecret(path: string, faults: Fault[]): string {
  try {
    const secret = readFileSync(path, 'utf8').split('\n')[0]?.trim() ?? '';
    if (secret === '')
      faults.push({
        path: ['uplink', 'passwordFile'],
        message: `${path} is empty: its first line must be the secret the cloud gave at enrolment`,
      });
    return secret;
  } catch {
    faults.push({
      path: ['uplink', 'passwordFile'],
      message: `${path} cannot be read: put the secret the cloud gave at enrolment on its first line`,
    });
    return '';
  }
}

/** `file:line: key: message`, with the line of the key, or of the nearest thing that is there. */
function place(file: string, document: Document, lines: LineCounter, { path, message }: Fault): string {
  let offset = 0;
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
    if (!node?.range) continue;
    [offset] = node.range;
    break;
  }
  const { line } = lines.linePos(offset);
  const key = path
    .map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${part}`))
    .join('')
    .replace(/^\./, '');
  return `${file}:${line}: ${key === '' ? 'the file' : key}: ${message}`;
}

function unescapePointer(part: string): string | number {
  const text = part.replaceAll('~1', '/').replaceAll('~0', '~');
  return /^\d+$/.test(text) ? Number(text) : text;
}
