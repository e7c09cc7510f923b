// Calendars: when a plant works. A calendar has shifts and a rotation; exceptions change single days;
// machines follow a calendar themselves, their lane's, or their plant's. What comes of it are shift
// instances: one for each machine and shift, never overlapping, 60 days ahead.
//
// States of a shift instance: open → ended → closed → restated (sql/0016_calendars.sql).
//
// Tables: mes.calendars, mes.shifts, mes.shift_breaks, mes.calendar_days, mes.calendar_exceptions,
// mes.work_center_shifts, mes.shift_instances, mes.shift_instance_breaks, mes.shift_horizons, and what
// corrections replaced: mes.shift_instance_versions.
// Permissions: calendars.*, calendar-exceptions.*, work-center-shifts.*, shifts.read, .overtime, .correct.
export { extendShifts } from './extend.ts';
export type { CalendarFaults } from './faults.ts';
export { materialiseWhatFits } from './materialise.ts';
export { calendarExceptionRules, calendarRules, workCenterShiftRules } from './record-rules.ts';
export { calendarExceptions, calendars, shifts, workCenterShifts } from './resource.ts';
export { calendarsRoutes } from './routes.ts';
export type { Preview } from './schema.ts';
export { starterPlan } from './starters.ts';
