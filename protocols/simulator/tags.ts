// The tag map of the simulated plant: every tag with its machine, meaning, datatype and address. Tests
// and the demo make the edge's configuration from it; the ledgers use its names.

import type { Datatype } from '../driver.ts';
import { type MachineSpec, machineSpecs } from './bottling.ts';

export type TagRole =
  | 'total_count'
  | 'good_count'
  | 'reject_count'
  | 'infeed_count'
  | 'state'
  | 'alarm'
  | 'measurement'
  | 'order'
  | 'material';

export type RegisterType = 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'string' | 'bit';
export type WordOrder = 'abcd' | 'cdab' | 'badc' | 'dcba';

/** Where a Modbus tag lies; `address` is the zero-based protocol address. */
export interface ModbusPlace {
  readonly unit: number;
  readonly area: 'holding' | 'input' | 'coil' | 'discrete';
  readonly address: number;
  readonly type: RegisterType;
  /** Byte order of 32-bit values, A being the most significant byte. */
  readonly order: WordOrder;
  /** Characters of a string, bit number of a bit; 0 otherwise. */
  readonly size: number;
  /** Register value times scale is the value in the tag's unit. */
  readonly scale: number;
}

export interface PlantTag {
  /** `<machine>/<name>`, as in the ledgers. */
  readonly name: string;
  readonly machine: string;
  /** Null: shown by the machine, of no meaning to a MES (the state a second time, as a number). */
  readonly role: TagRole | null;
  /** Why a counter of rejects counts, and what becomes of the pieces. */
  readonly reason: string | null;
  readonly disposition: 'scrap' | 'rework' | null;
  readonly unit: string | null;
  readonly datatype: Datatype;
  readonly protocol: 'opcua' | 'modbus';
  /** OPC UA node id, or Modbus address text. */
  readonly address: string;
  readonly modbus: ModbusPlace | null;
  /** Where a counter starts again from 0; null for what does not count. */
  readonly modulus: number | null;
  /** Pieces in one count; null for what does not count. */
  readonly piecesPerCount: number | null;
  /** Wanted sampling interval in ms; 0 asks for every change. */
  readonly intervalMs: number;
}

/** Modbus units by number. The packer also answers as RTU over TCP on a port of its own. */
export const modbusUnits = { labeller: 1, packer: 2, energy: 3 } as const;

/** Registers a unit answers for; anything outside is an illegal data address. [first, last], both included. */
export const readableAreas: Readonly<
  Record<number, Readonly<Record<ModbusPlace['area'], readonly (readonly [number, number])[]>>>
> = {
  // Between 64 and 99 lie registers of the manufacturer's own: reading across them fails.
  1: {
    holding: [
      [0, 63],
      [100, 131],
      [200, 231],
    ],
    input: [],
    coil: [
      [0, 15],
      [32, 47],
    ],
    discrete: [[0, 15]],
  },
  2: {
    holding: [
      [0, 63],
      [200, 231],
    ],
    input: [],
    coil: [
      [0, 15],
      [32, 47],
    ],
    discrete: [],
  },
  3: { holding: [], input: [[0, 31]], coil: [], discrete: [] },
};

/** Registers and coils of units 1 and 2 that may be written; they do nothing but remember. */
export const scratch = { holding: [200, 231], coil: [32, 47] } as const;

/** `unit 2 holding 10 uint32 cdab`: the address text the Modbus driver reads. */
export function modbusAddress(place: ModbusPlace): string {
  const start = `unit ${place.unit} ${place.area} ${place.address}`;
  if (place.area === 'coil' || place.area === 'discrete') return start;
  const scale = place.scale === 1 ? '' : ` scale ${place.scale}`;
  switch (place.type) {
    case 'uint16':
    case 'int16':
      return `${start} ${place.type}${scale}`;
    case 'uint32':
    case 'int32':
    case 'float32':
      return `${start} ${place.type} ${place.order}${scale}`;
    case 'string':
    case 'bit':
      return `${start} ${place.type} ${place.size}`;
  }
}

/** Registers (or bits) a tag covers. */
export function span(place: ModbusPlace): number {
  switch (place.type) {
    case 'uint32':
    case 'int32':
    case 'float32':
      return 2;
    case 'string':
      return Math.ceil(place.size / 2);
    default:
      return 1;
  }
}

const nothing = { role: null, reason: null, disposition: null, unit: null, modulus: null, piecesPerCount: null };

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
    ...nothing,
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

type ModbusRest = Partial<Omit<PlantTag, 'modbus'>> & { at?: Partial<ModbusPlace> };

function modbusTag(
  name: string,
  area: ModbusPlace['area'],
  address: number,
  type: RegisterType,
  rest: ModbusRest = {},
): PlantTag {
  const machine = name.slice(0, name.indexOf('/'));
  const { at, ...facts } = rest;
  const unit = modbusUnits[machine as keyof typeof modbusUnits];
  const place: ModbusPlace = { unit, area, address, type, order: 'abcd', size: 0, scale: 1, ...at };
  return {
    ...nothing,
    datatype: modbusDatatype(place),
    intervalMs: 1_000,
    ...facts,
    name,
    machine,
    protocol: 'modbus',
    address: modbusAddress(place),
    modbus: place,
  };
}

function modbusDatatype(place: ModbusPlace): Datatype {
  if (place.scale !== 1) return 'Double';
  const types = {
    uint16: 'UInt16',
    int16: 'Int16',
    uint32: 'UInt32',
    int32: 'Int32',
    float32: 'Float',
    string: 'String',
    bit: 'Boolean',
  } as const;
  return types[place.type];
}

