// How each route is asked about rows of a world: one line per route. A route without a line fails the
// matrix by name. Ids come from the world, so that the matrix can put another world's in their place; texts
// that are written are nobody's, so that no world gets the other's marker.

import type { Person, Records } from './records.ts';
import { calendarEntries } from './requests-calendars.ts';
import { counterEntries } from './requests-counters.ts';
import { edgeEntries } from './requests-edge.ts';
import { kpiEntries } from './requests-kpi.ts';
import { machineEntries } from './requests-machines.ts';
import { materialEntries } from './requests-materials.ts';
import { metricsEntries } from './requests-metrics.ts';
import { orderEntries } from './requests-orders.ts';
import { shiftEntries } from './requests-shifts.ts';

export interface Request {
  readonly path?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  /** A text goes as CSV. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Entry {
  /** `by` is who asks; he is of the same world where the request is an honest one. */
  readonly ask: (world: Records, by: Person) => Request | Promise<Request>;
  /** Who asks loses or changes his own sign-in by it: somebody is made for it alone. */
  readonly alone?: true;
  /** The request is proven by what it carries, not by who asks: only guesses are tried. */
  readonly bearer?: true;
  /** Its answer has no row in it, or the same for everybody: why. A command must still change rows. */
  readonly silent?: string;
  /** A key or a device is refused it, whatever it may do: it is a person's. */
  readonly personal?: true;
  /** Asked at the very end: it takes everything away. */
  readonly last?: true;
}

const version = 1;
const reason = 'as tried by the matrix';
const period = () => ({
  from: new Date(Date.now() - 86_400_000).toISOString(),
  to: new Date(Date.now() + 60_000).toISOString(),
});
const archived = { archived_at: new Date('2026-01-01T00:00:00Z') };
const cookie = (name: string, value: string) => ({ cookie: `${name}=${value}` });
const newPassword = 'a quite different lantern';
/** All routes of a resource of the kit. */
export function ofResource(
  name: string,
  about: {
    /** Makes a row with the world's marker in it, and with these columns. */
    make: (world: Records, row?: object) => Promise<number>;
    create: (world: Records) => object | Promise<object>;
    change: object;
    csv: (world: Records) => string | Promise<string>;
    filter?: (world: Records) => Readonly<Record<string, unknown>>;
  },
): Record<string, Entry> {
  const { make, create, change, csv, filter = () => ({}) } = about;
  const one = async (w: Records, row = {}) => ({ path: { id: await make(w, row) } });
  return {
    [`GET /${name}`]: {
      ask: async (w) => {
        await make(w);
        return { query: { search: w.sign, ...filter(w) } };
      },
    },
    [`POST /${name}`]: { ask: async (w) => ({ body: await create(w) }) },
    [`GET /${name}/{id}`]: { ask: (w) => one(w) },
    [`PATCH /${name}/{id}`]: { ask: async (w) => ({ ...(await one(w)), body: { version, ...change } }) },
    [`DELETE /${name}/{id}`]: { ask: async (w) => ({ ...(await one(w)), query: { version } }) },
    [`GET /${name}/{id}/history`]: { ask: (w) => one(w), silent: 'it has no history yet' },
    [`POST /${name}/{id}/restore`]: { ask: async (w) => ({ ...(await one(w, archived)), body: { version } }) },
    [`GET /${name}/export.csv`]: { ask: (w) => ({ query: filter(w) }) },
    [`POST /${name}/import`]: { ask: async (w) => ({ body: await csv(w) }) },
  };
}

