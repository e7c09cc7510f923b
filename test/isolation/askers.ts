// Who asks a route besides people: an API key with all rights of its organisation, and a paired device with
// those of its role. Both in two organisations: a stranger, and the owner who is the stranger's control.

import type { Records } from './records.ts';
import type { Entry } from './requests.ts';

/** Whose honest request is the control of an attack. */
export type Keeper = 'them' | 'us' | 'their key' | 'their device';

export interface Askers {
  readonly ourKey: string;
  readonly theirKey: string;
  readonly ourDevice: string;
  readonly theirDevice: string;
  /** What a device of this kind may do. */
  readonly deviceMay: ReadonlySet<string>;
}

export interface AskedRoute {
  readonly entry: Entry;
  readonly isPublic: boolean;
  /** Null: it takes a sign-in only, or nothing. */
  readonly permission: string | null;
}

/** A stranger who is no person, and who proves that it is the organisation that keeps him out. */
export interface Stranger {
  /** Ends what is said of an attack. */
  readonly by: string;
  readonly token: string;
  readonly keeper: Keeper;
}

export async function makeAskers(url: string, { ours, theirs }: { ours: Records; theirs: Records }): Promise<Askers> {
  const tv = { kind: 'tv' };
  const [ourDevice, theirDevice] = [(await ours.pairedDevice(tv)).session, (await theirs.pairedDevice(tv)).session];
  const session = await fetch(`${url}/api/v1/session`, { headers: { authorization: `Bearer ${ourDevice}` } });
  const { permissions } = (await session.json()) as { permissions: { name: string }[] };
  const deviceMay = new Set(permissions.map(({ name }) => name));
  return { ourKey: await ours.key(), theirKey: await theirs.key(), ourDevice, theirDevice, deviceMay };
}

/** Those who ask a route: keys each that does not take its proof from the request, devices those that let them. */
export function strangersOf({ entry, isPublic, permission }: AskedRoute, askers: Askers): Stranger[] {
  if (isPublic || entry.bearer) return [];
  // What can be done only once is proven by a person.
  const keeper = (own: Keeper): Keeper => (entry.last ? 'them' : own);
  const key: Stranger = { by: ', by an API key', token: askers.ourKey, keeper: keeper('their key') };
  const device: Stranger = { by: ', by a device', token: askers.ourDevice, keeper: keeper('their device') };
  return permission === null || askers.deviceMay.has(permission) ? [key, device] : [key];
}
