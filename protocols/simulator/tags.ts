// The tag map of the simulated plant: every tag with its machine, meaning, datatype and address. Tests
// and the demo make the edge's configuration from it; the ledgers use its names.

import type { Datatype } from '../driver.ts';
import { type MachineSpec, machineSpecs } from './bottling.ts';
import { modbusUnits } from './modbus-place.ts';
import { modbusTags } from './modbus-tags.ts';
import { noMeaning, type PlantTag } from './plant-tag.ts';

const units: Readonly<Record<string, string>> = {
  fill_weight: 'g',
  cap_torque: 'N·m',
  product_temperature: '°C',
  bowl_pressure: 'bar',
  motor_temperature: '°C',
};

/** `cap_torque` → `CapTorque`. */
function pascal(name: string): string {
  return name.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function opcuaTag(machine: string, name: string, rest: Partial<PlantTag> & { datatype: Datatype }): PlantTag {
  return {
    ...noMeaning,
    intervalMs: 0,
    ...rest,
    name: `${machine}/${name}`,
    machine,
    protocol: 'opcua',
    address: `ns=1;s=${pascal(machine)}.${pascal(name)}`,
    modbus: null,
  };
}

function opcuaMachine(spec: MachineSpec): PlantTag[] {
  const counter = { datatype: 'UInt32', modulus: 2 ** 32, piecesPerCount: spec.piecesPerCount, unit: 'pcs' } as const;
  const tag = (name: string, rest: Partial<PlantTag> & { datatype: Datatype }) => opcuaTag(spec.name, name, rest);
  const tags = [
    tag('state', { role: 'state', datatype: 'String' }),
    tag('state_number', { datatype: 'Int32' }),
    tag('total_count', { ...counter, role: 'total_count' }),
    tag('good_count', { ...counter, role: 'good_count' }),
    tag('order', { role: 'order', datatype: 'String' }),
    tag('material', { role: 'material', datatype: 'String' }),
  ];
  if (spec.name === 'filler') tags.push(tag('infeed_count', { ...counter, piecesPerCount: 1, role: 'infeed_count' }));
  for (const { reason, disposition } of spec.rejects) {
    tags.push(tag(`reject_${reason}`, { ...counter, role: 'reject_count', reason, disposition }));
  }
  for (const { name, float } of [...(spec.inspection === null ? [] : [spec.inspection]), ...spec.wanders]) {
    tags.push(tag(name, { role: 'measurement', unit: units[name] ?? null, datatype: float ? 'Float' : 'Double' }));
  }
  for (const stop of spec.stops) tags.push(tag(stop.cause, { role: 'alarm', datatype: 'Boolean' }));
  return tags;
}

/** Every tag of the plant, OPC UA first. */
export const plantTags: readonly PlantTag[] = [
  ...machineSpecs.filter((spec) => !(spec.name in modbusUnits)).flatMap(opcuaMachine),
  ...modbusTags,
];
