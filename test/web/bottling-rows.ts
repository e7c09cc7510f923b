// A bottling line as rows: one machine that runs, one that stopped, one that waits, one of which nothing is
// known, and an energy meter beside the line.

import type { MachineRow } from './plant-rows.ts';

const minute = 60_000;
const count = { datatype: 'UInt32', unit: 'pcs' } as const;

export const bottlingMachines: readonly MachineRow[] = [
  {
    name: 'filler',
    displayName: 'Filler',
    tags: [
      { name: 'state', datatype: 'String', role: 'state', value: 'Execute', ageMs: 94 * minute },
      { name: 'order', datatype: 'String', role: 'order', value: 'WO-2026-0417', ageMs: 95 * minute },
      { name: 'material', datatype: 'String', role: 'material', value: 'Cola 0.5 l', ageMs: 95 * minute },
      { ...count, name: 'good_count', role: 'good_count', value: 128_417 },
      { ...count, name: 'reject_underfill', role: 'reject_count', reason: 'underfill', value: 312, ageMs: 3 * minute },
      { name: 'fill_weight', datatype: 'Double', role: 'measurement', unit: 'g', value: 503.271, pollMs: 1_000 },
      { name: 'product_temperature', datatype: 'Float', role: 'measurement', unit: '°C', value: 7.83, ageMs: 12_000 },
      { name: 'bowl_pressure', datatype: 'Double', role: 'measurement', unit: 'bar', value: 2.418, ageMs: 4_000 },
      {
        name: 'low_level',
        datatype: 'Boolean',
        role: 'alarm',
        reason: 'Product level low',
        value: false,
        ageMs: 95 * minute,
      },
    ],
  },
  {
    name: 'capper',
    displayName: 'Capper',
    tags: [
      { name: 'state', datatype: 'String', role: 'state', value: 'Held', ageMs: 12 * minute + 33_000 },
      { name: 'cause', datatype: 'String', value: 'cap_jam', ageMs: 12 * minute + 33_000 },
      { name: 'order', datatype: 'String', role: 'order', value: 'WO-2026-0417', ageMs: 95 * minute },
      { name: 'material', datatype: 'String', role: 'material', value: 'Cola 0.5 l', ageMs: 95 * minute },
      { ...count, name: 'good_count', role: 'good_count', value: 127_902, ageMs: 12 * minute },
      { ...count, name: 'reject_no_cap', role: 'reject_count', reason: 'no_cap', value: 88, ageMs: 14 * minute },
      { name: 'cap_torque', datatype: 'Double', role: 'measurement', unit: 'N·m', value: 1.742, ageMs: 12 * minute },
      { name: 'motor_temperature', datatype: 'Float', role: 'measurement', unit: '°C', value: 61.4, ageMs: 7_000 },
      {
        name: 'cap_jam',
        datatype: 'Boolean',
        role: 'alarm',
        reason: 'Cap jam in the chute',
        value: true,
        ageMs: 12 * minute + 33_000,
      },
      { name: 'guard_open', datatype: 'Boolean', role: 'alarm', reason: 'Guard open', value: true, ageMs: 11 * minute },
    ],
  },
  {
    name: 'labeller',
    displayName: 'Labeller',
    tags: [
      { name: 'state', datatype: 'UInt16', role: 'state', value: 5, ageMs: 11 * minute, pollMs: 1_000 },
      { name: 'order', datatype: 'String', role: 'order', value: 'WO-2026-0417', ageMs: 95 * minute },
      { name: 'material', datatype: 'String', role: 'material', value: 'Cola 0.5 l', ageMs: 95 * minute },
      { datatype: 'UInt16', unit: 'pcs', name: 'good_count', role: 'good_count', value: 61_204, ageMs: 11 * minute },
      {
        datatype: 'UInt16',
        unit: 'pcs',
        name: 'reject_label_skewed',
        role: 'reject_count',
        reason: 'label_skewed',
        value: 41,
        ageMs: 30 * minute,
      },
      {
        name: 'glue_temperature',
        datatype: 'Float',
        role: 'measurement',
        unit: '°C',
        value: 148.2,
        ageMs: 1_000,
        pollMs: 1_000,
      },
      {
        name: 'web_tension',
        datatype: 'Double',
        role: 'measurement',
        unit: 'N',
        value: 21.7,
        ageMs: 47_000,
        pollMs: 1_000,
      },
      { name: 'label_jam', datatype: 'Boolean', role: 'alarm', value: false, ageMs: 95 * minute },
    ],
  },
  {
    name: 'packer',
    displayName: 'Packer',
    tags: [
      { name: 'state', datatype: 'UInt16', role: 'state', value: 99, ageMs: 2 * minute },
      { name: 'order', datatype: 'String', role: 'order' },
      { name: 'material', datatype: 'String', role: 'material' },
      { ...count, name: 'good_count', role: 'good_count', value: 10_188, ageMs: 11 * minute },
      { ...count, name: 'reject_film_torn', role: 'reject_count', reason: 'film_torn', value: 9, ageMs: 50 * minute },
      {
        name: 'seal_temperature',
        datatype: 'Float',
        role: 'measurement',
        unit: '°C',
        status: 0x8005_0000,
        value: 0,
        ageMs: 9_000,
      },
      { name: 'air_pressure', datatype: 'Float', role: 'measurement', unit: 'bar', value: 6.02, ageMs: 2_000 },
      { name: 'film_break', datatype: 'Boolean', role: 'alarm', value: false, ageMs: 95 * minute },
    ],
  },
  {
    name: 'energy',
    displayName: 'Energy meter',
    lane: 1,
    tags: [
      { name: 'power', datatype: 'Float', role: 'measurement', unit: 'kW', value: 84.21, ageMs: 1_000 },
      { name: 'voltage', datatype: 'Float', role: 'measurement', unit: 'V', value: 399.4, ageMs: 1_000 },
    ],
  },
];
