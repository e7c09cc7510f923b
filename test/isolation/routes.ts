// The matrix of the routes: each route of the OpenAPI document is asked by one organisation about another's
// rows, each id of a request for itself: by a person, by an API key, and by a paired device; about rows of a
// plant by somebody of another; without a token; and by somebody who may do nothing. The controls: the same
// requests by their owners, with their own key or device.
//
// An id of another organisation must be answered exactly as an id of nobody: what one learns from the
// difference is a leak, too. Attacks come first, side by side, and leave the other's rows as they were.

import pg from 'pg';
import { type Askers, type Keeper, makeAskers, type Stranger, strangersOf } from './askers.ts';
import { type Findings, saw } from './findings.ts';
import { changedTables, type Fingerprint, fingerprintQuery, takeFingerprint } from './fingerprint.ts';
import { type Leaf, leavesOf, setLeaf } from './leaves.ts';
import { makeRecords, type Person, type Records } from './records.ts';
import type { Entry, Request } from './requests.ts';
import { type Answer, send } from './send.ts';
import { SECRET, type Worlds } from './worlds.ts';

export interface RoutesOptions {
  readonly url: string;
  readonly ownerUrl: string;
  readonly worlds: Worlds;
  readonly findings: Findings;
  readonly entries: Readonly<Record<string, Entry>>;
  /** Routes that are asked somewhere else, and where. */
  readonly elsewhere: Readonly<Record<string, string>>;
  /** Narrows it for a test of this test. */
  readonly only?: (route: string) => boolean;
}

interface Route {
  /** `GET /departments/{id}` */
  readonly name: string;
  readonly entry: Entry;
  readonly isPublic: boolean;
  /** Null: it takes a sign-in only, or nothing. */
  readonly permission: string | null;
}

/** Requests on their way at once. */
const AT_ONCE = 8;

interface Ground extends RoutesOptions {
  readonly askers: Askers;
  readonly ours: Records;
  readonly theirs: Records;
  readonly us: Person;
  readonly them: Person;
  /** Ours, administrator of our other plant only. */
  readonly lodger: Person;
  /** Ours, without any role. */
  readonly guest: Person;
}

interface Attack {
  readonly route: Route;
  readonly what: string;
  readonly keeper: Keeper;
  /** Says what it found out or did. */
  readonly run: (found: (leak: string) => void) => Promise<void>;
}

export async function tryRoutes(options: RoutesOptions): Promise<void> {
  const pool = new pg.Pool({ connectionString: options.ownerUrl, max: 4 });
  const client = new pg.Client({ connectionString: options.ownerUrl });
  await client.connect();
  try {
    const { worlds, findings } = options;
    const [ours, theirs] = [await makeRecords(pool, worlds.ours), await makeRecords(pool, worlds.theirs)];
    const [us, them] = [await ours.person(), await theirs.person()];
    const lodger = await ours.person({ plantId: ours.otherPlantId });
    const guest = await ours.person({ roleCode: null });
    const askers = await makeAskers(options.url, { ours, theirs });
    const ground: Ground = { ...options, ours, theirs, us, them, lodger, guest, askers };
    const routes = await readRoutes(ground);
    const attacks = (await Promise.all(routes.map((route) => attacksOn(route, ground)))).flat();
    const query = await fingerprintQuery(client, theirs.id);
    const before = await takeFingerprint(client, query);
    await inTurn(attacks, (attack) => tryAttack(attack, findings));
    const changed = changedTables(before, await takeFingerprint(client, query)).filter((table) => !traces.has(table));
    if (changed.length > 0) findings.leaks.push(`an attack changed another organisation's ${changed.join(', ')}`);
    const owed = Map.groupBy(attacks, ({ route, keeper }) => `${route.name} by ${keeper}`);
    const reads = routes.filter(({ name }) => name.startsWith('GET '));
    await inTurn(reads, (route) => tryControls(route, { ground, owed, changes: null }));
    const ourQuery = await fingerprintQuery(client, ours.id);
    const changes = async (keeper: Keeper) => takeFingerprint(client, keeper === 'us' ? ourQuery : query);
    const writes = routes.filter(({ name }) => !name.startsWith('GET '));
    for (const route of [...writes].sort((one, other) => Number(one.entry.last ?? 0) - Number(other.entry.last ?? 0)))
      await tryControls(route, { ground, owed, changes });
  } finally {
    await Promise.all([pool.end(), client.end()]);
  }
}

/** Where a failed sign-in is on record, as it should be. */
const traces = new Set(['mes.audit_logs', 'mes.audit_unsealed', 'mes.sign_in_attempts']);

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { security?: unknown[] }>>>>;
}

