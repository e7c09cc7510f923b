-- The life of a shift: open, ended, closed, restated (DEFINITIONS 1: Shifts). A shift that is closed has its
-- sums on record; what changes them later writes the next version, with what changed it and who, and every
-- version stays readable. And what an agent that is silent for long leaves to know of its machines.

SET LOCAL ROLE mes_owner;

-- ── Why figures are made anew ────────────────────────────────────────────────────────────────────────
ALTER TABLE mes.dirty_marks
  ADD COLUMN cause text NOT NULL DEFAULT 'late_data' CHECK (cause IN ('late_data', 'classification', 'run', 'standard', 'calendar',
    'counter_review', 'declaration', 'settings', 'mapping')),
  -- The name of who did it; null where data did.
  ADD COLUMN caused_by text;

DROP FUNCTION mes.mark_all_machines(timestamptz, timestamptz);
CREATE FUNCTION mes.mark_all_machines(since timestamptz, until timestamptz, cause text, caused_by text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time, cause, caused_by)
  SELECT machines.organization_id, machines.id, since, until, mark_all_machines.cause, mark_all_machines.caused_by
  FROM mes.machines
  WHERE machines.organization_id = mes.current_organization_id();
END;
GRANT EXECUTE ON FUNCTION mes.mark_all_machines(timestamptz, timestamptz, text, text) TO mes_api, mes_worker;

CREATE OR REPLACE FUNCTION mes.mark_tags(tag_ids int[]) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time, cause)
  SELECT known.organization_id, known.machine_id, min(known.first), greatest(now(), min(known.first) + interval '1 millisecond'), 'mapping'
  FROM (SELECT tags.organization_id, tags.machine_id, mes.first_sample_of(tags.id) AS first
        FROM mes.tags WHERE tags.id = ANY (tag_ids) AND tags.machine_id IS NOT NULL AND mes.role_marks(tags.role)) AS known
  WHERE known.first IS NOT NULL
  GROUP BY 1, 2;
END;

CREATE OR REPLACE FUNCTION mes.follow_mapping() RETURNS trigger
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
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time, cause)
  SELECT left_machine.organization_id, left_machine.machine_id, min(left_machine.first),
         greatest(now(), min(left_machine.first) + interval '1 millisecond'), 'mapping'
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

-- ── Versions ─────────────────────────────────────────────────────────────────────────────────────────
-- What the facts of a shift came to. shift_instance_id has no foreign key: a corrected calendar may replace
-- the shift, and its versions go on under the new one.
CREATE TABLE mes.shift_figures (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  shift_instance_id bigint NOT NULL,
  version int NOT NULL CHECK (version >= 1),
  -- The shift as it was then.
  name text NOT NULL,
  start_day date NOT NULL,
  business_date date NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  -- closed: by itself, two hours after its end or as soon as its data was there. signed: by who answers for it.
  cause text NOT NULL CHECK (cause IN ('closed', 'signed', 'late_data', 'classification', 'run', 'standard', 'calendar',
    'counter_review', 'declaration', 'settings', 'mapping')),
  caused_by text,
  made_at timestamptz NOT NULL DEFAULT now(),
  -- The rows of mes.time_facts and mes.count_facts of it, added up over its hours.
  time_sums jsonb NOT NULL,
  count_sums jsonb NOT NULL,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, shift_instance_id, version),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.shift_figures (organization_id, machine_id, business_date);
CREATE INDEX ON mes.shift_figures (organization_id, plant_id, business_date);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.shift_figures
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.shift_figures', ARRAY['select', 'insert']);

-- Who answers for a version of a shift's figures.
CREATE TABLE mes.shift_signatures (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  shift_instance_id bigint NOT NULL,
  version int NOT NULL,
  signed_by int,
  signed_by_name text NOT NULL,
  signed_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, shift_instance_id, version),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, shift_instance_id, version) REFERENCES mes.shift_figures (organization_id, shift_instance_id, version),
  FOREIGN KEY (organization_id, signed_by) REFERENCES mes.users (organization_id, id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.shift_signatures
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.shift_signatures', ARRAY['select', 'insert']);

-- Closed shifts that data has reached late. One that comes in pieces makes one version: it is written when
-- the data rests, or has not rested for long.
CREATE TABLE mes.shift_restatements (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  shift_instance_id bigint NOT NULL,
  first_at timestamptz NOT NULL DEFAULT now(),
  last_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, shift_instance_id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, shift_instance_id) REFERENCES mes.shift_instances (organization_id, id) ON DELETE CASCADE
);
SELECT mes.fence('mes.shift_restatements');

