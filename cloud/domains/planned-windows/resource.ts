// Planned windows: time in which a machine or a lane is meant to stand. Approved, it is planned time.

import { defineResource, instant, reference, text } from '../../platform/kit/resource.ts';

export const plannedWindows = defineResource({
  name: 'planned-windows',
  singular: 'planned window',
  table: 'planned_windows',
  scope: 'plant',
  title: 'name',
  key: [],
  order: 'fromTime',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    laneId: reference('lanes', {}),
    machineId: reference('machines', { title: 'display_name' }),
    fromTime: instant({ required: true, sort: true }),
    toTime: instant({ required: true, sort: true }),
    lossReasonId: reference('loss-reasons', { required: true }),
    approvedAt: instant({ readOnly: true }),
    approvedBy: text({ readOnly: true, maxLength: 200 }),
  },
});
