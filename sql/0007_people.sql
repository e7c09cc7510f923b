-- How an organisation is made up, and who may do what in it: departments, roles and their assignment,
-- settings, and the audit trail with its chain of seals.
--
-- A table that the kit of cloud/platform/kit/ serves has version, created_at, updated_at and archived_at;
-- mes.keep_record gives it the trigger that counts its versions. Archived rows stay and are hidden.

SET LOCAL ROLE mes_owner;

CREATE FUNCTION mes.count_version() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  NEW.version := OLD.version + 1;
  NEW.updated_at := now();
  RETURN NEW;
END $$;

-- Adds what the kit needs to a table: a version for optimistic updates, and when it was made, changed and archived.
CREATE FUNCTION mes.keep_record(table_name regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS version int NOT NULL DEFAULT 1', table_name);
  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now()', table_name);
  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now()', table_name);
  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS archived_at timestamptz', table_name);
  EXECUTE format('CREATE TRIGGER count_version BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION mes.count_version()', table_name);
END $$;

-- Organisations and plants. `demo` marks what the demo made, to be taken away with one click.
ALTER TABLE mes.organizations ADD COLUMN demo boolean NOT NULL DEFAULT false;
SELECT mes.keep_record('mes.organizations');
SELECT mes.keep_record('mes.plants');

CREATE TABLE mes.departments (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  description text,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, plant_id, code),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.keep_record('mes.departments');
SELECT mes.fence('mes.departments');

-- A role is a list of permissions, or of patterns of them: ["departments.read", "plants.*", "*.read"].
-- System roles come with every organisation and stay as they are; others are the organisation's own.
CREATE TABLE mes.roles (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  role_code text NOT NULL CHECK (role_code ~ '^[a-z][a-z0-9_]*$'),
  role_name text NOT NULL CHECK (role_name <> ''),
  description text,
  is_system_role boolean NOT NULL DEFAULT false,
  permissions jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(permissions) = 'array'),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, role_code)
);
SELECT mes.keep_record('mes.roles');
SELECT mes.fence('mes.roles');

