-- What a session may do: the functions that say whose it is and what his roles are, the triggers that
-- tell every API process when an answer may have changed, and the way system roles come to organisations.

SET LOCAL ROLE mes_owner;

-- As before, and it names the session, which access tokens carry. A user or an organisation that was
-- archived has no session any more.
DROP FUNCTION mes.rotate_session(bytea, bytea, interval);
CREATE FUNCTION mes.rotate_session(old_token_hash bytea, new_token_hash bytea, lifetime interval)
  RETURNS TABLE (session_id uuid, user_id int, organization_id int, organization_name text, display_name text, email text, rotated boolean)
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
    SELECT session.id, users.id, users.organization_id, organizations.name, users.display_name, accounts.email,
           session.token_hash = old_token_hash
    FROM mes.users
    JOIN mes.organizations ON organizations.id = users.organization_id
    JOIN mes.accounts ON accounts.id = users.account_id
    WHERE users.id = session.user_id AND users.archived_at IS NULL AND organizations.archived_at IS NULL;
END $$;
GRANT EXECUTE ON FUNCTION mes.rotate_session(bytea, bytea, interval) TO mes_api;
