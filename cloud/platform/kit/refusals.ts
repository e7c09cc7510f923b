// What the database refuses, in the words of the resource: a key that is taken, a check that fails, a
// row the actor may not write.

import { DomainError } from '../errors.ts';
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
      const names = fieldsOf(resource)
        .map(([name]) => name)
        .filter((name) => isPartOf(constraint, columnOf(name)));
      const same =
        names.length > 0 ? `with the same ${names.map((name) => name.replace(/Id$/, '')).join(' and ')}` : 'like it';
      return new DomainError('conflict', `There is a ${singular} ${same} already, perhaps an archived one.`, {
        cause: error,
      });
    }
    case '23503':
      return new DomainError(
        'conflict',
        `This ${singular} refers to something that is not there any more. Load it again.`,
        {
          cause: error,
        },
      );
    case '23514':
    case '23P01':
      return new DomainError('conflict', `This ${singular} breaks a rule of the database: ${String(constraint)}.`, {
        cause: error,
      });
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
