// The matrix of the database's functions: each that the API or the worker may call is called by one
// organisation about another (nothing is told, nothing changes), and by that other itself (it works).

import type pg from 'pg';
import { type DatabaseFunction, type Role, readFunctions } from './catalogue.ts';
import { type Findings, saw } from './findings.ts';
import { changedTables, fingerprintQuery, takeFingerprint } from './fingerprint.ts';
import type { World, Worlds } from './worlds.ts';

type Entry =
  /** Called in the transaction of `who`, with what only he has (a session, a token), about rows of `about`. */
  | {
      readonly call: (who: World, about: World) => string;
      readonly before?: (world: World) => string;
      readonly beforeControl?: string;
    }
  /** It must see all organisations, and tells nothing of them but what is said here. */
  | { readonly across: string; readonly call: () => string; readonly before?: (world: World) => string }
  /** It reads no row, or it is a step of signing in, where nobody is behind a fence yet: why it may be called. */
  | { readonly trusted: string };

const bytes = (text: string): string => `convert_to('${text}', 'UTF8')`;
const session = ({ rows }: World): string => `'${rows.session}'`;
const token = ({ id }: World): string => bytes(`zqsecret session ${id}`);
const link = ({ id }: World): string => bytes(`zqsecret link ${id}`);
const code = ({ id }: World): string => bytes(`zqsecret code ${id}`);
const deviceToken = ({ id }: World): string => bytes(`zqsecret device ${id}`);
/** A session of the world's paired device, and a code to pair it with. */
const pairing = (world: World): string =>
  `INSERT INTO mes.sessions (organization_id, paired_device_id, token_hash, expires_at, last_used_at)
   VALUES (${world.id}, ${world.rows.pairedDevice}, ${deviceToken(world)}, now() + interval '1 day', now() - interval '1 day');
   UPDATE mes.paired_devices SET code_hash = ${code(world)}, code_expires_at = now() + interval '1 day' WHERE id = ${world.rows.pairedDevice}`;
const lockedOut = ({ rows }: World): string =>
  `INSERT INTO mes.sign_in_attempts (key, failures) VALUES (mes.attempt_key(${rows.account}, 'anywhere'), 9)`;
/** As if somebody had cleared the trail behind everybody's back. */
const tampered = ({ id }: World): string =>
  `SET LOCAL session_replication_role = 'replica'; DELETE FROM mes.audit_logs WHERE organization_id = ${id}; SET LOCAL session_replication_role = 'origin'`;

const signingIn = 'a step of signing in';

