// A reference must lead to a record that the actor may see: asked under the tenant fence, before the
// foreign key would refuse it with words for programmers.

import { sql } from 'kysely';
import { InvalidRequest } from '../errors.ts';
import { type FieldError, fault } from '../faults.ts';
import type { Context } from '../http/context.ts';
import { type AnyResource, fieldsOf } from './resource.ts';
import type { Values } from './rows.ts';

/** Throws InvalidRequest naming each reference of the rows that leads nowhere. */
export async function checkReferences(ctx: Context, resource: AnyResource, rows: readonly Values[]): Promise<void> {
  const wrong: FieldError[] = [];
  for (const [name, field] of fieldsOf(resource)) {
    if (field.kind !== 'reference') continue;
    const ids = [...new Set(rows.map((values) => values[name]).filter((id) => typeof id === 'number'))];
    if (ids.length === 0) continue;
    const { rows: found } = await sql<{ id: number }>`
      SELECT id FROM ${sql.table(`mes.${field.to.replaceAll('-', '_')}`)}
      WHERE id = ANY (${ids}) AND archived_at IS NULL`.execute(ctx.db);
    const there = new Set(found.map(({ id }) => id));
    for (const id of ids) {
      if (!there.has(id)) wrong.push({ path: `body/${name}`, ...fault('no_record', { of: field.to, value: id }) });
    }
  }
  if (wrong.length > 0) throw new InvalidRequest(wrong);
}