const count16 = { unit: 'pcs', modulus: 2 ** 16, piecesPerCount: 1 } as const;
const count32 = { unit: 'pcs', modulus: 2 ** 32, piecesPerCount: 6, at: { order: 'cdab' } } as const;
const text16 = { size: 16 } as const;

const labellerTags: readonly PlantTag[] = [
  modbusTag('labeller/state', 'holding', 0, 'uint16', { role: 'state' }),
  modbusTag('labeller/total_count', 'holding', 1, 'uint16', { ...count16, role: 'total_count' }),
  modbusTag('labeller/good_count', 'holding', 2, 'uint16', { ...count16, role: 'good_count' }),
  modbusTag('labeller/reject_label_skewed', 'holding', 3, 'uint16', {
    ...count16,
    role: 'reject_count',
    reason: 'label_skewed',
    disposition: 'rework',
  }),
  modbusTag('labeller/reject_label_missing', 'holding', 4, 'uint16', {
    ...count16,
    role: 'reject_count',
    reason: 'label_missing',
    disposition: 'scrap',
  }),
  modbusTag('labeller/label_jam', 'holding', 5, 'bit', { role: 'alarm', at: { size: 0 } }),
  modbusTag('labeller/label_roll_change', 'holding', 5, 'bit', { role: 'alarm', at: { size: 3 } }),
  modbusTag('labeller/drive_fault', 'holding', 5, 'bit', { role: 'alarm', at: { size: 15 } }),
  modbusTag('labeller/guard_open', 'coil', 7, 'bit', { role: 'alarm' }),
  modbusTag('labeller/label_roll_change_soon', 'discrete', 2, 'bit', { role: 'alarm' }),
  modbusTag('labeller/label_position', 'holding', 10, 'int16', {
    role: 'measurement',
    unit: 'mm',
    at: { scale: 0.01 },
  }),
  modbusTag('labeller/web_tension', 'holding', 11, 'uint16', { role: 'measurement', unit: 'N', at: { scale: 0.1 } }),
  modbusTag('labeller/glue_temperature', 'holding', 12, 'float32', {
    role: 'measurement',
    unit: '°C',
    at: { order: 'badc' },
  }),
  modbusTag('labeller/order', 'holding', 40, 'string', { role: 'order', at: text16 }),
  modbusTag('labeller/material', 'holding', 48, 'string', { role: 'material', at: text16 }),
  modbusTag('labeller/drive_current', 'holding', 100, 'float32', {
    role: 'measurement',
    unit: 'A',
    at: { order: 'dcba' },
  }),
];

const packerTags: readonly PlantTag[] = [
  modbusTag('packer/state', 'holding', 0, 'uint16', { role: 'state' }),
  modbusTag('packer/total_count', 'holding', 10, 'uint32', { ...count32, role: 'total_count' }),
  modbusTag('packer/good_count', 'holding', 12, 'uint32', { ...count32, role: 'good_count' }),
  modbusTag('packer/reject_film_torn', 'holding', 14, 'uint32', {
    ...count32,
    role: 'reject_count',
    reason: 'film_torn',
    disposition: 'scrap',
  }),
  modbusTag('packer/reject_incomplete_pack', 'holding', 16, 'uint32', {
    ...count32,
    role: 'reject_count',
    reason: 'incomplete_pack',
    disposition: 'scrap',
  }),
  modbusTag('packer/infeed_count', 'holding', 18, 'uint32', { ...count32, piecesPerCount: 1, role: 'infeed_count' }),
  modbusTag('packer/film_break', 'holding', 20, 'bit', { role: 'alarm', at: { size: 0 } }),
  modbusTag('packer/carton_misfeed', 'holding', 20, 'bit', { role: 'alarm', at: { size: 1 } }),
  modbusTag('packer/heater_fault', 'holding', 20, 'bit', { role: 'alarm', at: { size: 8 } }),
  modbusTag('packer/seal_temperature', 'holding', 30, 'float32', {
    role: 'measurement',
    unit: '°C',
    at: { order: 'cdab' },
  }),
  modbusTag('packer/air_pressure', 'holding', 32, 'float32', { role: 'measurement', unit: 'bar' }),
  modbusTag('packer/film_tension', 'holding', 34, 'uint16', { role: 'measurement', unit: 'N', at: { scale: 0.1 } }),
  modbusTag('packer/order', 'holding', 40, 'string', { role: 'order', at: text16 }),
  modbusTag('packer/material', 'holding', 48, 'string', { role: 'material', at: text16 }),
];

const energyTags: readonly PlantTag[] = [
  modbusTag('energy/voltage', 'input', 0, 'float32', { role: 'measurement', unit: 'V' }),
  modbusTag('energy/power', 'input', 2, 'float32', { role: 'measurement', unit: 'kW', at: { order: 'cdab' } }),
  modbusTag('energy/active_energy', 'input', 4, 'uint32', { role: 'measurement', unit: 'Wh' }),
  modbusTag('energy/reactive_power', 'input', 6, 'int32', { role: 'measurement', unit: 'var', at: { order: 'badc' } }),
  modbusTag('energy/frequency', 'input', 8, 'uint16', { role: 'measurement', unit: 'Hz', at: { scale: 0.01 } }),
  modbusTag('energy/cabinet_temperature', 'input', 10, 'int16', {
    role: 'measurement',
    unit: '°C',
    at: { scale: 0.1 },
  }),
];

/** Every tag of the plant, OPC UA first. */
export const plantTags: readonly PlantTag[] = [
  ...machineSpecs.filter((spec) => !(spec.name in modbusUnits)).flatMap(opcuaMachine),
  ...labellerTags,
  ...packerTags,
  ...energyTags,
];
