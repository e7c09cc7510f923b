// The matrix of the database: every relation × select, insert, update, delete × (another organisation, no
// organisation, an emptied one, another plant) × each role that stands behind the fence, and rows given away.
//
// Triggers and foreign keys are off while it looks: only grants and policies may refuse. The control of a
// command that a role was never granted is the same statement by the owner of the database: the row is
// there, and the statement would have done it. Everything is rolled back.

import pg from 'pg';
import { type Command, type Relation, type Role, readRelations, roles } from './catalogue.ts';
import { type Findings, saw } from './findings.ts';
import type { World, Worlds } from './worlds.ts';

const REFUSED = '42501';
/** A view over several tables is written to by nobody. */
const NO_WAY_THROUGH = /^55000 cannot (insert into|update|delete from) view/;

/** Whose rows a transaction may see; `organization` null: nothing was ever set. */
interface Setting {
  readonly name: string;
  readonly organization: number | '' | null;
  readonly plants: string;
}

interface Statement {
  readonly command: Command;
  readonly what: string;
  readonly text: string;
  /** Done by the owner of the database before it. */
  readonly before?: string;
  /** Shows that the row is there, in place of the statement itself. */
  readonly control?: string;
}

interface Attempt extends Statement {
  readonly relation: Relation;
  readonly role: Role;
  readonly stranger: Setting;
  /** Who may. */
  readonly keeper: Setting;
  /** Nobody but the owner of the database may do this. */
  readonly nobodys?: true;
}

/** Where a plant's fence is open on purpose: a new plant is on nobody's list yet. */
const openToOtherPlants = new Set(['insert mes.plants']);

interface Ground {
  /** As the superuser. */
  readonly client: pg.Client;
  /** As the superuser, on a connection where no setting was ever made. */
  readonly bare: pg.Client;
  readonly worlds: Worlds;
  readonly findings: Findings;
}

/** Tries every relation of the database; `only` narrows it for a test of this test. */
export async function tryTables(options: {
  ownerUrl: string;
  worlds: Worlds;
  findings: Findings;
  only?: (relation: Relation) => boolean;
}): Promise<void> {
  const { ownerUrl, worlds, findings, only = () => true } = options;
  const client = new pg.Client({ connectionString: ownerUrl });
  const bare = new pg.Client({ connectionString: ownerUrl });
  await Promise.all([client.connect(), bare.connect()]);
  try {
    for (const relation of (await readRelations(client)).filter(only))
      await tryRelation(relation, { client, bare, worlds, findings });
  } finally {
    await Promise.all([client.end(), bare.end()]);
  }
}

async function tryRelation(relation: Relation, ground: Ground): Promise<void> {
  const { client, bare, findings } = ground;
  for (const each of [client, bare]) await each.query("BEGIN; SET LOCAL session_replication_role = 'replica'");
  try {
    if (relation.owner === null) await lookThrough(relation, ground);
    else {
      saw(findings, relation.kind);
      for (const role of roles)
        for (const attempt of await attemptsOn(relation, role, ground)) await tryAttempt(attempt, ground);
    }
  } finally {
    for (const each of [client, bare]) await each.query('ROLLBACK');
  }
}

async function tryAttempt(attempt: Attempt, { client, bare, findings }: Ground): Promise<void> {
  const { relation, role, command, what, stranger, keeper, nobodys } = attempt;
  const name = `${role}: ${what} ${relation.name} ${stranger.name}`;
  findings.cases += 1;
  const got = await run(stranger.organization === null ? bare : client, attempt, { role, setting: stranger });
  if (typeof got === 'number' && got > 0) findings.leaks.push(`${name}: ${got} rows`);
  const closed = got === REFUSED || (relation.kind === 'views' && NO_WAY_THROUGH.test(String(got)));
  if (typeof got === 'string' && !closed) findings.faults.push(`${name} failed for another reason: ${got}`);
  const mayAtAll = !nobodys && relation.granted[role][command].length > 0;
  // TimescaleDB cannot write through a view, not even for its owner: that the row is seen there must do.
  const control = attempt.control
    ? await run(client, { ...attempt, text: attempt.control }, { role, setting: keeper })
    : await run(client, attempt, { role: mayAtAll ? role : null, setting: keeper });
  if (typeof control === 'number' && control > 0) findings.controls += 1;
  else findings.faults.push(`${name}: its control, ${keeper.name}, came to ${control}`);
}

