// The register maps of labeller, packer and energy meter, with what each register means.

import type { Datatype } from '../driver.ts';
import { type ModbusPlace, modbusAddress, modbusUnits, type RegisterType } from './modbus-place.ts';
import { noMeaning, type PlantTag } from './plant-tag.ts';

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
    ...noMeaning,
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

export const modbusTags: readonly PlantTag[] = [...labellerTags, ...packerTags, ...energyTags];
