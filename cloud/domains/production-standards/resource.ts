// How fast a machine should make a material: the ideal cycle (PRI of ISO 22400-2), from a day on.

import { date, decimal, defineResource, reference, text } from '../../platform/kit/resource.ts';

export const productionStandards = defineResource({
  name: 'production-standards',
  singular: 'production standard',
  table: 'production_standards',
  scope: 'plant',
  title: 'materialId',
  key: ['machineId', 'materialId', 'operation', 'validFrom'],
  order: 'validFrom',
  fields: {
    /** The machine's. */
    plantId: reference('plants', { required: true, readOnly: true }),
    machineId: reference('machines', { required: true, fixed: true, title: 'display_name' }),
    materialId: reference('materials', { required: true, fixed: true, title: 'code' }),
    /** Empty: for any operation that has none of its own. */
    operation: text({ fixed: true, default: '', search: true, maxLength: 50 }),
    /** A day of the machine's plant. */
    validFrom: date({ required: true, sort: true }),
    /** One of these two: seconds a piece, or pieces an hour. */
    idealCycleS: decimal({ minimum: 1e-6, maximum: 1e9, unit: 's' }),
    piecesPerHour: decimal({ minimum: 1e-6, maximum: 1e9 }),
    /** What figures are made with: seconds a piece, from whichever was given. */
    idealCycle: decimal({ required: true, readOnly: true, unit: 's' }),
    /** Cavities or pack size: pieces in one count of the machine. */
    piecesPerCount: decimal({ required: true, default: 1, minimum: 1e-6, maximum: 1e9 }),
  },
});
