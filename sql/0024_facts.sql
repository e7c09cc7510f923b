-- Facts: sums of intervals and counts by hour of the plant's clock, from which every figure is made by
-- adding up and dividing once (DEFINITIONS 1). Integers and numerics only, so that the same events give the
-- same bits in any order. An hour is always replaced whole.

SET LOCAL ROLE mes_owner;

-- Time. occurrences: how many began in it.
CREATE TABLE mes.time_facts (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  bucket timestamptz NOT NULL,
  -- The day it is counted on: its shift's, or outside of shifts the plant's.
  business_date date NOT NULL,
  shift_instance_id bigint,
  run_id int,
  work_order_id int,
  operation_id int,
  material_id int,
  category text NOT NULL,
  loss_reason_id int,
  duration_us bigint NOT NULL CHECK (duration_us > 0),
  occurrences int NOT NULL,
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.time_facts (machine_id, bucket);
CREATE INDEX ON mes.time_facts (organization_id, machine_id, bucket);
CREATE INDEX ON mes.time_facts (organization_id, shift_instance_id);
SELECT mes.fence('mes.time_facts');

-- Pieces, each once, at first pass. standing says what they are for:
--   counted      E, Q and OEE
--   bridged      came while nobody was looking: order and stock only
--   unscheduled  came outside of every shift: order and stock only
--   rework_run   pieces of a rework run, which were counted before
-- Good pieces without those that were rejected can be negative in an hour: a piece is rejected later than
-- it was made. unexplained is what a total has more than good and rejects together.
CREATE TABLE mes.count_facts (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  bucket timestamptz NOT NULL,
  business_date date NOT NULL,
  shift_instance_id bigint,
  run_id int,
  work_order_id int,
  operation_id int,
  material_id int,
  standing text NOT NULL CHECK (standing IN ('counted', 'bridged', 'unscheduled', 'rework_run')),
  loss_reason_id int,
  good numeric NOT NULL,
  scrap numeric NOT NULL,
  rework numeric NOT NULL,
  startup numeric NOT NULL,
  unexplained numeric NOT NULL,
  -- Seconds that all of these pieces should take, the good ones, and the others: ideal cycle · pieces.
  target_s numeric NOT NULL,
  value_s numeric NOT NULL,
  scrap_s numeric NOT NULL,
  rework_s numeric NOT NULL,
  startup_s numeric NOT NULL,
  -- Pieces whose ideal cycle nobody knows: they are in none of these.
  without_standard numeric NOT NULL,
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.count_facts (machine_id, bucket);
CREATE INDEX ON mes.count_facts (organization_id, machine_id, bucket);
CREATE INDEX ON mes.count_facts (organization_id, shift_instance_id);
SELECT mes.fence('mes.count_facts');

-- The hours of the plant's clock that [from_time, to_time) touches, whole.
CREATE FUNCTION mes.plant_hours(zone text, from_time timestamptz, to_time timestamptz) RETURNS TABLE (bucket timestamptz, until timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT hours.bucket, hours.until FROM (
    SELECT begun.bucket, lead(begun.bucket) OVER (ORDER BY begun.bucket) AS until
    FROM (
      -- By half hours, since a clock can change by that much; and one hour more, for the end of the last.
      SELECT DISTINCT mes.plant_hour(at, zone) AS bucket
      FROM generate_series(mes.plant_hour(plant_hours.from_time, zone), plant_hours.to_time + interval '1 hour', interval '30 minutes') AS at
    ) AS begun
  ) AS hours
  WHERE hours.bucket < plant_hours.to_time AND hours.until > plant_hours.from_time;
END;

CREATE FUNCTION mes.recompute_time_facts(wanted_machine int, from_time timestamptz, to_time timestamptz) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  zone text;
BEGIN
  SELECT plants.time_zone INTO zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  DELETE FROM mes.time_facts AS gone
  WHERE gone.machine_id = wanted_machine AND gone.bucket >= mes.plant_hour(from_time, zone) AND gone.bucket < to_time;
  INSERT INTO mes.time_facts
  SELECT parts.organization_id, parts.plant_id, wanted_machine, parts.bucket,
         coalesce(shifts.business_date, (parts.bucket AT TIME ZONE zone)::date), parts.shift_instance_id,
         parts.run_id, runs.work_order_id, runs.operation_id, CASE WHEN parts.run_id IS NULL THEN machines.default_material_id ELSE runs.material_id END,
         parts.category, parts.loss_reason_id, parts.duration_us, parts.occurrences
  FROM (
    SELECT intervals.organization_id, intervals.plant_id, hours.bucket, intervals.shift_instance_id, intervals.run_id, intervals.category,
           intervals.loss_reason_id,
           sum((extract(epoch FROM least(intervals.to_time, hours.until)) - extract(epoch FROM greatest(intervals.from_time, hours.bucket))) * 1000000)::bigint AS duration_us,
           count(*) FILTER (WHERE intervals.begins AND intervals.from_time >= hours.bucket)::int AS occurrences
    FROM mes.plant_hours(zone, recompute_time_facts.from_time, recompute_time_facts.to_time) AS hours
    JOIN mes.machine_intervals AS intervals
      ON intervals.machine_id = wanted_machine AND intervals.from_time < hours.until AND intervals.to_time > hours.bucket
    GROUP BY 1, 2, 3, 4, 5, 6, 7
  ) AS parts
  JOIN mes.machines ON machines.id = wanted_machine
  LEFT JOIN mes.shift_instances AS shifts ON shifts.id = parts.shift_instance_id
  LEFT JOIN mes.machine_runs AS runs ON runs.id = parts.run_id;
END $$;

-- Pieces as counters and operators tell of them in [from_time, to_time), whole hours: each with what it adds
-- to which quantity. Linear, so that sums over any keys are right (DEFINITIONS 1: Quantities).
CREATE FUNCTION mes.pieces_told(wanted_machine int, from_time timestamptz, to_time timestamptz)
  RETURNS TABLE (at timestamptz, bridged boolean, work_order_id int, operation_id int, loss_reason_id int, kind text, good numeric, rejected numeric, unexplained numeric)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH machine AS (
    SELECT machines.id, machines.good_source, machines.reject_source,
           machines.good_source = 'machine' AND coalesce(bool_or(tags.role = 'total_count'), false) AS has_total,
           machines.good_source = 'machine' AND coalesce(bool_or(tags.role = 'good_count'), false) AS has_good,
           machines.reject_source <> 'machine' OR coalesce(bool_or(tags.role = 'reject_count'), false) AS has_rejects
    FROM mes.machines LEFT JOIN mes.tags ON tags.machine_id = machines.id
    WHERE machines.id = wanted_machine
    GROUP BY machines.id
  ), counted AS (
    SELECT steps.at, steps.bridged, tags.role, tags.loss_reason_id, reasons.category, steps.pieces
    FROM machine
    JOIN mes.tags ON tags.machine_id = machine.id AND (
      (machine.good_source = 'machine' AND tags.role IN ('total_count', 'good_count')) OR (machine.reject_source <> 'operator' AND tags.role = 'reject_count'))
    LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = tags.loss_reason_id
    LEFT JOIN LATERAL (
      SELECT ROW(before.baseline, before.baseline_time, before.last_value, before.last_time, before.last_is_bad)::mes.counter_carry AS carry
      FROM mes.counter_buckets AS before
      WHERE before.tag_id = tags.id AND before.bucket < pieces_told.from_time ORDER BY before.bucket DESC LIMIT 1
    ) AS earlier ON true
    CROSS JOIN LATERAL mes.counter_steps(tags.id, pieces_told.from_time, pieces_told.to_time, earlier.carry) AS steps
    WHERE steps.pieces <> 0
  ), declared AS (
    SELECT logs.time AS at, logs.kind, logs.loss_reason_id, logs.work_order_id, logs.operation_id, logs.quantity
    FROM machine JOIN mes.production_logs AS logs ON logs.machine_id = machine.id
    WHERE logs.time >= pieces_told.from_time AND logs.time < pieces_told.to_time
      AND CASE logs.kind WHEN 'good' THEN machine.good_source = 'operator' ELSE machine.reject_source <> 'machine' END
  )
  SELECT counted.at, counted.bridged, NULL::int, NULL::int, counted.loss_reason_id,
         CASE WHEN counted.role <> 'reject_count' AND NOT (machine.has_total AND machine.has_good AND NOT machine.has_rejects) THEN 'good'
           WHEN counted.category IN ('rework', 'startup') THEN counted.category ELSE 'scrap' END,
         CASE counted.role
           WHEN 'total_count' THEN CASE WHEN machine.has_good THEN 0 ELSE counted.pieces END
           WHEN 'good_count' THEN counted.pieces
           ELSE CASE WHEN machine.has_total AND NOT machine.has_good THEN -counted.pieces ELSE 0 END END,
         -- A total beside good pieces and no rejects: what is not good is scrap of no known reason.
         CASE counted.role
           WHEN 'total_count' THEN CASE WHEN machine.has_good AND NOT machine.has_rejects THEN counted.pieces ELSE 0 END
           WHEN 'good_count' THEN CASE WHEN machine.has_total AND NOT machine.has_rejects THEN -counted.pieces ELSE 0 END
           ELSE counted.pieces END,
         CASE WHEN machine.has_total AND machine.has_good AND machine.has_rejects
           THEN CASE counted.role WHEN 'total_count' THEN counted.pieces ELSE -counted.pieces END ELSE 0 END
  FROM machine CROSS JOIN counted
  UNION ALL
  SELECT declared.at, false, declared.work_order_id, declared.operation_id, declared.loss_reason_id, declared.kind,
         CASE WHEN declared.kind = 'good' THEN declared.quantity
           -- Rejects beside the machine's own move good pieces to scrap; so do those of a machine that counts the total only.
           WHEN (machine.reject_source = 'machine_and_operator' AND (machine.has_total OR machine.has_good)) OR (machine.has_total AND NOT machine.has_good)
             THEN -declared.quantity
           ELSE 0 END,
         CASE WHEN declared.kind = 'good' THEN 0 ELSE declared.quantity END,
         CASE WHEN declared.kind <> 'good' AND machine.reject_source = 'operator' AND machine.has_total AND machine.has_good THEN -declared.quantity ELSE 0 END
  FROM machine CROSS JOIN declared;
END;

CREATE FUNCTION mes.recompute_count_facts(wanted_machine int, from_time timestamptz, to_time timestamptz) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  zone text;
  start_time timestamptz;
  stop_time timestamptz;
BEGIN
  SELECT plants.time_zone INTO zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  SELECT min(hours.bucket), max(hours.until) INTO start_time, stop_time FROM mes.plant_hours(zone, from_time, to_time) AS hours;
  DELETE FROM mes.count_facts AS gone WHERE gone.machine_id = wanted_machine AND gone.bucket >= start_time AND gone.bucket < stop_time;
  INSERT INTO mes.count_facts
  WITH hours AS MATERIALIZED (
    SELECT found.bucket, found.until FROM mes.plant_hours(zone, start_time, stop_time) AS found
  ), told AS MATERIALIZED (
    SELECT row_number() OVER () AS number, found.* FROM mes.pieces_told(wanted_machine, start_time, stop_time) AS found
  ), known AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY intervals.from_time) AS number, intervals.from_time, intervals.to_time, intervals.organization_id, intervals.plant_id,
           intervals.shift_instance_id, intervals.run_id, intervals.category, runs.kind AS run_kind, runs.material_id, runs.work_order_id, runs.operation_id
    FROM mes.machine_intervals AS intervals
    LEFT JOIN mes.machine_runs AS runs ON runs.id = intervals.run_id
    WHERE intervals.machine_id = wanted_machine AND intervals.from_time < stop_time AND intervals.to_time > start_time
  ), swept AS MATERIALIZED (
    -- At each piece the hour and the interval that have begun last: one pass in time, where a join would look
    -- at every interval for every piece.
    SELECT points.piece, max(points.interval) OVER in_time AS interval, max(points.bucket) OVER in_time AS bucket
    FROM (
      SELECT told.at, 1 AS rank, told.number AS piece, NULL::bigint AS interval, NULL::timestamptz AS bucket FROM told
      UNION ALL SELECT known.from_time, 0, NULL, known.number, NULL FROM known
      UNION ALL SELECT hours.bucket, 0, NULL, NULL, hours.bucket FROM hours
    ) AS points
    WINDOW in_time AS (ORDER BY points.at, points.rank)
  ), placed AS MATERIALIZED (
    SELECT told.at, told.bridged, told.loss_reason_id, told.good, told.rejected, told.unexplained, swept.bucket, known.organization_id, known.plant_id,
           known.shift_instance_id, known.run_id, known.run_kind, known.material_id, coalesce(told.work_order_id, known.work_order_id) AS order_id,
           coalesce(told.operation_id, known.operation_id) AS step_id,
           CASE WHEN told.kind = 'scrap' AND known.category = 'setup' THEN 'startup' ELSE told.kind END AS quantity
    FROM swept
    JOIN told ON told.number = swept.piece
    JOIN known ON known.number = swept.interval AND known.to_time > told.at
  ), speeds AS MATERIALIZED (
    -- One hour of one run has one ideal cycle: standards change at the plant's midnight.
    SELECT made.bucket, made.run_id, standards.material_id, standards.ideal_cycle
    FROM (SELECT placed.bucket, placed.run_id, min(placed.at) AS at FROM placed GROUP BY 1, 2) AS made
    CROSS JOIN LATERAL mes.standard_of_machine_at(wanted_machine, made.at) AS standards
  ), summed AS (
    SELECT placed.organization_id, placed.plant_id, placed.bucket, placed.shift_instance_id, placed.run_id, placed.order_id, placed.step_id,
           CASE WHEN placed.bridged THEN 'bridged' WHEN placed.shift_instance_id IS NULL THEN 'unscheduled'
             WHEN placed.run_kind = 'rework' THEN 'rework_run' ELSE 'counted' END AS standing,
           placed.loss_reason_id, sum(placed.good) AS good,
           coalesce(sum(placed.rejected) FILTER (WHERE placed.quantity = 'scrap'), 0) AS scrap,
           coalesce(sum(placed.rejected) FILTER (WHERE placed.quantity = 'rework'), 0) AS rework,
           coalesce(sum(placed.rejected) FILTER (WHERE placed.quantity = 'startup'), 0) AS startup,
           sum(placed.unexplained) AS unexplained
    FROM placed
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
  ), valued AS (
    SELECT summed.*, speeds.material_id, speeds.ideal_cycle, summed.good + summed.scrap + summed.rework + summed.startup + summed.unexplained AS pieces
    FROM summed
    JOIN speeds ON speeds.bucket = summed.bucket AND speeds.run_id IS NOT DISTINCT FROM summed.run_id
  )
  SELECT valued.organization_id, valued.plant_id, wanted_machine, valued.bucket, coalesce(shifts.business_date, (valued.bucket AT TIME ZONE zone)::date),
         valued.shift_instance_id, valued.run_id, valued.order_id, valued.step_id, valued.material_id, valued.standing, valued.loss_reason_id,
         valued.good, valued.scrap, valued.rework, valued.startup, valued.unexplained,
         coalesce(valued.ideal_cycle * valued.pieces, 0), coalesce(valued.ideal_cycle * valued.good, 0),
         coalesce(valued.ideal_cycle * valued.scrap, 0), coalesce(valued.ideal_cycle * valued.rework, 0), coalesce(valued.ideal_cycle * valued.startup, 0),
         CASE WHEN valued.ideal_cycle IS NULL THEN valued.pieces ELSE 0 END
  FROM valued
  LEFT JOIN mes.shift_instances AS shifts ON shifts.id = valued.shift_instance_id
  WHERE (valued.good, valued.scrap, valued.rework, valued.startup, valued.unexplained) IS DISTINCT FROM (0, 0, 0, 0, 0);
END $$;

-- What a machine's facts are for where its lane is asked (DEFINITIONS 9): of a serial lane the constraint's
-- time and pieces and the outfeed's good ones, of a parallel one everything. An arrangement is replaced as a
-- whole, so that it is the same as long as each of its rows holds.
CREATE VIEW mes.lane_roles WITH (security_invoker) AS
  SELECT places.organization_id, places.plant_id, places.lane_id, places.machine_id, places.valid_from, places.valid_to,
         reference.machine_id AS constraint_id,
         reference.machine_id IS NULL OR places.is_constraint AS gives_time,
         reference.machine_id IS NULL OR places.is_outfeed OR (places.is_constraint AND outfeed.machine_id IS NULL) AS gives_good
  FROM mes.lane_memberships AS places
  LEFT JOIN mes.lane_memberships AS reference
    ON reference.lane_id = places.lane_id AND reference.is_constraint AND reference.archived_at IS NULL
    AND reference.valid_from <= places.valid_from AND (reference.valid_to IS NULL OR reference.valid_to > places.valid_from)
  LEFT JOIN mes.lane_memberships AS outfeed
    ON outfeed.lane_id = places.lane_id AND outfeed.is_outfeed AND outfeed.archived_at IS NULL
    AND outfeed.valid_from <= places.valid_from AND (outfeed.valid_to IS NULL OR outfeed.valid_to > places.valid_from)
  WHERE places.archived_at IS NULL;
GRANT SELECT ON mes.lane_roles TO mes_api, mes_worker;

-- As before (0018), and says until when hours have changed.
DROP FUNCTION mes.recompute_counters(int, timestamptz, timestamptz, int, int);
CREATE FUNCTION mes.recompute_counters(
  wanted_machine int, from_time timestamptz, to_time timestamptz, most_days int, most_buckets int,
  OUT rest timestamptz, OUT followed_until timestamptz)
  LANGUAGE plpgsql
AS $$
DECLARE
  zone text;
  wanted_tag int;
  start_time timestamptz;
  stop_time timestamptz;
  next_time timestamptz;
  before mes.counter_carry;
BEGIN
  SELECT plants.time_zone INTO zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  start_time := mes.plant_hour(from_time, zone);
  stop_time := least(to_time, start_time + most_days * interval '1 day');
  stop_time := mes.plant_hour(stop_time - interval '1 microsecond', zone) + interval '1 hour';
  IF stop_time < to_time THEN
    rest := stop_time;
  END IF;
  followed_until := stop_time;
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
      followed_until := greatest(followed_until, next_time + interval '1 hour');
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
END $$;

-- Everything of a machine in [from_time, to_time) anew: counters, intervals, facts. Null when all is done, else
-- from where on it is not. One call computes most_days and follows counters through most_buckets hours. Under
-- the machine's lock.
CREATE FUNCTION mes.recompute_machine(wanted_machine int, from_time timestamptz, to_time timestamptz, most_days int, most_buckets int) RETURNS timestamptz
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
    RETURN NULL;
  END IF;
  SELECT * INTO counters FROM mes.recompute_counters(wanted_machine, start_time, to_time, most_days, most_buckets);
  SELECT * INTO intervals FROM mes.recompute_intervals(wanted_machine, start_time,
    CASE WHEN (SELECT signals.signal FROM mes.signal_of_machine(wanted_machine) AS signals) = 'counts' THEN greatest(to_time, counters.followed_until) ELSE to_time END,
    most_days);
  IF intervals.begun IS NOT NULL THEN
    PERFORM mes.recompute_time_facts(wanted_machine, intervals.changed_from, intervals.changed_to);
  END IF;
  PERFORM mes.recompute_count_facts(wanted_machine, least(start_time, intervals.begun), greatest(counters.followed_until, intervals.changed_to));
  RETURN least(counters.rest, intervals.rest);
END $$;

GRANT EXECUTE ON FUNCTION
  mes.recompute_machine(int, timestamptz, timestamptz, int, int), mes.recompute_counters(int, timestamptz, timestamptz, int, int),
  mes.recompute_intervals(int, timestamptz, timestamptz, int), mes.clear_intervals(int, timestamptz, timestamptz),
  mes.recompute_time_facts(int, timestamptz, timestamptz), mes.recompute_count_facts(int, timestamptz, timestamptz) TO mes_worker;
GRANT EXECUTE ON FUNCTION
  mes.signal_of_machine(int), mes.known_until(int), mes.states_said(int[], timestamptz, timestamptz, timestamptz),
  mes.pieces_seen(int, int[], timestamptz, timestamptz), mes.machine_layer(int, timestamptz, timestamptz, timestamptz),
  mes.planned_time(int, timestamptz, timestamptz), mes.machine_context(int, timestamptz, timestamptz),
  mes.category_of(text, boolean, text, boolean, boolean, boolean, text), mes.machine_reason_category(text),
  mes.resolved_time(int, timestamptz, timestamptz, timestamptz), mes.says_the_same(mes.machine_intervals, mes.machine_intervals),
  mes.is_unreasoned(text, int, text), mes.stopped_for(text, text, timestamptz, timestamptz),
  mes.first_known_time(int, timestamptz, timestamptz), mes.last_piece_before(int, int[], timestamptz),
  mes.start_of_pieces(int, int[], timestamptz, timestamptz), mes.end_of_change(int, text, timestamptz),
  mes.plant_hours(text, timestamptz, timestamptz), mes.pieces_told(int, timestamptz, timestamptz) TO mes_worker;
REVOKE INSERT, UPDATE, DELETE ON mes.machine_intervals, mes.time_facts, mes.count_facts FROM mes_api;
REVOKE INSERT ON mes.stop_classifications FROM mes_worker;

-- What came before this was here is computed from its first sample on.
INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
SELECT machines.organization_id, machines.id, 'epoch', now() FROM mes.machines;
