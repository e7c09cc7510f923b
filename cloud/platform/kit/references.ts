// A reference must lead to a record that the actor may see: asked under the tenant fence, before the
// foreign key would refuse it with words for programmers.

import { sql } from 'kysely';
import { type FieldError, InvalidRequest } from '../errors.ts';
import type { Context } from '../http/context.ts';
import type { AnyResource, Field } from './resource.ts';
import type { Values } from './rows.ts';

/** Throws InvalidRequest naming each reference of `values` that leads nowhere. */
export async function checkReferences(ctx: Context, resource: AnyResource, values: Values): Promise<void> {
  const wrong: FieldError[] = [];
  for (const [name, field] of Object.entries<Field>(resource.fields)) {
    const id = values[name];
    if (field.kind !== 'reference' || id === undefined || id === null) continue;
    const { rows } = await sql`
      SELECT FROM ${sql.table(`mes.${field.to.replaceAll('-', '_')}`)} WHERE id = ${id} AND archived_at IS NULL`.execute(
      ctx.db,
    );
    if (rows.length === 0)
      wrong.push({ path: `body/${name}`, message: `leads to none of the ${field.to} that you may see: ${String(id)}` });
  }
  if (wrong.length > 0) throw new InvalidRequest(wrong);
}
