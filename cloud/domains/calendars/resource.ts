// Calendars, and what is plain about them: the shifts they have, days that are not as usual, and who follows
// which. The rotation itself is saved as a whole (service.ts).

import { choice, date, defineResource, integer, reference, text } from '../../platform/kit/resource.ts';

const time = { source: '^([01][0-9]|2[0-3]):[0-5][0-9]$', says: 'a time like 06:00' };

export const calendars = defineResource({
  name: 'calendars',
  singular: 'calendar',
  table: 'calendars',
  scope: 'plant',
  title: 'name',
  key: ['plantId', 'name'],
  order: 'name',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    businessDay: choice(['start', 'end'], { required: true, default: 'start' }),
    description: text({ multiline: true, maxLength: 1000 }),
    anchor: date({ required: true, readOnly: true }),
    cycleDays: integer({ required: true, readOnly: true, unit: 'd' }),
  },
});

export const shifts = defineResource({
  name: 'shifts',
  singular: 'shift',
  table: 'shifts',
  scope: 'plant',
  title: 'name',
  key: [],
  order: 'name',
  offers: ['list', 'get'],
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    calendarId: reference('calendars', { required: true, fixed: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 60 }),
    startTime: text({ required: true, sort: true, pattern: time, maxLength: 5 }),
    endTime: text({ required: true, pattern: time, maxLength: 5 }),
  },
});

export const calendarExceptions = defineResource({
  name: 'calendar-exceptions',
  singular: 'exception',
  table: 'calendar_exceptions',
  scope: 'plant',
  title: 'name',
  key: [],
  order: 'fromDay',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    kind: choice(['holiday', 'shutdown', 'extra_shift', 'changed_hours', 'overtime'], { required: true, sort: true }),
    name: text({ required: true, sort: true, search: true, maxLength: 100 }),
    fromDay: date({ required: true, sort: true }),
    toDay: date({ required: true, sort: true }),
    calendarId: reference('calendars', {}),
    laneId: reference('lanes', {}),
    machineId: reference('machines', { title: 'display_name' }),
    shiftId: reference('shifts', {}),
    startTime: text({ pattern: time, maxLength: 5 }),
    endTime: text({ pattern: time, maxLength: 5 }),
    minutesBefore: integer({ required: true, maximum: 720, unit: 'min', default: 0 }),
    minutesAfter: integer({ required: true, maximum: 720, unit: 'min', default: 0 }),
  },
});

export const workCenterShifts = defineResource({
  name: 'work-center-shifts',
  singular: 'assignment',
  table: 'work_center_shifts',
  scope: 'plant',
  title: 'validFrom',
  key: [],
  order: 'validFrom',
  fields: {
    plantId: reference('plants', { required: true, fixed: true }),
    laneId: reference('lanes', { fixed: true }),
    machineId: reference('machines', { fixed: true, title: 'display_name' }),
    calendarId: reference('calendars', { required: true }),
    validFrom: date({ required: true, sort: true }),
    validTo: date({}),
  },
});