async function readRoutes({ url, us, findings, entries, elsewhere, only = () => true }: Ground): Promise<Route[]> {
  const ask = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${us.token}` } })).json()) as T;
  const { paths } = await ask<Description>('/openapi.json');
  const { items } = await ask<{ items: { name: string; routes: string[] }[] }>('/permissions');
  const short = (path: string) => path.replace('/api/v1', '').replace(/:(\w+)/g, '{$1}');
  const granted = new Map(items.flatMap(({ name, routes }) => routes.map((route) => [short(route), name])));
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      name: `${method.toUpperCase()} ${short(path)}`,
      isPublic: security?.length === 0,
    })),
  );
  const names = new Set(described.map(({ name }) => name));
  for (const name of granted.keys())
    if (only(name) && !names.has(name)) findings.faults.push(`${name} is not in the OpenAPI document`);
  for (const name of Object.keys(entries))
    if (only(name) && !names.has(name)) findings.faults.push(`${name} is not there any more: take its line away`);
  return described
    .filter(({ name }) => only(name))
    .flatMap(({ name, isPublic }) => {
      saw(findings, 'routes');
      const entry = entries[name];
      if (name in elsewhere) saw(findings, 'routes tried elsewhere');
      else if (!entry) findings.faults.push(`${name} is not known: say in test/isolation/requests.ts how it is asked`);
      return entry ? [{ name, entry, isPublic, permission: granted.get(name) ?? null }] : [];
    });
}

async function tryAttack({ route, what, run }: Attack, findings: Findings): Promise<void> {
  findings.cases += 1;
  await run((leak) => void findings.leaks.push(`${route.name}, ${what}: ${leak}`));
}

async function attacksOn(route: Route, ground: Ground): Promise<Attack[]> {
  const { entry } = route;
  const { ours, theirs, us } = ground;
  const actor = async (): Promise<Stranger> => {
    const { token } = entry.alone ? await ours.person() : us;
    return { by: '', token, keeper: 'them' };
  };
  const foreign = await entry.ask(theirs, await theirs.person());
  const own = await entry.ask(ours, entry.alone ? await ours.person() : us);
  // Attacks are in vain, so that several strangers can make the same.
  const others = strangersOf(route, ground.askers);
  // To sign in with the other's whole request is to be the other.
  const whole = entry.bearer || route.name === 'POST /auth/login' ? [] : [await actor(), ...others];
  const attacks: Attack[] = whole.map((stranger) => asOneself({ route, ground, foreign, stranger }));
  for (const leaf of leavesOf(own, foreign, entry.bearer ?? false))
    attacks.push(...(await withOneId({ route, ground, leaf, strangers: [await actor(), ...others] })));
  return [...attacks, ...(await withLess({ route, ground, own, foreign }))];
}

const asker =
  ({ url }: Ground, { name }: Route) =>
  (request: Request, token: string | null) =>
    send({ url, route: name, request, token });

/** The other's whole request, by oneself. */
function asOneself(given: { route: Route; ground: Ground; foreign: Request; stranger: Stranger }): Attack {
  const { route, ground, foreign, stranger } = given;
  const { sign } = ground.theirs;
  return {
    route,
    what: `all of it another organisation’s${stranger.by}`,
    keeper: stranger.keeper,
    run: async (found) =>
      judge(await asker(ground, route)(foreign, stranger.token), {
        found,
        sign,
        echoed: JSON.stringify(foreign).includes(sign),
      }),
  };
}

/** One's own request with one id of the other in it, and with one of nobody. */
async function withOneId(given: {
  route: Route;
  ground: Ground;
  leaf: Leaf;
  strangers: readonly Stranger[];
}): Promise<Attack[]> {
  const { route, ground, leaf, strangers } = given;
  const { ours, theirs, us } = ground;
  const ask = asker(ground, route);
  const by = route.entry.alone ? await ours.person() : us;
  const mixed = setLeaf(await route.entry.ask(ours, by), leaf.at, leaf.value);
  const nobodys = setLeaf(await route.entry.ask(ours, by), leaf.at, leaf.nobody);
  return strangers.map(({ by: suffix, token, keeper }) => ({
    route,
    what: `${leaf.at.join('.')} of another organisation${suffix}`,
    keeper,
    async run(found) {
      const { sign } = theirs;
      const other = await ask(nobodys, token);
      if (route.entry.bearer) return judge(other, { found, sign, echoed: false });
      const answer = await ask(mixed, token);
      judge(answer, { found, sign, echoed: String(leaf.value).includes(sign) });
      const told = alike(answer, leaf.value);
      if (told !== alike(other, leaf.nobody)) found(`told from nobody’s: ${told} and ${alike(other, leaf.nobody)}`);
    },
  }));
}

/** One's own request with less right to it: no token, no permission, or the permission in another plant. */
async function withLess(given: { route: Route; ground: Ground; own: Request; foreign: Request }): Promise<Attack[]> {
  const { route, ground, own, foreign } = given;
  const { name, entry, isPublic, permission } = route;
  const { ours, us, lodger, guest, askers } = ground;
  const ask = asker(ground, route);
  const answers = (what: string, token: string | null, wanted: number): Attack => ({
    route,
    what,
    keeper: 'them',
    async run(found) {
      const { status } = await ask(own, token);
      if (status !== wanted) found(`answered ${status}`);
    },
  });
  const less = isPublic ? [] : [answers('without a token', null, 401)];
  if (permission === null) return less;
  if (!askers.deviceMay.has(permission)) less.push(answers('by a device, which may not', askers.ourDevice, 403));
  const inPlant = await entry.ask(ours, us);
  const elsewhere: Attack = {
    route,
    what: 'from another plant',
    // Some things can be done by nobody but them.
    keeper: entry.last ? 'them' : 'us',
    async run(found) {
      const answer = await ask(inPlant, lodger.token);
      const sign = ours.mark.plant;
      judge(answer, { found, sign, echoed: JSON.stringify(inPlant).includes(sign) });
      const about = leavesOf(inPlant, foreign, false).length > 0;
      if (!name.startsWith('GET ') && about && answer.status < 300) found(`done: ${answer.status}`);
    },
  };
  return [...less, answers('without the permission', guest.token, 403), elsewhere];
}

/** Whether an answer tells what its reader must not know. */
function judge(
  { status, text }: Answer,
  { found, sign, echoed }: { found: (leak: string) => void; sign: string; echoed: boolean },
): void {
  if (text.includes(SECRET)) found(`a secret is answered: ${text}`);
  if (status >= 500) found(`${status}: ${text}`);
  // What one asks with may come back in a refusal, and in no row.
  if (text.includes(sign) && !(echoed && status >= 400))
    found(`answered ${status} with ${text.slice(text.indexOf(sign) - 80, text.indexOf(sign) + 80)}`);
}

/** What an answer says whatever the id was: its status, and the words of a refusal. Names of ours differ by request. */
function alike({ status, text }: Answer, value: unknown): string {
  if (status < 400) return String(status);
  const body = text.slice(text.indexOf('\n\n')).replace(/"(requestId|status)":("[^"]*"|\d+)/g, '');
  return `${status} ${body.replaceAll(new RegExp(`\\b${String(value)}\\b`, 'g'), '…').replaceAll(/zq(ours|theirs|nobody)\w*/g, '…')}`;
}

/** The honest requests that the attacks of a route were made from: theirs by themselves, ours by ourselves. */
async function tryControls(
  route: Route,
  options: {
    ground: Ground;
    owed: ReadonlyMap<string, readonly Attack[]>;
    /** Of what a command does; null for a question. */
    changes: ((keeper: Keeper) => Promise<Fingerprint>) | null;
  },
): Promise<void> {
  const { ground, owed, changes } = options;
  const { findings, askers } = ground;
  const { name, entry } = route;
  for (const keeper of ['them', 'us', 'their key', 'their device'] as const) {
    const count = owed.get(`${name} by ${keeper}`)?.length ?? 0;
    if (count === 0) continue;
    const records = keeper === 'us' ? ground.ours : ground.theirs;
    const by = entry.alone ? await records.person() : keeper === 'us' ? ground.us : ground.them;
    const token = { them: by.token, us: by.token, 'their key': askers.theirKey, 'their device': askers.theirDevice };
    const request = await entry.ask(records, by);
    const before = await changes?.(keeper);
    const { status, text } = await send({ url: ground.url, route: name, request, token: token[keeper] });
    const changed = before && changes && changedTables(before, await changes(keeper)).length > 0;
    const shown = text.includes(records.sign) || (entry.silent !== undefined && !changes);
    if (text.includes(SECRET)) findings.leaks.push(`${name}: a secret is answered: ${text}`);
    // What belongs to a person is refused to its owner's key, too.
    const isPerson = keeper === 'them' || keeper === 'us';
    const refused = status === 403 || (route.permission === null && status === 404);
    const personal = !isPerson && refused && (entry.personal || route.permission === null);
    if (personal) saw(findings, `refusals to ${keeper === 'their key' ? 'keys' : 'devices'}, as a person’s`, count);
    else if (!isPerson) saw(findings, `cases by ${keeper === 'their key' ? 'keys' : 'devices'}`, count);
    if (personal || (status < 300 && (shown || changed))) findings.controls += count;
    else
      findings.faults.push(
        `${name}: its control by ${keeper} came to ${status} ${text.slice(text.indexOf('\n\n') + 2)}`,
      );
  }
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
    }),
  );
}
