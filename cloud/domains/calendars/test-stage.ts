// The stage of the stories about calendars: plants with machines, calendars that are followed, and the shifts
// that come of them.

import { Temporal } from 'temporal-polyfill';
import { expect } from 'vitest';
import type { DatabaseKind } from '../../../test/support/database.ts';
import type { Answer, ApiUser } from '../../../test/web/api-client.ts';
import { asOwner } from '../../../test/web/plant-rows.ts';
import { startStory } from '../../../test/web/story.ts';
import { addDays, dayAt } from './rules.ts';

export const ZONE = 'Europe/Berlin';
export const reason = 'as it really was';

export interface Shown {
  readonly id: number;
  readonly name: string;
  readonly team: string | null;
  readonly kind: string;
  readonly startDay: string;
  readonly businessDate: string;
  readonly from: string;
  readonly to: string;
  readonly minutes: number;
  readonly workMinutes: number;
  readonly breaks: { from: string; to: string }[];
  readonly state: string;
  readonly version: number;
}
export interface Planned {
  readonly version: number;
  readonly anchor: string;
  readonly shifts: {
    id: number;
    name: string;
    start: string;
    end: string;
    breaks: { start: string; minutes: number }[];
  }[];
  readonly days: { shift: string; team: string | null }[][];
}

export const idOf = (answer: Answer) => (answer.body as { id: number }).id;
export const detail = (answer: Answer) => (answer.body as { detail: string }).detail;
export const fieldsOf = (answer: Answer) =>
  ((answer.body as { errors?: { path: string }[] }).errors ?? []).map(({ path }) => path);

/** Lea and Max in one organisation, Sid in another. `stop` must be called. */
export async function calendarStage(on: DatabaseKind) {
  const story = await startStory({ lea: 'North', max: 'North', sid: 'South' }, { on });
  const { lea, max, sid } = story.users;
  const owner = (query: string, values: unknown[]) => asOwner(story.database.ownerUrl, query, values);
  let number = 0;

  /** A plant with its clock, a lane, and machines in it. */
  async function newPlant({ zone = ZONE, machines = 1, name = '', lane = 'Line' } = {}) {
    number += 1;
    const plantId = idOf(await lea.ask('POST', '/plants', { name: name || `Plant ${number}`, timeZone: zone }));
    const { organizationId } = story.plants.lea;
    const own = [organizationId, plantId];
    const one = async (query: string, values: unknown[]) => Number((await owner(query, values))[0]?.['id']);
    const laneId = await one(
      'INSERT INTO mes.lanes (organization_id, plant_id, name) VALUES ($1, $2, $3) RETURNING id',
      [...own, lane],
    );
    const machineIds: number[] = [];
    for (let at = 1; at <= machines; at++) {
      const id = await one(
        'INSERT INTO mes.machines (organization_id, plant_id, name, display_name) VALUES ($1, $2, $3, $4) RETURNING id',
        [...own, `m${at}`, `Machine ${at}`],
      );
      await owner(
        "INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, valid_from) VALUES ($1, $2, $3, $4, '-infinity')",
        [...own, laneId, id],
      );
      machineIds.push(id);
    }
    return { plantId, laneId, machineIds, machine: machineIds[0] ?? 0 };
  }

  /** A calendar in which these shifts start every day: `22:00-06:00 02:00+30`. */
  async function newCalendar(plantId: number, shifts: readonly string[], more: object = {}) {
    number += 1;
    const id = idOf(await lea.ask('POST', '/calendars', { plantId, name: `Calendar ${number}`, ...more }));
    const plan = await savePlan(id, 1, shifts);
    expect(plan.status, JSON.stringify(plan.body)).toBe(200);
    return { id, plan: plan.body as Planned };
  }

  function planOf(shifts: readonly string[], names = ['Early', 'Late', 'Night']) {
    const made = shifts.map((text, at) => {
      const [times = '', ...breaks] = text.split(' ');
      const [start = '', end = ''] = times.split('-');
      const pauses = breaks.map((one) => ({ start: one.slice(0, 5), minutes: Number(one.slice(6)) }));
      return { name: names[at] ?? `Shift ${at}`, start, end, breaks: pauses };
    });
    return { anchor: '2026-01-05', shifts: made, days: [made.map(({ name }) => ({ shift: name }))] };
  }
  const savePlan = (id: number, version: number, shifts: readonly string[], as: ApiUser = lea) =>
    as.ask('PUT', `/calendars/${id}/plan`, { version, ...planOf(shifts) });

  const follow = (target: object, calendarId: number, validFrom = '2020-01-01') =>
    lea.ask('POST', '/work-center-shifts', { calendarId, validFrom, ...target });

  async function shiftsOf(machine: number, from: string, to: string, zone = ZONE): Promise<Shown[]> {
    const at = (day: string) =>
      encodeURIComponent(Temporal.PlainDate.from(day).toZonedDateTime(zone).toInstant().toString());
    const answer = await lea.get(`/shift-instances?machine=${machine}&from=${at(from)}&to=${at(to)}&limit=500`);
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return (answer.body as { items: Shown[] }).items;
  }
  const startingOn = async (machine: number, day: string, zone = ZONE) =>
    (await shiftsOf(machine, day, addDays(day, 1), zone)).filter(({ startDay }) => startDay === day);
  const brief = (shift: Shown) => `${shift.name} ${shift.minutes / 60} h`;

  const today = () => dayAt(ZONE, Date.now());
  const inDays = (days: number) => addDays(today(), days);

  return {
    story,
    lea,
    max,
    sid,
    owner,
    newPlant,
    newCalendar,
    planOf,
    savePlan,
    follow,
    shiftsOf,
    startingOn,
    brief,
    today,
    inDays,
    stop: () => story.stop(),
  };
}

export type CalendarStage = Awaited<ReturnType<typeof calendarStage>>;
