-- Signing in: accounts with e-mail, badge, password and PIN; lock-out; sessions on browsers and on paired
-- devices; reset links; API keys; the first run of an installation and the end of its demo.
--
-- Accounts, sessions, attempts and reset links are out of everybody's reach but these functions'. Those
-- that act for an administrator see only users of the transaction's organisation, as the fence would.

SET LOCAL ROLE mes_owner;

-- A person is known by e-mail, by badge, or by neither: then only by name and PIN on a paired device.
ALTER TABLE mes.accounts ALTER COLUMN email DROP NOT NULL;
ALTER TABLE mes.accounts ALTER COLUMN password_hash DROP NOT NULL;
ALTER TABLE mes.accounts ADD COLUMN badge text UNIQUE CHECK (badge ~ '^[A-Za-z0-9-]{3,64}$');
ALTER TABLE mes.accounts ADD COLUMN pin_hash text;

-- E-mail and badge are copies of the account's, for lists; the triggers below keep them.
ALTER TABLE mes.users ADD COLUMN email text;
ALTER TABLE mes.users ADD COLUMN badge text;
ALTER TABLE mes.users ADD COLUMN language text NOT NULL DEFAULT 'en' CHECK (language IN ('en', 'de'));
ALTER TABLE mes.users ADD COLUMN time_format text NOT NULL DEFAULT '24h' CHECK (time_format IN ('24h', '12h'));
UPDATE mes.users SET email = accounts.email FROM mes.accounts WHERE accounts.id = users.account_id;
CREATE INDEX ON mes.users (account_id);

-- Users come through the functions below. Their e-mail and badge are what the account says, whatever is written.
REVOKE INSERT, UPDATE, DELETE ON mes.users FROM mes_api, mes_worker;
GRANT UPDATE (display_name, email, badge, language, time_format, all_plants, archived_at, version, updated_at) ON mes.users TO mes_api, mes_worker;

CREATE FUNCTION mes.copy_account() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  SELECT accounts.email, accounts.badge INTO NEW.email, NEW.badge FROM mes.accounts WHERE accounts.id = NEW.account_id;
  RETURN NEW;
END $$;
CREATE TRIGGER copy_account BEFORE INSERT OR UPDATE OF email, badge ON mes.users FOR EACH ROW EXECUTE FUNCTION mes.copy_account();

CREATE FUNCTION mes.copy_to_users() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  UPDATE mes.users SET email = NEW.email, badge = NEW.badge WHERE users.account_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER copy_to_users AFTER UPDATE OF email, badge ON mes.accounts
  FOR EACH ROW WHEN (OLD.email IS DISTINCT FROM NEW.email OR OLD.badge IS DISTINCT FROM NEW.badge)
  EXECUTE FUNCTION mes.copy_to_users();

-- A tablet at a line (its operators sign in on it with a PIN) or a TV (it only shows). It waits for its
-- code until it is paired; then it has a session of its own, without a user. Archived: revoked.
CREATE TABLE mes.paired_devices (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('tablet', 'tv')),
  name text NOT NULL CHECK (name <> ''),
  code_hash bytea UNIQUE,
  code_expires_at timestamptz,
  paired_at timestamptz,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.keep_record('mes.paired_devices');
SELECT mes.fence('mes.paired_devices', ARRAY['select', 'insert', 'update']);
CREATE POLICY owner_all ON mes.paired_devices TO mes_owner USING (true) WITH CHECK (true);

-- A session is a person's on a browser (lifetime 7 days from its last use), a person's on a paired tablet
-- (minutes), or a device's own (user_id null; its token is the device's cookie).
ALTER TABLE mes.sessions ALTER COLUMN user_id DROP NOT NULL;
ALTER TABLE mes.sessions ADD COLUMN paired_device_id int;
ALTER TABLE mes.sessions ADD COLUMN lifetime_s int NOT NULL DEFAULT 604800 CHECK (lifetime_s > 0);
ALTER TABLE mes.sessions ADD COLUMN last_used_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE mes.sessions ADD COLUMN device_name text NOT NULL DEFAULT '';
ALTER TABLE mes.sessions ADD CHECK (user_id IS NOT NULL OR paired_device_id IS NOT NULL);
ALTER TABLE mes.sessions ADD FOREIGN KEY (organization_id, paired_device_id) REFERENCES mes.paired_devices (organization_id, id);
CREATE INDEX ON mes.sessions (organization_id, paired_device_id);
CREATE INDEX ON mes.sessions (expires_at);

