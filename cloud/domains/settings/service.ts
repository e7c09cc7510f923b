// Reading and changing settings. A setting without a row has version 0 and its declared default.

import { recordAudit } from '../../platform/audit.ts';
import { Conflict } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import { type SettingKey, settings } from './declarations.ts';

export interface SettingValue {
  readonly key: SettingKey;
  readonly value: string | number;
  readonly version: number;
  readonly isDefault: boolean;
}

export async function listSettings(ctx: Context): Promise<SettingValue[]> {
  const rows = await ctx.db
    .selectFrom('mes.system_settings')
    .select(['key', 'value', 'version'])
    .where('organization_id', '=', ctx.actor.organizationId)
    .execute();
  return (Object.keys(settings) as SettingKey[]).map((key) => {
    const row = rows.find((one) => one.key === key);
    if (!row) return { key, value: settings[key].default, version: 0, isDefault: true };
    return { key, value: row.value as string | number, version: row.version, isDefault: false };
  });
}

/** Throws `conflict` when somebody changed it since `version`. */
export async function changeSetting(
  ctx: Context,
  change: { key: SettingKey; value: string | number; version: number; reason?: string | undefined },
): Promise<SettingValue> {
  const { key, value, version, reason } = change;
  const { organizationId } = ctx.actor;
  const before = (await listSettings(ctx)).find((one) => one.key === key);
  const json = JSON.stringify(value);
  const written =
    version === 0
      ? await ctx.db
          .insertInto('mes.system_settings')
          .values({ organization_id: organizationId, key, value: json })
          .onConflict((conflict) => conflict.columns(['organization_id', 'key']).doNothing())
          .returning('version')
          .executeTakeFirst()
      : await ctx.db
          .updateTable('mes.system_settings')
          .set({ value: json })
          .where('organization_id', '=', organizationId)
          .where('key', '=', key)
          .where('version', '=', version)
          .returning('version')
          .executeTakeFirst();
  if (!written)
    throw new Conflict(
      fault('changed_since', { singular: 'setting', who: null, version: before?.version ?? 0, yours: version }),
    );
  await recordAudit(ctx, {
    action: 'update',
    entity: 'settings',
    entityId: key,
    old: { value: before?.value ?? null },
    new: { value },
    reason,
  });
  return { key, value, version: written.version, isDefault: false };
}
