// What there is to be kept apart, read from the database's own catalogue: nothing is listed by hand.

import type pg from 'pg';

export type Role = 'mes_api' | 'mes_worker';
export const roles: readonly Role[] = ['mes_api', 'mes_worker'];
export type Command = 'select' | 'insert' | 'update' | 'delete';

export interface Relation {
  readonly name: string;
  readonly schema: string;
  readonly kind: 'tables' | 'views' | 'hypertables' | 'chunks';
  /** The column that says whose a row is; null where there is none. */
  readonly owner: string | null;
  /** The column that says in which plant it is. */
  readonly plant: string | null;
  /** All that an INSERT may name. */
  readonly columns: readonly string[];
  /** Per role: the columns that a command may name; empty, nothing is granted. */
  readonly granted: Readonly<Record<Role, Readonly<Record<Command, readonly string[]>>>>;
}

/** Every table, partition, chunk and view but PostgreSQL's own. */
export async function readRelations(client: pg.Client): Promise<Relation[]> {
  const { rows } = await client.query<Relation>(
    `SELECT format('%I.%I', nspname, relname) AS name, nspname AS schema,
       CASE WHEN relkind IN ('v', 'm') THEN 'views'
            WHEN EXISTS (SELECT FROM pg_inherits WHERE inhrelid = class.oid) THEN 'chunks'
            WHEN nspname = 'telemetry' THEN 'hypertables' ELSE 'tables' END AS kind,
       CASE WHEN class.oid = 'mes.organizations'::regclass THEN 'id'
            WHEN 'organization_id' = ANY (columns.names) THEN 'organization_id' END AS owner,
       CASE WHEN class.oid = 'mes.plants'::regclass THEN 'id' WHEN 'plant_id' = ANY (columns.names) THEN 'plant_id' END AS plant,
       to_jsonb(columns.names) AS columns,
       (SELECT jsonb_object_agg(role, (SELECT jsonb_object_agg(command, CASE command
            WHEN 'delete' THEN CASE WHEN has_table_privilege(role, class.oid, 'DELETE') THEN to_jsonb(columns.names) ELSE '[]' END
            ELSE to_jsonb(ARRAY(SELECT name FROM unnest(columns.names) AS name WHERE has_column_privilege(role, class.oid, name, command))) END)
          FROM unnest(ARRAY['select', 'insert', 'update', 'delete']) AS command))
        FROM unnest($1::text[]) AS role) AS granted
     FROM pg_class AS class JOIN pg_namespace AS namespace ON namespace.oid = relnamespace,
       LATERAL (SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}') AS names FROM pg_attribute
                WHERE attrelid = class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
     WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY 1`,
    [roles],
  );
  return rows;
}

export interface DatabaseFunction {
  /** `mes.sees_plant(integer)` */
  readonly name: string;
  readonly schema: string;
  /** It runs with its owner's rights. */
  readonly definer: boolean;
  readonly roles: readonly Role[];
}

/** Every function of ours that a role of the API or the worker may call. */
export async function readFunctions(client: pg.Client): Promise<DatabaseFunction[]> {
  const { rows } = await client.query<DatabaseFunction>(
    `SELECT pg_proc.oid::regprocedure::text AS name, nspname AS schema, prosecdef AS definer,
       to_jsonb(ARRAY(SELECT role FROM unnest($1::text[]) AS role
                      WHERE has_schema_privilege(role, pronamespace, 'USAGE') AND has_function_privilege(role, pg_proc.oid, 'EXECUTE'))) AS roles
     FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
     WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname NOT LIKE '\\_timescaledb%'
       AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
     ORDER BY 1`,
    [roles],
  );
  return rows.filter((row) => row.roles.length > 0);
}
