-- What the API's role must show before the steps of a sign-in do anything, so that a mistake in the API is
-- not yet a way in; and an API key that may no more than the person it acts for.
--
-- A sign-in begins an attempt, which is counted; the database answers the salts of password and PIN, never
-- the hashes. The API hashes what was typed with the salt and shows the result; the database compares, once
-- per attempt. Who was right has 60 s to open one session of that account.
--
--   begun ──► passed ──► gone (a session was opened, a secret was changed)
--     └──────────┴─────► gone (wrong; 60 s are over)

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.sign_in_proofs (
  -- Random (122 bits), and known only to who began.
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  -- sign_in: opens a session. own: changes one's own password or PIN.
  purpose text NOT NULL CHECK (purpose IN ('sign_in', 'own')),
  -- Null: nobody has what was typed.
  account_id int REFERENCES mes.accounts (id) ON DELETE CASCADE,
  attempt_key bytea,
  device_token_hash bytea,
  passed boolean NOT NULL DEFAULT false,
  begun_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON mes.sign_in_proofs (begun_at);
CREATE INDEX ON mes.sign_in_proofs (account_id);
ALTER TABLE mes.sign_in_proofs ENABLE ROW LEVEL SECURITY;
ALTER TABLE mes.sign_in_proofs FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON mes.sign_in_proofs TO mes_owner USING (true) WITH CHECK (true);

-- $argon2id$v=19$m=19456,t=2,p=1$salt$hash without its hash.
CREATE FUNCTION mes.salt_of(stored text) RETURNS text
  LANGUAGE sql IMMUTABLE
  RETURN regexp_replace(stored, '[$][^$]*$', '');

-- Old ones are cleaned along the way, faster than new ones come.
CREATE FUNCTION mes.begin_proof(new_purpose text, new_account_id int, new_attempt_key bytea, new_device_token_hash bytea) RETURNS uuid
  LANGUAGE plpgsql
AS $$
DECLARE
  made uuid;
BEGIN
  DELETE FROM mes.sign_in_proofs WHERE sign_in_proofs.id IN (
    SELECT old.id FROM mes.sign_in_proofs AS old WHERE old.begun_at < now() - interval '60 seconds'
    ORDER BY old.begun_at LIMIT 20 FOR UPDATE SKIP LOCKED);
  INSERT INTO mes.sign_in_proofs (purpose, account_id, attempt_key, device_token_hash)
  VALUES (new_purpose, new_account_id, new_attempt_key, new_device_token_hash)
  RETURNING sign_in_proofs.id INTO made;
  RETURN made;
END $$;

-- Compares, once: what was wrong is gone. Answers the row that passed, or one of nulls. A PIN is worth
-- nothing but on a paired tablet, or within one's own session.
CREATE FUNCTION mes.show_proof(wanted uuid, wanted_purpose text, how text, shown text) RETURNS mes.sign_in_proofs
  LANGUAGE plpgsql
AS $$
DECLARE
  begun mes.sign_in_proofs;
  stored text;
BEGIN
  DELETE FROM mes.sign_in_proofs
  WHERE sign_in_proofs.id = wanted AND sign_in_proofs.purpose = wanted_purpose AND NOT sign_in_proofs.passed
    AND sign_in_proofs.begun_at > now() - interval '60 seconds'
  RETURNING sign_in_proofs.* INTO begun;
  IF begun.id IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT CASE how
    WHEN 'password' THEN accounts.password_hash
    WHEN 'pin' THEN CASE WHEN begun.purpose = 'own' OR EXISTS (
      SELECT FROM mes.device_by_token(begun.device_token_hash) AS device WHERE device.kind = 'tablet') THEN accounts.pin_hash END
  END INTO stored FROM mes.accounts WHERE accounts.id = begun.account_id;
  IF stored IS NULL OR shown IS NULL OR sha256(convert_to(stored, 'UTF8')) <> sha256(convert_to(shown, 'UTF8')) THEN
    begun.passed := false;
    RETURN begun;
  END IF;
  begun.passed := true;
  INSERT INTO mes.sign_in_proofs SELECT begun.*;
  DELETE FROM mes.sign_in_attempts WHERE sign_in_attempts.key = begun.attempt_key;
  RETURN begun;
END $$;

-- Uses up what has passed. Answers the row, or one of nulls.
CREATE FUNCTION mes.use_proof(wanted uuid, wanted_purpose text) RETURNS mes.sign_in_proofs
  LANGUAGE sql
BEGIN ATOMIC
  DELETE FROM mes.sign_in_proofs
  WHERE sign_in_proofs.id = wanted AND sign_in_proofs.purpose = wanted_purpose AND sign_in_proofs.passed
    AND sign_in_proofs.begun_at > now() - interval '60 seconds'
  RETURNING sign_in_proofs.*;
END;

-- The users of an account that has passed; on a paired tablet only one that may use it.
CREATE FUNCTION mes.users_who_passed(passed_account_id int, device_token_hash bytea)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT users.id, users.organization_id, organizations.name, users.display_name, users.email, users.language
  FROM mes.users
  JOIN mes.organizations ON organizations.id = users.organization_id
  LEFT JOIN mes.device_by_token(device_token_hash) AS device ON device.kind = 'tablet'
  WHERE users.account_id = passed_account_id AND users.archived_at IS NULL AND organizations.archived_at IS NULL
    AND (device.device_id IS NULL OR mes.may_use_device(users, device.organization_id, device.plant_id))
  ORDER BY users.id;
END;

-- ── Signing in ───────────────────────────────────────────────────────────────────────────────────────
DROP FUNCTION mes.begin_sign_in(text, text, bytea);
DROP FUNCTION mes.pass_sign_in(bytea, int, bytea);
DROP FUNCTION mes.record_failed_sign_in(int, bytea, text, text);
DROP FUNCTION mes.open_session(int, bytea, interval, text, bytea);
DROP FUNCTION mes.begin_own_attempt(uuid);
DROP FUNCTION mes.forgive_attempt(bytea);
DROP FUNCTION mes.set_own_password(uuid, text);
DROP FUNCTION mes.set_own_pin(uuid, text);

-- Begins a sign-in by 'email', 'badge' or, on a paired tablet, 'user' (its id). Always one row, the same
-- work for known and unknown: seconds to wait, or an attempt and the salts, null where there is none.
CREATE FUNCTION mes.begin_sign_in(kind text, identifier text, device_token_hash bytea)
  RETURNS TABLE (wait_s int, attempt uuid, password_salt text, pin_salt text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  device record;
  account mes.accounts;
  found_key bytea;
  place text;
  wait int;
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
  wait := mes.begin_attempt(found_key);
  RETURN QUERY SELECT wait,
    CASE WHEN wait = 0 THEN mes.begin_proof('sign_in', account.id, found_key, device_token_hash) END,
    CASE WHEN wait = 0 THEN mes.salt_of(account.password_hash) END,
    CASE WHEN wait = 0 AND device.device_id IS NOT NULL THEN mes.salt_of(account.pin_hash) END;
END $$;

-- Shows what was made of the typed 'password' or 'pin'. Right: the users of the account, and the attempt is
-- forgiven. Wrong: no row, and every organisation of the account reads so in its trail.
CREATE FUNCTION mes.pass_sign_in(wanted uuid, how text, shown text, request text)
  RETURNS TABLE (user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  proof mes.sign_in_proofs := mes.show_proof(wanted, 'sign_in', how, shown);
BEGIN
  IF proof.passed THEN
    RETURN QUERY SELECT * FROM mes.users_who_passed(proof.account_id, proof.device_token_hash);
    RETURN;
  END IF;
  INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, new, request_id)
  SELECT users.organization_id, 'visitor', 'Visitor', 'sign_in_failed', 'users', users.id::text,
         jsonb_build_object('with', how, 'failures', attempts.failures, 'lockedUntil', attempts.locked_until), request
  FROM mes.users
  LEFT JOIN mes.sign_in_attempts AS attempts ON attempts.key = proof.attempt_key
  WHERE users.account_id = proof.account_id;
END $$;

-- Opens one session for one of the users of an account that has passed, on the tablet where it has. Null:
-- it has not, or took too long. At most 50 sessions a user: the one that was not used the longest goes.
-- Expired ones are cleaned along the way.
CREATE FUNCTION mes.open_session(passed_attempt uuid, wanted_user_id int, new_token_hash bytea, new_lifetime interval, new_device_name text)
  RETURNS uuid
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  proof mes.sign_in_proofs := mes.use_proof(passed_attempt, 'sign_in');
  lifetime interval := least(new_lifetime, interval '7 days');
  opened uuid;
BEGIN
  IF NOT EXISTS (SELECT FROM mes.users_who_passed(proof.account_id, proof.device_token_hash) AS allowed WHERE allowed.user_id = wanted_user_id) THEN
    RETURN NULL;
  END IF;
  DELETE FROM mes.sessions WHERE sessions.id IN (
    SELECT old.id FROM mes.sessions AS old WHERE old.expires_at < now() ORDER BY old.expires_at LIMIT 20 FOR UPDATE SKIP LOCKED);
  DELETE FROM mes.sessions WHERE sessions.id IN (
    SELECT old.id FROM mes.sessions AS old JOIN mes.users ON users.organization_id = old.organization_id AND users.id = old.user_id
    WHERE users.id = wanted_user_id ORDER BY (old.expires_at > now()) DESC, old.last_used_at DESC OFFSET 49);
  INSERT INTO mes.sessions (organization_id, user_id, token_hash, lifetime_s, expires_at, device_name, paired_device_id)
  SELECT users.organization_id, users.id, new_token_hash, extract(epoch FROM lifetime)::int, now() + lifetime, new_device_name,
         (SELECT device.device_id FROM mes.device_by_token(proof.device_token_hash) AS device WHERE device.kind = 'tablet')
  FROM mes.users
  WHERE users.id = wanted_user_id
  RETURNING sessions.id INTO opened;
  RETURN opened;
END $$;

-- ── One's own account ────────────────────────────────────────────────────────────────────────────────
-- Who stands behind a session. (mes.own_account, which knows the hashes, is for these functions only.)
CREATE FUNCTION mes.own_person(own_session_id uuid)
  RETURNS TABLE (email text, badge text, display_name text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT own.email, own.badge, own.display_name FROM mes.own_account(own_session_id) AS own;
END;
REVOKE EXECUTE ON FUNCTION mes.own_account(uuid) FROM mes_api;

-- Ends the session and lets its holder open one in another of his organisations. No row: he is no member
-- there, or the session is a tablet's, which stays where it is.
CREATE FUNCTION mes.leave_session(own_session_id uuid, wanted_organization_id int)
  RETURNS TABLE (attempt uuid, user_id int, organization_id int, organization_name text, display_name text, email text, language text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  person int := (SELECT own.account_id FROM mes.own_account(own_session_id) AS own
                 JOIN mes.sessions ON sessions.id = own_session_id AND sessions.paired_device_id IS NULL);
  left_with uuid;
BEGIN
  IF NOT EXISTS (SELECT FROM mes.users_who_passed(person, NULL) AS target WHERE target.organization_id = wanted_organization_id) THEN
    RETURN;
  END IF;
  DELETE FROM mes.sessions WHERE sessions.id = own_session_id;
  left_with := mes.begin_proof('sign_in', person, NULL, NULL);
  UPDATE mes.sign_in_proofs SET passed = true WHERE sign_in_proofs.id = left_with;
  RETURN QUERY SELECT left_with, target.* FROM mes.users_who_passed(person, NULL) AS target
    WHERE target.organization_id = wanted_organization_id LIMIT 1;
END $$;

-- Counts an attempt to prove one's 'password' or 'pin' within a session: seconds to wait, or an attempt and
-- the salt. No row where one has no such secret.
CREATE FUNCTION mes.begin_own_attempt(own_session_id uuid, how text) RETURNS TABLE (wait_s int, attempt uuid, salt text)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  person int;
  stored text;
  wait int;
BEGIN
  SELECT own.account_id, CASE how WHEN 'password' THEN own.password_hash WHEN 'pin' THEN own.pin_hash END INTO person, stored
  FROM mes.own_account(own_session_id) AS own;
  IF stored IS NULL THEN
    RETURN;
  END IF;
  wait := mes.begin_attempt(mes.attempt_key(person, 'session'));
  RETURN QUERY SELECT wait,
    CASE WHEN wait = 0 THEN mes.begin_proof('own', person, mes.attempt_key(person, 'session'), NULL) END,
    CASE WHEN wait = 0 THEN mes.salt_of(stored) END;
END $$;

CREATE FUNCTION mes.prove_own(wanted uuid, how text, shown text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  proof mes.sign_in_proofs := mes.show_proof(wanted, 'own', how, shown);
BEGIN
  RETURN coalesce(proof.passed, false);
END $$;

-- A new password ends all other sessions of the person, in every organisation, and all reset links. False:
-- nobody has proven himself for it, or it took too long.
CREATE FUNCTION mes.set_own_password(own_session_id uuid, proven uuid, new_hash text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  proof mes.sign_in_proofs := mes.use_proof(proven, 'own');
  person int := (SELECT own.account_id FROM mes.own_account(own_session_id) AS own WHERE own.account_id = proof.account_id);
BEGIN
  IF person IS NULL THEN
    RETURN false;
  END IF;
  UPDATE mes.accounts SET password_hash = new_hash WHERE accounts.id = person;
  PERFORM mes.end_account_sessions(person, own_session_id);
  RETURN true;
END $$;

CREATE FUNCTION mes.set_own_pin(own_session_id uuid, proven uuid, new_hash text) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  proof mes.sign_in_proofs := mes.use_proof(proven, 'own');
BEGIN
  UPDATE mes.accounts SET pin_hash = new_hash FROM mes.own_account(own_session_id) AS own
  WHERE accounts.id = own.account_id AND own.account_id = proof.account_id;
  RETURN FOUND;
END $$;

-- A link for whoever has this address, for mail: half an hour, and it is in the trail of his organisation
-- before anybody has it. It tells ids only. (mes.make_reset_link_for is the command line's.)
CREATE FUNCTION mes.ask_reset_link(wanted_email text, new_token_hash bytea, request text)
  RETURNS TABLE (user_id int, organization_id int)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  RETURN QUERY
    WITH made AS (SELECT * FROM mes.make_reset_link_for(wanted_email, new_token_hash, interval '30 minutes')),
    noted AS (
      INSERT INTO mes.audit_logs (organization_id, actor_kind, actor_name, action, entity, entity_id, request_id)
      SELECT made.organization_id, 'visitor', 'Visitor', 'ask_reset_link', 'users', made.user_id::text, request FROM made)
    SELECT made.user_id, made.organization_id FROM made;
END $$;
REVOKE EXECUTE ON FUNCTION mes.make_reset_link_for(text, bytea, interval) FROM mes_api;

GRANT EXECUTE ON FUNCTION
  mes.begin_sign_in(text, text, bytea), mes.pass_sign_in(uuid, text, text, text),
  mes.open_session(uuid, int, bytea, interval, text), mes.own_person(uuid), mes.leave_session(uuid, int),
  mes.begin_own_attempt(uuid, text), mes.prove_own(uuid, text, text), mes.set_own_password(uuid, uuid, text),
  mes.set_own_pin(uuid, uuid, text), mes.ask_reset_link(text, bytea, text)
TO mes_api;

-- ── API keys ─────────────────────────────────────────────────────────────────────────────────────────
-- Whose rights bound a key: whoever made it, until somebody takes it over. A key of nobody opens nothing.
ALTER TABLE mes.api_keys ADD COLUMN holder_id int;
ALTER TABLE mes.api_keys ADD FOREIGN KEY (organization_id, holder_id) REFERENCES mes.users (organization_id, id);
UPDATE mes.api_keys SET holder_id = api_keys.created_by;
CREATE INDEX ON mes.api_keys (organization_id, holder_id);
CREATE TRIGGER tell_holder_change AFTER UPDATE OF holder_id ON mes.api_keys
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');

-- As before, and with the rights of the person it acts for. No row also where that person was archived.
DROP FUNCTION mes.api_key_access(int, bytea);
CREATE FUNCTION mes.api_key_access(wanted_key_id int, wanted_secret_hash bytea)
  RETURNS TABLE (actor_kind text, user_id int, organization_id int, name text, expires_at timestamptz,
                 all_plants boolean, plant_ids int[], roles jsonb,
                 holder_id int, holder_all_plants boolean, holder_plant_ids int[], holder_roles jsonb)
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
       WHERE api_key_roles.organization_id = api_keys.organization_id AND api_key_roles.api_key_id = api_keys.id AND roles.archived_at IS NULL),
      users.id, users.all_plants,
      ARRAY(SELECT user_plant_access.plant_id FROM mes.user_plant_access
            WHERE user_plant_access.organization_id = users.organization_id AND user_plant_access.user_id = users.id
            ORDER BY 1),
      mes.roles_of_user(users.id)
    FROM mes.api_keys
    JOIN mes.organizations ON organizations.id = api_keys.organization_id
    JOIN mes.users ON users.organization_id = api_keys.organization_id AND users.id = api_keys.holder_id
    WHERE api_keys.id = wanted_key_id AND api_keys.secret_hash = wanted_secret_hash AND api_keys.archived_at IS NULL
      AND (api_keys.expires_at IS NULL OR api_keys.expires_at > now())
      AND organizations.archived_at IS NULL AND users.archived_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION mes.api_key_access(int, bytea) TO mes_api;
