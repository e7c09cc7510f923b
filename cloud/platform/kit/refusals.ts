// What the database refuses, in the words of the resource: a key that is taken, a check that fails, a
// row the actor may not write.

import { Conflict, DomainError } from '../errors.ts';
import { fault } from '../faults.ts';
import { type AnyResource, fieldsOf } from './resource.ts';
import { columnOf } from './rows.ts';

/** Runs a statement that writes; its refusals become DomainErrors. */
export async function writing<T>(resource: AnyResource, statement: Promise<T>): Promise<T> {
  try {
    return await statement;
  } catch (error) {
    throw refusal(resource, error) ?? error;
  }
}

function refusal(resource: AnyResource, error: unknown): DomainError | null {
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const { singular } = resource;
  switch (code) {
    case '23505': {
      const fields = fieldsOf(resource)
        .map(([name]) => name)
        .filter((name) => isPartOf(constraint, columnOf(name)));
      return new Conflict(fault('taken', { singular, fields }), { cause: error });
    }
    case '23503':
      return new Conflict(fault('reference_gone', { singular }), { cause: error });
    case '23514':
    case '23P01':
      return new Conflict(fault('against_rule', { singular, rule: String(constraint) }), { cause: error });
    case '42501':
      return new DomainError('forbidden', `You may not write this ${singular}: it is outside your plants.`, {
        cause: error,
      });
    default:
      return null;
  }
}

// Behind row security PostgreSQL does not tell a key's values, since they may be another's; the
// constraint's own name (`departments_organization_id_plant_id_code_key`) is left.
function isPartOf(constraint: unknown, column: string): boolean {
  return typeof constraint === 'string' && constraint.includes(`_${column}_`);
}