/** By name and arguments, as the catalogue has them. A new function gets its line here. */
const entries: Readonly<Record<string, Entry>> = {
  'mes.api_key_access(integer,bytea)': {
    call: (who, about) => `mes.api_key_access(${about.rows.apiKey}, ${bytes(`zqsecret key ${who.id}`)})`,
  },
  'mes.audit_faults(integer)': { call: () => 'mes.audit_faults(10)', before: tampered },
  'mes.audit_hash(bytea,mes.audit_logs)': { trusted: 'it hashes the row that it is given' },
  'mes.begin_own_attempt(uuid)': { call: (who) => `mes.begin_own_attempt(${session(who)})` },
  'mes.begin_sign_in(text,text,bytea)': { trusted: signingIn },
  'mes.close_device_sessions(integer)': {
    call: (_, about) => `mes.close_device_sessions(${about.rows.pairedDevice})`,
    before: pairing,
  },
  'mes.close_own_sessions(uuid,uuid)': {
    call: (who, about) => `mes.close_own_sessions(${session(who)}, ${session(about)})`,
  },
  'mes.close_session(bytea)': { call: (who) => `mes.close_session(${token(who)})` },
  'mes.close_user_sessions(integer)': { call: (_, about) => `mes.close_user_sessions(${about.rows.user})` },
  'mes.count_role_holders(integer)': { call: (_, about) => `mes.count_role_holders(${about.rows.role})` },
  'mes.create_user(text,text,text,text,text,text)': {
    call: () => "mes.create_user('New', NULL, NULL, 'en', NULL, NULL)",
  },
  'mes.current_organization_id()': { call: () => 'mes.current_organization_id()' },
  'mes.device_by_token(bytea)': { call: (who) => `mes.device_by_token(${deviceToken(who)})`, before: pairing },
  'mes.device_last_used()': { call: () => 'mes.device_last_used()', before: pairing },
  'mes.device_users(bytea,integer)': { call: (who) => `mes.device_users(${deviceToken(who)}, 10)`, before: pairing },
  'mes.first_organization(text)': {
    call: () => "mes.first_organization('New')",
    beforeControl: "SET LOCAL session_replication_role = 'replica'; DELETE FROM mes.organizations",
  },
  'mes.forgive_attempt(bytea)': { trusted: signingIn },
  'mes.hand_over_again(integer,interval)': {
    across: 'ids of jobs and of their organisations',
    call: () => "mes.hand_over_again(10, interval '0')",
    before: ({ id }) =>
      `UPDATE mes.background_jobs SET handed_over_at = now() - interval '1 day' WHERE organization_id = ${id}`,
  },
  'mes.hand_over_jobs(integer)': {
    across: 'ids of jobs and of their organisations',
    call: () => 'mes.hand_over_jobs(10)',
  },
  'mes.job_figures()': { across: 'how many jobs of a kind there are', call: () => 'mes.job_figures()' },
  'mes.keep_system_roles(integer,jsonb)': {
    call: (_, about) =>
      `mes.keep_system_roles(${about.id}, '[{"code": "made", "name": "Made", "description": "", "permissions": []}]')`,
  },
  'mes.make_reset_link(integer,bytea,interval)': {
    call: (_, about) => `mes.make_reset_link(${about.rows.user}, ${bytes('new')}, interval '1 hour')`,
  },
  'mes.make_reset_link_for(text,bytea,interval)': { trusted: signingIn },
  'mes.open_session(integer,bytea,interval,text,bytea)': { trusted: signingIn },
  'mes.organizations_to_seal()': { across: 'ids of organisations', call: () => 'mes.organizations_to_seal()' },
  'mes.organizations_to_serve()': { across: 'ids of organisations', call: () => 'mes.organizations_to_serve()' },
  'mes.own_account(uuid)': { call: (who) => `mes.own_account(${session(who)})` },
  'mes.own_sessions(uuid)': { call: (who) => `mes.own_sessions(${session(who)})` },
  'mes.own_users(uuid)': { call: (who) => `mes.own_users(${session(who)})` },
  'mes.pair_device(bytea,bytea,interval)': {
    call: (who) => `mes.pair_device(${code(who)}, ${bytes('new')}, interval '1 hour')`,
    before: pairing,
  },
  'mes.pass_sign_in(bytea,integer,bytea)': { trusted: signingIn },
  'mes.record_failed_sign_in(integer,bytea,text,text)': { trusted: signingIn },
  'mes.remove_demo()': {
    call: () => 'mes.remove_demo()',
    before: ({ id, sign }) => `UPDATE mes.organizations SET demo = ${sign === 'zqtheirs'} WHERE id = ${id}`,
  },
  'mes.renew_device(bytea)': { call: (who) => `mes.renew_device(${deviceToken(who)})`, before: pairing },
  'mes.reset_link_holder(bytea)': { call: (who) => `mes.reset_link_holder(${link(who)})` },
  'mes.rights_of_user(integer)': { call: (_, about) => `mes.rights_of_user(${about.rows.user})` },
  'mes.rotate_session(bytea,bytea,text)': { call: (who) => `mes.rotate_session(${token(who)}, ${bytes('new')}, 'r')` },
  'mes.seal_audit(integer)': { call: () => 'mes.seal_audit(10)' },
  'mes.sees_plant(integer)': { trusted: 'it compares its argument with a setting' },
  'mes.session_access(uuid)': { call: (who) => `mes.session_access(${session(who)})` },
  'mes.set_own_password(uuid,text)': { call: (who) => `mes.set_own_password(${session(who)}, 'new')` },
  'mes.set_own_pin(uuid,text)': { call: (who) => `mes.set_own_pin(${session(who)}, 'new')` },
  'mes.set_user_identity(integer,text,text)': {
    call: (_, about) => `mes.set_user_identity(${about.rows.user}, 'new@example.com', NULL)`,
  },
  'mes.set_user_pin(integer,text)': { call: (_, about) => `mes.set_user_pin(${about.rows.user}, 'new')` },
  'mes.setup_state()': { across: 'whether there is an organisation, and a demo', call: () => 'mes.setup_state()' },
  'mes.sign_in_state(integer)': { call: (_, about) => `mes.sign_in_state(${about.rows.user})` },
  'mes.unlock_user(integer)': { call: (_, about) => `mes.unlock_user(${about.rows.user})`, before: lockedOut },
  'mes.use_reset_link(bytea,text)': { call: (who) => `mes.use_reset_link(${link(who)}, 'new')` },
};