CREATE INDEX ON mes.shift_instances (organization_id, to_time) WHERE state = 'ended';

-- What a shift's facts come to, without its hours: the same sums in the same order, so that versions compare.
CREATE FUNCTION mes.shift_sums(wanted bigint, OUT time_sums jsonb, OUT count_sums jsonb)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT
    (SELECT coalesce(jsonb_agg(to_jsonb(summed) ORDER BY summed.run_id, summed.category, summed.loss_reason_id, summed.work_order_id,
        summed.operation_id, summed.material_id), '[]') FROM (
      SELECT facts.run_id, facts.work_order_id, facts.operation_id, facts.material_id, facts.category, facts.loss_reason_id,
             sum(facts.duration_us)::bigint AS duration_us, sum(facts.occurrences)::int AS occurrences
      FROM mes.shift_instances AS shifts
      JOIN mes.time_facts AS facts ON facts.organization_id = shifts.organization_id AND facts.shift_instance_id = shifts.id
      WHERE shifts.id = wanted
      GROUP BY 1, 2, 3, 4, 5, 6) AS summed),
    (SELECT coalesce(jsonb_agg(to_jsonb(summed) ORDER BY summed.run_id, summed.standing, summed.loss_reason_id, summed.work_order_id,
        summed.operation_id, summed.material_id), '[]') FROM (
      SELECT facts.run_id, facts.work_order_id, facts.operation_id, facts.material_id, facts.standing, facts.loss_reason_id,
             sum(facts.good) AS good, sum(facts.scrap) AS scrap, sum(facts.rework) AS rework, sum(facts.startup) AS startup,
             sum(facts.unexplained) AS unexplained, sum(facts.target_s) AS target_s, sum(facts.value_s) AS value_s,
             sum(facts.scrap_s) AS scrap_s, sum(facts.rework_s) AS rework_s, sum(facts.startup_s) AS startup_s,
             sum(facts.without_standard) AS without_standard
      FROM mes.shift_instances AS shifts
      JOIN mes.count_facts AS facts ON facts.organization_id = shifts.organization_id AND facts.shift_instance_id = shifts.id
      WHERE shifts.id = wanted
      GROUP BY 1, 2, 3, 4, 5, 6) AS summed);
END;

-- Closes a shift that has ended, or writes the next version of one that is closed when its sums have changed.
-- Answers the version; null: nothing to write. Under the machine's lock, after its facts.
CREATE FUNCTION mes.write_shift_version(wanted bigint, cause text, caused_by text) RETURNS int
  LANGUAGE plpgsql
AS $$
DECLARE
  shift mes.shift_instances;
  latest mes.shift_figures;
  sums record;
  next_version int;
BEGIN
  SELECT * INTO shift FROM mes.shift_instances AS shifts WHERE shifts.id = wanted AND shifts.state <> 'open' FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  DELETE FROM mes.shift_restatements AS done WHERE done.organization_id = shift.organization_id AND done.shift_instance_id = wanted;
  -- Its own, or that of the shift which a correction has replaced by it.
  SELECT * INTO latest FROM mes.shift_figures AS known
  WHERE known.organization_id = shift.organization_id AND known.machine_id = shift.machine_id AND known.start_day = shift.start_day
    AND known.name = shift.name
    AND (known.shift_instance_id = wanted OR NOT EXISTS (SELECT FROM mes.shift_instances AS others WHERE others.id = known.shift_instance_id))
  ORDER BY known.version DESC LIMIT 1;
  SELECT * INTO sums FROM mes.shift_sums(wanted) AS found;
  IF latest.shift_instance_id = wanted AND latest.time_sums = sums.time_sums AND latest.count_sums = sums.count_sums THEN
    RETURN NULL;
  END IF;
  next_version := coalesce(latest.version, 0) + 1;
  INSERT INTO mes.shift_figures (organization_id, plant_id, machine_id, shift_instance_id, version, name, start_day, business_date,
    from_time, to_time, cause, caused_by, time_sums, count_sums)
  VALUES (shift.organization_id, shift.plant_id, shift.machine_id, wanted, next_version, shift.name, shift.start_day, shift.business_date,
    shift.from_time, shift.to_time, write_shift_version.cause, write_shift_version.caused_by, sums.time_sums, sums.count_sums);
  UPDATE mes.shift_instances AS changed
  SET state = CASE WHEN next_version = 1 THEN 'closed' ELSE 'restated' END, version = next_version
  WHERE changed.id = wanted;
  RETURN next_version;