export const entries: Readonly<Record<string, Entry>> = {
  'GET /session': { ask: () => ({}) },
  'GET /permissions': { ask: () => ({}), silent: 'permissions are the same for all' },
  'GET /health': { ask: () => ({}), silent: 'it tells of the installation' },
  'GET /setup': { ask: () => ({}), silent: 'it tells of the installation' },

  'POST /auth/login': { ask: async (w, by) => ({ body: { email: by.email, password: w.password } }), alone: true },
  'POST /auth/refresh': {
    ask: (_, by) => ({ headers: cookie('unison_refresh', by.refreshToken) }),
    bearer: true,
    alone: true,
  },
  'POST /auth/logout': {
    ask: (_, by) => ({ headers: cookie('unison_refresh', by.refreshToken) }),
    bearer: true,
    alone: true,
    silent: 'nothing is answered',
  },
  'POST /auth/logout-everywhere': { ask: () => ({}), alone: true, silent: 'nothing is answered' },
  'GET /auth/sessions': { ask: () => ({}) },
  'DELETE /auth/sessions/{id}': {
    ask: (_, by) => ({ path: { id: by.sessionId } }),
    alone: true,
    silent: 'nothing is answered',
  },
  'GET /auth/organizations': { ask: () => ({}) },
  'POST /auth/switch-organization': { ask: (w) => ({ body: { organizationId: w.id } }), alone: true },
  'POST /auth/change-password': {
    ask: (w) => ({ body: { oldPassword: w.password, newPassword } }),
    alone: true,
    silent: 'nothing is answered',
  },
  'POST /auth/change-pin': {
    ask: (w) => ({ body: { password: w.password, pin: '4826' } }),
    alone: true,
    silent: 'nothing is answered',
  },
  'POST /auth/reset-password': {
    ask: async (w, by) => ({ body: { token: await w.resetToken(by.userId), password: newPassword } }),
    bearer: true,
    alone: true,
    silent: 'nothing is answered',
  },

  'GET /organizations': { ask: () => ({}) },
  'GET /organizations/{id}': { ask: (w) => ({ path: { id: w.id } }) },
  'GET /organizations/{id}/history': { ask: (w) => ({ path: { id: w.id } }), silent: 'it has no history yet' },
  'PATCH /organizations/{id}': {
    ask: async (w) => ({ path: { id: w.id }, body: { version: await w.version(), name: `Renamed ${w.next()}` } }),
    silent: 'it has its new name only',
  },

  'GET /plants': { ask: (w) => ({ query: { search: w.sign } }) },
  'POST /plants': { ask: (w) => ({ body: { name: `New ${w.next()}`, timeZone: 'Europe/Berlin', reason } }) },
  'GET /plants/{id}': { ask: (w) => ({ path: { id: w.plantId } }) },
  'PATCH /plants/{id}': {
    ask: async (w) => ({ path: { id: await w.plant() }, body: { version, timeZone: 'Europe/Rome' } }),
  },
  'DELETE /plants/{id}': { ask: async (w) => ({ path: { id: await w.plant() }, query: { version } }) },
  'GET /plants/{id}/history': { ask: (w) => ({ path: { id: w.plantId } }) },
  'POST /plants/{id}/restore': { ask: async (w) => ({ path: { id: await w.plant(archived) }, body: { version } }) },
  'GET /plants/export.csv': { ask: (w) => ({ query: { name: w.mark.plant } }) },
  'POST /plants/import': { ask: (w) => ({ body: `name,timeZone\nNew ${w.next()},Europe/Berlin\n` }) },

  ...ofResource('departments', {
    make: (w, row) => w.department(row),
    create: (w) => ({ plantId: w.plantId, code: `N${w.next()}`, name: 'New' }),
    change: { description: 'x' },
    csv: (w) => `plantId,code,name\n${w.mark.plant},M${w.next()},Made\n`,
    filter: (w) => ({ plantId: w.plantId }),
  }),

  'GET /roles': { ask: (w) => ({ query: { search: w.sign } }) },
  'POST /roles': {
    ask: (w) => ({ body: { roleCode: `made${w.next()}`, roleName: 'Made', permissions: ['plants.read'] } }),
  },
  'GET /roles/{id}': { ask: (w) => ({ path: { id: w.rows.role } }) },
  'PATCH /roles/{id}': {
    ask: async (w) => ({ path: { id: await w.role() }, body: { version, permissions: ['plants.read'] } }),
  },
  'DELETE /roles/{id}': { ask: async (w) => ({ path: { id: await w.role() }, query: { version } }) },
  'GET /roles/{id}/holders': { ask: (w) => ({ path: { id: w.rows.role } }) },
  'GET /roles/{id}/history': { ask: async (w) => ({ path: { id: await w.role() } }), silent: 'it has no history yet' },
  'POST /roles/{id}/restore': { ask: async (w) => ({ path: { id: await w.role(archived) }, body: { version } }) },

  'GET /users': { ask: (w) => ({ query: { search: w.sign } }) },
  'POST /users': {
    ask: async (w) => ({
      body: {
        displayName: 'New',
        email: `new${w.next()}@example.com`,
        roles: [{ roleId: await w.role(), plantId: w.plantId }],
      },
    }),
  },
  'GET /users/{id}': { ask: (w) => ({ path: { id: w.rows.user } }) },
  'PATCH /users/{id}': {
    ask: async (w) => ({
      path: { id: (await w.person()).userId },
      body: { version, email: `new${w.next()}@example.com` },
    }),
  },
  'DELETE /users/{id}': { ask: async (w) => ({ path: { id: (await w.person()).userId }, query: { version } }) },
  'GET /users/{id}/history': {
    ask: async (w) => ({ path: { id: (await w.person()).userId } }),
    silent: 'it has no history yet',
  },
  'POST /users/{id}/restore': { ask: async (w) => ({ path: { id: await w.archivedUser() }, body: { version: 2 } }) },
  'GET /users/export.csv': { ask: (w) => ({ query: { search: w.sign } }) },
  'POST /users/import': {
    ask: async (w) => ({
      body: `displayName,badge,roles,plants\nNew,B${w.next()},viewer@${w.mark.plant},${w.mark.plant}\n`,
    }),
  },
  'GET /users/{id}/sign-in': { ask: (w) => ({ path: { id: w.rows.user } }), silent: 'it tells yes or no' },
  'PUT /users/{id}/pin': {
    ask: async (w) => ({ path: { id: (await w.person()).userId }, body: { pin: '4826' } }),
    silent: 'nothing is answered',
  },
  'POST /users/{id}/reset-link': {
    ask: async (w) => ({ path: { id: (await w.person()).userId }, body: { by: 'link' } }),
  },
  'POST /users/{id}/unlock': {
    ask: async (w) => ({ path: { id: (await w.person()).userId } }),
    silent: 'nothing is answered',
  },
  'POST /users/{id}/sign-out': {
    ask: async (w) => ({ path: { id: (await w.person()).userId } }),
    silent: 'nothing is answered',
  },
  'GET /users/{id}/access': { ask: (w) => ({ path: { id: w.rows.user } }) },
  'PUT /users/{id}/roles': {
    ask: async (w) => ({
      path: { id: (await w.person({ roleCode: null })).userId },
      body: { version, roles: [{ roleId: await w.role(), plantId: w.plantId }] },
    }),
  },
  'PUT /users/{id}/plant-access': {
    ask: async (w) => ({
      path: { id: (await w.person({ roleCode: null })).userId },
      body: { version, allPlants: false, plantIds: [w.plantId] },
    }),
  },
  'GET /paired-devices': { ask: (w) => ({ query: { plantId: w.plantId, search: w.sign } }) },
  'POST /paired-devices': { ask: (w) => ({ body: { plantId: w.plantId, kind: 'tablet', name: 'New' } }) },
  'GET /paired-devices/{id}': { ask: (w) => ({ path: { id: w.rows.pairedDevice } }) },
  'PATCH /paired-devices/{id}': {
    ask: async (w) => ({ path: { id: (await w.pairedDevice()).id }, body: { version, name: 'Renamed' } }),
  },
  'DELETE /paired-devices/{id}': {
    ask: async (w) => ({ path: { id: (await w.pairedDevice()).id }, query: { version } }),
  },
  'GET /paired-devices/{id}/history': {
    ask: async (w) => ({ path: { id: (await w.pairedDevice()).id } }),
    silent: 'it has no history yet',
  },
  'POST /paired-devices/{id}/restore': {
    ask: async (w) => ({ path: { id: (await w.pairedDevice(archived)).id }, body: { version } }),
  },
  'POST /paired-devices/{id}/code': {
    ask: async (w) => ({ path: { id: (await w.pairedDevice()).id } }),
    silent: 'it tells a code',
  },
  'POST /device/pair': { ask: async (w) => ({ body: { code: (await w.pairedDevice()).code } }), bearer: true },
  'POST /device/session': {
    ask: async (w) => ({ headers: cookie('unison_device', (await w.pairedDevice()).token) }),
    bearer: true,
  },
  'GET /device/users': {
    ask: async (w) => ({ headers: cookie('unison_device', (await w.pairedDevice()).token) }),
    bearer: true,
  },
  'GET /profile': { ask: () => ({}) },
  'PATCH /profile': { ask: () => ({ body: { version, language: 'de' } }), alone: true },

  'GET /api-keys': { ask: () => ({}) },
  'POST /api-keys': {
    ask: async (w) => ({ body: { name: 'New', roleIds: [await w.role()], plantIds: [w.plantId], expiresAt: null } }),
  },
  'POST /api-keys/{id}/take-over': { ask: async (w) => ({ path: { id: await w.apiKey() } }), personal: true },
  'DELETE /api-keys/{id}': { ask: async (w) => ({ path: { id: await w.apiKey() } }), silent: 'nothing is answered' },

  'GET /settings': { ask: () => ({}) },
  'PUT /settings/{key}': {
    ask: async (w) => {
      await w.forgetSetting('currency');
      return { path: { key: 'currency' }, body: { value: 'CHF', version: 0 } };
    },
    silent: 'it has its new value only',
  },
  'GET /audit-logs': { ask: (w) => ({ query: { entity: 'plants', entityId: String(w.plantId) } }) },
  'GET /audit-logs/verification': { ask: () => ({}), silent: 'it tells of a chain, by hashes' },

  'GET /jobs': { ask: () => ({}) },
  'GET /jobs/own': { ask: () => ({}), silent: 'nobody has asked for one' },
  'GET /jobs/{id}': { ask: async (w) => ({ path: { id: await w.job('queued') } }) },
  'POST /jobs/{id}/cancel': { ask: async (w) => ({ path: { id: await w.job('queued') } }) },
  'POST /jobs/{id}/retry': { ask: async (w) => ({ path: { id: await w.job('dead') } }) },
  'POST /jobs/retry-dead': {
    ask: async (w) => {
      await w.job('dead', 'test.dead');
      return { body: { kind: 'test.dead' } };
    },
    silent: 'it tells a number',
  },

  'GET /now': { ask: (w) => ({ query: { plant: w.plantId } }) },
  'GET /tags/{id}/history': { ask: (w) => ({ path: { id: w.rows.textTag }, query: period() }) },
  'GET /gaps': { ask: () => ({ query: period() }) },
  'GET /ingest/agents': { ask: () => ({}) },
  'GET /live': { ask: (w) => ({ query: { plant: w.plantId } }) },

  ...edgeEntries(ofResource),
  ...machineEntries(ofResource),
  ...calendarEntries(ofResource),
  ...orderEntries(ofResource),
  ...counterEntries,
  ...metricsEntries,
  ...kpiEntries,
  ...shiftEntries,
  ...materialEntries(ofResource),

  'GET /demo-data': { ask: () => ({}), silent: 'it tells two numbers' },
  'DELETE /demo-data': { ask: () => ({}), silent: 'nothing is answered', last: true },
};

/** Routes that no organisation can be asked about, and which test asks them. */
export const elsewhere: Readonly<Record<string, string>> = {
  'POST /auth/forgot-password':
    'it takes a mail server, and says the same to all: cloud/domains/identity/forgotten.test.ts',
  'POST /setup':
    'only an installation without any organisation takes it: cloud/domains/installation/installation.test.ts',
};
