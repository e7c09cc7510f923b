// Check lists: of one machine, and of all of a plant at a glance.

import { DomainError } from '../../platform/errors.ts';
import type { Context } from '../../platform/http/context.ts';
import { checksOf } from './checklist.ts';
import { type KnownMachine, readFacts, readMachines } from './checklist-queries.ts';
import type { CheckList } from './schema.ts';

/** Throws `not_found`. */
export async function checkMachine(ctx: Context, id: number): Promise<CheckList> {
  const [list] = await listsOf(ctx, await readMachines(ctx, { id }));
  if (!list) throw new DomainError('not_found', `There is no machine ${id} that you may see.`);
  return list;
}

/** Every machine of a plant that is not archived, by name. Throws `not_found`. */
export async function checkPlant(ctx: Context, plantId: number): Promise<CheckList[]> {
  const plant = await ctx.db.selectFrom('mes.plants').select('id').where('id', '=', plantId).executeTakeFirst();
  if (!plant) throw new DomainError('not_found', `There is no plant ${plantId} that you may see.`);
  return listsOf(ctx, await readMachines(ctx, { plantId }));
}

async function listsOf(ctx: Context, machines: readonly KnownMachine[]): Promise<CheckList[]> {
  const facts = await readFacts(ctx, machines);
  const names = new Map(machines.map(({ id, displayName }) => [id, displayName]));
  return facts.map((one) => {
    const checks = checksOf(one, ctx.now);
    const open = checks.filter(({ done }) => !done);
    return {
      machineId: one.machineId,
      displayName: names.get(one.machineId) ?? '',
      checkedAt: ctx.now.toISOString(),
      open: open.length,
      blocking: open.filter(({ severity }) => severity === 'blocks').length,
      checks: checks.map((check) => ({ ...check, params: { ...check.params } })),
    };
  });
}
