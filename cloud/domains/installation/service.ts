// The first organisation of an empty installation, and the end of the demo.

import { sql } from 'kysely';
import { insertAudit } from '../../platform/audit.ts';
import type { Database } from '../../platform/database.ts';
import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { kindOf } from '../../platform/kit/commands.ts';
import { loadStarter, lossReasonRules, lossReasons } from '../loss-reasons/index.ts';
import { ADMINISTRATOR, ensureSystemRoles } from '../roles/index.ts';
import { takeStarterUnits } from '../units/index.ts';
import type { DemoData, SetupBody } from './schema.ts';

/** Whole years of samples may go. */
const REMOVAL_TIMEOUT = '15min';

export async function setupState(db: Database): Promise<{ empty: boolean; demo: boolean }> {
  const query = sql<{ is_empty: boolean; has_demo: boolean }>`SELECT * FROM mes.setup_state()`;
  const [state] = (await query.execute(db)).rows;
  return { empty: state?.is_empty ?? false, demo: state?.has_demo ?? false };
}

/** Organisation, plant, first administrator, usual units and loss reasons, or nothing. Throws `conflict` when an organisation is there. */
export async function setUp(
  db: Database,
  {
    body,
    timeZone,
    passwordHash,
    requestId,
    log,
  }: { body: SetupBody; timeZone: string; passwordHash: string } & Pick<Context, 'requestId' | 'log'>,
): Promise<void> {
  const { organization, plant, administrator } = body;
  const { displayName, email, language = 'en' } = administrator;
  await db.transaction().execute(async (trx) => {
    // From here on the transaction is the new organisation's.
    const first = await sql<{ id: number | null }>`SELECT mes.first_organization(${organization}) AS id`.execute(trx);
    const organizationId = first.rows[0]?.id ?? null;
    if (organizationId === null) {
      throw new DomainError('conflict', 'This installation is set up already. Sign in, or ask its administrator.');
    }
    await ensureSystemRoles(trx, organizationId);
    const { id: plantId } = await trx
      .insertInto('mes.plants')
      .values({ organization_id: organizationId, name: plant.name, time_zone: timeZone })
      .returning('id')
      .executeTakeFirstOrThrow();
    const made = await sql<{ user_id: number }>`
      SELECT * FROM mes.create_user(${displayName}, ${email}, NULL, ${language}, ${passwordHash}, NULL)`.execute(trx);
    const userId = made.rows[0]?.user_id ?? 0;
    const role = await trx
      .selectFrom('mes.roles')
      .select('id')
      .where('role_code', '=', ADMINISTRATOR)
      .executeTakeFirstOrThrow();
    await trx
      .insertInto('mes.user_roles')
      .values({ organization_id: organizationId, user_id: userId, role_id: role.id })
      .execute();
    const actor = { kind: 'user', id: userId, name: displayName } as const;
    const common = { organizationId, actor, requestId, action: 'create' };
    await insertAudit(trx, {
      ...common,
      entity: 'organizations',
      entityId: organizationId,
      new: { name: organization },
    });
    await insertAudit(trx, {
      ...common,
      entity: 'plants',
      entityId: plantId,
      plantId,
      new: { name: plant.name, timeZone },
    });
    await insertAudit(trx, { ...common, entity: 'users', entityId: userId, new: { displayName, email } });
    // What every plant needs before its first material and its first stop.
    const ctx: Context = {
      db: trx,
      actor: { kind: 'user', userId, sessionId: null, name: displayName, organizationId, plantIds: 'all' },
      log,
      now: new Date(),
      requestId,
    };
    await takeStarterUnits(ctx, language);
    await loadStarter(ctx, kindOf(lossReasons, lossReasonRules));
  });
}

/** How far the demo's history is filled in. */
export async function readDemoData({ db, actor }: Context): Promise<DemoData> {
  const history = await db
    .selectFrom('mes.demo_histories')
    .select(['days', 'days_done as daysDone'])
    .where('organization_id', '=', actor.organizationId)
    .executeTakeFirst();
  return { history: history ?? null };
}

/** Removes all demo organisations with everything they have. Throws `forbidden` outside of a demo. */
export async function removeDemo(ctx: Context): Promise<void> {
  await sql`SELECT set_config('statement_timeout', ${REMOVAL_TIMEOUT}, true)`.execute(ctx.db);
  const { rows } = await sql<{ gone: number }>`SELECT mes.remove_demo() AS gone`.execute(ctx.db);
  if (!rows[0]?.gone) {
    throw new DomainError('forbidden', 'This organisation is no demo: its data is not removed at one click.');
  }
  ctx.log.warn({ organizations: rows[0].gone, by: ctx.actor.name }, 'the demo data was removed');
}
