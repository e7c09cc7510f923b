-- The house every later migration builds in: roles, schemas, the tenant fence, and the function that
-- makes a table a hypertable where TimescaleDB is there.
--
-- Roles. mes_owner owns everything and is only used by migrations and by SECURITY DEFINER functions.
-- mes_api and mes_worker live behind row-level security: one organisation per transaction.
-- mes_ingest writes what edges send, for all organisations, and sees only the registry it needs.
-- They are made without a password; the cloud gives them one at its start (cloud/platform/roles.ts).

DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['mes_owner', 'mes_api', 'mes_ingest', 'mes_worker'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE pg_roles.rolname = role_name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', role_name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL; -- another database of this cluster was migrated at the same moment
      END;
    END IF;
  END LOOP;
END $$;

DO $$
BEGIN
  EXECUTE format('GRANT mes_owner TO %I', current_user);
  EXECUTE format('GRANT CREATE ON DATABASE %I TO mes_owner', current_database());
EXCEPTION WHEN unique_violation OR invalid_grant_operation THEN
  NULL; -- granted already, by a migration of another database of this cluster
END $$;

-- TimescaleDB is used where the server has it; everything works without it (DESIGN: Storage).
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_available_extensions WHERE pg_available_extensions.name = 'timescaledb')
     AND position('timescaledb' IN current_setting('shared_preload_libraries')) > 0 THEN
    CREATE EXTENSION IF NOT EXISTS timescaledb;
  END IF;
END $$;

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- public holds what extensions bring, and the Migrator's own tables, which nobody is granted.
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO mes_owner, mes_api, mes_ingest, mes_worker;

CREATE SCHEMA mes AUTHORIZATION mes_owner;
CREATE SCHEMA telemetry AUTHORIZATION mes_owner;
GRANT USAGE ON SCHEMA mes TO mes_api, mes_ingest, mes_worker;
GRANT USAGE ON SCHEMA telemetry TO mes_ingest;

SET LOCAL ROLE mes_owner;

ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The organisation of this transaction, or null: then no row is visible. A pooled session that once
-- had the setting answers '' afterwards, not null.
CREATE FUNCTION mes.current_organization_id() RETURNS int
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('mes.organization_id', true), '')::int;

-- Whether this transaction's user may see a plant: mes.plant_ids is 'all' or a list like '{3,7}'.
-- Unset means none.
CREATE FUNCTION mes.sees_plant(plant_id int) RETURNS boolean
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE coalesce(current_setting('mes.plant_ids', true), '')
    WHEN 'all' THEN true
    WHEN '' THEN false
    ELSE plant_id = ANY (current_setting('mes.plant_ids', true)::int[])
  END;

GRANT EXECUTE ON FUNCTION mes.current_organization_id(), mes.sees_plant(int) TO mes_api, mes_worker, mes_ingest;

-- Puts a table behind the fence: row-level security enabled and forced, one policy per command for
-- mes_api and mes_worker, and the grants they need. A table with a plant_id is also fenced by plant.
-- An index that starts with organization_id is the table's own business; the architecture test looks.
CREATE FUNCTION mes.fence(table_name regclass, commands text[] DEFAULT ARRAY['select', 'insert', 'update', 'delete'])
  RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  command text;
  predicate text := 'organization_id = mes.current_organization_id()';
BEGIN
  IF EXISTS (SELECT FROM pg_attribute WHERE pg_attribute.attrelid = table_name AND pg_attribute.attname = 'plant_id') THEN
    predicate := predicate || ' AND (plant_id IS NULL OR mes.sees_plant(plant_id))';
  END IF;
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', table_name);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', table_name);
  FOREACH command IN ARRAY commands LOOP
    EXECUTE format('GRANT %s ON %s TO mes_api, mes_worker', command, table_name);
    EXECUTE format(
      'CREATE POLICY tenant_%1$s ON %2$s FOR %1$s TO mes_api, mes_worker %3$s %4$s',
      command, table_name,
      CASE WHEN command <> 'insert' THEN format('USING (%s)', predicate) END,
      CASE WHEN command IN ('insert', 'update') THEN format('WITH CHECK (%s)', predicate) END
    );
  END LOOP;
END $$;

-- Gives the ingestor, which works for all organisations, exactly these commands on a fenced table.
CREATE FUNCTION mes.open_to_ingest(table_name regclass, commands text[]) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  command text;
BEGIN
  FOREACH command IN ARRAY commands LOOP
    EXECUTE format('GRANT %s ON %s TO mes_ingest', command, table_name);
    EXECUTE format(
      'CREATE POLICY ingest_%1$s ON %2$s FOR %1$s TO mes_ingest %3$s %4$s',
      command, table_name,
      CASE WHEN command <> 'insert' THEN 'USING (true)' END,
      CASE WHEN command IN ('insert', 'update') THEN 'WITH CHECK (true)' END
    );
  END LOOP;
END $$;

-- Makes a table a hypertable where TimescaleDB is there, and leaves it a plain table where it is not.
-- create_default_indexes is off: each of our tables has the unique index it needs.
CREATE FUNCTION telemetry.make_hypertable(table_name regclass, time_column name, chunk interval) RETURNS boolean
  LANGUAGE plpgsql
AS $$
DECLARE
  extension_schema name;
BEGIN
  SELECT pg_namespace.nspname INTO extension_schema
  FROM pg_extension
  JOIN pg_namespace ON pg_namespace.oid = pg_extension.extnamespace
  WHERE pg_extension.extname = 'timescaledb';
  IF extension_schema IS NULL THEN
    RETURN false;
  END IF;
  EXECUTE format(
    'SELECT %I.create_hypertable(%L::regclass, %L::name, chunk_time_interval => %L::interval, create_default_indexes => false)',
    extension_schema, table_name, time_column, chunk
  );
  RETURN true;
END $$;

-- Trigger function for append-only tables.
CREATE FUNCTION mes.refuse_change() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  RAISE EXCEPTION 'mes.% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
