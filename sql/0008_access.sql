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

-- The functions of this house read them for whoever asks.
CREATE POLICY owner_all ON mes.roles TO mes_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON mes.user_roles TO mes_owner USING (true) WITH CHECK (true);
CREATE POLICY owner_all ON mes.user_plant_access TO mes_owner USING (true) WITH CHECK (true);

-- Asked at each load of a session and each change of roles.
CREATE INDEX ON mes.user_roles (organization_id, role_id);
CREATE INDEX ON mes.user_plant_access (organization_id, plant_id);

-- The roles of a user as the access loader takes them: [{"id", "version", "permissions", "plantId"}].
CREATE FUNCTION mes.roles_of_user(wanted_user_id int) RETURNS jsonb
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(jsonb_agg(jsonb_build_object(
      'id', roles.id, 'version', roles.version, 'permissions', roles.permissions, 'plantId', user_roles.plant_id
    ) ORDER BY user_roles.id), '[]')
  FROM mes.user_roles
  JOIN mes.roles ON roles.id = user_roles.role_id
  WHERE user_roles.user_id = wanted_user_id AND roles.archived_at IS NULL;
END;

-- Whose session it is and what he may do. No row: it was closed or has expired, or the user or the
-- organisation was archived. plant_ids counts where all_plants is false.
CREATE FUNCTION mes.session_access(wanted_session_id uuid)
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
    AND users.archived_at IS NULL AND organizations.archived_at IS NULL;
END;
GRANT EXECUTE ON FUNCTION mes.session_access(uuid) TO mes_api;

-- Tells every API process, at commit, that what it knows of this organisation's people may be wrong.
-- A table calls it with the name of the column that holds the organisation.
CREATE FUNCTION mes.tell_access_change() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('mes_access', to_jsonb(OLD) ->> TG_ARGV[0]);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM pg_notify('mes_access', to_jsonb(NEW) ->> TG_ARGV[0]);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER tell_access_change AFTER UPDATE OR DELETE ON mes.organizations
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('id');
CREATE TRIGGER tell_access_change AFTER UPDATE OR DELETE ON mes.users
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
CREATE TRIGGER tell_access_change AFTER UPDATE OR DELETE ON mes.roles
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
CREATE TRIGGER tell_access_change AFTER INSERT OR UPDATE OR DELETE ON mes.user_roles
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
CREATE TRIGGER tell_access_change AFTER INSERT OR UPDATE OR DELETE ON mes.user_plant_access
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
-- A session that is used lives longer, and nobody needs to hear of it.
CREATE TRIGGER tell_access_end AFTER DELETE ON mes.sessions
  FOR EACH ROW EXECUTE FUNCTION mes.tell_access_change('organization_id');
CREATE TRIGGER tell_access_change AFTER UPDATE ON mes.sessions
  FOR EACH ROW WHEN (NEW.expires_at < OLD.expires_at)
  EXECUTE FUNCTION mes.tell_access_change('organization_id');

-- Brings an organisation's system roles in step with the code: [{"code", "name", "description", "permissions"}].
-- An organisation's own role of the same code stays its own; a system role that the code no longer has
-- becomes an ordinary one.
CREATE FUNCTION mes.keep_system_roles(wanted_organization_id int, wanted jsonb) RETURNS void
  LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO mes.roles (organization_id, role_code, role_name, description, is_system_role, permissions)
  SELECT wanted_organization_id, role.code, role.name, role.description, true, role.permissions
  FROM jsonb_to_recordset(wanted) AS role (code text, name text, description text, permissions jsonb)
  ORDER BY role.code
  ON CONFLICT (organization_id, role_code) DO UPDATE
    SET role_name = excluded.role_name, description = excluded.description, permissions = excluded.permissions
    WHERE roles.is_system_role
      AND (roles.role_name, roles.description, roles.permissions)
        IS DISTINCT FROM (excluded.role_name, excluded.description, excluded.permissions);
  UPDATE mes.roles SET is_system_role = false
  WHERE roles.organization_id = wanted_organization_id AND roles.is_system_role
    AND NOT EXISTS (SELECT FROM jsonb_to_recordset(wanted) AS role (code text) WHERE role.code = roles.role_code);
END;
GRANT EXECUTE ON FUNCTION mes.keep_system_roles(int, jsonb) TO mes_api;

-- Whoever was there before there were roles could do everything, and still can.
INSERT INTO mes.roles (organization_id, role_code, role_name, is_system_role, permissions)
  SELECT organizations.id, 'administrator', 'Administrator', true, '["*.*"]' FROM mes.organizations
  ON CONFLICT DO NOTHING;
INSERT INTO mes.user_roles (organization_id, user_id, role_id)
  SELECT users.organization_id, users.id, roles.id
  FROM mes.users
  JOIN mes.roles ON roles.organization_id = users.organization_id AND roles.role_code = 'administrator'
  ON CONFLICT DO NOTHING;

-- How many people have a role of this transaction's organisation, wherever: somebody limited to some
-- plants does not see those of others, and must not take their role away unseen.
CREATE FUNCTION mes.count_role_holders(wanted_role_id int) RETURNS int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT count(DISTINCT user_roles.user_id)::int FROM mes.user_roles
  WHERE user_roles.organization_id = mes.current_organization_id() AND user_roles.role_id = wanted_role_id;
END;
GRANT EXECUTE ON FUNCTION mes.count_role_holders(int) TO mes_api;

-- All rights of a user of this transaction's organisation, also those at plants the asker does not see: to
-- tell whether somebody may act on him.
CREATE FUNCTION mes.rights_of_user(wanted_user_id int)
  RETURNS TABLE (all_plants boolean, plant_ids int[], roles jsonb)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT users.all_plants,
    ARRAY(SELECT user_plant_access.plant_id FROM mes.user_plant_access
          WHERE user_plant_access.organization_id = users.organization_id AND user_plant_access.user_id = users.id
          ORDER BY 1),
    mes.roles_of_user(users.id)
  FROM mes.users
  WHERE users.id = wanted_user_id AND users.organization_id = mes.current_organization_id();
END;
GRANT EXECUTE ON FUNCTION mes.rights_of_user(int) TO mes_api;