END $$;

-- The facts of a version, as those of the shift's first instant: whoever adds up facts adds these up, too.
CREATE VIEW mes.shift_time_facts WITH (security_invoker) AS
  SELECT figures.organization_id, figures.plant_id, figures.machine_id, figures.from_time AS bucket, figures.business_date,
         figures.shift_instance_id, figures.version, sums.run_id, sums.work_order_id, sums.operation_id, sums.material_id, sums.category,
         sums.loss_reason_id, sums.duration_us, sums.occurrences
  FROM mes.shift_figures AS figures
  CROSS JOIN LATERAL jsonb_to_recordset(figures.time_sums) AS sums (run_id int, work_order_id int, operation_id int, material_id int,
    category text, loss_reason_id int, duration_us bigint, occurrences int);
CREATE VIEW mes.shift_count_facts WITH (security_invoker) AS
  SELECT figures.organization_id, figures.plant_id, figures.machine_id, figures.from_time AS bucket, figures.business_date,
         figures.shift_instance_id, figures.version, sums.run_id, sums.work_order_id, sums.operation_id, sums.material_id, sums.standing,
         sums.loss_reason_id, sums.good, sums.scrap, sums.rework, sums.startup, sums.unexplained, sums.target_s, sums.value_s,
         sums.scrap_s, sums.rework_s, sums.startup_s, sums.without_standard
  FROM mes.shift_figures AS figures
  CROSS JOIN LATERAL jsonb_to_recordset(figures.count_sums) AS sums (run_id int, work_order_id int, operation_id int, material_id int,
    standing text, loss_reason_id int, good numeric, scrap numeric, rework numeric, startup numeric, unexplained numeric, target_s numeric,
    value_s numeric, scrap_s numeric, rework_s numeric, startup_s numeric, without_standard numeric);
GRANT SELECT ON mes.shift_time_facts, mes.shift_count_facts TO mes_api, mes_worker;
GRANT EXECUTE ON FUNCTION mes.shift_sums(bigint), mes.write_shift_version(bigint, text, text) TO mes_api, mes_worker;

-- ── Agents that are silent for long ──────────────────────────────────────────────────────────────────
-- Figures wait for what an agent has not sent yet, but not for ever: after this time they go on without it,
-- and its machines are unknown from its last word on, until it speaks again.
CREATE FUNCTION mes.patience_with_agents() RETURNS interval LANGUAGE sql IMMUTABLE RETURN interval '72 hours';

CREATE TABLE mes.agent_silences (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  edge_agent_id int NOT NULL,
  from_time timestamptz NOT NULL,
  noticed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, edge_agent_id),
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id) ON DELETE CASCADE
);
SELECT mes.fence('mes.agent_silences');

