-- Organisations and their people. An account is a person, unique over the installation, and reachable
-- only through the functions below; a user is that person's membership in one organisation.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.organizations (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  name text NOT NULL CHECK (name <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);
-- The one table whose own id is the organisation.
ALTER TABLE mes.organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.organizations FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE ON mes.organizations TO mes_api, mes_worker;
CREATE POLICY tenant_select ON mes.organizations FOR SELECT TO mes_api, mes_worker
  USING (id = mes.current_organization_id());
CREATE POLICY tenant_update ON mes.organizations FOR UPDATE TO mes_api, mes_worker
  USING (id = mes.current_organization_id()) WITH CHECK (id = mes.current_organization_id());
CREATE POLICY owner_all ON mes.organizations TO mes_owner USING (true) WITH CHECK (true);

CREATE TABLE mes.plants (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  name text NOT NULL CHECK (name <> ''),
  time_zone text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, name)
);
ALTER TABLE mes.plants ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.plants FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON mes.plants TO mes_api, mes_worker;
CREATE POLICY tenant_select ON mes.plants FOR SELECT TO mes_api, mes_worker
  USING (organization_id = mes.current_organization_id() AND mes.sees_plant(id));
CREATE POLICY tenant_insert ON mes.plants FOR INSERT TO mes_api, mes_worker
  WITH CHECK (organization_id = mes.current_organization_id());
CREATE POLICY tenant_update ON mes.plants FOR UPDATE TO mes_api, mes_worker
  USING (organization_id = mes.current_organization_id() AND mes.sees_plant(id))
  WITH CHECK (organization_id = mes.current_organization_id());

CREATE TABLE mes.accounts (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  email text NOT NULL CHECK (email = lower(email)),
  password_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (email)
);
ALTER TABLE mes.accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON mes.accounts TO mes_owner USING (true) WITH CHECK (true);

CREATE TABLE mes.users (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  account_id int NOT NULL REFERENCES mes.accounts (id),
  display_name text NOT NULL CHECK (display_name <> ''),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, account_id)
);
SELECT mes.fence('mes.users');
CREATE POLICY owner_all ON mes.users TO mes_owner USING (true) WITH CHECK (true);

-- A session is one sign-in on one device. Its refresh token is rotated at each use; the hash of the
-- token before is kept, and its second use ends the session: somebody copied it.
CREATE TABLE mes.sessions (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id int NOT NULL,
  user_id int NOT NULL,
  token_hash bytea NOT NULL UNIQUE,
  previous_token_hash bytea UNIQUE,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (organization_id, user_id) REFERENCES mes.users (organization_id, id)
);
CREATE INDEX ON mes.sessions (organization_id, user_id);
ALTER TABLE mes.sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON mes.sessions TO mes_owner USING (true) WITH CHECK (true);

-- What sign-in needs to know of an e-mail address: one row per organisation of that person.
CREATE FUNCTION mes.sign_in_candidates(wanted_email text)
  RETURNS TABLE (password_hash text, user_id int, organization_id int, organization_name text, display_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT accounts.password_hash, users.id, users.organization_id, organizations.name, users.display_name
  FROM mes.accounts
  JOIN mes.users ON users.account_id = accounts.id
  JOIN mes.organizations ON organizations.id = users.organization_id
  WHERE accounts.email = lower(wanted_email)
  ORDER BY users.id;
END;

CREATE FUNCTION mes.open_session(wanted_user_id int, new_token_hash bytea, lifetime interval) RETURNS uuid
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.sessions (organization_id, user_id, token_hash, expires_at)
  SELECT users.organization_id, users.id, new_token_hash, now() + lifetime
  FROM mes.users
  WHERE users.id = wanted_user_id
  RETURNING sessions.id;
END;

-- Exchanges a refresh token for a new one. No row: the token is unknown, expired, or was used twice.
-- Two tabs that refresh in the same moment are no theft: the token before is honoured for 10 s.
CREATE FUNCTION mes.rotate_session(old_token_hash bytea, new_token_hash bytea, lifetime interval)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, rotated boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  session mes.sessions;
BEGIN
  SELECT sessions.* INTO session FROM mes.sessions
  WHERE sessions.token_hash = old_token_hash OR sessions.previous_token_hash = old_token_hash
  FOR UPDATE;
  IF NOT FOUND OR session.expires_at < now() THEN
    RETURN;
  END IF;
  IF session.token_hash = old_token_hash THEN
    UPDATE mes.sessions
    SET token_hash = new_token_hash, previous_token_hash = old_token_hash, expires_at = now() + lifetime
    WHERE sessions.id = session.id;
  ELSIF session.expires_at - lifetime < now() - interval '10 seconds' THEN
    DELETE FROM mes.sessions WHERE sessions.id = session.id;
    RETURN;
  END IF;
  RETURN QUERY
    SELECT users.id, users.organization_id, organizations.name, users.display_name, accounts.email,
           session.token_hash = old_token_hash
    FROM mes.users
    JOIN mes.organizations ON organizations.id = users.organization_id
    JOIN mes.accounts ON accounts.id = users.account_id
    WHERE users.id = session.user_id;
END $$;

CREATE FUNCTION mes.close_session(old_token_hash bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  DELETE FROM mes.sessions
  WHERE sessions.token_hash = old_token_hash OR sessions.previous_token_hash = old_token_hash;
END;

GRANT EXECUTE ON FUNCTION mes.sign_in_candidates(text), mes.open_session(int, bytea, interval),
  mes.rotate_session(bytea, bytea, interval), mes.close_session(bytea) TO mes_api;
