// How the routes of calendars, shifts and planned windows are asked by the matrix (requests.ts).

import type { Records } from './records.ts';
import type { Entry, ofResource } from './requests.ts';

const version = 1;
const here = (w: Records) => ({ organization_id: w.id, plant_id: w.plantId });
const named = (w: Records): string => `${w.mark.plant}x${w.next()}`;
/** A day of its own, so that nobody's shifts meet. */
const day = (w: Records): string => `${2030 + (w.next() % 900)}-01-01`;

const calendar = (w: Records, row: object = {}): Promise<number> =>
  w.insert('calendars', { ...here(w), name: named(w), ...row });

async function shift(w: Records): Promise<{ calendarId: number; shiftId: number }> {
  const calendarId = await calendar(w);
  const times = { start_time: '06:00', end_time: '14:00' };
  const shiftId = await w.insert('shifts', { ...here(w), calendar_id: calendarId, name: named(w), ...times });
  await w.insert('calendar_days', { ...here(w), calendar_id: calendarId, day: 0, shift_id: shiftId });
  return { calendarId, shiftId };
}

const machine = (w: Records, display_name = named(w)): Promise<number> =>
  w.insert('machines', { ...here(w), name: `m${w.next()}`, display_name });

function exception(w: Records, row: object = {}): Promise<number> {
  const on = day(w);
  return w.insert('calendar_exceptions', {
    ...here(w),
    kind: 'holiday',
    name: named(w),
    from_day: on,
    to_day: on,
    ...row,
  });
}

async function assignment(w: Records, row: object = {}): Promise<number> {
  const made = { machine_id: await machine(w), calendar_id: await calendar(w), valid_from: day(w) };
  return w.insert('work_center_shifts', { ...here(w), ...made, ...row });
}

const planned = (w: Records, name = `${w.mark.organization}x${w.next()}`): Promise<number> =>
  w.insert('loss_reasons', { organization_id: w.id, code: `P${w.next()}`, name, category: 'planned_stop' });
const hours = { from: '2031-01-01T06:00:00Z', to: '2031-01-01T07:00:00Z' };

async function plannedWindow(w: Records, row: object = {}): Promise<number> {
  const span = { from_time: new Date(hours.from), to_time: new Date(hours.to) };
  const made = { machine_id: await machine(w), loss_reason_id: await planned(w), name: named(w), ...span };
  return w.insert('planned_windows', { ...here(w), ...made, ...row });
}

async function instance(w: Records): Promise<number> {
  const machine_id = await machine(w);
  const span = { from_time: new Date(hours.from), to_time: new Date(hours.to) };
  const on = { start_day: '2031-01-01', business_date: '2031-01-01' };
  await w.insert('shift_instances', { ...here(w), machine_id, name: named(w), kind: 'regular', ...on, ...span });
  return machine_id;
}

async function corrected(w: Records): Promise<number> {
  const machine_id = await machine(w);
  const span = { from_time: new Date(hours.from), to_time: new Date(hours.to), replaced_at: new Date(hours.to) };
  const on = { start_day: '2031-01-01', business_date: '2031-01-01' };
  const was = {
    shift_instance_id: w.next(),
    name: named(w),
    kind: 'regular',
    breaks: '{}',
    state: 'closed',
    version: 1,
  };
  const why = { outcome: 'cancelled', reason: named(w), replaced_by: named(w) };
  await w.insert('shift_instance_versions', { ...here(w), machine_id, ...was, ...on, ...span, ...why });
  return machine_id;
}

const plan = {
  version,
  anchor: '2026-01-05',
  shifts: [{ name: 'A', start: '06:00', end: '14:00', breaks: [] }],
  days: [[]],
};
const asPlant = (w: Records) => ({ plantId: w.plantId });

