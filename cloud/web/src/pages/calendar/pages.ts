// The lists and forms around calendars: calendars themselves, days that are not as usual, who follows what,
// and planned windows.

import { calendarExceptions, calendars, workCenterShifts } from '../../../../domains/calendars/resource.ts';
import { plannedWindows } from '../../../../domains/planned-windows/resource.ts';
import { definePage } from '../../kit/page.ts';
import { CalendarEditor } from './calendar-editor.tsx';
import { WindowApproval } from './window-approval.tsx';

export const calendarsPage = definePage({
  resource: calendars,
  columns: ['name', 'plantId', 'businessDay', 'cycleDays'],
  form: ['plantId', 'name', 'businessDay', 'description'],
  details: ['plantId', 'businessDay', 'description'],
  alongside: ['plan'],
  Detail: CalendarEditor,
  words: {
    en: {
      many: 'Calendars',
      one: 'Calendar',
      create: 'New calendar',
      empty:
        'No calendar yet. Calendars say when a plant works, and availability is measured by them; press N for the first.',
      fields: {
        plantId: 'Plant',
        name: 'Name',
        businessDay: 'A night counts on',
        description: 'Description',
        anchor: 'Day 1',
        cycleDays: 'Rotation',
      },
      choices: { businessDay: { start: 'the day it starts', end: 'the day it ends' } },
    },
    de: {
      many: 'Kalender',
      one: 'Kalender',
      create: 'Neuer Kalender',
      empty:
        'Noch kein Kalender. Kalender sagen, wann ein Werk arbeitet, und daran misst sich die Verfügbarkeit; N legt den ersten an.',
      fields: {
        plantId: 'Werk',
        name: 'Name',
        businessDay: 'Eine Nacht zählt zum',
        description: 'Beschreibung',
        anchor: 'Tag 1',
        cycleDays: 'Folge',
      },
      choices: { businessDay: { start: 'Tag ihres Beginns', end: 'Tag ihres Endes' } },
    },
  },
});

export const calendarExceptionsPage = definePage({
  resource: calendarExceptions,
  columns: ['name', 'kind', 'fromDay', 'toDay', 'laneId', 'machineId', 'plantId'],
  form: [
    'plantId',
    'kind',
    'name',
    'fromDay',
    'toDay',
    'calendarId',
    'laneId',
    'machineId',
    'shiftId',
    'startTime',
    'endTime',
    'minutesBefore',
    'minutesAfter',
  ],
  filters: ['kind', 'machineId'],
  words: {
    en: {
      many: 'Holidays and exceptions',
      one: 'Exception',
      create: 'New exception',
      empty: 'No exception yet. Holidays, shutdowns, extra shifts and changed hours go here; press N for the first.',
      fields: {
        plantId: 'Plant',
        kind: 'What',
        name: 'Name',
        fromDay: 'First day',
        toDay: 'Last day',
        calendarId: 'Only with calendar',
        laneId: 'Only this lane',
        machineId: 'Only this machine',
        shiftId: 'Shift',
        startTime: 'Starts',
        endTime: 'Ends',
        minutesBefore: 'Starts earlier by',
        minutesAfter: 'Ends later by',
      },
      choices: {
        kind: {
          holiday: 'Holiday',
          shutdown: 'Shutdown',
          extra_shift: 'Extra shift',
          changed_hours: 'Changed hours',
          overtime: 'Overtime',
        },
      },
      hints: {
        shiftId: 'Whose hours change or that is longer; of a holiday: the only one that falls out',
        startTime: 'Such as 06:00',
        endTime: 'Such as 14:00',
      },
    },
    de: {
      many: 'Feiertage und Ausnahmen',
      one: 'Ausnahme',
      create: 'Neue Ausnahme',
      empty:
        'Noch keine Ausnahme. Feiertage, Stillstände, Zusatzschichten und andere Zeiten stehen hier; N legt die erste an.',
      fields: {
        plantId: 'Werk',
        kind: 'Was',
        name: 'Name',
        fromDay: 'Erster Tag',
        toDay: 'Letzter Tag',
        calendarId: 'Nur mit Kalender',
        laneId: 'Nur diese Linie',
        machineId: 'Nur diese Maschine',
        shiftId: 'Schicht',
        startTime: 'Beginnt',
        endTime: 'Endet',
        minutesBefore: 'Beginnt früher um',
        minutesAfter: 'Endet später um',
      },
      choices: {
        kind: {
          holiday: 'Feiertag',
          shutdown: 'Stillstand',
          extra_shift: 'Zusatzschicht',
          changed_hours: 'Andere Zeiten',
          overtime: 'Mehrarbeit',
        },
      },
      hints: {
        shiftId: 'Deren Zeiten sich ändern oder die länger ist; bei Feiertagen: die einzige, die ausfällt',
        startTime: 'Etwa 06:00',
        endTime: 'Etwa 14:00',
      },
    },
  },
});