/** How many rows it reached, or why it was refused. */
async function run(
  client: pg.Client,
  { before, text, keeper }: Attempt,
  { role, setting }: { role: Role | null; setting: Setting },
): Promise<number | string> {
  const unset = setting.organization === null;
  const steps = [
    'SAVEPOINT attempt',
    ...(before === undefined ? [] : [...(unset ? [] : [set(keeper)]), before]),
    ...(unset ? [] : [set(setting)]),
    ...(role ? [`SET LOCAL ROLE ${role}`] : []),
  ];
  try {
    await client.query(steps.join('; '));
    const { rows, rowCount } = await client.query<{ count?: number }>(text);
    return rows[0]?.count ?? rowCount ?? 0;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === REFUSED ? code : `${code} ${message}`;
  } finally {
    await client.query('ROLLBACK TO attempt');
  }
}

const set = ({ organization, plants }: Setting): string =>
  `SELECT set_config('mes.organization_id', '${organization ?? ''}', true), set_config('mes.plant_ids', '${plants}', true)`;

async function attemptsOn(relation: Relation, role: Role, { client, worlds }: Ground): Promise<Attempt[]> {
  const { ours, theirs } = worlds;
  const whole = (name: string, { id }: World): Setting => ({ name, organization: id, plants: 'all' });
  const inPlants = (name: string, ...plants: number[]): Setting => ({
    name,
    organization: ours.id,
    plants: `{${plants.join()}}`,
  });
  const owner = whole('its own organisation', ours);
  const nowhere = [
    { name: 'without an organisation', organization: null, plants: '' },
    { name: 'with an emptied organisation, as a pooled session has it', organization: '', plants: '' },
    { name: 'with plants and no organisation', organization: '', plants: 'all' },
  ] as const;
  const onTheirs = await statementsOn(client, { relation, role, world: theirs });
  const onOurs = await statementsOn(client, { relation, role, world: ours });
  const attempts: Omit<Attempt, 'relation' | 'role'>[] = [
    ...onTheirs.map((statement) => ({
      ...statement,
      stranger: whole('as another organisation', ours),
      keeper: whole('its own organisation', theirs),
    })),
    ...onOurs.flatMap((statement) => nowhere.map((stranger) => ({ ...statement, stranger, keeper: owner }))),
    ...(relation.owner === 'id' ? [] : [givenAway(relation, worlds)]).map((statement) => ({
      ...statement,
      stranger: whole('to another organisation', ours),
      keeper: owner,
      nobodys: true as const,
    })),
  ];
  if (relation.plant !== null) {
    const stranger = inPlants('from another plant', ours.otherPlantId);
    for (const statement of onOurs.filter(({ what }) => !openToOtherPlants.has(`${what} ${relation.name}`)))
      attempts.push({ ...statement, stranger, keeper: inPlants('its own plant', ours.plantId) });
    if (relation.plant !== 'id')
      attempts.push({
        ...pushedAway(relation, ours),
        stranger: inPlants('to another plant', ours.otherPlantId),
        keeper: inPlants('both plants', ours.plantId, ours.otherPlantId),
      });
  }
  return attempts.map((attempt) => ({ ...attempt, relation, role })).map(onlyRead);
}

/** What is only read has nothing written to it beforehand. */
function onlyRead(attempt: Attempt): Attempt {
  const { relation, role, command } = attempt;
  if (relation.kind !== 'views' || command === 'select' || relation.granted[role][command].length > 0) return attempt;
  const { before: _, ...rest } = attempt;
  return { ...rest, control: `SELECT count(*)::int AS count FROM ${relation.name}` };
}

