-- Edge agents as people handle them (enrolment, rotation, revocation), tags mapped to machines and roles
-- here or by the agent, and what the values of state tags mean.

SET LOCAL ROLE mes_owner;

-- ── Agents ───────────────────────────────────────────────────────────────────────────────────────────
-- The group of a plant's topics, issued here and never changed. Random letters keep it apart from that of
-- any other organisation without telling whether there is one.
ALTER TABLE mes.plants ADD COLUMN group_id text CHECK (group_id ~ '^[A-Za-z0-9._-]+$');
CREATE UNIQUE INDEX plants_group_id ON mes.plants (lower(group_id));

CREATE FUNCTION mes.issue_group() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.group_id IS DISTINCT FROM OLD.group_id AND OLD.group_id IS NOT NULL THEN
    RAISE EXCEPTION 'a plant keeps its group: its agents publish under it' USING ERRCODE = 'restrict_violation';
  END IF;
  NEW.group_id := coalesce(nullif(NEW.group_id, ''),
    coalesce(nullif(trim(BOTH '-' FROM left(regexp_replace(lower(NEW.name), '[^a-z0-9]+', '-', 'g'), 30)), ''), 'plant')
    || '-' || left(replace(gen_random_uuid()::text, '-', ''), 6));
  RETURN NEW;
END $$;

ALTER TABLE mes.plants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE mes.edge_agents NO FORCE ROW LEVEL SECURITY;
UPDATE mes.plants SET group_id = (SELECT min(edge_agents.group_id) FROM mes.edge_agents WHERE edge_agents.plant_id = plants.id);
CREATE TRIGGER issue_group BEFORE INSERT OR UPDATE ON mes.plants FOR EACH ROW EXECUTE FUNCTION mes.issue_group();
UPDATE mes.plants SET group_id = NULL WHERE plants.group_id IS NULL;
ALTER TABLE mes.plants FORCE ROW LEVEL SECURITY;
-- Whoever makes a plant leaves it to the trigger.
ALTER TABLE mes.plants ALTER COLUMN group_id SET DEFAULT '', ALTER COLUMN group_id SET NOT NULL;

-- An agent's way to its credential:
--
--   made ──offer──► offered ──enrol (once, within 24 h)──► enrolled ──offer──► enrolled, and offered again
--                                                             │  └─enrol─► two credentials: the one before
--                                                             │            ends with the first use of the
--                                                             │            new one, or after 24 h
--                                                             └──revoke──► made (no credential, no token)
--
-- archived_at: no credential counts, no ingestor takes it; restore brings it back as it was.
ALTER TABLE mes.edge_agents
  ALTER COLUMN credential_hash DROP NOT NULL,
  ADD COLUMN description text,
  ADD COLUMN enrolled_at timestamptz,
  -- The agent has signed in with credential_hash since it was made.
  ADD COLUMN credential_used_at timestamptz,
  ADD COLUMN previous_hash text,
  ADD COLUMN previous_until timestamptz,
  -- SHA-256 of the token.
  ADD COLUMN token_hash bytea,
  ADD COLUMN token_expires_at timestamptz,
  ADD CONSTRAINT group_of_one_plant EXCLUDE USING gist (lower(group_id) WITH =, plant_id WITH <>) DEFERRABLE INITIALLY DEFERRED;
UPDATE mes.edge_agents SET enrolled_at = edge_agents.created_at;
ALTER TABLE mes.edge_agents FORCE ROW LEVEL SECURITY;
CREATE UNIQUE INDEX ON mes.edge_agents (token_hash);
SELECT mes.keep_record('mes.edge_agents');
DROP POLICY demo_removal ON mes.edge_agents;
CREATE POLICY owner_all ON mes.edge_agents TO mes_owner USING (true) WITH CHECK (true);

-- Exchanges a token for a credential, once. No row: the token is wrong, too old, or used.
CREATE FUNCTION mes.enrol_edge_agent(given_token_hash bytea, new_hash text)
  RETURNS TABLE (edge_agent_id int, organization_id int, plant_id int, group_id text, edge_id text)
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.edge_agents AS agents
  SET credential_hash = new_hash, credential_used_at = NULL, enrolled_at = now(), token_hash = NULL, token_expires_at = NULL,
      -- A credential that was never used is nobody's; then the one before it goes on.
      previous_hash = CASE WHEN agents.credential_used_at IS NULL AND agents.previous_until > now()
        THEN agents.previous_hash ELSE agents.credential_hash END,
      previous_until = CASE WHEN agents.credential_hash IS NOT NULL THEN now() + interval '24 hours' END
  WHERE agents.token_hash = given_token_hash AND agents.token_expires_at > now() AND agents.archived_at IS NULL
    AND EXISTS (SELECT FROM mes.organizations WHERE organizations.id = agents.organization_id AND organizations.archived_at IS NULL)
  RETURNING agents.id, agents.organization_id, agents.plant_id, agents.group_id, agents.edge_id;
