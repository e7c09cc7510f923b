-- Counters: what machines count, derived from their raw readings (DEFINITIONS 8). Readings are stored as
-- read; increments are derived between neighbours in order of the readings' time, one plant hour after the
-- other. A bucket keeps the state at its end, its carry, from which the next begins: nothing searches
-- backwards without bound. A bucket is always computed whole and replaced, never added to.

SET LOCAL ROLE mes_owner;

-- One counter in one hour. counts are the counter's own steps, pieces what they mean (pieces_per_count of
-- the run's production standard). bridged_pieces is the part of pieces whose increment spans time in which
-- nobody was looking: it counts for order and stock, not for E and Q.
CREATE TABLE mes.counter_buckets (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  tag_id int NOT NULL,
  -- Begin of the hour by the plant's clock.
  bucket timestamptz NOT NULL,
  counts numeric NOT NULL,
  pieces numeric NOT NULL,
  bridged_pieces numeric NOT NULL,
  readings int NOT NULL,
  backsteps int NOT NULL,
  rollovers int NOT NULL,
  resets int NOT NULL,
  -- Jumps that wait for a person, and are not counted until he decides.
  open_reviews int NOT NULL,
  -- The carry: the reading the next is compared with and when it was read, the last good reading and its
  -- time, and whether a bad one followed it.
  baseline numeric,
  baseline_time timestamptz,
  last_value numeric,
  last_time timestamptz,
  last_is_bad boolean NOT NULL,
  PRIMARY KEY (tag_id, bucket),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE INDEX ON mes.counter_buckets (organization_id, machine_id, bucket);
SELECT mes.fence('mes.counter_buckets');

-- Steps of a counter that no rule explains: derived like the buckets, and replaced with them. previous and
-- reading are the counter's, allowed is the most the machine could have made in between (null: no ideal
-- cycle is known).
CREATE TABLE mes.counter_reviews (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  kind text NOT NULL CHECK (kind IN ('jump', 'fall', 'ambiguous', 'negative')),
  previous numeric,
  previous_time timestamptz,
  reading numeric NOT NULL,
  allowed numeric,
  modulus numeric,
  PRIMARY KEY (tag_id, time),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE INDEX ON mes.counter_reviews (organization_id, plant_id, time);
SELECT mes.fence('mes.counter_reviews');

-- What people decided about them: so many counts at the reading's time, 0 for none. The latest holds, as
-- long as the readings are those it was made for; late data that changes them opens the question again.
CREATE TABLE mes.counter_decisions (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  previous numeric,
  reading numeric NOT NULL,
  counts numeric NOT NULL CHECK (counts >= 0),
  reason text NOT NULL CHECK (reason <> ''),
  -- The decision this one replaces: two people who decide at once are one too many.
  replaces bigint REFERENCES mes.counter_decisions (id),
  decided_by text NOT NULL,
  decided_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (organization_id, tag_id, time, replaces),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE INDEX ON mes.counter_decisions (organization_id, tag_id, time, id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.counter_decisions
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.counter_decisions', ARRAY['select', 'insert']);

-- Begin of the hour by the plant's clock, as an instant: some zones are not on UTC hours.
CREATE FUNCTION mes.plant_hour(at timestamptz, zone text) RETURNS timestamptz
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN at - ((at AT TIME ZONE zone) - date_trunc('hour', at AT TIME ZONE zone));

-- A reading as it was sent. float8 to numeric keeps 15 digits; counters go to 2^53, which has 16.
CREATE FUNCTION mes.exact(value float8) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN value = trunc(value) AND abs(value) < 9.1e15 THEN value::int8::numeric ELSE value::text::numeric END;

-- When nobody was looking at a tag: gaps of it, its device or its agent, and time its device was not up.
-- Before the first coverage row of a device nothing is claimed.
CREATE FUNCTION mes.unseen(wanted_tag int, from_time timestamptz, to_time timestamptz) RETURNS tstzmultirange
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
  ) AS stretches;
END;

-- What a machine makes at an instant and how fast it should: the material and operation of its run, or its
-- default material, and the production standard in force on that day. Holds until valid_until at least.
CREATE FUNCTION mes.standard_of_machine_at(wanted_machine int, at timestamptz)
  RETURNS TABLE (material_id int, ideal_cycle numeric, pieces_per_count numeric, valid_until timestamptz)
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  machine record;
  run record;
BEGIN
  SELECT machines.default_material_id, plants.time_zone INTO machine
  FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  valid_until := (((at AT TIME ZONE machine.time_zone)::date + 1)::timestamp AT TIME ZONE machine.time_zone);
  SELECT runs.material_id, coalesce(operations.code, '') AS operation, runs.to_time INTO run
  FROM mes.machine_runs AS runs
  LEFT JOIN mes.work_order_operations AS operations ON operations.id = runs.operation_id
  WHERE runs.machine_id = wanted_machine AND runs.from_time <= at AND (runs.to_time IS NULL OR runs.to_time > at);
  IF FOUND THEN
    material_id := run.material_id;
    valid_until := least(valid_until, run.to_time);
  ELSE
    material_id := machine.default_material_id;
    valid_until := least(valid_until, (SELECT min(runs.from_time) FROM mes.machine_runs AS runs
      WHERE runs.machine_id = wanted_machine AND runs.from_time > at AND runs.from_time < standard_of_machine_at.valid_until));
  END IF;
  SELECT standards.ideal_cycle, standards.pieces_per_count INTO ideal_cycle, pieces_per_count
  FROM mes.production_standards AS standards
  WHERE standards.machine_id = wanted_machine AND standards.material_id = standard_of_machine_at.material_id
    AND standards.operation IN (coalesce(run.operation, ''), '')
    AND standards.valid_from <= (at AT TIME ZONE machine.time_zone)::date AND standards.archived_at IS NULL
  ORDER BY standards.operation = '', standards.valid_from DESC
  LIMIT 1;
  RETURN NEXT;
END $$;

CREATE TYPE mes.counter_carry AS (
  baseline numeric,
  baseline_time timestamptz,
  last_value numeric,
  last_time timestamptz,
  last_is_bad boolean
);

-- The steps of one counter in [from_time, to_time), beginning with the carry of what was before.
--   outcome: first, counted, same, backstep, rollover, reset, bad, and for review: jump, fall, ambiguous,
--   negative. counts is null while a review is open.
-- The rules are those of DEFINITIONS 8; a single count is never a jump, however soon it comes (ADR 0023).
CREATE FUNCTION mes.counter_steps(wanted_tag int, from_time timestamptz, to_time timestamptz, carry mes.counter_carry)
  RETURNS TABLE (
    at timestamptz, reading numeric, previous numeric, previous_time timestamptz, outcome text, allowed numeric,
    counts numeric, pieces numeric, bridged boolean, decided boolean, after mes.counter_carry)
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  -- A counter may run at so many times its ideal speed before we ask.
  speed_margin CONSTANT numeric := 3;
  tag record;
  unseen tstzmultirange;
  sample record;
  valid_until timestamptz := '-infinity';
  ideal numeric;
  per_count numeric;
  -- Pieces in one count of this counter: an infeed counts what comes in, one by one.
  unit numeric;
  step numeric;
  wrapped numeric;
BEGIN
  SELECT tags.machine_id, tags.role, tags.counter_kind, tags.counter_modulus AS modulus INTO tag FROM mes.tags WHERE tags.id = wanted_tag;
  unseen := mes.unseen(wanted_tag, coalesce(carry.last_time, from_time), to_time);
  after := carry;
  FOR sample IN
    SELECT samples.time, samples.value, samples.status FROM mes.samples
    WHERE samples.tag_id = wanted_tag AND samples.time >= from_time AND samples.time < to_time
    ORDER BY samples.time
  LOOP
    at := sample.time;
    previous := after.baseline;
    previous_time := after.baseline_time;
    allowed := NULL;
    counts := 0;
    pieces := 0;
    bridged := false;
    decided := false;
    -- Bad by OPC UA: the two highest bits of the status are 10.
    IF sample.value IS NULL OR (coalesce(sample.status, 0) >> 30) & 3 = 2 THEN
      reading := NULL;
      outcome := 'bad';
      after.last_is_bad := true;
      RETURN NEXT;
      CONTINUE;
    END IF;
    reading := mes.exact(sample.value);
    IF at >= valid_until THEN
      SELECT known.ideal_cycle, known.pieces_per_count, known.valid_until INTO ideal, per_count, valid_until
      FROM mes.standard_of_machine_at(tag.machine_id, at) AS known;
      per_count := coalesce(per_count, 1);
      unit := CASE WHEN tag.role = 'infeed_count' THEN 1 ELSE per_count END;
    END IF;
    step := 0;
    IF tag.counter_kind = 'pulse' THEN
      -- One count at each change; the first value is where it stood.
      outcome := CASE WHEN after.last_value IS NULL THEN 'first' WHEN after.last_value = reading THEN 'same' ELSE 'counted' END;
      step := CASE WHEN outcome = 'counted' THEN 1 ELSE 0 END;
    ELSIF tag.counter_kind = 'delta' THEN
      previous := after.last_value;
      previous_time := after.last_time;
      outcome := CASE WHEN reading < 0 THEN 'negative' WHEN reading = 0 THEN 'same' ELSE 'counted' END;
      step := greatest(reading, 0);
    ELSIF after.baseline IS NULL THEN
      outcome := 'first';
    ELSE
      allowed := CASE WHEN ideal IS NOT NULL THEN
        greatest(per_count / unit, speed_margin / (ideal * unit) * extract(epoch FROM at - after.baseline_time)) END;
      IF reading >= after.baseline THEN
        step := reading - after.baseline;
        outcome := CASE WHEN step = 0 THEN 'same' WHEN step > allowed THEN 'jump' ELSE 'counted' END;
      ELSIF after.baseline - reading <= greatest(5, after.baseline / 100) THEN
        outcome := 'backstep';
      ELSE
        wrapped := CASE WHEN tag.modulus > 0 THEN mod(reading - after.baseline + tag.modulus, tag.modulus) END;
        IF allowed IS NULL THEN
          IF after.baseline > 0.75 * tag.modulus AND reading < 0.25 * tag.modulus THEN
            outcome := 'rollover';
            step := wrapped;
          ELSIF reading < after.baseline / 10 THEN
            outcome := 'reset';
            step := reading;
          ELSE
            outcome := 'fall';
          END IF;
        ELSIF allowed >= tag.modulus THEN
          outcome := 'ambiguous';
        ELSIF wrapped <= allowed THEN
          outcome := 'rollover';
          step := wrapped;
        ELSIF reading <= allowed AND reading < after.baseline / 2 THEN
          outcome := 'reset';
          step := reading;
        ELSE
          outcome := 'fall';
        END IF;
      END IF;
    END IF;
    IF outcome IN ('jump', 'fall', 'ambiguous', 'negative') THEN
      SELECT made.counts, true INTO step, decided FROM mes.counter_decisions AS made
      WHERE made.tag_id = wanted_tag AND made.time = at
        AND made.previous IS NOT DISTINCT FROM counter_steps.previous AND made.reading = counter_steps.reading
      ORDER BY made.id DESC LIMIT 1;
      decided := coalesce(decided, false);
    END IF;
    counts := step;
    pieces := step * unit;
    bridged := coalesce(step > 0 AND after.last_time IS NOT NULL
      AND (after.last_is_bad OR unseen && tstzrange(after.last_time, at)), false);
    -- The high-water mark stays the baseline until it is passed.
    IF outcome <> 'backstep' THEN
      after.baseline := reading;
      after.baseline_time := at;
    END IF;
    after.last_value := reading;
    after.last_time := at;
    after.last_is_bad := false;
    RETURN NEXT;
  END LOOP;
END $$;

-- One counter's buckets in [start_time, stop_time), whole hours: derived from the readings and replaced.
CREATE FUNCTION mes.recompute_counter(wanted_tag int, zone text, start_time timestamptz, stop_time timestamptz) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  carry mes.counter_carry;
BEGIN
  SELECT buckets.baseline, buckets.baseline_time, buckets.last_value, buckets.last_time, buckets.last_is_bad INTO carry
  FROM mes.counter_buckets AS buckets
  WHERE buckets.tag_id = wanted_tag AND buckets.bucket < start_time ORDER BY buckets.bucket DESC LIMIT 1;
  DELETE FROM mes.counter_buckets WHERE counter_buckets.tag_id = wanted_tag
    AND counter_buckets.bucket >= start_time AND counter_buckets.bucket < stop_time;
  DELETE FROM mes.counter_reviews WHERE counter_reviews.tag_id = wanted_tag
    AND counter_reviews.time >= start_time AND counter_reviews.time < stop_time;
  WITH steps AS MATERIALIZED (
    SELECT tags.organization_id, tags.plant_id, tags.machine_id, tags.counter_modulus, derived.*, mes.plant_hour(derived.at, zone) AS bucket
    FROM mes.counter_steps(wanted_tag, start_time, stop_time, carry) AS derived
    JOIN mes.tags ON tags.id = wanted_tag
  ), reviews AS (
    INSERT INTO mes.counter_reviews
      (organization_id, plant_id, machine_id, tag_id, time, kind, previous, previous_time, reading, allowed, modulus)
    SELECT steps.organization_id, steps.plant_id, steps.machine_id, wanted_tag, steps.at, steps.outcome, steps.previous,
           steps.previous_time, steps.reading, steps.allowed, steps.counter_modulus
    FROM steps WHERE steps.outcome IN ('jump', 'fall', 'ambiguous', 'negative')
  )
  INSERT INTO mes.counter_buckets (organization_id, plant_id, machine_id, tag_id, bucket, counts, pieces, bridged_pieces, readings,
    backsteps, rollovers, resets, open_reviews, baseline, baseline_time, last_value, last_time, last_is_bad)
  SELECT summed.organization_id, summed.plant_id, summed.machine_id, wanted_tag, summed.bucket, summed.counts, summed.pieces,
         summed.bridged_pieces, summed.readings, summed.backsteps, summed.rollovers, summed.resets, summed.open_reviews,
         (summed.last).baseline, (summed.last).baseline_time, (summed.last).last_value, (summed.last).last_time,
         coalesce((summed.last).last_is_bad, false)
  FROM (
    SELECT steps.organization_id, steps.plant_id, steps.machine_id, steps.bucket,
           coalesce(sum(steps.counts), 0) AS counts, coalesce(sum(steps.pieces), 0) AS pieces,
           coalesce(sum(steps.pieces) FILTER (WHERE steps.bridged), 0) AS bridged_pieces, count(*) AS readings,
           count(*) FILTER (WHERE steps.outcome = 'backstep') AS backsteps,
           count(*) FILTER (WHERE steps.outcome = 'rollover') AS rollovers,
           count(*) FILTER (WHERE steps.outcome = 'reset') AS resets,
           count(*) FILTER (WHERE steps.outcome IN ('jump', 'fall', 'ambiguous', 'negative') AND NOT steps.decided) AS open_reviews,
           (array_agg(steps.after ORDER BY steps.at DESC))[1] AS last
    FROM steps GROUP BY steps.organization_id, steps.plant_id, steps.machine_id, steps.bucket
  ) AS summed;
END $$;

-- Computes the buckets of a machine's counters in [from_time, to_time) anew, and those after it for as long
-- as what they begin with has changed. Answers null when all is done, else the time from which it is not:
-- one call looks at most_days at once, and follows a change through most_buckets. Under the machine's lock.
CREATE FUNCTION mes.recompute_counters(
  wanted_machine int, from_time timestamptz, to_time timestamptz, most_days int, most_buckets int) RETURNS timestamptz
  LANGUAGE plpgsql
AS $$
DECLARE
  zone text;
  wanted_tag int;
  start_time timestamptz;
  stop_time timestamptz;
  next_time timestamptz;
  before mes.counter_carry;
  rest timestamptz;
BEGIN
  SELECT plants.time_zone INTO zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  start_time := mes.plant_hour(from_time, zone);
  stop_time := least(to_time, start_time + most_days * interval '1 day');
  stop_time := mes.plant_hour(stop_time - interval '1 microsecond', zone) + interval '1 hour';
  IF stop_time < to_time THEN
    rest := stop_time;
  END IF;
  -- What a tag counted that is no counter of this machine any more.
  DELETE FROM mes.counter_buckets AS kept
  WHERE kept.machine_id = wanted_machine AND kept.bucket >= start_time AND kept.bucket < stop_time
    AND NOT EXISTS (SELECT FROM mes.tags WHERE tags.id = kept.tag_id AND tags.machine_id = wanted_machine AND tags.role LIKE '%\_count');
  DELETE FROM mes.counter_reviews AS kept
  WHERE kept.machine_id = wanted_machine AND kept.time >= start_time AND kept.time < stop_time
    AND NOT EXISTS (SELECT FROM mes.tags WHERE tags.id = kept.tag_id AND tags.machine_id = wanted_machine AND tags.role LIKE '%\_count');
  FOR wanted_tag IN
    SELECT tags.id FROM mes.tags WHERE tags.machine_id = wanted_machine AND tags.role LIKE '%\_count' ORDER BY tags.id
  LOOP
    PERFORM mes.recompute_counter(wanted_tag, zone, start_time, stop_time);
    -- The next bucket that is there begins with what this one left, and its first step reaches back into it.
    next_time := stop_time;
    FOR followed IN 1..most_buckets LOOP
      SELECT buckets.bucket, buckets.baseline, buckets.baseline_time, buckets.last_value, buckets.last_time, buckets.last_is_bad
      INTO next_time, before.baseline, before.baseline_time, before.last_value, before.last_time, before.last_is_bad
      FROM mes.counter_buckets AS buckets
      WHERE buckets.tag_id = wanted_tag AND buckets.bucket >= next_time ORDER BY buckets.bucket LIMIT 1;
      EXIT WHEN NOT FOUND;
      PERFORM mes.recompute_counter(wanted_tag, zone, next_time, next_time + interval '1 hour');
      EXIT WHEN EXISTS (
        SELECT FROM mes.counter_buckets AS buckets
        WHERE buckets.tag_id = wanted_tag AND buckets.bucket = next_time
          AND (buckets.baseline, buckets.baseline_time, buckets.last_value, buckets.last_time, buckets.last_is_bad)
            IS NOT DISTINCT FROM (before.baseline, before.baseline_time, before.last_value, before.last_time, before.last_is_bad));
      next_time := next_time + interval '1 hour';
      IF followed = most_buckets THEN
        rest := least(rest, next_time);
      END IF;
    END LOOP;
  END LOOP;
  RETURN rest;
END $$;

-- What a machine's counters counted in [from_time, to_time), hour by hour: whole hours from their buckets,
-- the hours at both ends, where they are not whole, from the readings.
CREATE FUNCTION mes.counts_between(wanted_machine int, from_time timestamptz, to_time timestamptz)
  RETURNS TABLE (tag_id int, bucket timestamptz, counts numeric, pieces numeric, bridged_pieces numeric, readings bigint,
                 backsteps bigint, rollovers bigint, resets bigint, open_reviews bigint)
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  zone text;
  wanted_tag int;
  last_hour timestamptz;
  hour timestamptz;
  carry mes.counter_carry;
BEGIN
  SELECT plants.time_zone INTO zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  last_hour := mes.plant_hour(to_time, zone);
  FOR wanted_tag IN
    SELECT tags.id FROM mes.tags WHERE tags.machine_id = wanted_machine AND tags.role LIKE '%\_count' ORDER BY tags.id
  LOOP
    RETURN QUERY
      SELECT wanted_tag, kept.bucket, kept.counts, kept.pieces, kept.bridged_pieces, kept.readings::bigint, kept.backsteps::bigint,
             kept.rollovers::bigint, kept.resets::bigint, kept.open_reviews::bigint
      FROM mes.counter_buckets AS kept
      WHERE kept.tag_id = wanted_tag AND kept.bucket >= from_time AND kept.bucket < last_hour;
    FOR hour IN
      SELECT DISTINCT partial.begun FROM unnest(ARRAY[mes.plant_hour(from_time, zone), last_hour]) AS partial (begun)
      WHERE partial.begun < to_time AND (partial.begun < from_time OR partial.begun >= last_hour)
      ORDER BY 1
    LOOP
      carry := NULL;
      SELECT before.baseline, before.baseline_time, before.last_value, before.last_time, before.last_is_bad INTO carry
      FROM mes.counter_buckets AS before
      WHERE before.tag_id = wanted_tag AND before.bucket < hour ORDER BY before.bucket DESC LIMIT 1;
      RETURN QUERY
        SELECT wanted_tag, hour, coalesce(sum(steps.counts), 0), coalesce(sum(steps.pieces), 0),
               coalesce(sum(steps.pieces) FILTER (WHERE steps.bridged), 0), count(*),
               count(*) FILTER (WHERE steps.outcome = 'backstep'), count(*) FILTER (WHERE steps.outcome = 'rollover'),
               count(*) FILTER (WHERE steps.outcome = 'reset'),
               count(*) FILTER (WHERE steps.outcome IN ('jump', 'fall', 'ambiguous', 'negative') AND NOT steps.decided)
        FROM mes.counter_steps(wanted_tag, hour, least(hour + interval '1 hour', to_time), carry) AS steps
        WHERE steps.at >= from_time
        HAVING count(*) > 0;
    END LOOP;
  END LOOP;
END $$;

-- When a mark was made, so that one can say how far behind the figures are.
ALTER TABLE mes.dirty_marks ADD COLUMN created_at timestamptz NOT NULL DEFAULT now();
CREATE POLICY owner_all ON mes.dirty_marks TO mes_owner USING (true) WITH CHECK (true);

-- Organisations with machines to recompute, for the worker's rounds over all of them.
CREATE FUNCTION mes.organizations_to_recompute() RETURNS SETOF int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT DISTINCT dirty_marks.organization_id FROM mes.dirty_marks ORDER BY 1;
END;

GRANT EXECUTE ON FUNCTION mes.organizations_to_recompute() TO mes_worker;
GRANT EXECUTE ON FUNCTION
  mes.recompute_counters(int, timestamptz, timestamptz, int, int),
  mes.recompute_counter(int, text, timestamptz, timestamptz) TO mes_worker;
GRANT EXECUTE ON FUNCTION
  mes.plant_hour(timestamptz, text), mes.exact(float8), mes.unseen(int, timestamptz, timestamptz),
  mes.standard_of_machine_at(int, timestamptz),
  mes.counter_steps(int, timestamptz, timestamptz, mes.counter_carry),
  mes.counts_between(int, timestamptz, timestamptz) TO mes_api, mes_worker;
GRANT USAGE ON TYPE mes.counter_carry TO mes_api, mes_worker;
REVOKE INSERT, UPDATE, DELETE ON mes.counter_buckets, mes.counter_reviews FROM mes_api;
REVOKE INSERT ON mes.counter_decisions FROM mes_worker;
