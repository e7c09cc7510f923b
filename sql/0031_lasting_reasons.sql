-- What people say of a stop that lasts holds until the machine runs again, not only until they said it.

SET LOCAL ROLE mes_owner;

-- to_time is then when it was said.
ALTER TABLE mes.stop_classifications ADD COLUMN lasts boolean NOT NULL DEFAULT false;
CREATE OR REPLACE VIEW mes.standing_classifications WITH (security_invoker) AS
  SELECT made.* FROM mes.stop_classifications AS made
  WHERE made.reverses_id IS NULL
    AND NOT EXISTS (SELECT FROM mes.stop_classifications AS reversal WHERE reversal.reverses_id = made.id);

-- Where a change that reaches stop_time ends to matter to what was said of a stop that lasted: where the
-- machine next begins to run. Without such a word in force at stop_time it is stop_time itself.
CREATE FUNCTION mes.end_of_lasting(wanted_machine int, stop_time timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN EXISTS (
      -- Also one that was taken back: it is what has changed.
      SELECT FROM mes.stop_classifications AS made
      WHERE made.machine_id = wanted_machine AND made.lasts AND made.from_time < stop_time
        AND made.from_time >= coalesce((
          SELECT intervals.stretch_from FROM mes.machine_intervals AS intervals
          WHERE intervals.machine_id = wanted_machine AND intervals.from_time < stop_time AND intervals.state = 'running'
          ORDER BY intervals.from_time DESC LIMIT 1), '-infinity'))
    THEN coalesce((
      SELECT min(intervals.from_time) FROM mes.machine_intervals AS intervals
      WHERE intervals.machine_id = wanted_machine AND intervals.from_time >= stop_time AND intervals.state = 'running'), 'infinity')
    ELSE stop_time END;
END;
GRANT EXECUTE ON FUNCTION mes.end_of_lasting(int, timestamptz) TO mes_worker;

-- As before (0023), with what lasts.
CREATE OR REPLACE FUNCTION mes.resolved_time(wanted_machine int, from_time timestamptz, to_time timestamptz, said_since timestamptz)
  RETURNS TABLE (begin_time timestamptz, end_time timestamptz, category text, state text, machine_reason text, loss_reason_id int,
                 classification_id int, run_id int, shift_instance_id bigint, said_at timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH ran_before AS MATERIALIZED (
    SELECT intervals.stretch_from, intervals.to_time FROM mes.machine_intervals AS intervals
    WHERE intervals.machine_id = wanted_machine AND intervals.from_time < resolved_time.from_time AND intervals.state = 'running'
    ORDER BY intervals.from_time DESC LIMIT 1
  ), layer AS MATERIALIZED (
    SELECT row_number() OVER in_time AS number, found.*,
           CASE WHEN found.state = 'running' AND CASE WHEN row_number() OVER in_time = 1
               THEN (SELECT ran_before.to_time FROM ran_before) IS DISTINCT FROM resolved_time.from_time
               ELSE lag(found.state) OVER in_time <> 'running' END
             THEN found.begin_time END AS ran_from
    FROM mes.machine_layer(wanted_machine, resolved_time.from_time, resolved_time.to_time, said_since) AS found
    WINDOW in_time AS (ORDER BY found.begin_time)
  ), lasting AS MATERIALIZED (
    -- What was said of stops that lasted then, and holds until the machine runs again.
    SELECT made.id, made.loss_reason_id, made.overrules_running, made.from_time FROM mes.standing_classifications AS made
    WHERE made.machine_id = wanted_machine AND made.lasts AND made.from_time < resolved_time.to_time
      AND made.from_time >= coalesce((SELECT ran_before.stretch_from FROM ran_before), '-infinity')
  ), context AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY found.begin_time) AS number, found.*
    FROM mes.machine_context(wanted_machine, resolved_time.from_time, resolved_time.to_time) AS found
  ), cuts AS (
    -- At each cut the last that has begun, of both.
    SELECT cut.at, max(max(cut.layer)) OVER (ORDER BY cut.at) AS layer, max(max(cut.context)) OVER (ORDER BY cut.at) AS context,
           lead(cut.at, 1, resolved_time.to_time) OVER (ORDER BY cut.at) AS until,
           max(max(cut.ran_from)) OVER (ORDER BY cut.at) AS ran_from
    FROM (
      SELECT layer.begin_time AS at, layer.number AS layer, NULL::bigint AS context, layer.ran_from FROM layer
      UNION ALL SELECT context.begin_time, NULL, context.number, NULL FROM context
    ) AS cut
    GROUP BY cut.at
  ), machine AS (
    SELECT machines.organization_id, machines.breaks_are_fixed, signals.signal = 'none' AS is_silent
    FROM mes.machines CROSS JOIN LATERAL mes.signal_of_machine(machines.id) AS signals
    WHERE machines.id = wanted_machine
  ), known AS (
    SELECT cuts.at, cuts.until, context.shift_instance_id, context.is_planned, context.run_id, context.run_kind,
           machine.breaks_are_fixed, layer.said_at,
           -- A machine without any signal is taken to run while it has a run.
           CASE WHEN machine.is_silent AND context.run_id IS NOT NULL THEN 'running' ELSE layer.state END AS state,
           layer.reason AS machine_reason, coalesce(layer.loss_reason_id, named.id) AS machine_loss,
           CASE WHEN said.id IS NOT NULL
             AND (said.overrules_running OR machine.is_silent OR layer.state <> 'running') THEN said.id END AS classification_id,
           said.loss_reason_id AS classified_loss
    FROM cuts
    JOIN layer ON layer.number = cuts.layer
    JOIN context ON context.number = cuts.context
    CROSS JOIN machine
    LEFT JOIN LATERAL (
      -- The latest of what holds here.
      SELECT said.* FROM (
        SELECT context.classification_id AS id, context.loss_reason_id, context.overrules_running WHERE context.classification_id IS NOT NULL
        UNION ALL
        SELECT lasting.id, lasting.loss_reason_id, lasting.overrules_running FROM lasting
        WHERE lasting.from_time <= cuts.at AND lasting.from_time >= coalesce(cuts.ran_from, '-infinity') AND NOT machine.is_silent
      ) AS said
      ORDER BY said.id DESC LIMIT 1
    ) AS said ON true
    LEFT JOIN mes.loss_reasons AS named
      ON named.organization_id = machine.organization_id AND named.code = layer.reason AND named.archived_at IS NULL
  ), judged AS (
    SELECT known.*, known.state = 'running' AND known.classification_id IS NULL AS is_running,
           CASE WHEN known.classification_id IS NOT NULL THEN known.classified_loss ELSE known.machine_loss END AS loss_reason_id
    FROM known
  )
  SELECT judged.at, judged.until,
         mes.category_of(judged.state, judged.is_running,
           CASE WHEN judged.is_running THEN NULL
             WHEN judged.loss_reason_id IS NULL AND judged.classification_id IS NULL THEN mes.machine_reason_category(judged.machine_reason)
             ELSE reasons.category END,
           judged.shift_instance_id IS NOT NULL, judged.is_planned, judged.breaks_are_fixed, judged.run_kind),
         judged.state, judged.machine_reason, CASE WHEN NOT judged.is_running THEN judged.loss_reason_id END,
         judged.classification_id, judged.run_id, judged.shift_instance_id, judged.said_at
  FROM judged
  LEFT JOIN mes.loss_reasons AS reasons ON reasons.id = judged.loss_reason_id;