-- Failed sign-ins by account and place, or by what was typed where no account has it (hashed: it may be
-- anything). A row counts for a day; see mes.begin_attempt.
CREATE TABLE mes.sign_in_attempts (
  key bytea PRIMARY KEY,
  failures int NOT NULL,
  locked_until timestamptz,
  last_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON mes.sign_in_attempts (last_at);
ALTER TABLE mes.sign_in_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.sign_in_attempts FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON mes.sign_in_attempts TO mes_owner USING (true) WITH CHECK (true);

-- One-time links to set a password, by mail or from an administrator's hand.
CREATE TABLE mes.reset_links (
  token_hash bytea PRIMARY KEY,
  organization_id int NOT NULL,
  user_id int NOT NULL,
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (organization_id, user_id) REFERENCES mes.users (organization_id, id)
);
CREATE INDEX ON mes.reset_links (organization_id, user_id);
ALTER TABLE mes.reset_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.reset_links FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON mes.reset_links TO mes_owner USING (true) WITH CHECK (true);

-- A key of a machine or an integration: it may what its roles may, in its plants. Archived: revoked.
CREATE TABLE mes.api_keys (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  name text NOT NULL CHECK (name <> ''),
  secret_hash bytea NOT NULL,
  -- Null: all plants.
  plant_ids int[],
  expires_at timestamptz,
  last_used_at timestamptz,
  created_by int,
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES mes.users (organization_id, id)
);
SELECT mes.keep_record('mes.api_keys');
SELECT mes.fence('mes.api_keys', ARRAY['select', 'insert', 'update']);
CREATE POLICY owner_all ON mes.api_keys TO mes_owner USING (true) WITH CHECK (true);

CREATE TABLE mes.api_key_roles (
  organization_id int NOT NULL,
  api_key_id int NOT NULL,
  role_id int NOT NULL,
  PRIMARY KEY (organization_id, api_key_id, role_id),
  FOREIGN KEY (organization_id, api_key_id) REFERENCES mes.api_keys (organization_id, id),
  FOREIGN KEY (organization_id, role_id) REFERENCES mes.roles (organization_id, id)
);
SELECT mes.fence('mes.api_key_roles', ARRAY['select', 'insert', 'delete']);
CREATE POLICY owner_all ON mes.api_key_roles TO mes_owner USING (true) WITH CHECK (true);

CREATE POLICY owner_reads ON mes.plants FOR SELECT TO mes_owner USING (true);

-- ── Attempts ─────────────────────────────────────────────────────────────────────────────────────────
-- Counts an attempt before its password is looked at, so that a hundred at once are not a hundred guesses.
-- Answers the seconds to wait, 0 for "go on". From the 5th failure on the key waits 1, 2, 4 … 60 minutes.
-- Rows of yesterday are cleaned along the way; beyond 100,000 rows the oldest go.
CREATE FUNCTION mes.begin_attempt(wanted_key bytea) RETURNS int
  LANGUAGE plpgsql
AS $$
DECLARE
  counted int;
BEGIN
  INSERT INTO mes.sign_in_attempts AS attempts (key, failures) VALUES (wanted_key, 1)
  ON CONFLICT (key) DO UPDATE SET
    failures = CASE WHEN attempts.last_at < now() - interval '1 day' THEN 1 ELSE least(attempts.failures + 1, 100) END,
    last_at = now()
  WHERE attempts.locked_until IS NULL OR attempts.locked_until <= now()
  RETURNING attempts.failures INTO counted;
  IF counted IS NULL THEN
    RETURN (SELECT greatest(1, ceil(extract(epoch FROM sign_in_attempts.locked_until - now())))::int
            FROM mes.sign_in_attempts WHERE sign_in_attempts.key = wanted_key);
  END IF;
  UPDATE mes.sign_in_attempts
  SET locked_until = CASE WHEN counted >= 5 THEN now() + least(60, 2 ^ least(counted - 5, 6)) * interval '1 minute' END
  WHERE sign_in_attempts.key = wanted_key;
  DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key IN (
    SELECT old.key FROM mes.sign_in_attempts AS old
    WHERE old.last_at < now() - interval '1 day' AND old.key <> wanted_key
    ORDER BY old.last_at LIMIT 10 FOR UPDATE SKIP LOCKED);
  IF random() < 0.01 AND (SELECT count(*) FROM mes.sign_in_attempts) > 100000 THEN
    DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key IN (
      SELECT old.key FROM mes.sign_in_attempts AS old
      WHERE old.key <> wanted_key ORDER BY old.last_at LIMIT 1000 FOR UPDATE SKIP LOCKED);
  END IF;
  RETURN 0;
END $$;

-- An account has two counts: from anywhere, and on paired devices, so that a stranger on the network cannot
-- keep an operator from the line.
CREATE FUNCTION mes.attempt_key(wanted_account_id int, place text) RETURNS bytea
  LANGUAGE sql IMMUTABLE
  RETURN sha256(convert_to(format('account:%s:%s', wanted_account_id, place), 'UTF8'));

-- The paired device a token belongs to.
CREATE FUNCTION mes.device_by_token(device_token_hash bytea)
  RETURNS TABLE (device_id int, session_id uuid, organization_id int, plant_id int, kind text, name text, organization_name text, plant_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT paired_devices.id, sessions.id, paired_devices.organization_id, paired_devices.plant_id, paired_devices.kind, paired_devices.name,
         organizations.name, plants.name
  FROM mes.sessions
  JOIN mes.paired_devices ON paired_devices.organization_id = sessions.organization_id AND paired_devices.id = sessions.paired_device_id
  JOIN mes.plants ON plants.organization_id = paired_devices.organization_id AND plants.id = paired_devices.plant_id
  JOIN mes.organizations ON organizations.id = sessions.organization_id
  WHERE sessions.token_hash = device_token_hash AND sessions.user_id IS NULL AND sessions.expires_at > now()
    AND paired_devices.archived_at IS NULL AND organizations.archived_at IS NULL;
END;

-- Who may use a paired tablet: those who see its plant. The list that it shows has those with a PIN.
CREATE FUNCTION mes.may_use_device(wanted_user mes.users, device_organization_id int, device_plant_id int) RETURNS boolean
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT (wanted_user).organization_id = device_organization_id AND (wanted_user).archived_at IS NULL
    AND ((wanted_user).all_plants OR EXISTS (
      SELECT FROM mes.user_plant_access
      WHERE user_plant_access.organization_id = (wanted_user).organization_id
        AND user_plant_access.user_id = (wanted_user).id AND user_plant_access.plant_id = device_plant_id));
END;

CREATE FUNCTION mes.device_users(device_token_hash bytea, most int) RETURNS TABLE (user_id int, display_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT users.id, users.display_name
  FROM mes.device_by_token(device_token_hash) AS device
  JOIN mes.users ON users.organization_id = device.organization_id
  JOIN mes.accounts ON accounts.id = users.account_id
  WHERE device.kind = 'tablet' AND accounts.pin_hash IS NOT NULL
    AND mes.may_use_device(users, device.organization_id, device.plant_id)
  ORDER BY users.display_name, users.id
  LIMIT most;
END;

-- ── Signing in ───────────────────────────────────────────────────────────────────────────────────────
-- Begins a sign-in by 'email', 'badge' or, on a paired device, 'user' (its id). Always one row, the same
-- work for known and unknown: seconds to wait, and what to compare with, null where there is nothing.
CREATE FUNCTION mes.begin_sign_in(kind text, identifier text, device_token_hash bytea)
  RETURNS TABLE (wait_s int, attempt_key bytea, account_id int, password_hash text, pin_hash text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  device record;
  account mes.accounts;
  found_key bytea;
  place text;
BEGIN
  SELECT * INTO device FROM mes.device_by_token(device_token_hash) AS known WHERE known.kind = 'tablet';
  place := CASE WHEN device.device_id IS NULL THEN 'anywhere' ELSE 'device' END;
  IF kind = 'email' THEN
    SELECT accounts.* INTO account FROM mes.accounts WHERE accounts.email = lower(identifier);
  ELSIF kind = 'badge' THEN
    SELECT accounts.* INTO account FROM mes.accounts WHERE accounts.badge = identifier;
  ELSIF kind = 'user' AND device.device_id IS NOT NULL THEN
    SELECT accounts.* INTO account FROM mes.accounts JOIN mes.users ON users.account_id = accounts.id
    WHERE users.id = identifier::int AND users.organization_id = device.organization_id;
  END IF;
  found_key := CASE WHEN account.id IS NULL
    THEN sha256(convert_to(format('%s:%s:%s', kind, lower(identifier), place), 'UTF8'))
    ELSE mes.attempt_key(account.id, place) END;
  RETURN QUERY SELECT mes.begin_attempt(found_key), found_key, account.id, account.password_hash,
    -- A PIN is worth nothing but on a paired device.
    CASE WHEN device.device_id IS NOT NULL THEN account.pin_hash END;
END $$;

-- The users of an account whose password was right; on a paired device only one that may use it. The
-- attempt is forgiven.
CREATE FUNCTION mes.pass_sign_in(passed_key bytea, passed_account_id int, device_token_hash bytea)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key = passed_key;
  RETURN QUERY
    SELECT users.id, users.organization_id, organizations.name, users.display_name, users.email, users.language
    FROM mes.users
    JOIN mes.organizations ON organizations.id = users.organization_id
    LEFT JOIN mes.device_by_token(device_token_hash) AS device ON true
    WHERE users.account_id = passed_account_id AND users.archived_at IS NULL AND organizations.archived_at IS NULL
      AND (device.device_id IS NULL OR device.kind = 'tv' OR mes.may_use_device(users, device.organization_id, device.plant_id))
    ORDER BY users.id;
END $$;

-- What every organisation of the account reads in its trail about a failed sign-in. Nothing for a stranger.
CREATE FUNCTION mes.record_failed_sign_in(failed_account_id int, failed_key bytea, how text, request text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, new, request_id)
  SELECT users.organization_id, 'visitor', 'Visitor', 'sign_in_failed', 'users', users.id::text,
         jsonb_build_object('with', how, 'failures', attempts.failures, 'lockedUntil', attempts.locked_until), request
  FROM mes.users
  LEFT JOIN mes.sign_in_attempts AS attempts ON attempts.key = failed_key
  WHERE users.account_id = failed_account_id;
END;

DROP FUNCTION mes.sign_in_candidates(text);
DROP FUNCTION mes.open_session(int, bytea, interval);
DROP FUNCTION mes.rotate_session(bytea, bytea, interval);
DROP FUNCTION mes.close_session(bytea);

-- At most 50 sessions a user: the one that was not used the longest goes. Expired ones are cleaned along the way.
CREATE FUNCTION mes.open_session(wanted_user_id int, new_token_hash bytea, new_lifetime interval, new_device_name text, device_token_hash bytea)
  RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  opened uuid;
BEGIN
  DELETE FROM mes.sessions WHERE sessions.id IN (
    SELECT old.id FROM mes.sessions AS old WHERE old.expires_at < now() ORDER BY old.expires_at LIMIT 20 FOR UPDATE SKIP LOCKED);
  DELETE FROM mes.sessions WHERE sessions.id IN (
    SELECT old.id FROM mes.sessions AS old JOIN mes.users ON users.organization_id = old.organization_id AND users.id = old.user_id
    WHERE users.id = wanted_user_id ORDER BY (old.expires_at > now()) DESC, old.last_used_at DESC OFFSET 49);
  INSERT INTO mes.sessions (organization_id, user_id, token_hash, lifetime_s, expires_at, device_name, paired_device_id)
  SELECT users.organization_id, users.id, new_token_hash, extract(epoch FROM new_lifetime)::int, now() + new_lifetime, new_device_name,
         (SELECT device.device_id FROM mes.device_by_token(device_token_hash) AS device)
  FROM mes.users
  WHERE users.id = wanted_user_id
  RETURNING sessions.id INTO opened;
  RETURN opened;
END $$;

-- Exchanges a refresh token for a new one. No row: the token is unknown, expired, or was used twice.
-- Two tabs that refresh in the same moment are no theft: the token before is honoured for 10 s.
CREATE FUNCTION mes.rotate_session(old_token_hash bytea, new_token_hash bytea, request text)
  RETURNS TABLE (session_id uuid, user_id int, organization_id int, organization_name text, display_name text, email text,
                 language text, lifetime_s int, rotated boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  session mes.sessions;
BEGIN
  SELECT sessions.* INTO session FROM mes.sessions
  WHERE (sessions.token_hash = old_token_hash OR sessions.previous_token_hash = old_token_hash) AND sessions.user_id IS NOT NULL
  FOR UPDATE;
  IF NOT FOUND OR session.expires_at <= now() THEN
    RETURN;
  END IF;
  IF session.token_hash = old_token_hash THEN
    UPDATE mes.sessions
    SET token_hash = new_token_hash, previous_token_hash = old_token_hash, last_used_at = now(), expires_at = now() + make_interval(secs => sessions.lifetime_s)
    WHERE sessions.id = session.id;
  ELSIF session.last_used_at < now() - interval '10 seconds' THEN
    DELETE FROM mes.sessions WHERE sessions.id = session.id;
    INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, reason, request_id)
    VALUES (session.organization_id, 'visitor', 'Visitor', 'session_ended', 'users', session.user_id, 'an old refresh token came a second time', request);
    RETURN;
  END IF;
  RETURN QUERY
    SELECT session.id, users.id, users.organization_id, organizations.name, users.display_name, users.email, users.language,
           session.lifetime_s, session.token_hash = old_token_hash
    FROM mes.users
    JOIN mes.organizations ON organizations.id = users.organization_id
    WHERE users.id = session.user_id AND users.archived_at IS NULL AND organizations.archived_at IS NULL;
END $$;

CREATE FUNCTION mes.close_session(old_token_hash bytea) RETURNS TABLE (user_id int, organization_id int, display_name text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  RETURN QUERY
    DELETE FROM mes.sessions USING mes.users
    WHERE (sessions.token_hash = old_token_hash OR sessions.previous_token_hash = old_token_hash)
      AND users.organization_id = sessions.organization_id AND users.id = sessions.user_id
    RETURNING users.id, users.organization_id, users.display_name;
END $$;

-- ── One's own account, by one's session ──────────────────────────────────────────────────────────────
CREATE FUNCTION mes.own_account(own_session_id uuid)
  RETURNS TABLE (account_id int, password_hash text, pin_hash text, email text, badge text, display_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT accounts.id, accounts.password_hash, accounts.pin_hash, accounts.email, accounts.badge, users.display_name
  FROM mes.sessions
  JOIN mes.users ON users.organization_id = sessions.organization_id AND users.id = sessions.user_id
  JOIN mes.accounts ON accounts.id = users.account_id
  WHERE sessions.id = own_session_id AND sessions.expires_at > now();
END;

-- Counts an attempt to prove one's password within a session; seconds to wait.
CREATE FUNCTION mes.begin_own_attempt(own_session_id uuid) RETURNS TABLE (wait_s int, attempt_key bytea)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  found_key bytea;
BEGIN
  SELECT mes.attempt_key(own.account_id, 'session') INTO found_key FROM mes.own_account(own_session_id) AS own;
  RETURN QUERY SELECT mes.begin_attempt(found_key), found_key;
END $$;

CREATE FUNCTION mes.forgive_attempt(passed_key bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key = passed_key;
END;

-- A new password ends all other sessions of the person, in every organisation, and all reset links.
CREATE FUNCTION mes.set_own_password(own_session_id uuid, new_hash text) RETURNS void
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  own_account_id int := (SELECT own.account_id FROM mes.own_account(own_session_id) AS own);
BEGIN
  UPDATE mes.accounts SET password_hash = new_hash WHERE accounts.id = own_account_id;
  PERFORM mes.end_account_sessions(own_account_id, own_session_id);
END $$;

CREATE FUNCTION mes.end_account_sessions(ended_account_id int, kept uuid) RETURNS void
  LANGUAGE sql
BEGIN ATOMIC
  DELETE FROM mes.reset_links USING mes.users
  WHERE users.organization_id = reset_links.organization_id AND users.id = reset_links.user_id AND users.account_id = ended_account_id;
  DELETE FROM mes.sessions USING mes.users
  WHERE users.organization_id = sessions.organization_id AND users.id = sessions.user_id AND users.account_id = ended_account_id
    AND sessions.id IS DISTINCT FROM kept;
END;

CREATE FUNCTION mes.set_own_pin(own_session_id uuid, new_hash text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.accounts SET pin_hash = new_hash FROM mes.own_account(own_session_id) AS own WHERE accounts.id = own.account_id;
END;

-- The users of the person behind a session: where else he may go. Not from a paired device, which stays
-- in its organisation.
CREATE FUNCTION mes.own_users(own_session_id uuid)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT users.id, users.organization_id, organizations.name, users.display_name, users.email, users.language
  FROM mes.sessions
  JOIN mes.users AS own ON own.organization_id = sessions.organization_id AND own.id = sessions.user_id
  JOIN mes.users ON users.account_id = own.account_id
  JOIN mes.organizations ON organizations.id = users.organization_id
  WHERE sessions.id = own_session_id AND sessions.expires_at > now() AND users.archived_at IS NULL AND organizations.archived_at IS NULL
    AND (sessions.paired_device_id IS NULL OR users.id = own.id)
  ORDER BY organizations.name, users.id;
END;

CREATE FUNCTION mes.own_sessions(own_session_id uuid)
  RETURNS TABLE (id uuid, organization_name text, device_name text, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT sessions.id, organizations.name, coalesce(paired_devices.name, sessions.device_name), sessions.created_at, sessions.last_used_at,
         sessions.expires_at
  FROM mes.own_account(own_session_id) AS own
  JOIN mes.users ON users.account_id = own.account_id
  JOIN mes.sessions ON sessions.organization_id = users.organization_id AND sessions.user_id = users.id
  JOIN mes.organizations ON organizations.id = users.organization_id
  LEFT JOIN mes.paired_devices ON paired_devices.organization_id = sessions.organization_id AND paired_devices.id = sessions.paired_device_id
  WHERE sessions.expires_at > now()
  ORDER BY sessions.last_used_at DESC, sessions.id;
END;

-- Ends one session of the same person, or all of them; says how many.
CREATE FUNCTION mes.close_own_sessions(own_session_id uuid, wanted uuid) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  closed int;
BEGIN
  DELETE FROM mes.sessions USING mes.users, mes.own_account(own_session_id) AS own
  WHERE users.account_id = own.account_id AND sessions.organization_id = users.organization_id AND sessions.user_id = users.id
    AND (wanted IS NULL OR sessions.id = wanted);
  GET DIAGNOSTICS closed = ROW_COUNT;
  RETURN closed;
END $$;

-- ── What an administrator does to a user of his organisation ─────────────────────────────────────────
-- The account behind a user of this transaction's organisation; shared: it has users elsewhere, too.
CREATE FUNCTION mes.account_of(wanted_user_id int) RETURNS TABLE (account_id int, shared boolean)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT users.account_id, EXISTS (
    SELECT FROM mes.users AS elsewhere WHERE elsewhere.account_id = users.account_id AND elsewhere.organization_id <> users.organization_id)
  FROM mes.users
  WHERE users.id = wanted_user_id AND users.organization_id = mes.current_organization_id();
END;

-- Makes a user, and his account where his e-mail is new. One who is known to the installation keeps his
-- own password: then `known` is true and no secret is taken.
CREATE FUNCTION mes.create_user(new_display_name text, new_email text, new_badge text, new_language text, new_password_hash text, new_pin_hash text)
  RETURNS TABLE (user_id int, known boolean)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  person int := (SELECT accounts.id FROM mes.accounts WHERE accounts.email = lower(new_email));
  was_known boolean := person IS NOT NULL;
BEGIN
  IF person IS NULL THEN
    INSERT INTO mes.accounts (email, badge, password_hash, pin_hash) VALUES (lower(new_email), new_badge, new_password_hash, new_pin_hash)
    RETURNING accounts.id INTO person;
  END IF;
  RETURN QUERY
    INSERT INTO mes.users (organization_id, account_id, display_name, language)
    VALUES (mes.current_organization_id(), person, new_display_name, coalesce(new_language, 'en'))
    RETURNING users.id, was_known;
END $$;

-- How a user may sign in. Secrets of a shared account are no administrator's to change: he would have
-- the other organisation's door in his hand.
CREATE FUNCTION mes.sign_in_state(wanted_user_id int)
  RETURNS TABLE (has_password boolean, has_pin boolean, shared boolean, locked_until timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT accounts.password_hash IS NOT NULL, accounts.pin_hash IS NOT NULL, found.shared,
         (SELECT max(sign_in_attempts.locked_until) FROM mes.sign_in_attempts
          WHERE sign_in_attempts.key IN (mes.attempt_key(accounts.id, 'anywhere'), mes.attempt_key(accounts.id, 'device'), mes.attempt_key(accounts.id, 'session'))
            AND sign_in_attempts.locked_until > now())
  FROM mes.account_of(wanted_user_id) AS found
  JOIN mes.accounts ON accounts.id = found.account_id;
END;

-- Each of these changes nothing and answers false where the account is shared.
CREATE FUNCTION mes.set_user_identity(wanted_user_id int, new_email text, new_badge text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  UPDATE mes.accounts SET email = lower(new_email), badge = new_badge
  FROM mes.account_of(wanted_user_id) AS found WHERE accounts.id = found.account_id AND NOT found.shared;
  RETURN FOUND;
END $$;

CREATE FUNCTION mes.set_user_pin(wanted_user_id int, new_hash text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  UPDATE mes.accounts SET pin_hash = new_hash
  FROM mes.account_of(wanted_user_id) AS found WHERE accounts.id = found.account_id AND NOT found.shared;
  RETURN FOUND;
END $$;

CREATE FUNCTION mes.make_reset_link(wanted_user_id int, new_token_hash bytea, lifetime interval) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM mes.account_of(wanted_user_id) AS found WHERE NOT found.shared) THEN
    RETURN false;
  END IF;
  DELETE FROM mes.reset_links
  WHERE reset_links.organization_id = mes.current_organization_id() AND reset_links.user_id = wanted_user_id;
  INSERT INTO mes.reset_links (token_hash, organization_id, user_id, expires_at)
  VALUES (new_token_hash, mes.current_organization_id(), wanted_user_id, now() + lifetime);
  RETURN true;
END $$;

CREATE FUNCTION mes.unlock_user(wanted_user_id int) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  DELETE FROM mes.sign_in_attempts USING mes.account_of(wanted_user_id) AS found
  WHERE sign_in_attempts.key IN (mes.attempt_key(found.account_id, 'anywhere'), mes.attempt_key(found.account_id, 'device'), mes.attempt_key(found.account_id, 'session'));
END;

CREATE FUNCTION mes.close_user_sessions(wanted_user_id int) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  closed int;
BEGIN
  DELETE FROM mes.sessions WHERE sessions.organization_id = mes.current_organization_id() AND sessions.user_id = wanted_user_id;
  GET DIAGNOSTICS closed = ROW_COUNT;
  DELETE FROM mes.reset_links WHERE reset_links.organization_id = mes.current_organization_id() AND reset_links.user_id = wanted_user_id;
  RETURN closed;
END $$;

-- ── Reset links ──────────────────────────────────────────────────────────────────────────────────────
-- A link for whoever has this address, for mail and for the installation's own command line. No row: nobody has.
-- At most 3 living links a user: mail is not a way to flood somebody.
CREATE FUNCTION mes.make_reset_link_for(wanted_email text, new_token_hash bytea, lifetime interval)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  person mes.users;
BEGIN
  DELETE FROM mes.reset_links WHERE reset_links.expires_at <= now();
  SELECT users.* INTO person FROM mes.users
  JOIN mes.accounts ON accounts.id = users.account_id
  JOIN mes.organizations ON organizations.id = users.organization_id
  WHERE accounts.email = lower(wanted_email) AND users.archived_at IS NULL AND organizations.archived_at IS NULL
  ORDER BY users.id LIMIT 1;
  IF person.id IS NULL OR (SELECT count(*) FROM mes.reset_links
      WHERE reset_links.organization_id = person.organization_id AND reset_links.user_id = person.id) >= 3 THEN
    RETURN;
  END IF;
  INSERT INTO mes.reset_links (token_hash, organization_id, user_id, expires_at)
  VALUES (new_token_hash, person.organization_id, person.id, now() + lifetime);
  RETURN QUERY
    SELECT person.id, organizations.id, organizations.name, person.display_name, person.email, person.language
    FROM mes.organizations WHERE organizations.id = person.organization_id;
END $$;

CREATE FUNCTION mes.reset_link_holder(wanted_token_hash bytea)
  RETURNS TABLE (user_id int, organization_id int, display_name text, email text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT users.id, users.organization_id, users.display_name, users.email
  FROM mes.reset_links
  JOIN mes.users ON users.organization_id = reset_links.organization_id AND users.id = reset_links.user_id
  WHERE reset_links.token_hash = wanted_token_hash AND reset_links.expires_at > now() AND users.archived_at IS NULL;
END;

-- Uses a link up: the new password, and the end of all sessions and attempts. False: somebody was faster.
CREATE FUNCTION mes.use_reset_link(wanted_token_hash bytea, new_hash text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  person int;
BEGIN
  DELETE FROM mes.reset_links USING mes.users
  WHERE reset_links.token_hash = wanted_token_hash AND reset_links.expires_at > now()
    AND users.organization_id = reset_links.organization_id AND users.id = reset_links.user_id AND users.archived_at IS NULL
  RETURNING users.account_id INTO person;
  IF person IS NULL THEN
    RETURN false;
  END IF;
  UPDATE mes.accounts SET password_hash = new_hash WHERE accounts.id = person;
  PERFORM mes.end_account_sessions(person, NULL);
  DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key IN (mes.attempt_key(person, 'anywhere'), mes.attempt_key(person, 'session'));
  RETURN true;
END $$;

-- ── Paired devices ───────────────────────────────────────────────────────────────────────────────────
-- Exchanges a code, once, for the device's own session. No row: unknown, too late, used or revoked.
CREATE FUNCTION mes.pair_device(wanted_code_hash bytea, device_token_hash bytea, lifetime interval)
  RETURNS TABLE (device_id int, organization_id int, plant_id int, name text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  device mes.paired_devices;
BEGIN
  UPDATE mes.paired_devices SET code_hash = NULL, code_expires_at = NULL, paired_at = now()
  WHERE paired_devices.code_hash = wanted_code_hash AND paired_devices.code_expires_at > now() AND paired_devices.archived_at IS NULL
  RETURNING paired_devices.* INTO device;
  IF device.id IS NULL THEN
    RETURN;
  END IF;
  DELETE FROM mes.sessions WHERE sessions.organization_id = device.organization_id AND sessions.paired_device_id = device.id;
  INSERT INTO mes.sessions (organization_id, paired_device_id, token_hash, lifetime_s, expires_at, device_name)
  VALUES (device.organization_id, device.id, device_token_hash, extract(epoch FROM lifetime)::int, now() + lifetime, device.name);
  RETURN QUERY SELECT device.id, device.organization_id, device.plant_id, device.name;
END $$;

-- The device shows itself: its session lives on from now.
CREATE FUNCTION mes.renew_device(device_token_hash bytea) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.sessions SET last_used_at = now(), expires_at = now() + make_interval(secs => sessions.lifetime_s)
  WHERE sessions.token_hash = device_token_hash AND sessions.user_id IS NULL AND sessions.expires_at > now();
END;

-- For the list of an organisation's devices; who is at it is his own business.
CREATE FUNCTION mes.device_last_used() RETURNS TABLE (device_id int, last_used_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT sessions.paired_device_id, max(sessions.last_used_at) FROM mes.sessions
  WHERE sessions.organization_id = mes.current_organization_id() AND sessions.paired_device_id IS NOT NULL
  GROUP BY sessions.paired_device_id;
END;

CREATE FUNCTION mes.close_device_sessions(wanted_device_id int) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  DELETE FROM mes.sessions WHERE sessions.organization_id = mes.current_organization_id() AND sessions.paired_device_id = wanted_device_id;
END;

-- As before, and also for a device's own session: it may what the role tv_link may, in its plant.
CREATE OR REPLACE FUNCTION mes.session_access(wanted_session_id uuid)
  RETURNS TABLE (actor_kind text, user_id int, organization_id int, name text, expires_at timestamptz,
                 all_plants boolean, plant_ids int[], roles jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT 'user', users.id, users.organization_id, users.display_name, sessions.expires_at, users.all_plants,
    ARRAY(SELECT user_plant_access.plant_id FROM mes.user_plant_access
          WHERE user_plant_access.organization_id = users.organization_id AND user_plant_access.user_id = users.id
          ORDER BY 1),
    mes.roles_of_user(users.id)
  FROM mes.sessions
  JOIN mes.users ON users.id = sessions.user_id
  JOIN mes.organizations ON organizations.id = users.organization_id
  WHERE sessions.id = wanted_session_id AND sessions.expires_at > now()
    AND users.archived_at IS NULL AND organizations.archived_at IS NULL
  UNION ALL
  SELECT 'device', NULL, paired_devices.organization_id, paired_devices.name, sessions.expires_at, false, ARRAY[paired_devices.plant_id],
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', roles.id, 'version', roles.version, 'permissions', roles.permissions, 'plantId', paired_devices.plant_id)), '[]')
     FROM mes.roles
     WHERE roles.organization_id = paired_devices.organization_id AND roles.role_code = 'tv_link' AND roles.is_system_role)
  FROM mes.sessions
  JOIN mes.paired_devices ON paired_devices.organization_id = sessions.organization_id AND paired_devices.id = sessions.paired_device_id
  JOIN mes.organizations ON organizations.id = sessions.organization_id
  WHERE sessions.id = wanted_session_id AND sessions.user_id IS NULL AND sessions.expires_at > now()
    AND paired_devices.archived_at IS NULL AND organizations.archived_at IS NULL;
END;

-- ── API keys ─────────────────────────────────────────────────────────────────────────────────────────
-- What a key may do, in the shape of mes.session_access. No row: unknown, wrong, expired or revoked. A use
-- is noted once a minute.
CREATE FUNCTION mes.api_key_access(wanted_key_id int, wanted_secret_hash bytea)
  RETURNS TABLE (actor_kind text, user_id int, organization_id int, name text, expires_at timestamptz,
                 all_plants boolean, plant_ids int[], roles jsonb)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  UPDATE mes.api_keys SET last_used_at = now()
  WHERE api_keys.id = wanted_key_id AND api_keys.secret_hash = wanted_secret_hash
    AND coalesce(api_keys.last_used_at < now() - interval '1 minute', true);
  RETURN QUERY
    SELECT 'api_key', NULL::int, api_keys.organization_id, api_keys.name, api_keys.expires_at,
      api_keys.plant_ids IS NULL, coalesce(api_keys.plant_ids, '{}'),
      (SELECT coalesce(jsonb_agg(jsonb_build_object(
          'id', roles.id, 'version', roles.version, 'permissions', roles.permissions, 'plantId', NULL) ORDER BY roles.id), '[]')
       FROM mes.api_key_roles
       JOIN mes.roles ON roles.organization_id = api_key_roles.organization_id AND roles.id = api_key_roles.role_id
       WHERE api_key_roles.organization_id = api_keys.organization_id AND api_key_roles.api_key_id = api_keys.id AND roles.archived_at IS NULL)
    FROM mes.api_keys
    JOIN mes.organizations ON organizations.id = api_keys.organization_id
    WHERE api_keys.id = wanted_key_id AND api_keys.secret_hash = wanted_secret_hash AND api_keys.archived_at IS NULL
      AND (api_keys.expires_at IS NULL OR api_keys.expires_at > now()) AND organizations.archived_at IS NULL;
END $$;

-- Being used is no change of a key.
DROP TRIGGER count_version ON mes.api_keys;
CREATE TRIGGER count_version BEFORE UPDATE OF name, plant_ids, expires_at, archived_at ON mes.api_keys
  FOR EACH ROW EXECUTE FUNCTION mes.count_version();
CREATE TRIGGER tell_access_change AFTER UPDATE OF plant_ids, expires_at, archived_at, name ON mes.api_keys
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
CREATE TRIGGER tell_access_change AFTER INSERT OR DELETE ON mes.api_key_roles
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');

-- ── First run ────────────────────────────────────────────────────────────────────────────────────────
CREATE FUNCTION mes.setup_state() RETURNS TABLE (is_empty boolean, has_demo boolean)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT NOT EXISTS (SELECT FROM mes.organizations), EXISTS (SELECT FROM mes.organizations WHERE organizations.demo);
END;

-- The first organisation, and the transaction is its own from here. Null: somebody was faster.
CREATE FUNCTION mes.first_organization(new_name text) RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  made int;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('mes.first_organization'));
  IF EXISTS (SELECT FROM mes.organizations) THEN
    RETURN NULL;
  END IF;
  INSERT INTO mes.organizations (name) VALUES (new_name) RETURNING organizations.id INTO made;
  PERFORM set_config('mes.organization_id', made::text, true), set_config('mes.plant_ids', 'all', true);
  RETURN made;
END $$;

-- ── The end of the demo ──────────────────────────────────────────────────────────────────────────────
-- Definer functions see through the fence only where a policy lets mes_owner: for the removal, the rows of
-- demo organisations. Every fenced table has this one, also those that come later.
CREATE FUNCTION mes.let_demo_go(table_name regclass) RETURNS void
  LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('CREATE POLICY demo_removal ON %s TO mes_owner
    USING (EXISTS (SELECT FROM mes.organizations WHERE organizations.id = organization_id AND organizations.demo))', table_name);
END $$;

DO $$
DECLARE
  relation regclass;
BEGIN
  FOR relation IN
    SELECT pg_class.oid::regclass FROM pg_class
    JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attname = 'organization_id'
    WHERE pg_class.relnamespace = 'mes'::regnamespace AND pg_class.relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_policy WHERE pg_policy.polrelid = pg_class.oid AND pg_policy.polname = 'owner_all')
  LOOP
    PERFORM mes.let_demo_go(relation);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION mes.fence(table_name regclass, commands text[] DEFAULT ARRAY['select', 'insert', 'update', 'delete'])
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
  PERFORM mes.let_demo_go(table_name);
END $$;

-- Append-only tables let exactly the removal of the demo pass: only mes_owner gets that far, inside it.
CREATE OR REPLACE FUNCTION mes.refuse_change() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_user = 'mes_owner' AND current_setting('mes.removing_demo', true) = 'yes' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'mes.% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

-- Removes every demo organisation with all its rows in mes and telemetry, and people who are in no other.
-- Tables go in the order of their foreign keys, taken from the catalogue. Asked from within a demo only;
-- answers the number of organisations.
CREATE FUNCTION mes.remove_demo() RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  gone int[];
  people int[];
  waiting oid[];
  next_table oid;
BEGIN
  IF NOT EXISTS (SELECT FROM mes.organizations WHERE organizations.id = mes.current_organization_id() AND organizations.demo) THEN
    RETURN 0;
  END IF;
  SELECT array_agg(organizations.id) INTO gone FROM mes.organizations WHERE organizations.demo;
  SELECT array_agg(DISTINCT users.account_id) INTO people FROM mes.users WHERE users.organization_id = ANY (gone);
  SELECT array_agg(pg_class.oid) INTO waiting FROM pg_class
  JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attname = 'organization_id' AND NOT pg_attribute.attisdropped
  WHERE pg_class.relnamespace IN ('mes'::regnamespace, 'telemetry'::regnamespace) AND pg_class.relkind IN ('r', 'p') AND NOT pg_class.relispartition;
  PERFORM set_config('mes.removing_demo', 'yes', true);
  WHILE cardinality(waiting) > 0 LOOP
    SELECT candidate INTO next_table FROM unnest(waiting) AS candidate
    WHERE NOT EXISTS (
      SELECT FROM pg_constraint
      WHERE pg_constraint.contype = 'f' AND pg_constraint.confrelid = candidate AND pg_constraint.conrelid <> candidate
        AND pg_constraint.conrelid = ANY (waiting))
    LIMIT 1;
    IF next_table IS NULL THEN
      RAISE EXCEPTION 'The foreign keys of % go in a circle', (SELECT array_agg(one::regclass) FROM unnest(waiting) AS one);
    END IF;
    EXECUTE format('DELETE FROM %s WHERE organization_id = ANY ($1)', next_table::regclass) USING gone;
    waiting := array_remove(waiting, next_table);
  END LOOP;
  DELETE FROM mes.organizations WHERE organizations.id = ANY (gone);
  DELETE FROM mes.accounts
  WHERE accounts.id = ANY (people) AND NOT EXISTS (SELECT FROM mes.users WHERE users.account_id = accounts.id);
  PERFORM set_config('mes.removing_demo', '', true);
  RETURN cardinality(gone);
END $$;

GRANT EXECUTE ON FUNCTION
  mes.device_by_token(bytea), mes.device_users(bytea, int), mes.begin_sign_in(text, text, bytea), mes.pass_sign_in(bytea, int, bytea),
  mes.record_failed_sign_in(int, bytea, text, text), mes.open_session(int, bytea, interval, text, bytea),
  mes.rotate_session(bytea, bytea, text), mes.close_session(bytea), mes.own_account(uuid), mes.begin_own_attempt(uuid), mes.forgive_attempt(bytea),
  mes.set_own_password(uuid, text), mes.set_own_pin(uuid, text), mes.own_users(uuid), mes.own_sessions(uuid),
  mes.close_own_sessions(uuid, uuid), mes.create_user(text, text, text, text, text, text), mes.sign_in_state(int),
  mes.set_user_identity(int, text, text), mes.set_user_pin(int, text), mes.make_reset_link(int, bytea, interval),
  mes.unlock_user(int), mes.close_user_sessions(int), mes.make_reset_link_for(text, bytea, interval),
  mes.reset_link_holder(bytea), mes.use_reset_link(bytea, text), mes.pair_device(bytea, bytea, interval),
  mes.renew_device(bytea), mes.device_last_used(), mes.close_device_sessions(int), mes.setup_state(),
  mes.first_organization(text), mes.remove_demo(), mes.api_key_access(int, bytea)
TO mes_api;