END;
GRANT EXECUTE ON FUNCTION mes.enrol_edge_agent(bytea, text) TO mes_api;

-- An agent has signed in with its newest credential: the one before ends.
CREATE FUNCTION mes.use_edge_credential(used_by int, used_hash text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.edge_agents SET credential_used_at = now(), previous_hash = NULL, previous_until = NULL
  WHERE edge_agents.id = used_by AND edge_agents.credential_hash = used_hash AND edge_agents.credential_used_at IS NULL;
END;
GRANT EXECUTE ON FUNCTION mes.use_edge_credential(int, text) TO mes_ingest;

-- What an agent's buffer holds that is not committed yet, as it said last.
ALTER TABLE mes.edge_states ADD COLUMN buffer_bytes bigint, ADD COLUMN buffer_oldest timestamptz;

-- Edges that publish under a group of this organisation and are registered nowhere, of the last day.
CREATE POLICY owner_reads ON mes.dead_letters FOR SELECT TO mes_owner USING (true);
CREATE FUNCTION mes.unknown_edges()
  RETURNS TABLE (plant_id int, group_id text, edge_id text, letters bigint, last_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  WITH groups AS (
    SELECT plants.id, plants.group_id FROM mes.plants WHERE plants.organization_id = mes.current_organization_id()
    UNION
    SELECT agents.plant_id, agents.group_id FROM mes.edge_agents AS agents WHERE agents.organization_id = mes.current_organization_id()
  )
  SELECT groups.id, groups.group_id, split_part(letters.topic, '/', 4), count(*), max(letters.received_at)
  FROM mes.dead_letters AS letters
  JOIN groups ON groups.group_id = split_part(letters.topic, '/', 2)
  WHERE letters.organization_id IS NULL AND letters.received_at > now() - interval '1 day' AND letters.topic LIKE 'spBv1.0/%'
    AND mes.sees_plant(groups.id)
    AND NOT EXISTS (SELECT FROM mes.edge_agents AS known
                    WHERE lower(known.group_id) = lower(groups.group_id) AND lower(known.edge_id) = lower(split_part(letters.topic, '/', 4)))
  GROUP BY 1, 2, 3
  ORDER BY 5 DESC
  LIMIT 50;
END;
GRANT EXECUTE ON FUNCTION mes.unknown_edges() TO mes_api;

-- ── Tags ─────────────────────────────────────────────────────────────────────────────────────────────
-- machine_id, role, reason are what counts. What the agent declares is kept beside them: mapping 'agent'
-- takes it over with each birth, 'screen' keeps what a person chose until he gives it back to the agent.
ALTER TABLE mes.tags
  ADD COLUMN mapping text NOT NULL DEFAULT 'agent' CHECK (mapping IN ('agent', 'screen')),
  -- Rises with each mapping on screen: two people do not overwrite each other.
  ADD COLUMN mapping_version int NOT NULL DEFAULT 1,
  -- When somebody mapped on screen last; running ingestors look for it.
  ADD COLUMN mapped_at timestamptz,
  -- As the agent names it; there may be no such machine.
  ADD COLUMN declared_machine text,
  ADD COLUMN declared_role text,
  ADD COLUMN declared_reason text,
  -- What a piece is lost to that this tag counts, or a machine to that this alarm stops.
  ADD COLUMN loss_reason_id int;
ALTER TABLE mes.tags ADD FOREIGN KEY (organization_id, loss_reason_id) REFERENCES mes.loss_reasons (organization_id, id);
CREATE INDEX ON mes.tags (organization_id, device_id);
CREATE INDEX ON mes.tags (mapped_at) WHERE mapped_at IS NOT NULL;
ALTER TABLE mes.tags NO FORCE ROW LEVEL SECURITY;
ALTER TABLE mes.machines NO FORCE ROW LEVEL SECURITY;
UPDATE mes.tags SET declared_role = tags.role, declared_reason = tags.reason,
  declared_machine = (SELECT machines.name FROM mes.machines WHERE machines.id = tags.machine_id);
ALTER TABLE mes.tags FORCE ROW LEVEL SECURITY;
ALTER TABLE mes.machines FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_reads ON mes.tags FOR SELECT TO mes_owner USING (true);
CREATE POLICY owner_reads ON mes.machines FOR SELECT TO mes_owner USING (true);
CREATE POLICY owner_marks ON mes.dirty_marks FOR INSERT TO mes_owner WITH CHECK (true);

-- Whether a machine's figures depend on tags of this role. cloud/ingest/register.ts says the same.
CREATE FUNCTION mes.role_marks(role text) RETURNS boolean
  LANGUAGE sql IMMUTABLE
  RETURN coalesce(role IN ('state', 'total_count', 'good_count', 'reject_count', 'order', 'material'), false);
GRANT EXECUTE ON FUNCTION mes.role_marks(text) TO mes_ingest;

-- The oldest sample that is left of a tag. Through the views this would read all of them.
CREATE FUNCTION mes.first_sample_of(wanted int) RETURNS timestamptz
  LANGUAGE sql STABLE
  RETURN least((SELECT min(sample.time) FROM telemetry.sample WHERE sample.tag_id = wanted),
               (SELECT min(sample_text.time) FROM telemetry.sample_text WHERE sample_text.tag_id = wanted));

-- Marks the machines of these tags from each one's first sample on.
CREATE FUNCTION mes.mark_tags(tag_ids int[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
  SELECT known.organization_id, known.machine_id, min(known.first), greatest(now(), min(known.first) + interval '1 millisecond')
  FROM (SELECT tags.organization_id, tags.machine_id, mes.first_sample_of(tags.id) AS first
        FROM mes.tags WHERE tags.id = ANY (tag_ids) AND tags.machine_id IS NOT NULL AND mes.role_marks(tags.role)) AS known
  WHERE known.first IS NOT NULL
  GROUP BY 1, 2;
END;
GRANT EXECUTE ON FUNCTION mes.mark_tags(int[]) TO mes_ingest;

-- ── What states mean ─────────────────────────────────────────────────────────────────────────────────
-- Values of a state tag beyond PackML, for one machine, or (machine_id null) for all of the organisation.
-- A machine's own entry goes before the organisation's, that before PackML. value is the text of what the
-- tag says: '17', 'Execute'; a Boolean's is 0 or 1.
CREATE TABLE mes.state_maps (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  plant_id int,
  machine_id int,
  value text NOT NULL CHECK (value = trim(value) AND length(value) BETWEEN 1 AND 200),
  state text NOT NULL CHECK (state IN ('running', 'setup', 'idle', 'stopped')),
  loss_reason_id int,
  CHECK ((plant_id IS NULL) = (machine_id IS NULL)),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, loss_reason_id) REFERENCES mes.loss_reasons (organization_id, id)
);
SELECT mes.keep_record('mes.state_maps');
SELECT mes.fence('mes.state_maps');
CREATE UNIQUE INDEX state_maps_machine_id_value_key ON mes.state_maps (organization_id, machine_id, value) NULLS NOT DISTINCT
  WHERE archived_at IS NULL;

-- The map for everything else, by name, and by number in either edition. The numbers of both editions are
-- those of PackTags 3.0 (cloud/domains/state-maps/packml.ts says where that stands, and holds the same
-- table; a test compares the two). Manual and Maintenance are modes, as some machines name them in their
-- state.
CREATE FUNCTION mes.packml_states() RETURNS TABLE (name text, number_2015 int, number_2008 int, state text, reason text)
  LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
  VALUES
    ('Clearing', 1, 1, 'stopped', 'machine_fault'),
    ('Stopped', 2, 2, 'stopped', NULL),
    ('Starting', 3, 3, 'idle', NULL),
    ('Idle', 4, 4, 'idle', NULL),
    ('Suspended', 5, 5, 'idle', 'starved_or_blocked'),
    ('Execute', 6, 6, 'running', NULL),
    ('Stopping', 7, 7, 'stopped', NULL),
    ('Aborting', 8, 8, 'stopped', 'machine_fault'),
    ('Aborted', 9, 9, 'stopped', 'machine_fault'),
    ('Holding', 10, 10, 'stopped', NULL),
    ('Held', 11, 11, 'stopped', NULL),
    ('Unholding', 12, 12, 'stopped', NULL),
    ('Suspending', 13, 13, 'idle', 'starved_or_blocked'),
    ('Unsuspending', 14, 14, 'idle', 'starved_or_blocked'),
    ('Resetting', 15, 15, 'idle', NULL),
    ('Completing', 16, 16, 'running', NULL),
    ('Complete', 17, 17, 'idle', NULL),
    ('Maintenance', NULL, NULL, 'stopped', 'maintenance'),
    ('Manual', NULL, NULL, 'setup', NULL);
END;
GRANT EXECUTE ON FUNCTION mes.packml_states() TO mes_api, mes_worker, mes_ingest;

-- What a value of a state tag means: one row, or none where no map knows it. As the caller: he sees his
-- organisation's maps.
CREATE FUNCTION mes.state_meaning(of_tag int, said text) RETURNS TABLE (state text, reason text, loss_reason_id int)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT found.state, found.reason, found.loss_reason_id
  FROM mes.tags
  JOIN mes.machines ON machines.organization_id = tags.organization_id AND machines.id = tags.machine_id
  CROSS JOIN LATERAL (
    SELECT CASE WHEN maps.machine_id IS NULL THEN 2 ELSE 1 END AS rank, maps.state, NULL::text AS reason, maps.loss_reason_id
    FROM mes.state_maps AS maps
    WHERE maps.organization_id = tags.organization_id AND maps.value = said AND maps.archived_at IS NULL
      AND (maps.machine_id IS NULL OR maps.machine_id = tags.machine_id)
    UNION ALL
    SELECT 3, packml.state, packml.reason, NULL
    FROM mes.packml_states() AS packml
    WHERE tags.datatype <> 'Boolean' AND CASE WHEN tags.datatype = 'String' THEN packml.name
               WHEN machines.state_numbering = 'packml_2008' THEN packml.number_2008::text
               ELSE packml.number_2015::text END = said
    ORDER BY 1
    LIMIT 1
  ) AS found
  WHERE tags.id = of_tag;
END;
GRANT EXECUTE ON FUNCTION mes.state_meaning(int, text) TO mes_api, mes_worker;

-- The values that state tags have said, at most 200 a tag: written by the ingestor beside its road, once a
-- value and minute, and looked up in the samples of 30 days when a tag becomes a state.
CREATE TABLE mes.state_values (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  tag_id int NOT NULL,
  value text NOT NULL CHECK (length(value) <= 200),
  first_seen_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  PRIMARY KEY (tag_id, value),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE INDEX ON mes.state_values (organization_id, tag_id);
SELECT mes.fence('mes.state_values', ARRAY['select']);
DROP POLICY demo_removal ON mes.state_values;
CREATE POLICY owner_all ON mes.state_values TO mes_owner USING (true) WITH CHECK (true);

-- Twice or out of order changes nothing: the first and the last time only move apart.
CREATE FUNCTION mes.note_state_values(tag_ids int[], said text[], first_times timestamptz[], last_times timestamptz[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.state_values AS known (organization_id, plant_id, tag_id, value, first_seen_at, last_seen_at)
  SELECT tags.organization_id, tags.plant_id, tags.id, given.value, min(given.first_time), max(given.last_time)
  FROM unnest(tag_ids, said, first_times, last_times) AS given (tag_id, value, first_time, last_time)
  JOIN mes.tags ON tags.id = given.tag_id
  WHERE given.value <> '' AND length(given.value) <= 200
    AND (EXISTS (SELECT FROM mes.state_values AS before WHERE before.tag_id = given.tag_id AND before.value = given.value)
         OR (SELECT count(*) FROM mes.state_values AS before WHERE before.tag_id = given.tag_id) < 200)
  GROUP BY 1, 2, 3, 4
  ORDER BY 3, 4
  ON CONFLICT (tag_id, value) DO UPDATE
  SET first_seen_at = least(known.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(known.last_seen_at, excluded.last_seen_at);
END;
GRANT EXECUTE ON FUNCTION mes.note_state_values(int[], text[], timestamptz[], timestamptz[]) TO mes_ingest;

-- Codes that no map knows: gone by themselves when one does.
CREATE VIEW mes.unmapped_values WITH (security_invoker) AS
  SELECT state_values.organization_id, state_values.plant_id, tags.machine_id, state_values.tag_id, state_values.value,
         state_values.first_seen_at, state_values.last_seen_at
  FROM mes.state_values
  JOIN mes.tags ON tags.organization_id = state_values.organization_id AND tags.id = state_values.tag_id
  WHERE tags.role = 'state' AND tags.machine_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM mes.state_meaning(state_values.tag_id, state_values.value));
GRANT SELECT ON mes.unmapped_values TO mes_api, mes_worker;

-- ── What a change of meaning leads to, in its transaction ────────────────────────────────────────────
-- A tag that means something else: the machine it left and the one it came to are computed anew from its
-- first sample on, and a new state tag's values are looked up.
CREATE FUNCTION mes.follow_mapping() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  changed int[];
BEGIN
  changed := ARRAY(SELECT now_so.id FROM now_so JOIN was_so ON was_so.id = now_so.id
    WHERE (now_so.machine_id, now_so.role) IS DISTINCT FROM (was_so.machine_id, was_so.role));
  IF cardinality(changed) = 0 THEN
    RETURN NULL;
  END IF;
  PERFORM mes.mark_tags(changed);
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
  SELECT left_machine.organization_id, left_machine.machine_id, min(left_machine.first),
         greatest(now(), min(left_machine.first) + interval '1 millisecond')
  FROM (SELECT was_so.organization_id, was_so.machine_id, mes.first_sample_of(was_so.id) AS first
        FROM was_so WHERE was_so.id = ANY (changed) AND was_so.machine_id IS NOT NULL AND mes.role_marks(was_so.role)) AS left_machine
  WHERE left_machine.first IS NOT NULL
  GROUP BY 1, 2;
  INSERT INTO mes.state_values AS known (organization_id, plant_id, tag_id, value, first_seen_at, last_seen_at)
  SELECT now_so.organization_id, now_so.plant_id, now_so.id, said.value, said.first_time, said.last_time
  FROM now_so JOIN was_so ON was_so.id = now_so.id
  CROSS JOIN LATERAL (
    SELECT said.value, min(said.time) AS first_time, max(said.time) AS last_time
    FROM (SELECT sample.value::text AS value, sample.time FROM telemetry.sample
          WHERE sample.tag_id = now_so.id AND sample.time > now() - interval '30 days'
          UNION ALL
          SELECT trim(sample_text.value), sample_text.time FROM telemetry.sample_text
          WHERE sample_text.tag_id = now_so.id AND sample_text.time > now() - interval '30 days') AS said
    WHERE length(said.value) BETWEEN 1 AND 200
    GROUP BY said.value
    ORDER BY max(said.time) DESC
    LIMIT 200
  ) AS said
  WHERE now_so.role = 'state' AND was_so.role IS DISTINCT FROM 'state'
  ON CONFLICT (tag_id, value) DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER follow_mapping AFTER UPDATE ON mes.tags
  REFERENCING OLD TABLE AS was_so NEW TABLE AS now_so
  FOR EACH STATEMENT EXECUTE FUNCTION mes.follow_mapping();

-- A map or a numbering that changed: the machines that it is about.
CREATE FUNCTION mes.follow_state_map() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  organization int := NEW.organization_id;
  machine int := CASE TG_TABLE_NAME WHEN 'machines' THEN (to_jsonb(NEW) ->> 'id')::int ELSE (to_jsonb(NEW) ->> 'machine_id')::int END;
BEGIN
  PERFORM mes.mark_tags(ARRAY(
    SELECT tags.id FROM mes.tags WHERE tags.organization_id = organization AND tags.role = 'state'
      AND (machine IS NULL OR tags.machine_id = machine)));
  RETURN NULL;
END $$;
CREATE TRIGGER follow_state_map AFTER INSERT OR UPDATE ON mes.state_maps
  FOR EACH ROW EXECUTE FUNCTION mes.follow_state_map();
CREATE TRIGGER follow_state_map AFTER UPDATE OF state_numbering ON mes.machines
  FOR EACH ROW WHEN (OLD.state_numbering IS DISTINCT FROM NEW.state_numbering) EXECUTE FUNCTION mes.follow_state_map();

-- What a counter of rejects or an alarm says is lost to, where its word is the code or name of a loss reason
-- and nobody has said otherwise.
CREATE POLICY owner_reads ON mes.loss_reasons FOR SELECT TO mes_owner USING (true);
CREATE FUNCTION mes.find_loss_reason() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  IF NEW.loss_reason_id IS NULL AND NEW.reason IS NOT NULL THEN
    NEW.loss_reason_id := (
      SELECT reasons.id FROM mes.loss_reasons AS reasons
      WHERE reasons.organization_id = NEW.organization_id AND reasons.archived_at IS NULL
        AND lower(NEW.reason) IN (lower(reasons.code), lower(reasons.name), lower(reasons.name_de))
      ORDER BY lower(reasons.code) = lower(NEW.reason) DESC, reasons.id
      LIMIT 1);
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER find_loss_reason BEFORE INSERT ON mes.tags FOR EACH ROW EXECUTE FUNCTION mes.find_loss_reason();
CREATE TRIGGER find_new_loss_reason BEFORE UPDATE ON mes.tags FOR EACH ROW
  WHEN (OLD.reason IS DISTINCT FROM NEW.reason AND OLD.loss_reason_id IS NOT DISTINCT FROM NEW.loss_reason_id)
  EXECUTE FUNCTION mes.find_loss_reason();