END;

-- As before (0023), and as far as what lasts reaches.
CREATE OR REPLACE FUNCTION mes.recompute_intervals(
  wanted_machine int, from_time timestamptz, to_time timestamptz, most_days int,
  OUT begun timestamptz, OUT changed_from timestamptz, OUT changed_to timestamptz, OUT rest timestamptz)
  LANGUAGE plpgsql
AS $$
DECLARE
  machine record;
  signals record;
  known timestamptz := mes.known_until(wanted_machine);
  first_time timestamptz;
  last_time timestamptz;
  start_time timestamptz := from_time;
  stop_time timestamptz;
  said_since timestamptz;
  before mes.machine_intervals;
  next mes.machine_intervals;
  stopped bigint;
  restated timestamptz;
BEGIN
  SELECT machines.organization_id, machines.plant_id, machines.minor_stop_s * 1000000::bigint AS minor INTO machine
  FROM mes.machines WHERE machines.id = wanted_machine;
  SELECT * INTO signals FROM mes.signal_of_machine(wanted_machine);
  SELECT intervals.from_time INTO first_time FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine ORDER BY intervals.from_time LIMIT 1;
  SELECT intervals.to_time INTO last_time FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine ORDER BY intervals.from_time DESC LIMIT 1;
  start_time := least(start_time, last_time);
  stop_time := known;
  IF to_time < last_time THEN
    stop_time := coalesce(mes.end_of_change(wanted_machine, signals.signal, to_time), greatest(known, last_time));
    stop_time := least(mes.end_of_lasting(wanted_machine, stop_time), greatest(known, last_time));
  END IF;
  IF start_time IS NULL OR start_time >= stop_time THEN
    RETURN;
  END IF;
  IF stop_time > start_time + most_days * interval '1 day' THEN
    stop_time := start_time + most_days * interval '1 day';
    rest := stop_time;
  END IF;
  IF signals.signal = 'counts' THEN
    SELECT pieces.begin_time, pieces.said_since INTO begun, said_since
    FROM mes.start_of_pieces(wanted_machine, signals.tag_ids, start_time, stop_time) AS pieces;
    start_time := greatest(begun, first_time);
  END IF;
  PERFORM mes.clear_intervals(wanted_machine, start_time, stop_time);
  SELECT * INTO before FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine AND intervals.to_time = start_time ORDER BY intervals.from_time DESC LIMIT 1;
  IF signals.signal = 'state' THEN
    said_since := before.said_at;
  END IF;
  stopped := coalesce(before.stopped_before_us + mes.stopped_for(before.state, before.category, before.from_time, before.to_time), 0);
  INSERT INTO mes.machine_intervals
  WITH pieces AS (
    SELECT found.*, mes.stopped_for(found.state, found.category, found.begin_time, found.end_time) AS stopped_for,
           coalesce(lag(found.state) OVER pieces_in_time, before.state) IS DISTINCT FROM found.state AS is_stretch
    FROM mes.resolved_time(wanted_machine, start_time, stop_time, said_since) AS found
    WINDOW pieces_in_time AS (ORDER BY found.begin_time)
  ), stretches AS (
    -- Stretch 0 goes on from before.
    SELECT pieces.*, count(*) FILTER (WHERE pieces.is_stretch) OVER (ORDER BY pieces.begin_time) AS stretch FROM pieces
  ), measured AS (
    SELECT stretches.*,
           CASE WHEN stretches.stretch = 0 THEN before.stretch_from ELSE min(stretches.begin_time) OVER in_stretch END AS stretch_from,
           CASE WHEN stretches.stretch = 0 THEN stopped ELSE 0 END AS carried,
           sum(stretches.stopped_for) OVER in_stretch AS stopped_in_all,
           sum(stretches.stopped_for) OVER (PARTITION BY stretches.stretch ORDER BY stretches.begin_time) - stretches.stopped_for AS stopped_until
    FROM stretches
    WINDOW in_stretch AS (PARTITION BY stretches.stretch)
  ), judged AS (
    SELECT measured.*,
           CASE WHEN measured.category = 'minor_stop' AND measured.carried + measured.stopped_in_all > machine.minor THEN 'unplanned_stop'
             ELSE measured.category END AS judged_category
    FROM measured
  ), rows AS (
    SELECT judged.*, count(*) FILTER (WHERE judged.is_row) OVER (ORDER BY judged.begin_time) AS row
    FROM (
      SELECT judged.*,
             (judged.judged_category, judged.state, judged.machine_reason, judged.loss_reason_id, judged.classification_id, judged.run_id, judged.shift_instance_id)
               IS DISTINCT FROM
             lag((judged.judged_category, judged.state, judged.machine_reason, judged.loss_reason_id, judged.classification_id, judged.run_id, judged.shift_instance_id))
               OVER (ORDER BY judged.begin_time) AS is_row
      FROM judged
    ) AS judged
  ), firsts AS (
    SELECT DISTINCT ON (rows.row) rows.*, max(rows.end_time) OVER (PARTITION BY rows.row) AS row_end
    FROM rows ORDER BY rows.row, rows.begin_time
  )
  SELECT machine.organization_id, machine.plant_id, wanted_machine, firsts.begin_time, firsts.row_end, firsts.judged_category, firsts.state,
         firsts.machine_reason, firsts.loss_reason_id, firsts.classification_id, firsts.run_id, firsts.shift_instance_id,
         row_number() OVER (PARTITION BY firsts.stretch, firsts.category, firsts.loss_reason_id, firsts.machine_reason,
             CASE WHEN firsts.state <> 'stopped' THEN firsts.classification_id END ORDER BY firsts.begin_time) = 1
           AND NOT (firsts.stretch = 0 AND EXISTS (
             SELECT FROM mes.machine_intervals AS earlier
             WHERE earlier.machine_id = wanted_machine AND earlier.stretch_from = before.stretch_from AND earlier.from_time < start_time
               AND CASE WHEN mes.is_unreasoned(earlier.category, earlier.loss_reason_id, earlier.machine_reason) THEN 'minor_stop' ELSE earlier.category END = firsts.category
               AND (earlier.loss_reason_id, earlier.machine_reason) IS NOT DISTINCT FROM (firsts.loss_reason_id, firsts.machine_reason)
               AND (firsts.state = 'stopped' OR earlier.classification_id IS NOT DISTINCT FROM firsts.classification_id))),
         firsts.stretch_from, CASE WHEN firsts.state = 'stopped' THEN firsts.carried + firsts.stopped_until ELSE 0 END, firsts.said_at
  FROM firsts;
  -- The part of the stop that was before is what all of it is now.
  IF before.state = 'stopped' THEN
    SELECT stopped + coalesce(sum(mes.stopped_for(after.state, after.category, after.from_time, after.to_time)), 0) INTO stopped
    FROM mes.machine_intervals AS after
    WHERE after.machine_id = wanted_machine AND after.stretch_from = before.stretch_from AND after.from_time >= start_time AND after.from_time < stop_time;
    WITH changed AS (
      UPDATE mes.machine_intervals AS part
      SET category = CASE WHEN stopped > machine.minor THEN 'unplanned_stop' ELSE 'minor_stop' END
      WHERE part.machine_id = wanted_machine AND part.stretch_from = before.stretch_from AND part.from_time < start_time AND part.state = 'stopped'
        AND mes.is_unreasoned(part.category, part.loss_reason_id, part.machine_reason)
        AND part.category <> CASE WHEN stopped > machine.minor THEN 'unplanned_stop' ELSE 'minor_stop' END
      RETURNING part.from_time
    )
    SELECT min(changed.from_time) INTO restated FROM changed;
  END IF;
  -- What goes on just as it was is one row.
  SELECT * INTO before FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine AND intervals.to_time = start_time ORDER BY intervals.from_time DESC LIMIT 1;
  SELECT * INTO next FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine AND intervals.from_time = start_time;
  IF before.machine_id IS NOT NULL AND mes.says_the_same(before, next) THEN
    DELETE FROM mes.machine_intervals AS gone WHERE gone.machine_id = wanted_machine AND gone.from_time = start_time;
    UPDATE mes.machine_intervals AS longer SET to_time = next.to_time
    WHERE longer.machine_id = wanted_machine AND longer.from_time = before.from_time;
  END IF;
  begun := start_time;
  changed_from := least(start_time, restated);
  changed_to := stop_time;
END $$;
