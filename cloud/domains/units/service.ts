// The starter set: the usual units and what is the same everywhere between them, taken with one click.
// What is there already stays as it is, archived or not.

import { sql } from 'kysely';
import { recordAudits } from '../../platform/audit.ts';
import type { Context } from '../../platform/http/context.ts';
import { starterConversions, starterUnits, units } from './resource.ts';

/** Makes what is missing; returns the codes of the units that were made. */
export async function takeStarterUnits(ctx: Context, language: 'en' | 'de'): Promise<{ created: string[] }> {
  const organization_id = ctx.actor.organizationId;
  const made = await ctx.db
    .insertInto('mes.units_of_measure')
    .values(
      starterUnits.map(({ code, name, nameDe, decimals }) => ({
        organization_id,
        code,
        name: language === 'de' ? nameDe : name,
        decimals,
      })),
    )
    .onConflict((conflict) => conflict.columns(['organization_id', 'code']).doNothing())
    .returning(['id', 'code', 'name', 'decimals'])
    .execute();
  const conversions = sql.join(
    starterConversions.map(({ from, to, factor }) => sql`(${from}, ${to}, ${factor}::numeric)`),
  );
  // Only between units of which one is new: who took a conversion away does not get it back.
  const linked = await sql<{ id: number; from: string; to: string; factor: string }>`
    INSERT INTO mes.unit_conversions (organization_id, from_unit_id, to_unit_id, factor)
    SELECT ${organization_id}, from_unit.id, to_unit.id, wanted.factor
    FROM (VALUES ${conversions}) AS wanted (from_code, to_code, factor)
    JOIN mes.units_of_measure AS from_unit ON from_unit.code = wanted.from_code
    JOIN mes.units_of_measure AS to_unit ON to_unit.code = wanted.to_code
    WHERE from_unit.id = ANY (${made.map(({ id }) => id)}) OR to_unit.id = ANY (${made.map(({ id }) => id)})
    ON CONFLICT DO NOTHING
    RETURNING id, from_unit_id AS "fromUnitId", to_unit_id AS "toUnitId", factor`.execute(ctx.db);
  await recordAudits(ctx, [
    ...made.map(({ id, ...unit }) => ({ action: 'create', entity: units.name, entityId: id, new: unit })),
    ...linked.rows.map(({ id, ...conversion }) => ({
      action: 'create',
      entity: 'unit-conversions',
      entityId: id,
      new: conversion,
    })),
  ]);
  return { created: made.map(({ code }) => code) };
}
