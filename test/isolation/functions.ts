// The matrix of the database's functions: each that the API or the worker may call is called by one
// organisation about another (nothing is told, nothing changes), and by that other itself (it works).

import type pg from 'pg';
import { type DatabaseFunction, type Role, readFunctions } from './catalogue.ts';
import { type Findings, saw } from './findings.ts';
import { changedTables, fingerprintQuery, takeFingerprint } from './fingerprint.ts';
import { SECRET, type World, type Worlds } from './worlds.ts';

type Entry =
  /** Called in the transaction of `who`, with what only he has (a session, a token), about rows of `about`. */
  | {
      readonly call: (who: World, about: World) => string;
      readonly before?: (world: World) => string;
      readonly beforeControl?: string;
      /** Where an attempt in vain is on record with whom it was about, as it should be. */
      readonly traces?: readonly string[];
    }
  /** It must see all organisations, and tells nothing of them but what is said here. */
  | {
      readonly across: string;
      readonly call: (who: World, about: World) => string;
      readonly before?: (world: World) => string;
    }
  /** It reads no row: why it may be called. */
  | { readonly trusted: string };

const machine = ({ machines }: World): number | undefined => [...machines.values()][0];
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

/** An attempt to sign in, or to prove oneself, that the world has begun, or has passed. */
const attempt = ({ id }: World): string => `md5('zqsecret attempt ${id}')::uuid`;
const proof =
  (purpose: 'sign_in' | 'own', passed: boolean) =>
  (world: World): string =>
    `INSERT INTO mes.sign_in_proofs (id, purpose, account_id, attempt_key, passed)
     VALUES (${attempt(world)}, '${purpose}', ${world.rows.account}, 'x', ${passed})`;
/** What a right password comes to. */
const shown = ({ rows }: World): string =>
  `$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$zqsecret password of ${rows.account}`;
const knowsPassword = (world: World): string =>
  `UPDATE mes.accounts SET password_hash = '${shown(world)}' WHERE id = ${world.rows.account}`;
const emailOf = ({ mark, id }: World): string => `${mark.organization}-${id}@example.com`;

/** Its counter counts with each reading, one a day, and its hours say so. */
/** The hour of its sample of yesterday is counted, whatever the hour is by now. */
const counting = ({ rows }: World): string =>
  `UPDATE mes.tags SET role = 'total_count', counter_kind = 'delta' WHERE id = ${rows.tag};
   UPDATE mes.counter_buckets SET bucket = (
     SELECT date_trunc('hour', max(time)) FROM telemetry.sample WHERE tag_id = ${rows.tag} AND time < now() - interval '12 hours')
   WHERE tag_id = ${rows.tag}`;
const tellingState = ({ rows }: World): string => `UPDATE mes.tags SET role = 'state' WHERE id = ${rows.tag}`;
const DAYS = "date_trunc('hour', now() - interval '3 days'), date_trunc('hour', now())";

