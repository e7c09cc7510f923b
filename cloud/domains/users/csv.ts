// Users as a CSV file and back, with their roles and plants, and without any secret. People are found again
// by e-mail, else by badge, else by name among those who have neither. Whoever is new and has an e-mail
// address is invited. What is in no column stays as it is; an empty cell of `plants` is all plants.

import { Compile } from 'typebox/compile';
import { InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { explainErrors } from '../../platform/http/validation.ts';
import { type KindFile, kindOf, updateRecord } from '../../platform/kit/commands.ts';
import { CsvError, type CsvFault, type CsvRow, readCsv } from '../../platform/kit/csv.ts';
import { attempt, faultAt, faultsOf, type ImportReport, report } from '../../platform/kit/import.ts';
import { createSchema } from '../../platform/kit/schemas.ts';
import type { Mail } from '../../platform/mail/mail.ts';
import { setPlantAccess, setRoles } from '../roles/index.ts';
import * as queries from './queries.ts';
import { userFile, users } from './resource.ts';
import { userRules } from './rules.ts';
import * as service from './service.ts';

/** People of one file: each takes a dozen statements, in one transaction, while the sender waits. */
const MAX_ROWS = 1_000;
/** As the file names what is the user's own, and nothing of his rights. */
const OWN_FIELDS = ['displayName', 'email', 'badge', 'language', 'timeFormat'] as const;

const schema = createSchema(userFile);
const valid = Compile(schema);

export function usersFile(mail: Mail): KindFile {
  return {
    resource: userFile,
    async complete(ctx, records) {
      const rights = await queries.namedRights(
        ctx.db,
        records.map(({ id }) => id),
      );
      return records.map((record) => ({ ...record, ...(rights.get(record.id) ?? { roles: [], plants: [] }) }));
    },
    take: (ctx, bytes) => takeFile(ctx, { mail, bytes }),
  };
}

async function takeFile(ctx: Context, { mail, bytes }: { mail: Mail; bytes: Uint8Array }): Promise<ImportReport> {
  let read: ReturnType<typeof readCsv>;
  try {
    read = readCsv(userFile, bytes);
    if (read.count > MAX_ROWS)
      throw new CsvError({ line: 1, column: null, ...fault('too_many_rows', { rows: read.count, most: MAX_ROWS }) });
  } catch (error) {
    if (error instanceof CsvError) return report({ rows: 0, faults: [error.fault] });
    throw error;
  }
  const faults: CsvFault[] = [...read.faults];
  const unread = new Set(faults.map(({ line, column }) => `${line} ${column}`));
  const counts = { created: 0, updated: 0, unchanged: 0 };
  const names = { roles: await queries.roleIds(ctx.db), plants: await queries.plantIds(ctx.db) };
  const lines = new Map<string, number>();
  for (const row of read.rows) {
    // Each row is tried, also after a wrong one: all that is wrong is told at once, and then nothing is kept.
    const { wrong, person } = await readRow(ctx, { row, names, lines });
    // A cell that could not be read is not also missing.
    faults.push(...wrong.filter(({ line, column }) => !unread.has(`${line} ${column}`)));
    if (!person) continue;
    const refusal = await attempt(ctx, async () => {
      counts[await writePerson(ctx, { mail, person })] += 1;
    });
    if (refusal) faults.push(...faultsOf(userFile, row, refusal));
  }
  return report({ rows: read.count, faults, ...counts });
}

interface Names {
  readonly roles: ReadonlyMap<string, number>;
  readonly plants: ReadonlyMap<string, number>;
}

interface PersonRow {
  /** Undefined: new. */
  readonly before: queries.KnownUser | undefined;
  readonly fields: Readonly<Partial<Record<(typeof OWN_FIELDS)[number], string | null>>>;
  /** Undefined: not in the file. */
  readonly roles: readonly { roleId: number; plantId: number | null }[] | undefined;
  readonly plantIds: readonly number[] | undefined;
}

async function readRow(
  ctx: Context,
  { row, names, lines }: { row: CsvRow; names: Names; lines: Map<string, number> },
): Promise<{ wrong: CsvFault[]; person?: PersonRow }> {
  const text = (name: string): string | null => {
    const value = row.values[name];
    return typeof value === 'string' ? value : null;
  };
  const [email, badge, displayName] = [text('email')?.toLowerCase() ?? null, text('badge'), text('displayName')];
  const before = await queries.findKnown(ctx.db, { email, badge, displayName: displayName ?? '' });
  const given = Object.fromEntries(Object.entries(row.values).filter(([, value]) => value !== null));
  const values = before ? { displayName: before.display_name, ...given } : given;
  const wrong: CsvFault[] = valid.Check(values)
    ? []
    : explainErrors(schema, valid.Errors(values)).map((error) => faultAt(userFile, row, error));
  if (before?.archived) wrong.push({ line: row.line, column: null, ...fault('archived_record', { singular: 'user' }) });
  const key = JSON.stringify(email ?? badge ?? displayName);
  const line = lines.get(key);
  if (line === undefined) lines.set(key, row.line);
  else wrong.push({ line: row.line, column: null, ...fault('same_as_line', { singular: 'user', line }) });
  const rights = readRights(row, names);
  wrong.push(...rights.wrong);
  if (wrong.length > 0) return { wrong };
  const own = OWN_FIELDS.flatMap((name) => (name in row.values ? [[name, text(name)] as const] : []));
  const fields = { ...Object.fromEntries(own), ...('email' in row.values ? { email } : {}) };
  return { wrong, person: { before, fields, roles: rights.roles, plantIds: rights.plantIds } };
}

function readRights(row: CsvRow, names: Names): Pick<PersonRow, 'roles' | 'plantIds'> & { wrong: CsvFault[] } {
  const wrong: CsvFault[] = [];
  const look = (of: 'roles' | 'plants', column: string, value: string): number => {
    const id = names[of].get(value);
    if (id === undefined) wrong.push({ line: row.line, column, ...fault('no_record', { of, value }) });
    return id ?? 0;
  };
  const list = (name: string): readonly string[] | undefined =>
    name in row.values ? ((row.values[name] as readonly string[] | null) ?? []) : undefined;
  const roles = list('roles')?.map((written) => {
    const [code = '', ...plant] = written.split('@');
    const roleId = look('roles', 'roles', code.trim());
    return { roleId, plantId: plant.length === 0 ? null : look('plants', 'roles', plant.join('@').trim()) };
  });
  const plantIds = list('plants')?.map((name) => look('plants', 'plants', name));
  return { wrong, roles, plantIds };
}

async function writePerson(
  ctx: Context,
  { mail, person }: { mail: Mail; person: PersonRow },
): Promise<'created' | 'updated' | 'unchanged'> {
  const { before, fields, roles, plantIds } = person;
  if (before) return (await changeUser(ctx, { id: before.id, ...person })) ? 'updated' : 'unchanged';
  const { displayName, email = null, badge = null, language, timeFormat } = fields;
  if (!displayName) throw new InvalidRequest([{ path: '/displayName', ...fault('missing', {}) }]);
  const body = { displayName, email, badge, language: language === 'de' ? ('de' as const) : ('en' as const) };
  const hashes = { passwordHash: null, pinHash: null };
  const { user, known } = await service.createUser(ctx, { body: { ...body, roles: [...(roles ?? [])] }, hashes });
  // Empty: as many plants as who makes him may give.
  const limited = plantIds && plantIds.length > 0 ? plantIds : undefined;
  const later = timeFormat ? { timeFormat } : {};
  await changeUser(ctx, { id: user.id, fields: later, roles: undefined, plantIds: limited });
  if (email !== null && !known) await service.invite(ctx, { mail, user });
  return 'created';
}

/** Whether anything was different. */
async function changeUser(ctx: Context, change: Omit<PersonRow, 'before'> & { id: number }): Promise<boolean> {
  const { id, fields, roles, plantIds } = change;
  const user = await service.getUser(ctx, id);
  // A required field has no empty cell: what is not said stays.
  const said = Object.entries(fields).filter(([name, value]) => value !== null || name === 'email' || name === 'badge');
  const changed = said.filter(([name, value]) => value !== user[name as (typeof OWN_FIELDS)[number]]);
  if (changed.length > 0) {
    const given = { id, version: user.version, fields: Object.fromEntries(changed) };
    await updateRecord(ctx, kindOf(users, userRules), given);
  }
  const now = await queries.rightsAsIds(ctx.db, id);
  const keys = (held: readonly { roleId: number; plantId: number | null }[]) =>
    JSON.stringify([...new Set(held.map(({ roleId, plantId }) => `${roleId}@${plantId}`))].sort());
  const version = async (): Promise<number> => (await service.getUser(ctx, id)).version;
  const newRoles = roles && keys(roles) !== keys(now.roles);
  if (newRoles) await setRoles(ctx, id, { version: await version(), roles: [...roles] });
  const allPlants = plantIds?.length === 0;
  const sorted = [...new Set(plantIds)].sort((one, other) => one - other);
  const newPlants =
    plantIds &&
    (allPlants !== now.allPlants || (!allPlants && JSON.stringify(sorted) !== JSON.stringify(now.plantIds)));
  if (newPlants) await setPlantAccess(ctx, id, { version: await version(), allPlants, plantIds: sorted });
  return changed.length > 0 || newRoles === true || newPlants === true;
}