/** The four commands, aimed at the rows of a world (in its first plant, where the relation knows plants). */
async function statementsOn(
  client: pg.Client,
  { relation, role, world }: { relation: Relation; role: Role; world: World },
): Promise<Statement[]> {
  const { name, owner, plant, columns, granted } = relation;
  const where = `${owner} = ${world.id}${plant === null ? '' : ` AND ${plant} = ${world.plantId}`}`;
  // A view shows the owner of the database no more than anybody else.
  await client.query(set({ name: '', organization: world.id, plants: 'all' }));
  const { rows } = await client.query<{ row: object }>(
    `SELECT to_jsonb(r) AS row FROM ${name} AS r WHERE ${where} LIMIT 1`,
  );
  const row = client.escapeLiteral(JSON.stringify(rows[0]?.row ?? {}));
  const candidates = granted[role].update.length > 0 ? granted[role].update : columns;
  const first = candidates.find((column) => column !== 'id') ?? owner;
  const inserted = (granted[role].insert.length > 0 ? granted[role].insert : columns).join(', ');
  const text = `INSERT INTO ${name} (${inserted}) OVERRIDING SYSTEM VALUE SELECT ${inserted} FROM jsonb_populate_record(NULL::${name}, ${row})`;
  return [
    { command: 'select', what: 'select', text: `SELECT count(*)::int AS count FROM ${name} WHERE ${where}` },
    { command: 'update', what: 'update', text: `UPDATE ${name} SET ${first} = ${first} WHERE ${where}` },
    { command: 'delete', what: 'delete', text: `DELETE FROM ${name} WHERE ${where}` },
    { command: 'insert', what: 'insert', before: `DELETE FROM ${name} WHERE ${where}`, text },
  ];
}

/** Its own rows, made another organisation's. */
function givenAway({ name, owner }: Relation, { ours, theirs }: Worlds): Statement {
  const clear = `DELETE FROM ${name} WHERE ${owner} = ${theirs.id}`;
  const text = `UPDATE ${name} SET ${owner} = ${theirs.id} WHERE ${owner} = ${ours.id}`;
  return { command: 'update', what: 'give away rows of', before: clear, text };
}

/** Rows of the plant that one sees, put into one that one does not. */
function pushedAway({ name, owner, plant }: Relation, { id, plantId, otherPlantId }: World): Statement {
  const before = `UPDATE ${name} SET ${plant} = ${otherPlantId} WHERE ${owner} = ${id} AND ${plant} = ${plantId}`;
  const text = `UPDATE ${name} SET ${plant} = ${plantId} WHERE ${owner} = ${id} AND ${plant} = ${otherPlantId}`;
  return { command: 'update', what: 'push rows of', before, text };
}

/** A relation that belongs to no organisation: closed where it is ours; elsewhere nobody's name is in it. */
async function lookThrough(relation: Relation, { client, worlds, findings }: Ground): Promise<void> {
  saw(findings, 'relations without tenants');
  const { name, schema, granted } = relation;
  const signs = [worlds.ours.sign, worlds.theirs.sign].map((sign) => `r::text LIKE '%${sign}%'`).join(' OR ');
  for (const role of roles) {
    if (schema === 'mes') {
      findings.cases += 1;
      const open = Object.entries(granted[role]).filter(([, columns]) => columns.length > 0);
      if (open.length > 0) findings.leaks.push(`${role} may ${open.map(([command]) => command).join(', ')} ${name}`);
      const { rows } = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${name}`);
      if (rows[0]?.count) findings.controls += 1;
      else findings.faults.push(`${name} has no row: whether ${role} sees one is not known`);
      continue;
    }
    const select: Statement = {
      command: 'select',
      what: 'look through',
      text: `SELECT count(*)::int AS count FROM ${name} AS r WHERE ${signs}`,
    };
    const setting = { name: 'for any name', organization: worlds.ours.id, plants: 'all' };
    const got = await run(client, { ...select, relation, role, stranger: setting, keeper: setting }, { role, setting });
    if (typeof got === 'number' && got > 0) findings.leaks.push(`${role} finds ${got} rows with a name in ${name}`);
  }
}