-- Until when each agent that tells of a machine has told: its watermark, or where it gives none, its last value.
CREATE FUNCTION mes.agents_of_machine(wanted_machine int) RETURNS TABLE (edge_agent_id int, told_until timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT devices.edge_agent_id, coalesce(max(states.watermark), max(last.time))
  FROM mes.tags
  JOIN mes.devices ON devices.id = tags.device_id
  LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = devices.edge_agent_id
  LEFT JOIN mes.tag_last AS last ON last.tag_id = tags.id
  WHERE tags.machine_id = wanted_machine AND mes.role_marks(tags.role)
  GROUP BY devices.edge_agent_id;
END;

CREATE OR REPLACE FUNCTION mes.known_until(wanted_machine int) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT least(now(), coalesce(min(CASE WHEN silences.edge_agent_id IS NULL THEN coalesce(agents.told_until, '-infinity')
    ELSE greatest(agents.told_until, now() - mes.patience_with_agents()) END), now()))
  FROM mes.agents_of_machine(wanted_machine) AS agents
  LEFT JOIN mes.agent_silences AS silences ON silences.edge_agent_id = agents.edge_agent_id;
END;

CREATE OR REPLACE FUNCTION mes.unseen(wanted_tag int, from_time timestamptz, to_time timestamptz) RETURNS tstzmultirange
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(range_agg(stretches.stretch), '{}'::tstzmultirange) FROM (
    SELECT tstzrange(gaps.from_time, gaps.to_time) AS stretch
    FROM mes.tags
    JOIN mes.devices ON devices.id = tags.device_id
    JOIN mes.gap_ledger AS gaps ON gaps.organization_id = devices.organization_id AND gaps.edge_agent_id = devices.edge_agent_id
    WHERE tags.id = wanted_tag AND gaps.from_time < unseen.to_time AND gaps.to_time > unseen.from_time
      AND (gaps.device_id IS NULL OR gaps.device_id = devices.id) AND (gaps.tag_id IS NULL OR gaps.tag_id = tags.id)
    UNION ALL
    SELECT tstzrange(coverage.time, coverage.until) FROM (
      SELECT known.time, known.state, lead(known.time, 1, unseen.to_time) OVER (ORDER BY known.time) AS until
      FROM mes.device_coverage AS known
      JOIN mes.tags ON tags.id = wanted_tag AND tags.organization_id = known.organization_id AND tags.device_id = known.device_id
      WHERE known.time < unseen.to_time AND known.time >= coalesce(
        (SELECT max(before.time) FROM mes.device_coverage AS before
         WHERE before.organization_id = tags.organization_id AND before.device_id = tags.device_id AND before.time <= unseen.from_time),
        unseen.from_time)
    ) AS coverage
    WHERE coverage.state <> 'up' AND coverage.time < coverage.until
    UNION ALL
    SELECT tstzrange(silences.from_time, unseen.to_time)
    FROM mes.tags
    JOIN mes.devices ON devices.id = tags.device_id
    JOIN mes.agent_silences AS silences ON silences.edge_agent_id = devices.edge_agent_id
    WHERE tags.id = wanted_tag AND silences.from_time < unseen.to_time
  ) AS stretches;
END;

-- Agents that have become silent, and those that speak again, with the machines that this is about marked;
-- and machines whose time went on without a new word of them. Answers how many marks it made.
CREATE FUNCTION mes.follow_time() RETURNS int
  LANGUAGE plpgsql
AS $$
DECLARE
  marked int;
BEGIN
  WITH agents AS MATERIALIZED (
    SELECT agents.organization_id, agents.plant_id, agents.id, coalesce(
      (SELECT states.watermark FROM mes.edge_states AS states WHERE states.edge_agent_id = agents.id),
      (SELECT max(last.time) FROM mes.devices JOIN mes.tags ON tags.organization_id = devices.organization_id AND tags.device_id = devices.id
       JOIN mes.tag_last AS last ON last.tag_id = tags.id WHERE devices.edge_agent_id = agents.id AND mes.role_marks(tags.role))) AS told_until
    FROM mes.edge_agents AS agents
    WHERE agents.organization_id = mes.current_organization_id()
  ), begun AS (
    INSERT INTO mes.agent_silences (organization_id, plant_id, edge_agent_id, from_time)
    SELECT agents.organization_id, agents.plant_id, agents.id, agents.told_until FROM agents
    WHERE agents.told_until < now() - mes.patience_with_agents()
    ON CONFLICT DO NOTHING
    RETURNING edge_agent_id, from_time
  ), over AS (
    DELETE FROM mes.agent_silences AS silences USING agents
    WHERE silences.organization_id = mes.current_organization_id() AND silences.edge_agent_id = agents.id AND agents.told_until > silences.from_time
    RETURNING silences.edge_agent_id, silences.from_time
  ), changed AS (
    SELECT begun.edge_agent_id, begun.from_time FROM begun UNION ALL SELECT over.edge_agent_id, over.from_time FROM over
  )
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
  SELECT tags.organization_id, tags.machine_id, min(changed.from_time), now()
  FROM changed
  JOIN mes.devices ON devices.edge_agent_id = changed.edge_agent_id
  JOIN mes.tags ON tags.organization_id = devices.organization_id AND tags.device_id = devices.id
  WHERE tags.machine_id IS NOT NULL AND mes.role_marks(tags.role)
  GROUP BY 1, 2;
  GET DIAGNOSTICS marked = ROW_COUNT;
  IF marked > 0 THEN
    RETURN marked;
  END IF;
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
  SELECT machines.organization_id, machines.id, last.to_time, last.to_time + interval '1 millisecond'
  FROM mes.machines
  CROSS JOIN LATERAL (
    SELECT intervals.to_time FROM mes.machine_intervals AS intervals
    WHERE intervals.machine_id = machines.id ORDER BY intervals.from_time DESC LIMIT 1
  ) AS last
  WHERE machines.organization_id = mes.current_organization_id() AND machines.archived_at IS NULL
    AND last.to_time < now() - interval '1 minute' AND mes.known_until(machines.id) > last.to_time + interval '1 minute'
    AND NOT EXISTS (
      SELECT FROM mes.dirty_marks AS marks WHERE marks.organization_id = machines.organization_id AND marks.machine_id = machines.id);
  GET DIAGNOSTICS marked = ROW_COUNT;
  RETURN marked;
END $$;
GRANT EXECUTE ON FUNCTION mes.patience_with_agents() TO mes_api, mes_worker;
GRANT EXECUTE ON FUNCTION mes.agents_of_machine(int), mes.follow_time() TO mes_worker;

-- Shifts whose figures can be written: closed two hours after their end, when everything that was to come is
-- there and computed; restated when late data rests.
CREATE FUNCTION mes.shifts_to_write(settled interval, longest interval, most int) RETURNS TABLE (id bigint, machine_id int, cause text)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT due.id, due.machine_id, due.cause
  FROM (
    SELECT shifts.id, shifts.machine_id, shifts.to_time, 'closed' AS cause
    FROM mes.shift_instances AS shifts
    WHERE shifts.organization_id = mes.current_organization_id() AND shifts.state = 'ended' AND shifts.to_time <= now() - interval '2 hours'
      AND mes.known_until(shifts.machine_id) >= shifts.to_time
      AND coalesce((SELECT intervals.to_time FROM mes.machine_intervals AS intervals
                    WHERE intervals.machine_id = shifts.machine_id ORDER BY intervals.from_time DESC LIMIT 1), 'infinity') >= shifts.to_time
    UNION ALL
    SELECT shifts.id, shifts.machine_id, shifts.to_time, 'late_data'
    FROM mes.shift_restatements AS pending
    JOIN mes.shift_instances AS shifts ON shifts.organization_id = pending.organization_id AND shifts.id = pending.shift_instance_id
    WHERE pending.organization_id = mes.current_organization_id() AND (pending.last_at <= now() - settled OR pending.first_at <= now() - longest)
  ) AS due
  WHERE NOT EXISTS (
    SELECT FROM mes.dirty_marks AS marks
    WHERE marks.organization_id = mes.current_organization_id() AND marks.machine_id = due.machine_id AND marks.from_time < due.to_time)
  ORDER BY due.to_time, due.id
  LIMIT most;
END;
GRANT EXECUTE ON FUNCTION mes.shifts_to_write(interval, interval, int) TO mes_worker;

-- ── As before (0024), and says between which instants figures have changed ───────────────────────────
DROP FUNCTION mes.recompute_machine(int, timestamptz, timestamptz, int, int);
CREATE FUNCTION mes.recompute_machine(
  wanted_machine int, from_time timestamptz, to_time timestamptz, most_days int, most_buckets int,
  OUT rest timestamptz, OUT changed_from timestamptz, OUT changed_to timestamptz)
  LANGUAGE plpgsql
AS $$
DECLARE
  first_time timestamptz;
  start_time timestamptz := from_time;
  counters record;
  intervals record;
BEGIN
  SELECT known.from_time INTO first_time FROM mes.machine_intervals AS known WHERE known.machine_id = wanted_machine ORDER BY known.from_time LIMIT 1;
  IF first_time IS NULL OR from_time < first_time THEN
    start_time := least(mes.first_known_time(wanted_machine, from_time, least(first_time, to_time)), first_time,
      (SELECT min(buckets.bucket) FROM mes.counter_buckets AS buckets WHERE buckets.machine_id = wanted_machine));
  END IF;
  IF start_time IS NULL OR start_time >= to_time THEN
    RETURN;
  END IF;
  SELECT * INTO counters FROM mes.recompute_counters(wanted_machine, start_time, to_time, most_days, most_buckets);
  SELECT * INTO intervals FROM mes.recompute_intervals(wanted_machine, start_time,
    CASE WHEN (SELECT signals.signal FROM mes.signal_of_machine(wanted_machine) AS signals) = 'counts' THEN greatest(to_time, counters.followed_until) ELSE to_time END,
    most_days);
  IF intervals.begun IS NOT NULL THEN
    PERFORM mes.recompute_time_facts(wanted_machine, intervals.changed_from, intervals.changed_to);
  END IF;
  SELECT started.from_time, started.to_time INTO changed_from, changed_to
  FROM mes.recompute_startups(wanted_machine, least(start_time, intervals.begun), greatest(counters.followed_until, intervals.changed_to)) AS started;
  PERFORM mes.recompute_count_facts(wanted_machine, changed_from, changed_to);
  changed_from := least(changed_from, intervals.changed_from);
  rest := least(counters.rest, intervals.rest);
END $$;
GRANT EXECUTE ON FUNCTION mes.recompute_machine(int, timestamptz, timestamptz, int, int) TO mes_worker;