/** By name and arguments, as the catalogue has them. A new function gets its line here. */
const entries: Readonly<Record<string, Entry>> = {
  'mes.api_key_access(integer,bytea)': {
    call: (who, about) => `mes.api_key_access(${about.rows.apiKey}, ${bytes(`zqsecret key ${who.id}`)})`,
  },
  'mes.audit_faults(integer)': { call: () => 'mes.audit_faults(10)', before: tampered },
  'mes.audit_hash(bytea,mes.audit_logs)': { trusted: 'it hashes the row that it is given' },
  'mes.ask_reset_link(text,bytea,text)': {
    across: 'ids of a person and his organisation, so that a letter can be written there; the trail has it',
    call: (_, about) => `mes.ask_reset_link('${emailOf(about)}', ${bytes('new')}, 'r')`,
  },
  'mes.begin_own_attempt(uuid,text)': { call: (who) => `mes.begin_own_attempt(${session(who)}, 'password')` },
  'mes.begin_sign_in(text,text,bytea)': {
    across: 'a salt, to who says a name; the attempt is counted',
    call: (_, about) => `mes.begin_sign_in('email', '${emailOf(about)}', NULL)`,
  },
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
  'mes.leave_session(uuid,integer)': { call: (who, about) => `mes.leave_session(${session(who)}, ${about.id})` },
  'mes.make_reset_link(integer,bytea,interval)': {
    call: (_, about) => `mes.make_reset_link(${about.rows.user}, ${bytes('new')}, interval '1 hour')`,
  },
  'mes.mark_all_machines(timestamp with time zone,timestamp with time zone,text,text)': {
    call: () => "mes.mark_all_machines('epoch', now(), 'settings', 'tried')",
  },
  'mes.near_words(text)': { trusted: 'it takes letters out of the word that it is given' },
  'mes.open_session(uuid,integer,bytea,interval,text)': {
    call: (who, about) =>
      `mes.open_session(${attempt(who)}, ${about.rows.user}, ${bytes('new')}, interval '1 day', 'New')`,
    before: proof('sign_in', true),
  },
  'mes.organizations_to_seal()': { across: 'ids of organisations', call: () => 'mes.organizations_to_seal()' },
  'mes.organizations_to_serve()': { across: 'ids of organisations', call: () => 'mes.organizations_to_serve()' },
  'mes.organizations_with_run_marks()': {
    across: 'ids of organisations',
    call: () => 'mes.organizations_with_run_marks()',
  },
  'mes.own_person(uuid)': { call: (who) => `mes.own_person(${session(who)})` },
  'mes.own_sessions(uuid)': { call: (who) => `mes.own_sessions(${session(who)})` },
  'mes.own_users(uuid)': { call: (who) => `mes.own_users(${session(who)})` },
  'mes.enrol_edge_agent(bytea,text)': {
    call: (who) => `mes.enrol_edge_agent(${bytes(`zqsecret token ${who.id}`)}, 'new')`,
    before: (world) =>
      `UPDATE mes.edge_agents SET token_hash = ${bytes(`zqsecret token ${world.id}`)}, token_expires_at = now() + interval '1 hour'
       WHERE id = ${world.agents[0]?.id}`,
  },
  'mes.packml_states()': { trusted: 'it is a table of the standard' },
  'mes.pair_device(bytea,bytea,interval)': {
    call: (who) => `mes.pair_device(${code(who)}, ${bytes('new')}, interval '1 hour')`,
    before: pairing,
  },
  'mes.pass_sign_in(uuid,text,text,text)': {
    call: (who, about) => `mes.pass_sign_in(${attempt(about)}, 'password', '${shown(who)}', 'r')`,
    before: (world) => `${knowsPassword(world)}; ${proof('sign_in', false)(world)}`,
    traces: ['mes.audit_logs', 'mes.audit_unsealed'],
  },
  'mes.production_standard_at(integer,integer,text,timestamp with time zone)': {
    call: (_, about) =>
      `(SELECT held.* FROM generate_series(1, 50) AS machine, generate_series(1, 50) AS material, mes.production_standard_at(machine, material, '${about.mark.plant}', now()) AS held)`,
  },
  'mes.prove_own(uuid,text,text)': {
    call: (who, about) => `mes.prove_own(${attempt(about)}, 'password', '${shown(who)}')`,
    before: (world) => `${knowsPassword(world)}; ${proof('own', false)(world)}`,
  },
  'mes.remove_demo()': {
    call: () => 'mes.remove_demo()',
    before: ({ id, sign }) => `UPDATE mes.organizations SET demo = ${sign === 'zqtheirs'} WHERE id = ${id}`,
  },
  'mes.renew_device(bytea)': { call: (who) => `mes.renew_device(${deviceToken(who)})`, before: pairing },
  'mes.reset_link_holder(bytea)': { call: (who) => `mes.reset_link_holder(${link(who)})` },
  'mes.rights_of_user(integer)': { call: (_, about) => `mes.rights_of_user(${about.rows.user})` },
  'mes.rotate_session(bytea,bytea,text)': { call: (who) => `mes.rotate_session(${token(who)}, ${bytes('new')}, 'r')` },
  'mes.search_materials(text,integer,jsonb)': {
    call: (_, about) => `mes.search_materials('${about.sign}', 10, '[{"column": "archived_at", "set": false}]')`,
  },
  'mes.seal_audit(integer)': { call: () => 'mes.seal_audit(10)' },
  'mes.state_meaning(integer,text)': {
    call: (_, about) => `mes.state_meaning(${about.rows.textTag}, 'Execute')`,
  },
  'mes.unknown_edges()': {
    call: () => 'mes.unknown_edges()',
    before: (world) =>
      `INSERT INTO mes.dead_letters (topic, reason, payload)
       VALUES ('spBv1.0/${world.mark.organization}/NBIRTH/stranger', 'unknown_edge', 'x')`,
  },
  'mes.sees_plant(integer)': { trusted: 'it compares its argument with a setting' },
  'mes.session_access(uuid)': { call: (who) => `mes.session_access(${session(who)})` },
  'mes.set_own_password(uuid,uuid,text)': {
    call: (who, about) => `mes.set_own_password(${session(about)}, ${attempt(who)}, 'new')`,
    before: proof('own', true),
  },
  'mes.set_own_pin(uuid,uuid,text)': {
    call: (who, about) => `mes.set_own_pin(${session(about)}, ${attempt(who)}, 'new')`,
    before: proof('own', true),
  },
  'mes.set_user_identity(integer,text,text)': {
    call: (_, about) => `mes.set_user_identity(${about.rows.user}, 'new@example.com', NULL)`,
  },
  'mes.set_user_pin(integer,text)': { call: (_, about) => `mes.set_user_pin(${about.rows.user}, 'new')` },
  'mes.counter_steps(integer,timestamp with time zone,timestamp with time zone,mes.counter_carry)': {
    call: (_, about) =>
      `mes.counter_steps(${about.rows.tag}, now() - interval '1 day', now() + interval '1 hour', NULL)`,
  },
  'mes.counts_between(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.counts_between(${machine(about)}, '2025-12-31', '2026-01-02')`,
    before: ({ rows }) => `UPDATE mes.tags SET role = 'total_count' WHERE id = ${rows.tag}`,
  },
  'mes.end_of_lasting(integer,timestamp with time zone)': {
    call: (_, about) => `mes.end_of_lasting(${machine(about)}, '2026-01-01 00:15:00+00')`,
    before: ({ id }) => `SET LOCAL session_replication_role = 'replica';
      UPDATE mes.stop_classifications SET lasts = true WHERE organization_id = ${id};
      SET LOCAL session_replication_role = 'origin'`,
  },
  'mes.exact(double precision)': { trusted: 'it computes with the number that it is given' },
  'mes.organizations_to_recompute()': {
    across: 'ids of organisations',
    call: () => 'mes.organizations_to_recompute()',
  },
  'mes.plant_hour(timestamp with time zone,text)': { trusted: 'it computes with the instant that it is given' },
  'mes.recompute_backlog()': {
    across: 'how many machines wait, and since when',
    call: () => 'mes.recompute_backlog()',
  },
  'mes.recompute_counter(integer,text,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.recompute_counter(${about.rows.tag}, 'UTC', '2025-12-31', '2026-01-02')`,
  },
  'mes.recompute_counters(integer,timestamp with time zone,timestamp with time zone,integer,integer)': {
    call: (_, about) => `mes.recompute_counters(${machine(about)}, '2025-12-31', '2026-01-02', 7, 10)`,
  },
  'mes.standard_of_machine_at(integer,timestamp with time zone)': {
    call: (_, about) => `mes.standard_of_machine_at(${machine(about)}, '2026-01-02')`,
  },
  'mes.unseen(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.unseen(${about.rows.tag}, now() - interval '1 day', now())`,
  },
  'mes.category_of(text,boolean,text,boolean,boolean,boolean,text)': { trusted: 'it is a table of the definitions' },
  'mes.clear_intervals(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.clear_intervals(${machine(about)}, '2025-12-31', '2026-01-02')`,
  },
  'mes.end_of_change(integer,text,timestamp with time zone)': {
    call: (_, about) => `mes.end_of_change(${machine(about)}, 'none', '2025-12-31')`,
  },
  'mes.first_known_time(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.first_known_time(${machine(about)}, '2025-12-31', '2026-01-02')`,
  },
  'mes.good_in_a_row(integer,timestamp with time zone,timestamp with time zone,integer)': {
    call: (_, about) => `(SELECT mes.good_in_a_row(${machine(about)}, ${DAYS}, 1) AS tells)`,
    before: counting,
  },
  'mes.is_unreasoned(text,integer,text)': { trusted: 'it judges what it is given' },
  'mes.known_until(integer)': {
    call: (_, about) => `(SELECT mes.known_until(${machine(about)}) < now() AS tells)`,
    before: ({ rows }) => `UPDATE mes.tag_last SET time = '2026-01-01' WHERE tag_id IN (${rows.tag}, ${rows.textTag})`,
  },
  'mes.last_piece_before(integer,integer[],timestamp with time zone)': {
    call: (_, about) => `mes.last_piece_before(${machine(about)}, ARRAY[${about.rows.tag}], now())`,
    before: counting,
  },
  'mes.machine_context(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.machine_context(${machine(about)}, '2026-01-01', '2026-01-02')`,
  },
  'mes.machine_layer(integer,timestamp with time zone,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.machine_layer(${machine(about)}, ${DAYS}, NULL)`,
    before: tellingState,
  },
  'mes.machine_reason_category(text)': { trusted: 'it is a table of the definitions' },
  'mes.pieces_seen(integer,integer[],timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.pieces_seen(${machine(about)}, ARRAY[${about.rows.tag}], ${DAYS})`,
    before: counting,
  },
  'mes.pieces_told(integer,timestamp with time zone,timestamp with time zone,interval)': {
    call: (_, about) => `mes.pieces_told(${machine(about)}, ${DAYS})`,
    before: counting,
  },
  'mes.plain_count(integer,timestamp with time zone,timestamp with time zone,mes.counter_carry,numeric,numeric)': {
    call: (_, about) => `mes.plain_count(${about.rows.tag}, ${DAYS}, NULL, 1, NULL)`,
  },
  'mes.planned_time(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.planned_time(${machine(about)}, '2026-01-05', '2026-01-06')`,
  },
  'mes.plant_hours(text,timestamp with time zone,timestamp with time zone)': {
    trusted: 'it computes with the instants that it is given',
  },
  'mes.recompute_count_facts(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.recompute_count_facts(${machine(about)}, '2025-12-31', '2026-01-02')`,
  },
  'mes.recompute_intervals(integer,timestamp with time zone,timestamp with time zone,integer)': {
    call: (_, about) => `mes.recompute_intervals(${machine(about)}, '2026-01-01', '2026-01-02', 7)`,
  },
  'mes.recompute_machine(integer,timestamp with time zone,timestamp with time zone,integer,integer)': {
    call: (_, about) => `mes.recompute_machine(${machine(about)}, '2026-01-01', '2026-01-02', 7, 10)`,
  },
  'mes.recompute_startups(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.recompute_startups(${machine(about)}, '2026-01-01', '2026-01-02')`,
  },
  'mes.recompute_time_facts(integer,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.recompute_time_facts(${machine(about)}, '2025-12-31', '2026-01-02')`,
  },
  'mes.resolved_time(integer,timestamp with time zone,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.resolved_time(${machine(about)}, '2026-01-01', '2026-01-02', NULL)`,
  },
  'mes.role_marks(text)': { trusted: 'it is a list of roles' },
  'mes.says_the_same(mes.machine_intervals,mes.machine_intervals)': {
    trusted: 'it compares the rows that it is given',
  },
  'mes.signal_of_machine(integer)': {
    call: (_, about) => `mes.signal_of_machine(${machine(about)})`,
    before: tellingState,
  },
  'mes.start_of_pieces(integer,integer[],timestamp with time zone,timestamp with time zone)': {
    call: (_, about) =>
      `mes.start_of_pieces(${machine(about)}, ARRAY[${about.rows.tag}], date_trunc('hour', now()), now() + interval '1 hour')`,
    before: counting,
  },
  'mes.states_said(integer[],timestamp with time zone,timestamp with time zone,timestamp with time zone)': {
    call: (_, about) => `mes.states_said(ARRAY[${about.rows.tag}], ${DAYS}, NULL)`,
  },
  'mes.stopped_for(text,text,timestamp with time zone,timestamp with time zone)': {
    trusted: 'it computes with what it is given',
  },
  'mes.agents_of_machine(integer)': { call: (_, about) => `mes.agents_of_machine(${machine(about)})` },
  'mes.follow_time()': {
    call: () => 'mes.follow_time()',
    // Its agent has been silent for long, and nobody has noticed yet.
    before: (world) => `${tellingState(world)}; DELETE FROM mes.agent_silences WHERE organization_id = ${world.id};
      UPDATE mes.edge_states SET watermark = '2026-01-01' WHERE organization_id = ${world.id}`,
  },
  'mes.patience_with_agents()': { trusted: 'it is a constant' },
  'mes.shift_sums(bigint)': {
    call: (_, about) => `mes.shift_sums(${about.rows.shiftInstance})`,
    before: ({ rows }) => `UPDATE mes.time_facts SET shift_instance_id = ${rows.shiftInstance} WHERE machine_id IN
      (SELECT machine_id FROM mes.shift_instances WHERE id = ${rows.shiftInstance})`,
  },
  'mes.shifts_to_write(interval,interval,integer)': {
    call: () => "mes.shifts_to_write(interval '0', interval '0', 10)",
    before: () => 'DELETE FROM mes.dirty_marks',
  },
  'mes.write_shift_version(bigint,text,text)': {
    call: (_, about) => `mes.write_shift_version(${about.rows.shiftInstance}, 'late_data', NULL)`,
  },
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
  if (attack.answer.includes(SECRET)) findings.leaks.push(`${name} tells a secret: ${attack.answer}`);
  if ('across' in entry) {
    if (attack.rows > 0) findings.controls += 1;
    else findings.faults.push(`${name} answers nothing`);
    return;
  }
  const changed = attack.changed.filter((table) => !entry.traces?.includes(table));
  if (changed.length > 0) findings.leaks.push(`${name} changes another organisation's ${changed.join(', ')}`);
  const control = await callAs(client, trial, worlds.theirs);
  if (control.answer.includes(SECRET)) findings.leaks.push(`${name} tells even its owner a secret: ${control.answer}`);
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
    const call = entry.call(who, theirs);
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