/** Calls every function; as the superuser, everything is rolled back. */
export async function tryFunctions(
  client: pg.Client,
  { worlds, findings }: { worlds: Worlds; findings: Findings },
): Promise<void> {
  const query = await fingerprintQuery(client, worlds.theirs.id);
  const found = await readFunctions(client);
  for (const each of found) {
    if (each.schema !== 'mes') {
      // The queue's, which holds ids only: they may do what their caller may, and the API is no caller.
      saw(findings, 'functions of the queue');
      if (each.definer || each.roles.includes('mes_api'))
        findings.leaks.push(`${each.name} may be called by ${each.roles.join(' and ')}`);
      continue;
    }
    saw(findings, 'functions');
    const entry = entries[each.name];
    if (!entry) findings.faults.push(`${each.name} is not known: say in test/isolation/functions.ts how it is called`);
    else if ('trusted' in entry) saw(findings, 'functions that are trusted');
    else for (const role of each.roles) await tryFunction(client, { role, each, entry, worlds, findings, query });
  }
  for (const name of Object.keys(entries))
    if (!found.some((each) => each.name === name))
      findings.faults.push(`${name} is not there any more: take its line away`);
}

interface Trial {
  readonly role: Role;
  readonly each: DatabaseFunction;
  readonly entry: Exclude<Entry, { trusted: string }>;
  readonly worlds: Worlds;
  readonly findings: Findings;
  readonly query: string;
}

async function tryFunction(client: pg.Client, trial: Trial): Promise<void> {
  const { role, each, entry, findings, worlds } = trial;
  const name = `${role}: ${each.name}`;
  const { sign } = worlds.theirs;
  findings.cases += 1;
  const attack = await callAs(client, trial, worlds.ours);
  if (attack.answer.includes(sign)) findings.leaks.push(`${name} tells another organisation ${attack.answer}`);
  if ('across' in entry) {
    if (attack.rows > 0) findings.controls += 1;
    else findings.faults.push(`${name} answers nothing`);
    return;
  }
  if (attack.changed.length > 0)
    findings.leaks.push(`${name} changes another organisation's ${attack.changed.join(', ')}`);
  const control = await callAs(client, trial, worlds.theirs);
  if (!control.failed && (control.changed.length > 0 || control.answer !== attack.answer)) findings.controls += 1;
  else findings.faults.push(`${name}: its control came to ${control.answer}, as the stranger's call did`);
}

interface Outcome {
  readonly answer: string;
  readonly rows: number;
  readonly failed: boolean;
  /** Tables in which rows of theirs changed. */
  readonly changed: readonly string[];
}

async function callAs(client: pg.Client, { role, entry, worlds, query }: Trial, who: World): Promise<Outcome> {
  const { ours, theirs } = worlds;
  await client.query('BEGIN');
  try {
    for (const world of [ours, theirs]) await client.query(entry.before?.(world) ?? '');
    if ('beforeControl' in entry && who === theirs) await client.query(entry.beforeControl ?? '');
    const before = await takeFingerprint(client, query);
    await client.query(
      `SELECT set_config('mes.organization_id', '${who.id}', true), set_config('mes.plant_ids', 'all', true); SET LOCAL ROLE ${role}; SAVEPOINT call`,
    );
    const call = 'across' in entry ? entry.call() : entry.call(who, theirs);
    const { answer, rows, failed } = await client
      .query(`SELECT to_jsonb(answered) AS answer FROM ${call} AS answered`)
      .then(
        (result) => ({ answer: JSON.stringify(result.rows), rows: result.rows.length, failed: false }),
        (error: Error) => ({ answer: error.message, rows: 0, failed: true }),
      );
    await client.query(`${failed ? 'ROLLBACK TO call; ' : ''}RESET ROLE`);
    return { answer, rows, failed, changed: changedTables(before, await takeFingerprint(client, query)) };
  } finally {
    await client.query('ROLLBACK');
  }
}