export const calendarEntries = (resource: typeof ofResource): Readonly<Record<string, Entry>> => ({
  ...resource('calendars', {
    make: calendar,
    create: (w) => ({ plantId: w.plantId, name: `New ${w.next()}` }),
    change: { description: 'x' },
    csv: (w) => `plantId,name\n${w.mark.plant},Made ${w.next()}\n`,
    filter: asPlant,
  }),
  'GET /calendars/{id}/plan': { ask: async (w) => ({ path: { id: (await shift(w)).calendarId } }) },
  'PUT /calendars/{id}/plan': {
    ask: async (w) => ({ path: { id: await calendar(w) }, body: plan }),
    silent: 'it has its new rotation only',
  },
  'POST /calendars/{id}/apply-pattern': {
    ask: async (w) => ({ path: { id: await calendar(w) }, body: { version, pattern: '3x8' } }),
    silent: 'it has its new rotation only',
  },
  'GET /calendars/{id}/preview': {
    ask: async (w) => ({ path: { id: (await shift(w)).calendarId }, query: { from: '2031-01-01', to: '2031-01-15' } }),
  },
  'GET /shifts': {
    ask: async (w) => {
      await shift(w);
      return { query: { search: w.sign, plantId: w.plantId } };
    },
  },
  'GET /shifts/{id}': { ask: async (w) => ({ path: { id: (await shift(w)).shiftId } }) },
  'GET /shifts/{id}/history': {
    ask: async (w) => ({ path: { id: (await shift(w)).shiftId } }),
    silent: 'it has no history yet',
  },
  ...resource('calendar-exceptions', {
    make: exception,
    create: (w) => ({ plantId: w.plantId, kind: 'holiday', name: 'New', fromDay: '2031-02-01', toDay: '2031-02-01' }),
    change: { name: 'Changed' },
    csv: (w) => `plantId,kind,name,fromDay,toDay\n${w.mark.plant},holiday,Made,2031-02-02,2031-02-02\n`,
    filter: asPlant,
  }),
  'POST /calendar-exceptions/holidays': {
    ask: (w) => ({ body: { plantId: w.plantId, text: `${day(w)}, New` } }),
    silent: 'numbers are answered',
  },
  ...resource('work-center-shifts', {
    make: assignment,
    create: () => ({}),
    change: { validTo: '2999-01-01' },
    csv: (w) => `plantId,calendarId,validFrom\n${w.mark.plant},${w.mark.plant},${day(w)}\n`,
    filter: asPlant,
  }),
  'GET /work-center-shifts': {
    ask: async (w) => {
      await assignment(w);
      return { query: { plantId: w.plantId } };
    },
  },
  'POST /work-center-shifts': {
    ask: async (w) => {
      const [machineId, calendarId] = [await machine(w), await calendar(w)];
      return { body: { plantId: w.plantId, machineId, calendarId, validFrom: day(w) } };
    },
  },
  'POST /work-center-shifts/import': {
    ask: async (w) => {
      const name = named(w);
      await calendar(w, { name });
      return { body: `plantId,calendarId,validFrom\n${w.mark.plant},${name},${day(w)}\n` };
    },
  },
  ...resource('planned-windows', {
    make: plannedWindow,
    create: () => ({}),
    change: { name: 'Changed' },
    csv: () => '',
    filter: asPlant,
  }),
  'POST /planned-windows': {
    ask: async (w) => {
      const [machineId, lossReasonId] = [await machine(w), await planned(w)];
      const times = { fromTime: hours.from, toTime: hours.to };
      return { body: { plantId: w.plantId, machineId, lossReasonId, name: 'New', ...times } };
    },
  },
  'POST /planned-windows/import': {
    ask: async (w) => {
      const [machineName, reasonName] = [named(w), `${w.mark.organization}x${w.next()}`];
      await machine(w, machineName);
      await planned(w, reasonName);
      const times = `${hours.from},${hours.to}`;
      return {
        body: `plantId,machineId,lossReasonId,name,fromTime,toTime\n${w.mark.plant},${machineName},${reasonName},Made,${times}\n`,
      };
    },
  },
  'POST /planned-windows/{id}/approve': {
    ask: async (w) => ({ path: { id: await plannedWindow(w) }, body: { version } }),
  },
  'POST /shifts/overtime': {
    ask: async (w) => ({
      body: { plantId: w.plantId, machineId: await machine(w), day: day(w), start: '06:00', end: '07:00' },
    }),
    silent: 'the id of the exception is answered',
  },
  'GET /shift-instances': { ask: async (w) => ({ query: { machine: await instance(w), ...hours } }) },
  'GET /shift-instances/versions': { ask: async (w) => ({ query: { machine: await corrected(w), ...hours } }) },
  'POST /shift-instances/correct': {
    ask: async (w) => ({
      body: {
        plantId: w.plantId,
        machineId: await machine(w),
        from: '2026-02-02',
        to: '2026-02-02',
        reason: 'as tried',
      },
    }),
    silent: 'numbers are answered',
  },
});
