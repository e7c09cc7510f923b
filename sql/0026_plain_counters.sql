-- Counters are folded with less work. Nearly every counter only rises, nearly all the time: an hour of one
-- needs no look at one reading after the other, and its pieces come from the readings at the ends of
-- intervals. What comes out is the same as step by step (0018). And rejects of a start-up are told apart.

SET LOCAL ROLE mes_owner;

-- It only rose in this hour, by whole counts, no faster than it may, and everything was seen.
ALTER TABLE mes.counter_buckets ADD COLUMN is_plain boolean NOT NULL DEFAULT false;

-- Whether a cumulative counter only rises in [from_time, to_time), beginning with the carry. at_once, speed:
-- what it may count at once, and in a second; null where nobody knows.
CREATE FUNCTION mes.plain_count(wanted_tag int, from_time timestamptz, to_time timestamptz, carry mes.counter_carry, at_once numeric, speed numeric,
  OUT readings bigint, OUT is_plain boolean, OUT last_value numeric, OUT last_time timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  -- Whole numbers below 2^53 are compared and subtracted exactly as they came.
  SELECT count(*), coalesce(bool_and(coalesce(
           read.value = trunc(read.value) AND abs(read.value) < 9e15 AND NOT read.is_bad AND read.value >= read.previous
           AND (speed IS NULL OR read.value - read.previous <= at_once::float8
             OR (read.value - read.previous)::numeric <= speed * extract(epoch FROM read.time - read.previous_time)), false)), false),
         mes.exact(max(read.value)), max(read.time)
  FROM (
    SELECT samples.time, samples.value, (coalesce(samples.status, 0) >> 30) & 3 = 2 AS is_bad,
           coalesce(lag(samples.value) OVER in_time, ((carry).baseline)::float8) AS previous,
           coalesce(lag(samples.time) OVER in_time, (carry).baseline_time) AS previous_time
    FROM mes.samples
    WHERE samples.tag_id = wanted_tag AND samples.time >= plain_count.from_time AND samples.time < plain_count.to_time
    WINDOW in_time AS (ORDER BY samples.time)
  ) AS read;
END;

-- One counter's buckets in [start_time, stop_time), whole hours: derived from the readings and replaced.
CREATE OR REPLACE FUNCTION mes.recompute_counter(wanted_tag int, zone text, start_time timestamptz, stop_time timestamptz) RETURNS void
  LANGUAGE plpgsql
AS $$
DECLARE
  -- As in mes.counter_steps.
  speed_margin CONSTANT numeric := 3;
  tag record;
  carry mes.counter_carry;
  unseen tstzmultirange;
  hour record;
  standard record;
  unit numeric;
  plain record;
BEGIN
  SELECT tags.organization_id, tags.plant_id, tags.machine_id, tags.role, tags.counter_kind INTO tag FROM mes.tags WHERE tags.id = wanted_tag;
  SELECT buckets.baseline, buckets.baseline_time, buckets.last_value, buckets.last_time, buckets.last_is_bad INTO carry
  FROM mes.counter_buckets AS buckets
  WHERE buckets.tag_id = wanted_tag AND buckets.bucket < start_time ORDER BY buckets.bucket DESC LIMIT 1;
  DELETE FROM mes.counter_buckets WHERE counter_buckets.tag_id = wanted_tag
    AND counter_buckets.bucket >= start_time AND counter_buckets.bucket < stop_time;
  DELETE FROM mes.counter_reviews WHERE counter_reviews.tag_id = wanted_tag
    AND counter_reviews.time >= start_time AND counter_reviews.time < stop_time;
  unseen := mes.unseen(wanted_tag, coalesce(carry.last_time, start_time), stop_time);
  FOR hour IN SELECT hours.bucket, hours.until FROM mes.plant_hours(zone, start_time, stop_time) AS hours ORDER BY hours.bucket LOOP
    PERFORM FROM mes.samples WHERE samples.tag_id = wanted_tag AND samples.time >= hour.bucket AND samples.time < hour.until LIMIT 1;
    CONTINUE WHEN NOT FOUND;
    IF tag.counter_kind = 'cumulative' AND carry.baseline = trunc(carry.baseline) AND abs(carry.baseline) < 9e15 AND NOT carry.last_is_bad
      AND NOT unseen && tstzrange(carry.last_time, hour.until)
    THEN
      SELECT known.ideal_cycle, coalesce(known.pieces_per_count, 1) AS per_count, known.valid_until INTO standard
      FROM mes.standard_of_machine_at(tag.machine_id, hour.bucket) AS known;
      unit := CASE WHEN tag.role = 'infeed_count' THEN 1 ELSE standard.per_count END;
      IF standard.valid_until >= hour.until THEN
        SELECT * INTO plain FROM mes.plain_count(wanted_tag, hour.bucket, hour.until, carry, standard.per_count / unit, speed_margin / (standard.ideal_cycle * unit));
        IF plain.is_plain THEN
          INSERT INTO mes.counter_buckets (organization_id, plant_id, machine_id, tag_id, bucket, counts, pieces, bridged_pieces, readings,
            backsteps, rollovers, resets, open_reviews, baseline, baseline_time, last_value, last_time, last_is_bad, is_plain)
          VALUES (tag.organization_id, tag.plant_id, tag.machine_id, wanted_tag, hour.bucket, plain.last_value - carry.baseline,
            (plain.last_value - carry.baseline) * unit, 0, plain.readings, 0, 0, 0, 0, plain.last_value, plain.last_time, plain.last_value,
            plain.last_time, false, true);
          carry.baseline := plain.last_value;
          carry.baseline_time := plain.last_time;
          carry.last_value := plain.last_value;
          carry.last_time := plain.last_time;
          CONTINUE;
        END IF;
      END IF;
    END IF;
    WITH steps AS MATERIALIZED (
      SELECT tags.organization_id, tags.plant_id, tags.machine_id, tags.counter_modulus, derived.*
      FROM mes.counter_steps(wanted_tag, hour.bucket, hour.until, carry) AS derived
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
    SELECT summed.organization_id, summed.plant_id, summed.machine_id, wanted_tag, hour.bucket, summed.counts, summed.pieces,
           summed.bridged_pieces, summed.readings, summed.backsteps, summed.rollovers, summed.resets, summed.open_reviews,
           (summed.last).baseline, (summed.last).baseline_time, (summed.last).last_value, (summed.last).last_time,
           coalesce((summed.last).last_is_bad, false)
    FROM (
      SELECT steps.organization_id, steps.plant_id, steps.machine_id,
             coalesce(sum(steps.counts), 0) AS counts, coalesce(sum(steps.pieces), 0) AS pieces,
             coalesce(sum(steps.pieces) FILTER (WHERE steps.bridged), 0) AS bridged_pieces, count(*) AS readings,
             count(*) FILTER (WHERE steps.outcome = 'backstep') AS backsteps,
             count(*) FILTER (WHERE steps.outcome = 'rollover') AS rollovers,
             count(*) FILTER (WHERE steps.outcome = 'reset') AS resets,
             count(*) FILTER (WHERE steps.outcome IN ('jump', 'fall', 'ambiguous', 'negative') AND NOT steps.decided) AS open_reviews,
             (array_agg(steps.after ORDER BY steps.at DESC))[1] AS last
      FROM steps GROUP BY steps.organization_id, steps.plant_id, steps.machine_id
    ) AS summed;
    SELECT buckets.baseline, buckets.baseline_time, buckets.last_value, buckets.last_time, buckets.last_is_bad INTO carry
    FROM mes.counter_buckets AS buckets WHERE buckets.tag_id = wanted_tag AND buckets.bucket = hour.bucket;
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION mes.plain_count(int, timestamptz, timestamptz, mes.counter_carry, numeric, numeric) TO mes_worker;

-- From the end of a setup until so many good pieces came in a row as the material wants (DEFINITIONS 1:
-- Quantities). Derived with the intervals, and replaced like them.
CREATE TABLE mes.startup_phases (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  -- Just after the piece that ended it; or where the next setup begins, or a day later.
  to_time timestamptz NOT NULL CHECK (to_time > from_time),
  PRIMARY KEY (machine_id, from_time),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.startup_phases (organization_id, machine_id, from_time);
SELECT mes.fence('mes.startup_phases');
REVOKE INSERT, UPDATE, DELETE ON mes.startup_phases FROM mes_api;

-- As before (0024), and whole intervals at once where hours are plain; with a step, cut at each of it, too, and
-- with a step of nothing, reading by reading.
DROP FUNCTION mes.pieces_told(int, timestamptz, timestamptz);
CREATE FUNCTION mes.pieces_told(wanted_machine int, from_time timestamptz, to_time timestamptz, step interval DEFAULT NULL)
  RETURNS TABLE (at timestamptz, bridged boolean, work_order_id int, operation_id int, loss_reason_id int, kind text, good numeric, rejected numeric, unexplained numeric)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH machine AS (
    SELECT machines.id, machines.good_source, machines.reject_source, plants.time_zone,
           machines.good_source = 'machine' AND coalesce(bool_or(tags.role = 'total_count'), false) AS has_total,
           machines.good_source = 'machine' AND coalesce(bool_or(tags.role = 'good_count'), false) AS has_good,
           machines.reject_source <> 'machine' OR coalesce(bool_or(tags.role = 'reject_count'), false) AS has_rejects
    FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id LEFT JOIN mes.tags ON tags.machine_id = machines.id
    WHERE machines.id = wanted_machine
    GROUP BY machines.id, plants.time_zone
  ), hours AS MATERIALIZED (
    SELECT machine.id AS machine_id, tags.role, tags.loss_reason_id, reasons.category, tags.id AS tag_id, hours.bucket, hours.until,
           buckets.is_plain, before.carry,
           CASE WHEN buckets.is_plain THEN coalesce((
             SELECT standards.pieces_per_count FROM mes.standard_of_machine_at(machine.id, hours.bucket) AS standards), 1) END AS per_count
    FROM machine
    JOIN mes.tags ON tags.machine_id = machine.id AND (
      (machine.good_source = 'machine' AND tags.role IN ('total_count', 'good_count')) OR (machine.reject_source <> 'operator' AND tags.role = 'reject_count'))
    LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = tags.loss_reason_id
    CROSS JOIN mes.plant_hours(machine.time_zone, pieces_told.from_time, pieces_told.to_time) AS hours
    JOIN mes.counter_buckets AS buckets ON buckets.tag_id = tags.id AND buckets.bucket = hours.bucket AND NOT (buckets.is_plain AND buckets.counts = 0)
    LEFT JOIN LATERAL (
      SELECT ROW(kept.baseline, kept.baseline_time, kept.last_value, kept.last_time, kept.last_is_bad)::mes.counter_carry AS carry
      FROM mes.counter_buckets AS kept
      WHERE kept.tag_id = tags.id AND kept.bucket < hours.bucket ORDER BY kept.bucket DESC LIMIT 1
    ) AS before ON true
  ), counted AS (
    SELECT steps.at, steps.bridged, hours.role, hours.loss_reason_id, hours.category, steps.pieces
    FROM hours
    CROSS JOIN LATERAL mes.counter_steps(hours.tag_id, hours.bucket, hours.until, hours.carry) AS steps
    WHERE NOT hours.is_plain AND steps.pieces <> 0
    UNION ALL
    -- Of an hour in which a counter only rose, the pieces of each interval in one: its highest reading less that
    -- of the one before. All of them have the same shift, run and speed.
    SELECT cells.at, false, hours.role, hours.loss_reason_id, hours.category, (cells.reading - cells.previous) * hours.per_count
    FROM hours
    CROSS JOIN LATERAL (
      SELECT array_agg(cut.at ORDER BY cut.at) AS cuts FROM (
        SELECT greatest(intervals.from_time, hours.bucket) AS at FROM mes.machine_intervals AS intervals
        WHERE intervals.machine_id = hours.machine_id AND intervals.from_time < hours.until AND intervals.to_time > hours.bucket
        UNION
        SELECT least(intervals.to_time, hours.until) FROM mes.machine_intervals AS intervals
        WHERE intervals.machine_id = hours.machine_id AND intervals.from_time < hours.until AND intervals.to_time > hours.bucket
        UNION
        SELECT phases.to_time FROM mes.startup_phases AS phases
        WHERE phases.machine_id = hours.machine_id AND phases.to_time > hours.bucket AND phases.to_time < hours.until
        UNION
        SELECT generate_series(hours.bucket, hours.until, step) WHERE step > interval '0'
      ) AS cut
    ) AS known
    CROSS JOIN LATERAL (
      SELECT max(samples.time) AS at, mes.exact(max(samples.value)) AS reading,
             coalesce(lag(mes.exact(max(samples.value))) OVER (ORDER BY max(samples.time)), (hours.carry).baseline) AS previous
      FROM mes.samples
      WHERE samples.tag_id = hours.tag_id AND samples.time >= hours.bucket AND samples.time < hours.until
      GROUP BY width_bucket(samples.time, known.cuts), CASE WHEN step = interval '0' THEN samples.time END
    ) AS cells
    WHERE hours.is_plain AND cells.reading > cells.previous
  ), declared AS (
    SELECT logs.time AS at, logs.kind, logs.loss_reason_id, logs.work_order_id, logs.operation_id, logs.quantity
    FROM machine JOIN mes.production_logs AS logs ON logs.machine_id = machine.id
    WHERE logs.time >= pieces_told.from_time AND logs.time < pieces_told.to_time
      AND CASE logs.kind WHEN 'good' THEN machine.good_source = 'operator' ELSE machine.reject_source <> 'machine' END
  ), told AS (
    SELECT counted.at, counted.bridged, NULL::int AS work_order_id, NULL::int AS operation_id, counted.loss_reason_id,
           CASE WHEN counted.role <> 'reject_count' AND NOT (machine.has_total AND machine.has_good AND NOT machine.has_rejects) THEN 'good'
             WHEN counted.category IN ('rework', 'startup') THEN counted.category ELSE 'scrap' END AS kind,
           CASE counted.role
             WHEN 'total_count' THEN CASE WHEN machine.has_good THEN 0 ELSE counted.pieces END
             WHEN 'good_count' THEN counted.pieces
             ELSE CASE WHEN machine.has_total AND NOT machine.has_good THEN -counted.pieces ELSE 0 END END AS good,
           -- A total beside good pieces and no rejects: what is not good is scrap of no known reason.
           CASE counted.role
             WHEN 'total_count' THEN CASE WHEN machine.has_good AND NOT machine.has_rejects THEN counted.pieces ELSE 0 END
             WHEN 'good_count' THEN CASE WHEN machine.has_total AND NOT machine.has_rejects THEN -counted.pieces ELSE 0 END
             ELSE counted.pieces END AS rejected,
           CASE WHEN machine.has_total AND machine.has_good AND machine.has_rejects
             THEN CASE counted.role WHEN 'total_count' THEN counted.pieces ELSE -counted.pieces END ELSE 0 END AS unexplained
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
    FROM machine CROSS JOIN declared
  )
  SELECT told.at, told.bridged, told.work_order_id, told.operation_id, told.loss_reason_id,
         CASE WHEN told.kind = 'scrap' AND phases.from_time IS NOT NULL THEN 'startup' ELSE told.kind END,
         told.good, told.rejected, told.unexplained
  FROM told
  LEFT JOIN mes.startup_phases AS phases
    ON phases.machine_id = pieces_told.wanted_machine AND phases.from_time <= told.at AND phases.to_time > told.at;
END;
GRANT EXECUTE ON FUNCTION mes.pieces_told(int, timestamptz, timestamptz, interval) TO mes_worker;

-- What waits for being computed anew, of all organisations: for those who watch over the installation.
CREATE FUNCTION mes.recompute_backlog(OUT machines int, OUT behind_s float8)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT count(DISTINCT dirty_marks.machine_id)::int, coalesce(extract(epoch FROM now() - min(dirty_marks.created_at)), 0)::float8
  FROM mes.dirty_marks;
END;
GRANT EXECUTE ON FUNCTION mes.recompute_backlog() TO mes_worker;

-- When so many good pieces had come in a row, of those after from_time; null when they have not until to_time.
-- A row is broken where more is rejected than before; pieces of one instant are taken as rejected first.
CREATE FUNCTION mes.good_in_a_row(wanted_machine int, from_time timestamptz, to_time timestamptz, wanted int) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH instants AS (
    SELECT told.at, sum(told.good) AS good, sum(sum(told.rejected)) OVER (ORDER BY told.at) AS rejected
    FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id
    CROSS JOIN mes.pieces_told(machines.id, mes.plant_hour(good_in_a_row.from_time, plants.time_zone), good_in_a_row.to_time, interval '0') AS told
    WHERE machines.id = wanted_machine AND told.at >= good_in_a_row.from_time AND told.at < good_in_a_row.to_time AND NOT told.bridged
    GROUP BY told.at
  ), made AS (
    -- At instants of good pieces only: a machine may tell of a piece first, and then that it was good.
    SELECT instants.at, instants.good, instants.rejected,
           instants.rejected > coalesce(max(instants.rejected) OVER (ORDER BY instants.at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS is_broken
    FROM instants WHERE instants.good > 0
  ), rows AS (
    SELECT made.at, made.good, count(*) FILTER (WHERE made.is_broken) OVER (ORDER BY made.at) AS row FROM made
  )
  SELECT min(counted.at)
  FROM (SELECT rows.at, sum(rows.good) OVER (PARTITION BY rows.row ORDER BY rows.at) AS good FROM rows) AS counted
  WHERE counted.good >= wanted;
END;

-- Start-ups of a machine in a stretch whose counters and intervals are done, anew. Answers the stretch in which
-- what is a reject of a start-up may have changed.
CREATE FUNCTION mes.recompute_startups(wanted_machine int, INOUT from_time timestamptz, INOUT to_time timestamptz)
  LANGUAGE plpgsql
AS $$
DECLARE
  longest CONSTANT interval := '1 day';
  ended record;
  wanted int;
  phase_end timestamptz;
BEGIN
  SELECT least(recompute_startups.from_time, min(phases.from_time)), greatest(recompute_startups.to_time, max(phases.to_time))
  INTO from_time, to_time
  FROM mes.startup_phases AS phases
  WHERE phases.machine_id = wanted_machine AND phases.from_time <= recompute_startups.to_time AND phases.to_time >= recompute_startups.from_time;
  DELETE FROM mes.startup_phases AS gone
  WHERE gone.machine_id = wanted_machine AND gone.from_time >= recompute_startups.from_time AND gone.from_time <= recompute_startups.to_time;
  FOR ended IN
    SELECT next.organization_id, next.plant_id, next.from_time AS at,
           least(next.from_time + longest, (
             SELECT min(later.from_time) FROM mes.machine_intervals AS later
             WHERE later.machine_id = wanted_machine AND later.from_time > next.from_time AND later.from_time < next.from_time + longest
               AND later.category = 'setup')) AS until
    FROM (
      SELECT intervals.*, lag(intervals.category) OVER (ORDER BY intervals.from_time) AS category_before
      FROM mes.machine_intervals AS intervals
      WHERE intervals.machine_id = wanted_machine AND intervals.from_time <= recompute_startups.to_time AND intervals.from_time >= (
        SELECT coalesce(max(before.from_time), recompute_startups.from_time) FROM mes.machine_intervals AS before
        WHERE before.machine_id = wanted_machine AND before.from_time < recompute_startups.from_time)
    ) AS next
    WHERE next.category_before = 'setup' AND next.category <> 'setup' AND next.from_time >= recompute_startups.from_time
  LOOP
    SELECT materials.startup_good_in_a_row INTO wanted
    FROM mes.standard_of_machine_at(wanted_machine, ended.at) AS standards JOIN mes.materials ON materials.id = standards.material_id;
    CONTINUE WHEN coalesce(wanted, 0) = 0;
    -- Nearly every start-up is over within the hour.
    phase_end := coalesce(
      mes.good_in_a_row(wanted_machine, ended.at, least(ended.at + interval '1 hour', ended.until), wanted),
      mes.good_in_a_row(wanted_machine, ended.at, ended.until, wanted)) + interval '1 microsecond';
    INSERT INTO mes.startup_phases VALUES (ended.organization_id, ended.plant_id, wanted_machine, ended.at, coalesce(phase_end, ended.until));
    to_time := greatest(to_time, coalesce(phase_end, ended.until));
  END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION mes.good_in_a_row(int, timestamptz, timestamptz, int), mes.recompute_startups(int, timestamptz, timestamptz) TO mes_worker;
