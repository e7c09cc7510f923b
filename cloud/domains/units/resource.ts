// Units of measure: what stands beside a number, and how many digits such a number has.

import { defineResource, integer, text } from '../../platform/kit/resource.ts';

export const units = defineResource({
  name: 'units-of-measure',
  singular: 'unit of measure',
  table: 'units_of_measure',
  scope: 'plant',
  // Units hold for the whole organisation.
  wholeOrganization: ['create', 'update', 'archive', 'import'],
  title: 'code',
  key: ['code'],
  order: 'code',
  fields: {
    code: text({ required: true, sort: true, search: true, maxLength: 20 }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    decimals: integer({ required: true, default: 0, maximum: 6 }),
  },
});

/** What most plants count and weigh in; whoever starts takes them with one click. */
export const starterUnits = [
  { code: 'pcs', name: 'Piece', nameDe: 'Stück', decimals: 0 },
  { code: 'kg', name: 'Kilogram', nameDe: 'Kilogramm', decimals: 3 },
  { code: 'g', name: 'Gram', nameDe: 'Gramm', decimals: 0 },
  { code: 't', name: 'Tonne', nameDe: 'Tonne', decimals: 3 },
  { code: 'l', name: 'Litre', nameDe: 'Liter', decimals: 3 },
  { code: 'ml', name: 'Millilitre', nameDe: 'Milliliter', decimals: 0 },
  { code: 'm', name: 'Metre', nameDe: 'Meter', decimals: 3 },
  { code: 'mm', name: 'Millimetre', nameDe: 'Millimeter', decimals: 1 },
  { code: 'm²', name: 'Square metre', nameDe: 'Quadratmeter', decimals: 3 },
  { code: 'h', name: 'Hour', nameDe: 'Stunde', decimals: 2 },
  { code: 'min', name: 'Minute', nameDe: 'Minute', decimals: 1 },
  { code: 's', name: 'Second', nameDe: 'Sekunde', decimals: 1 },
  { code: 'box', name: 'Box', nameDe: 'Karton', decimals: 0 },
  { code: 'pallet', name: 'Pallet', nameDe: 'Palette', decimals: 0 },
] as const;

/** What is the same everywhere; how many pieces are in a box is not. 1 from = factor to. */
export const starterConversions = [
  { from: 'kg', to: 'g', factor: 1000 },
  { from: 't', to: 'kg', factor: 1000 },
  { from: 'l', to: 'ml', factor: 1000 },
  { from: 'm', to: 'mm', factor: 1000 },
  { from: 'h', to: 'min', factor: 60 },
  { from: 'min', to: 's', factor: 60 },
] as const;
