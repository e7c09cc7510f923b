// What a plant engineer reads when the configuration is wrong: line, key, and what to do.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'unison-config-'));
  writeFileSync(join(directory, 'secret'), 'a secret\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

const head = `agent: { group: plant, name: edge-1 }
uplink: { url: "mqtt://127.0.0.1:1883", passwordFile: secret }
devices:
`;
const modbus = (tag: string): string => `${head}  - name: line
    driver: modbus
    settings: { host: 127.0.0.1 }
    tags:
      - ${tag}
`;

function load(text: string) {
  const file = join(directory, 'edge.yaml');
  writeFileSync(file, text);
  return loadConfig(file);
}

function complaint(text: string): string {
  try {
    load(text);
  } catch (error) {
    return (error as Error).message.replaceAll(`${directory}/`, '');
  }
  return 'no complaint';
}

describe('a configuration', () => {
  it('that is right is filled with defaults, and datatypes follow from Modbus addresses', () => {
    const { config, devices, password } = load(
      modbus('{ name: count, address: unit 1 holding 10 uint32 cdab, role: good_count }'),
    );
    expect(password).toBe('a secret');
    expect(config.uplink).toMatchObject({ window: 1_048_576, keepAlive: 30, acknowledge: 'database' });
    expect(devices[0]?.tags[0]?.driver).toEqual({
      name: 'count',
      address: 'unit 1 holding 10 uint32 cdab',
      datatype: 'UInt32',
      intervalMs: 1_000,
      deadband: 0,
    });
  });

  it.each([
    ['agent: [', /^edge\.yaml:\d+:\d+: this is not YAML/],
    [
      modbus('{ name: a, address: unit 1 holding 1 uint16, rolle: state }'),
      /^edge\.yaml:8: devices\[1\]\.tags\[1\]\.rolle: is not a setting here; check the spelling/,
    ],
    [modbus('{ name: a, address: unit 1 holding 40001x uint16 }'), /^edge\.yaml:8: devices\[1\]\.tags\[1\]\.address: /],
    [modbus('{ name: a, address: unit 1 holding 1 uint16, role: stat }'), /tags\[1\]\.role: .*total_count, good_count/],
    [
      modbus('{ name: a, address: unit 1 holding 1 uint16, role: reject_count }'),
      /reason: is missing: a reject_count says why/,
    ],
    [
      modbus('{ name: a, address: unit 1 holding 1 uint16 }\n      - { name: a, address: unit 1 holding 2 uint16 }'),
      /^edge\.yaml:9: devices\[1\]\.tags\[2\]\.name: there is another tag a/,
    ],
    [
      head.replace('mqtt://', 'http://').replace('devices:', 'devices: []'),
      /^edge\.yaml:2: uplink\.url: .*The broker, for example/,
    ],
    [
      head.replace('passwordFile: secret', 'passwordFile: nowhere').replace('devices:', 'devices: []'),
      /nowhere cannot be read: put the secret/,
    ],
    [head.replace('name: edge-1', 'name: edge 1').replace('devices:', 'devices: []'), /^edge\.yaml:1: agent\.name: /],
    [
      `${head}  - { name: a, driver: opcua, settings: { endpoint: "opc.tcp://h:4840" }, tags: [{ name: x, address: "ns=1;s=X" }] }\n`,
      /datatype: is missing: `unison-edge browse`/,
    ],
  ])('with a fault is refused with line, key and remedy (%#)', (text, expected) => {
    expect(complaint(text)).toMatch(expected);
  });

  it('is enough without the secret for who only looks at the PLC', () => {
    const file = join(directory, 'edge.yaml');
    writeFileSync(
      file,
      modbus('{ name: a, address: unit 1 holding 1 uint16 }').replace('passwordFile: secret', 'passwordFile: nowhere'),
    );
    expect(() => loadConfig(file)).toThrow(/nowhere cannot be read/);
    expect(loadConfig(file, { needsSecret: false }).devices).toHaveLength(1);
  });

  it('names every fault at once', () => {
    const text = modbus('{ name: a, address: unit 1 holding 1 uint16, rolle: x, deadband: -1 }').replace(
      'host: 127.0.0.1',
      'host: 127.0.0.1, port: 99999',
    );
    expect(complaint(text).split('\n')).toHaveLength(3);
  });
});