-- Who has which role: everywhere (plant_id null), or in one plant.
CREATE TABLE mes.user_roles (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  user_id int NOT NULL,
  role_id int NOT NULL,
  plant_id int,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (organization_id, user_id, role_id, plant_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES mes.users (organization_id, id),
  FOREIGN KEY (organization_id, role_id) REFERENCES mes.roles (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.fence('mes.user_roles');

-- The plants of a user who is limited to some (users.all_plants is false then).
CREATE TABLE mes.user_plant_access (
  organization_id int NOT NULL,
  user_id int NOT NULL,
  plant_id int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, user_id, plant_id),
  FOREIGN KEY (organization_id, user_id) REFERENCES mes.users (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.fence('mes.user_plant_access');

ALTER TABLE mes.users ADD COLUMN all_plants boolean NOT NULL DEFAULT true;
SELECT mes.keep_record('mes.users');

-- One value per key that cloud/domains/settings declares; what has no row has the declared default.
CREATE TABLE mes.system_settings (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  key text NOT NULL CHECK (key <> ''),
  value jsonb NOT NULL,
  UNIQUE (organization_id, key)
);
SELECT mes.keep_record('mes.system_settings');
SELECT mes.fence('mes.system_settings');

-- What every command leaves behind, in its own transaction: who, when, what, old, new, why, and the request.
CREATE TABLE mes.audit_logs (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  plant_id int,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- user, api_key, device, system or visitor (a failed or first sign-in), and the name it had then.
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'device', 'system', 'visitor')),
  actor_id int,
  actor_name text NOT NULL,
  -- What was done to which kind of record: 'update', 'departments', '17'.
  action text NOT NULL CHECK (action <> ''),
  entity text NOT NULL CHECK (entity <> ''),
  entity_id text NOT NULL,
  old jsonb,
  new jsonb,
  reason text,
  request_id text NOT NULL
);
CREATE INDEX ON mes.audit_logs (organization_id, entity, entity_id, id);
CREATE INDEX ON mes.audit_logs (organization_id, id);
SELECT mes.fence('mes.audit_logs', ARRAY['select', 'insert']);
CREATE POLICY owner_all ON mes.audit_logs TO mes_owner USING (true) WITH CHECK (true);

-- The chain: one seal per audit row, each over the row and the seal before it. Rows are sealed once they
-- are committed, in the order the sealer finds them; the id's order would wait for the slowest command.
CREATE TABLE mes.audit_seals (
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  sequence bigint NOT NULL CHECK (sequence > 0),
  audit_log_id bigint NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL,
  sealed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, sequence),
  UNIQUE (organization_id, audit_log_id)
);
SELECT mes.fence('mes.audit_seals', ARRAY['select', 'insert']);
CREATE POLICY owner_all ON mes.audit_seals TO mes_owner USING (true) WITH CHECK (true);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mes.audit_logs
  FOR EACH STATEMENT EXECUTE FUNCTION mes.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON mes.audit_seals
  FOR EACH STATEMENT EXECUTE FUNCTION mes.refuse_change();

-- What waits for its seal: filled by a trigger in the command's transaction, emptied by the sealer, so
-- that finding work costs nothing however long the trail is.
CREATE TABLE mes.audit_unsealed (
  organization_id int NOT NULL,
  audit_log_id bigint NOT NULL,
  PRIMARY KEY (organization_id, audit_log_id)
);
SELECT mes.fence('mes.audit_unsealed', ARRAY['select', 'insert', 'delete']);
CREATE POLICY owner_all ON mes.audit_unsealed TO mes_owner USING (true) WITH CHECK (true);

CREATE FUNCTION mes.await_seal() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  INSERT INTO mes.audit_unsealed (organization_id, audit_log_id) VALUES (NEW.organization_id, NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER await_seal AFTER INSERT ON mes.audit_logs FOR EACH ROW EXECUTE FUNCTION mes.await_seal();

-- The hash of a seal: SHA-256 of the seal before and of the row as text. Every column takes part.
CREATE FUNCTION mes.audit_hash(previous bytea, audit_row mes.audit_logs) RETURNS bytea
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN sha256(previous || convert_to(jsonb_build_array(
    (audit_row).id, (audit_row).organization_id, (audit_row).plant_id, extract(epoch FROM (audit_row).at),
    (audit_row).actor_kind, (audit_row).actor_id, (audit_row).actor_name, (audit_row).action, (audit_row).entity,
    (audit_row).entity_id, (audit_row).old, (audit_row).new, (audit_row).reason, (audit_row).request_id)::text, 'UTF8'));

-- Organisations with rows that wait for their seal, for the sealer's rounds over all organisations.
CREATE FUNCTION mes.organizations_to_seal() RETURNS SETOF int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT DISTINCT audit_unsealed.organization_id FROM mes.audit_unsealed ORDER BY 1;
END;

-- Seals at most so many waiting rows of this transaction's organisation; says how many. One sealer at a time.
CREATE FUNCTION mes.seal_audit(most int) RETURNS int
  LANGUAGE plpgsql
AS $$
DECLARE
  organization int := mes.current_organization_id();
  head record;
  waiting mes.audit_logs;
  sealed int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mes.audit_seals'), organization);
  SELECT audit_seals.sequence, audit_seals.hash INTO head FROM mes.audit_seals
  WHERE audit_seals.organization_id = organization ORDER BY audit_seals.sequence DESC LIMIT 1;
  IF NOT FOUND THEN
    SELECT 0::bigint AS sequence, '\x'::bytea AS hash INTO head;
  END IF;
  FOR waiting IN
    SELECT audit_logs.* FROM mes.audit_unsealed
    JOIN mes.audit_logs ON audit_logs.organization_id = audit_unsealed.organization_id AND audit_logs.id = audit_unsealed.audit_log_id
    WHERE audit_unsealed.organization_id = organization
    ORDER BY audit_unsealed.audit_log_id LIMIT most
  LOOP
    INSERT INTO mes.audit_seals (organization_id, sequence, audit_log_id, previous_hash, hash)
    VALUES (organization, head.sequence + 1, waiting.id, head.hash, mes.audit_hash(head.hash, waiting))
    RETURNING audit_seals.sequence, audit_seals.hash INTO head;
    DELETE FROM mes.audit_unsealed
    WHERE audit_unsealed.organization_id = organization AND audit_unsealed.audit_log_id = waiting.id;
    sealed := sealed + 1;
  END LOOP;
  RETURN sealed;
END $$;

-- The first place where the chain and the rows disagree, if any: kind tells what is wrong there.
CREATE FUNCTION mes.audit_faults(most int)
  RETURNS TABLE (sequence bigint, audit_log_id bigint, kind text)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT found.sequence, found.audit_log_id, found.kind FROM (
    SELECT seals.sequence, seals.audit_log_id,
      CASE
        WHEN seals.sequence <> seals.place THEN 'seal_missing'
        WHEN seals.previous_hash <> seals.hash_before THEN 'chain_broken'
        WHEN audit_logs.id IS NULL THEN 'row_missing'
        WHEN seals.hash <> mes.audit_hash(seals.previous_hash, audit_logs) THEN 'row_changed'
      END AS kind
    FROM (
      SELECT audit_seals.*, row_number() OVER chain AS place, coalesce(lag(audit_seals.hash) OVER chain, '\x'::bytea) AS hash_before
      FROM mes.audit_seals
      WHERE audit_seals.organization_id = mes.current_organization_id()
      WINDOW chain AS (ORDER BY audit_seals.sequence)
    ) AS seals
    LEFT JOIN mes.audit_logs ON audit_logs.organization_id = seals.organization_id AND audit_logs.id = seals.audit_log_id
    UNION ALL
    SELECT NULL, audit_logs.id, 'row_unknown' FROM mes.audit_logs
    WHERE audit_logs.organization_id = mes.current_organization_id()
      AND NOT EXISTS (SELECT FROM mes.audit_seals WHERE audit_seals.organization_id = audit_logs.organization_id AND audit_seals.audit_log_id = audit_logs.id)
      AND NOT EXISTS (SELECT FROM mes.audit_unsealed WHERE audit_unsealed.organization_id = audit_logs.organization_id AND audit_unsealed.audit_log_id = audit_logs.id)
  ) AS found
  WHERE found.kind IS NOT NULL
  ORDER BY found.sequence NULLS LAST, found.audit_log_id
  LIMIT most;
END;

GRANT EXECUTE ON FUNCTION mes.organizations_to_seal() TO mes_worker;
GRANT EXECUTE ON FUNCTION mes.seal_audit(int), mes.audit_hash(bytea, mes.audit_logs) TO mes_worker;
GRANT EXECUTE ON FUNCTION mes.audit_faults(int), mes.audit_hash(bytea, mes.audit_logs) TO mes_api, mes_worker;
-- Only the sealer writes seals; the API reads them.
REVOKE INSERT ON mes.audit_seals FROM mes_api;
REVOKE INSERT, DELETE ON mes.audit_unsealed FROM mes_api;