export const workCenterShiftsPage = definePage({
  resource: workCenterShifts,
  columns: ['validFrom', 'validTo', 'calendarId', 'laneId', 'machineId', 'plantId'],
  form: ['plantId', 'laneId', 'machineId', 'calendarId', 'validFrom', 'validTo'],
  today: ['validFrom'],
  heading: ({ machineName, laneName, plantName, calendarName }) =>
    `${String(machineName ?? laneName ?? plantName)}: ${String(calendarName)}`,
  filters: ['calendarId'],
  words: {
    en: {
      many: 'Who follows which calendar',
      one: 'Assignment',
      create: 'New assignment',
      empty: 'Nobody follows a calendar yet. Let the plant, a lane or a machine follow one; press N.',
      fields: {
        plantId: 'Plant',
        laneId: 'Lane',
        machineId: 'Machine',
        calendarId: 'Calendar',
        validFrom: 'From',
        validTo: 'Until before',
      },
      choices: {},
      hints: {
        laneId: 'Neither lane nor machine: the whole plant',
        machineId: 'Its own calendar wins over its lane’s',
      },
    },
    de: {
      many: 'Wer welchem Kalender folgt',
      one: 'Zuordnung',
      create: 'Neue Zuordnung',
      empty: 'Noch folgt niemand einem Kalender. Lassen Sie Werk, Linie oder Maschine einem folgen; drücken Sie N.',
      fields: {
        plantId: 'Werk',
        laneId: 'Linie',
        machineId: 'Maschine',
        calendarId: 'Kalender',
        validFrom: 'Ab',
        validTo: 'Bis vor',
      },
      choices: {},
      hints: {
        laneId: 'Weder Linie noch Maschine: das ganze Werk',
        machineId: 'Ihr eigener Kalender geht vor dem der Linie',
      },
    },
  },
});

export const plannedWindowsPage = definePage({
  resource: plannedWindows,
  columns: ['name', 'fromTime', 'toTime', 'laneId', 'machineId', 'lossReasonId', 'approvedBy'],
  form: ['plantId', 'name', 'laneId', 'machineId', 'fromTime', 'toTime', 'lossReasonId'],
  filters: ['machineId'],
  Detail: WindowApproval,
  words: {
    en: {
      many: 'Planned windows',
      one: 'Planned window',
      create: 'New planned window',
      empty: 'No planned window yet. Maintenance that was agreed on costs no availability; press N for the first.',
      fields: {
        plantId: 'Plant',
        name: 'Name',
        laneId: 'Lane',
        machineId: 'Machine',
        fromTime: 'From',
        toTime: 'To',
        lossReasonId: 'Reason',
        approvedAt: 'Approved',
        approvedBy: 'Approved by',
      },
      choices: {},
    },
    de: {
      many: 'Geplante Fenster',
      one: 'Geplantes Fenster',
      create: 'Neues geplantes Fenster',
      empty: 'Noch kein geplantes Fenster. Vereinbarte Wartung kostet keine Verfügbarkeit; N legt das erste an.',
      fields: {
        plantId: 'Werk',
        name: 'Name',
        laneId: 'Linie',
        machineId: 'Maschine',
        fromTime: 'Von',
        toTime: 'Bis',
        lossReasonId: 'Grund',
        approvedAt: 'Freigegeben',
        approvedBy: 'Freigegeben von',
      },
      choices: {},
    },
  },
});
