// One quantity in another unit, exactly; and the rule that no conversion says something else than those
// that are there.

import { sql } from 'kysely';
import { Conflict, InvalidRequest } from '../../platform/errors.ts';
import { fault } from '../../platform/faults.ts';
import type { Context } from '../../platform/http/context.ts';
import type { Rules } from '../../platform/kit/commands.ts';
import { conversionFault } from './faults.ts';
import { decimalOf, fractionOf, isSame, times } from './fractions.ts';
import { type Conversion, conversionsOf, findPath, MAX_STEPS, type Path } from './paths.ts';
import type { unitConversions } from './resource.ts';

/** Conversions of an organisation in general, and of one material, that are looked at. */
const MOST_CONVERSIONS = 10_000;

export interface Converted {
  /** Decimal. */
  readonly quantity: string;
  /** False: it was rounded to 12 digits. */
  readonly exact: boolean;
  /** Codes of the units on the way. */
  readonly path: string[];
}

/**
 * `quantity` (decimal text) of a unit in another, for a material or in general. Throws `conflict` where no
 * way leads there, or two that say different things.
 */
export async function convert(
  ctx: Context,
  { quantity, from, to, materialId }: { quantity: string; from: number; to: number; materialId: number | null },
): Promise<Converted> {
  const found = findPath(conversionsOf(await readConversions(ctx, { materialId, except: null }), materialId), {
    from,
    to,
  });
  const codes = await unitCodes(ctx, [from, to, ...(found?.path.units ?? []), ...(found?.contradiction?.units ?? [])]);
  for (const [name, id] of [
    ['from', from],
    ['to', to],
  ] as const) {
    if (!codes.has(id))
      throw new InvalidRequest([
        { path: `query/${name}`, ...fault('no_record', { of: 'units of measure', value: id }) },
      ]);
  }
  const [a, b] = [codes.get(from) ?? '', codes.get(to) ?? ''];
  if (!found) throw new Conflict(conversionFault('no_conversion', { from: a, to: b, steps: MAX_STEPS }));
  if (found.contradiction)
    throw new Conflict(
      conversionFault('conversions_contradict', {
        one: says(found.path, codes),
        other: says(found.contradiction, codes),
      }),
    );
  const { text, exact } = decimalOf(times(fractionOf(quantity), found.path.factor));
  return { quantity: text, exact, path: found.path.units.map((id) => codes.get(id) ?? '') };
}

export const unitConversionRules: Rules<typeof unitConversions> = {
  async beforeCreate(ctx, { materialId, fromUnitId, toUnitId, factor }) {
    if (fromUnitId === toUnitId) throw new InvalidRequest([{ path: 'body/toUnitId', ...conversionFault('same_unit') }]);
    await refuseContradiction(ctx, { materialId, from: fromUnitId, to: toUnitId, factor, except: null });
  },
  async beforeUpdate(ctx, { id, materialId, fromUnitId, toUnitId }, { factor }) {
    if (factor !== undefined)
      await refuseContradiction(ctx, { materialId, from: fromUnitId, to: toUnitId, factor, except: id });
  },
  async beforeRestore(ctx, { id, materialId, fromUnitId, toUnitId, factor }) {
    await refuseContradiction(ctx, { materialId, from: fromUnitId, to: toUnitId, factor, except: id });
  },
};

/** Throws `conflict` when the others lead from one unit to the other with another factor. */
async function refuseContradiction(
  ctx: Context,
  wanted: { materialId: number | null; from: number; to: number; factor: number; except: number | null },
): Promise<void> {
  const { materialId, from, to, except } = wanted;
  // One after the other: two that contradict each other could not see each other otherwise.
  await sql`SELECT pg_advisory_xact_lock(hashtextextended('unit conversions', ${ctx.actor.organizationId}))`.execute(
    ctx.db,
  );
  const all = await readConversions(ctx, { materialId, except });
  const factor = fractionOf(String(wanted.factor));
  // What a material says of two units takes the place of what is said in general.
  const others = conversionsOf([...all, { materialId, from, to, factor }], materialId).filter(
    (one) => one.factor !== factor,
  );
  const found = findPath(others, { from, to });
  if (!found || isSame(found.path.factor, factor)) return;
  const codes = await unitCodes(ctx, found.path.units);
  const given: Path = { factor, units: [from, to] };
  throw new Conflict(
    conversionFault('contradicts_conversion', { found: says(found.path, codes), given: says(given, codes) }),
  );
}

async function readConversions(
  ctx: Context,
  { materialId, except }: { materialId: number | null; except: number | null },
): Promise<Conversion[]> {
  const rows = await ctx.db
    .selectFrom('mes.unit_conversions')
    .select(['id', 'material_id', 'from_unit_id', 'to_unit_id', 'factor'])
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('archived_at', 'is', null)
    .where((row) => row.or([row('material_id', 'is', null), row('material_id', '=', materialId)]))
    .orderBy('id')
    .limit(MOST_CONVERSIONS)
    .execute();
  return rows
    .filter(({ id }) => id !== except)
    .map((row) => ({
      materialId: row.material_id,
      from: row.from_unit_id,
      to: row.to_unit_id,
      factor: fractionOf(row.factor),
    }));
}

async function unitCodes(ctx: Context, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await ctx.db
    .selectFrom('mes.units_of_measure')
    .select(['id', 'code'])
    .where('organization_id', '=', ctx.actor.organizationId)
    .where('id', 'in', [...ids])
    .execute();
  return new Map(rows.map(({ id, code }) => [id, code]));
}

/** `1 box = 12 pcs (box → tray → pcs)` */
function says({ factor, units }: Path, codes: ReadonlyMap<number, string>): string {
  const names = units.map((id) => codes.get(id) ?? String(id));
  const way = units.length > 2 ? ` (${names.join(' → ')})` : '';
  return `1 ${names[0]} = ${decimalOf(factor).text} ${names.at(-1)}${way}`;
}
