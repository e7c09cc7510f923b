-- The time model (DEFINITIONS 1): what every microsecond of a machine was. Derived from its signals, its
-- calendar, its runs and what people said of its stops; replaced where one of these changes, never added to.
--
--   machine layer (mes.machine_layer)   what its signals say: running, setup, idle, stopped, unknown
--   context (mes.machine_context)       shift, planned time, run and classification, cut where one changes
--   resolved (mes.resolved_time)        the two laid over each other: one category for each piece
--   intervals (mes.machine_intervals)   the longest pieces that are the same all along

SET LOCAL ROLE mes_owner;

-- ── What people say of a stop ────────────────────────────────────────────────────────────────────────
-- Keyed by machine and time, never by an interval, since intervals are computed anew. The latest that is not
-- taken back holds; a reversal takes one back, once.
CREATE TABLE mes.stop_classifications (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  loss_reason_id int NOT NULL,
  -- Says it also of time in which the machine ran, which needs a permission of its own and a reason in words.
  overrules_running boolean NOT NULL DEFAULT false,
  remarks text,
  reverses_id int,
  created_by int,
  created_by_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (from_time < to_time),
  CHECK (NOT overrules_running OR remarks <> ''),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, loss_reason_id) REFERENCES mes.loss_reasons (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES mes.users (organization_id, id),
  FOREIGN KEY (organization_id, reverses_id) REFERENCES mes.stop_classifications (organization_id, id)
);
CREATE UNIQUE INDEX classification_reversed_once ON mes.stop_classifications (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ON mes.stop_classifications (organization_id, machine_id, from_time);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.stop_classifications
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.stop_classifications', ARRAY['select', 'insert']);

-- ── Intervals ────────────────────────────────────────────────────────────────────────────────────────
-- Without gap and without overlap from the first thing known of a machine until what is known of it now.
-- shift_instance_id and run_id have no foreign key: what they name may go before its time is computed anew.
CREATE TABLE mes.machine_intervals (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  category text NOT NULL CHECK (category IN ('running', 'rework_run', 'setup', 'idle', 'no_order', 'unplanned_stop', 'minor_stop',
    'planned_stop', 'not_scheduled', 'unscheduled_run', 'unknown')),
  -- What the machine layer says, and the code of the reason that the machine gave.
  state text NOT NULL CHECK (state IN ('running', 'setup', 'idle', 'stopped', 'unknown')),
  machine_reason text,
  loss_reason_id int,
  classification_id int,
  run_id int,
  shift_instance_id bigint,
  -- The first of its category and reason in its stretch: one occurrence, however it is cut. Where the machine
  -- does not stand, what people say makes the stops: each classification is one.
  begins boolean NOT NULL,
  -- When the machine came into this state, whatever cut it since; and of a stop, how much of it before this
  -- interval was neither planned nor outside of every shift.
  stretch_from timestamptz NOT NULL,
  stopped_before_us bigint NOT NULL,
  -- When the signal that holds at from_time was given.
  said_at timestamptz,
  PRIMARY KEY (machine_id, from_time),
  CHECK (from_time < to_time),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.machine_intervals (organization_id, machine_id, from_time);
CREATE INDEX ON mes.machine_intervals (machine_id, to_time);
CREATE INDEX ON mes.machine_intervals (machine_id, stretch_from, from_time);
SELECT mes.fence('mes.machine_intervals');

-- ── The machine layer ────────────────────────────────────────────────────────────────────────────────
-- Where a machine's states are read from: its state tags, else its piece counters, else nothing.
CREATE FUNCTION mes.signal_of_machine(wanted_machine int) RETURNS TABLE (signal text, tag_ids int[])
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE WHEN found.states IS NOT NULL THEN 'state' WHEN found.totals IS NOT NULL OR found.others IS NOT NULL THEN 'counts' ELSE 'none' END,
         coalesce(found.states, found.totals, found.others, '{}')
  FROM (
    SELECT array_agg(tags.id ORDER BY tags.id) FILTER (WHERE tags.role = 'state') AS states,
           array_agg(tags.id ORDER BY tags.id) FILTER (WHERE tags.role = 'total_count') AS totals,
           array_agg(tags.id ORDER BY tags.id) FILTER (WHERE tags.role IN ('good_count', 'reject_count')) AS others
    FROM mes.tags WHERE tags.machine_id = wanted_machine
  ) AS found;
END;

GRANT EXECUTE ON FUNCTION mes.role_marks(text) TO mes_worker;

-- Until when a machine's time is known: the watermark of the slowest agent that tells of it. An agent that
-- gives none is known until its last value; a machine that nobody tells of, until now.
CREATE FUNCTION mes.known_until(wanted_machine int) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT least(now(), coalesce(min(coalesce(agents.watermark, agents.last_value, '-infinity')), now()))
  FROM (
    SELECT devices.edge_agent_id, max(states.watermark) AS watermark, max(last.time) AS last_value
    FROM mes.tags
    JOIN mes.devices ON devices.id = tags.device_id
    LEFT JOIN mes.edge_states AS states ON states.edge_agent_id = devices.edge_agent_id
    LEFT JOIN mes.tag_last AS last ON last.tag_id = tags.id
    WHERE tags.machine_id = wanted_machine AND mes.role_marks(tags.role)
    GROUP BY devices.edge_agent_id
  ) AS agents;
END;

-- States as a machine's state tags said them. said_since: time of the sample that holds at from_time.
CREATE FUNCTION mes.states_said(tag_ids int[], from_time timestamptz, to_time timestamptz, said_since timestamptz)
  RETURNS TABLE (at timestamptz, tag_id int, state text, reason text, loss_reason_id int)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH samples AS MATERIALIZED (
    SELECT samples.time, samples.tag_id, mes.exact(samples.value)::text AS value, (coalesce(samples.status, 0) >> 30) & 3 = 2 AS is_bad
    FROM mes.samples
    WHERE samples.tag_id = ANY (tag_ids) AND samples.time >= coalesce(said_since, from_time) AND samples.time < to_time
    UNION ALL
    SELECT texts.time, texts.tag_id, trim(texts.value), (coalesce(texts.status, 0) >> 30) & 3 = 2
    FROM mes.sample_texts AS texts
    WHERE texts.tag_id = ANY (tag_ids) AND texts.time >= coalesce(said_since, from_time) AND texts.time < to_time
  ), meanings AS MATERIALIZED (
    SELECT said.tag_id, said.value, meaning.state, meaning.reason, meaning.loss_reason_id
    FROM (SELECT DISTINCT samples.tag_id, samples.value FROM samples WHERE NOT samples.is_bad AND samples.value IS NOT NULL) AS said
    CROSS JOIN LATERAL mes.state_meaning(said.tag_id, said.value) AS meaning
  )
  SELECT samples.time, samples.tag_id, coalesce(meanings.state, 'unknown'), meanings.reason, meanings.loss_reason_id
  FROM samples
  LEFT JOIN meanings ON NOT samples.is_bad AND meanings.tag_id = samples.tag_id AND meanings.value = samples.value;
END;

-- When pieces came, and after how long without one the machine is taken to have stopped: max(3 × ideal
-- cycle, 2 × sample period), or where nobody knows the ideal cycle, what is still a minor stop.
CREATE FUNCTION mes.pieces_seen(wanted_machine int, tag_ids int[], from_time timestamptz, to_time timestamptz)
  RETURNS TABLE (at timestamptz, tag_id int, patience interval)
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  zone text;
  minor interval;
  period interval;
  wanted_tag int;
  hour timestamptz;
  carry mes.counter_carry;
  step record;
  ideal numeric;
  valid_until timestamptz;
BEGIN
  SELECT plants.time_zone, machines.minor_stop_s * interval '1 second' INTO zone, minor
  FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id WHERE machines.id = wanted_machine;
  SELECT max(tags.poll_ms) * interval '2 milliseconds' INTO period FROM mes.tags WHERE tags.id = ANY (tag_ids);
  hour := mes.plant_hour(from_time, zone);
  FOREACH wanted_tag IN ARRAY tag_ids LOOP
    carry := NULL;
    SELECT before.baseline, before.baseline_time, before.last_value, before.last_time, before.last_is_bad INTO carry
    FROM mes.counter_buckets AS before
    WHERE before.tag_id = wanted_tag AND before.bucket < hour ORDER BY before.bucket DESC LIMIT 1;
    valid_until := '-infinity';
    FOR step IN
      SELECT steps.at FROM mes.counter_steps(wanted_tag, hour, to_time, carry) AS steps WHERE steps.counts > 0 AND steps.at >= from_time
    LOOP
      IF step.at >= valid_until THEN
        SELECT known.ideal_cycle, known.valid_until INTO ideal, valid_until FROM mes.standard_of_machine_at(wanted_machine, step.at) AS known;
      END IF;
      at := step.at;
      tag_id := wanted_tag;
      patience := CASE WHEN ideal IS NULL THEN minor ELSE greatest(ideal::float8 * interval '3 seconds', period) END;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END $$;

-- The machine layer of [from_time, to_time): without gap, each piece with the sample that says so. Time that
-- nobody saw is unknown, and goes on as it was before when there is no newer word.
CREATE FUNCTION mes.machine_layer(wanted_machine int, from_time timestamptz, to_time timestamptz, said_since timestamptz)
  RETURNS TABLE (begin_time timestamptz, state text, reason text, loss_reason_id int, said_at timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH source AS (
    SELECT signals.signal, signals.tag_ids FROM mes.signal_of_machine(wanted_machine) AS signals
  ), said AS (
    SELECT states.at, states.tag_id, states.state, states.reason, states.loss_reason_id, NULL::interval AS patience
    FROM source CROSS JOIN LATERAL mes.states_said(source.tag_ids, machine_layer.from_time, machine_layer.to_time, said_since) AS states
    WHERE source.signal = 'state'
    UNION ALL
    SELECT pieces.at, pieces.tag_id, 'running', NULL, NULL, pieces.patience
    FROM source CROSS JOIN LATERAL mes.pieces_seen(wanted_machine, source.tag_ids,
      coalesce(said_since, machine_layer.from_time), machine_layer.to_time) AS pieces
    WHERE source.signal = 'counts'
    UNION ALL
    -- What is known before anything was said, and of a machine without a signal all the time.
    SELECT '-infinity', NULL, CASE source.signal WHEN 'none' THEN 'idle' ELSE 'unknown' END, NULL, NULL, NULL FROM source
  ), stretches AS (
    SELECT said.*, lead(said.at, 1, machine_layer.to_time) OVER (ORDER BY said.at, said.tag_id NULLS FIRST) AS until
    FROM said
  ), seen AS (
    SELECT stretches.at, stretches.tag_id, stretches.reason, stretches.loss_reason_id,
           -- Without a piece for too long it has stood since the last one.
           CASE WHEN stretches.until - stretches.at > stretches.patience THEN 'stopped' ELSE stretches.state END AS state,
           tstzrange(greatest(stretches.at, machine_layer.from_time), stretches.until) AS stretch
    FROM stretches
    WHERE stretches.until > greatest(stretches.at, machine_layer.from_time)
  ), blind AS MATERIALIZED (
    SELECT tags.tag_id, mes.unseen(tags.tag_id, machine_layer.from_time, machine_layer.to_time) AS unseen
    FROM source CROSS JOIN LATERAL unnest(source.tag_ids) AS tags (tag_id)
    WHERE source.signal <> 'none'
  )
  SELECT lower(parts.part), parts.state, parts.reason, parts.loss_reason_id, nullif(parts.at, '-infinity')
  FROM (
    SELECT seen.at, seen.state, seen.reason, seen.loss_reason_id, visible.part
    FROM seen
    LEFT JOIN blind ON blind.tag_id = seen.tag_id
    CROSS JOIN LATERAL unnest(tstzmultirange(seen.stretch) - coalesce(blind.unseen, '{}')) AS visible (part)
    UNION ALL
    SELECT seen.at, 'unknown', NULL, NULL, hidden.part
    FROM seen
    JOIN blind ON blind.tag_id = seen.tag_id
    CROSS JOIN LATERAL unnest(tstzmultirange(seen.stretch) * blind.unseen) AS hidden (part)
  ) AS parts;
END;

-- ── Context ──────────────────────────────────────────────────────────────────────────────────────────
-- Classifications that hold, as people made them: not reversed, and no reversals.
CREATE VIEW mes.standing_classifications WITH (security_invoker) AS
  SELECT made.* FROM mes.stop_classifications AS made
  WHERE made.reverses_id IS NULL
    AND NOT EXISTS (SELECT FROM mes.stop_classifications AS reversal WHERE reversal.reverses_id = made.id);
GRANT SELECT ON mes.standing_classifications TO mes_api, mes_worker;

-- Breaks of a machine's shifts and approved windows of it or of the lane it stood in.
CREATE FUNCTION mes.planned_time(wanted_machine int, from_time timestamptz, to_time timestamptz) RETURNS tstzmultirange
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(range_agg(planned.stretch), '{}'::tstzmultirange) FROM (
    SELECT tstzrange(pauses.from_time, pauses.to_time) AS stretch
    FROM mes.shift_instances AS shifts
    JOIN mes.shift_instance_breaks AS pauses ON pauses.organization_id = shifts.organization_id AND pauses.shift_instance_id = shifts.id
    WHERE shifts.machine_id = wanted_machine AND shifts.from_time < planned_time.to_time AND shifts.to_time > planned_time.from_time
    UNION ALL
    SELECT tstzrange(windows.from_time, windows.to_time)
    FROM mes.planned_windows AS windows
    WHERE windows.machine_id = wanted_machine AND windows.approved_at IS NOT NULL AND windows.archived_at IS NULL
      AND windows.from_time < planned_time.to_time AND windows.to_time > planned_time.from_time
    UNION ALL
    SELECT tstzrange(windows.from_time, windows.to_time) * tstzrange(places.valid_from, places.valid_to)
    FROM mes.lane_memberships AS places
    JOIN mes.planned_windows AS windows ON windows.organization_id = places.organization_id AND windows.lane_id = places.lane_id
    WHERE places.machine_id = wanted_machine AND places.archived_at IS NULL
      AND windows.approved_at IS NOT NULL AND windows.archived_at IS NULL
      AND windows.from_time < planned_time.to_time AND windows.to_time > planned_time.from_time
      AND tstzrange(windows.from_time, windows.to_time) && tstzrange(places.valid_from, places.valid_to)
  ) AS planned;
END;

-- Shift, planned time, run and classification of a machine in [from_time, to_time), cut where one of them changes.
CREATE FUNCTION mes.machine_context(wanted_machine int, from_time timestamptz, to_time timestamptz)
  RETURNS TABLE (begin_time timestamptz, shift_instance_id bigint, is_planned boolean, run_id int, run_kind text, classification_id int,
                 loss_reason_id int, overrules_running boolean)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH shifts AS MATERIALIZED (
    SELECT instances.id, instances.from_time, instances.to_time FROM mes.shift_instances AS instances
    WHERE instances.machine_id = wanted_machine AND instances.from_time < machine_context.to_time AND instances.to_time > machine_context.from_time
  ), planned AS MATERIALIZED (
    SELECT lower(stretch) AS from_time, upper(stretch) AS to_time
    FROM unnest(mes.planned_time(wanted_machine, machine_context.from_time, machine_context.to_time)) AS stretch
  ), runs AS MATERIALIZED (
    SELECT made.id, made.kind, made.from_time, coalesce(made.to_time, 'infinity') AS to_time FROM mes.machine_runs AS made
    WHERE made.machine_id = wanted_machine AND made.from_time < machine_context.to_time
      AND coalesce(made.to_time, 'infinity') > machine_context.from_time
  ), classified AS MATERIALIZED (
    SELECT made.id, made.loss_reason_id, made.overrules_running, made.from_time, made.to_time FROM mes.standing_classifications AS made
    WHERE made.machine_id = wanted_machine AND made.from_time < machine_context.to_time AND made.to_time > machine_context.from_time
  ), cuts AS (
    SELECT machine_context.from_time AS at
    UNION SELECT unnest(ARRAY[shifts.from_time, shifts.to_time]) FROM shifts
    UNION SELECT unnest(ARRAY[planned.from_time, planned.to_time]) FROM planned
    UNION SELECT unnest(ARRAY[runs.from_time, runs.to_time]) FROM runs
    UNION SELECT unnest(ARRAY[classified.from_time, classified.to_time]) FROM classified
  )
  SELECT cuts.at, shifts.id, planned.from_time IS NOT NULL, runs.id, runs.kind, latest.id, latest.loss_reason_id, coalesce(latest.overrules_running, false)
  FROM cuts
  LEFT JOIN shifts ON shifts.from_time <= cuts.at AND shifts.to_time > cuts.at
  LEFT JOIN planned ON planned.from_time <= cuts.at AND planned.to_time > cuts.at
  LEFT JOIN runs ON runs.from_time <= cuts.at AND runs.to_time > cuts.at
  LEFT JOIN LATERAL (
    SELECT classified.id, classified.loss_reason_id, classified.overrules_running FROM classified
    WHERE classified.from_time <= cuts.at AND classified.to_time > cuts.at
    ORDER BY classified.id DESC LIMIT 1
  ) AS latest ON true
  WHERE cuts.at >= machine_context.from_time AND cuts.at < machine_context.to_time;
END;

-- ── Resolution ───────────────────────────────────────────────────────────────────────────────────────
-- The category of a piece of time, in the order of DEFINITIONS 1. A stop without a reason is a
-- minor_stop here; how long all of it is decides afterwards. reason: category of the reason that holds.
CREATE FUNCTION mes.category_of(
  state text, is_running boolean, reason text, has_shift boolean, is_planned boolean, breaks_are_fixed boolean, run_kind text) RETURNS text
  LANGUAGE sql IMMUTABLE
  RETURN CASE
    WHEN NOT has_shift THEN CASE WHEN is_running OR (state = 'setup' AND coalesce(reason, 'setup') = 'setup') THEN 'unscheduled_run' ELSE 'not_scheduled' END
    WHEN is_planned AND (breaks_are_fixed OR NOT is_running) THEN 'planned_stop'
    WHEN is_running THEN CASE WHEN run_kind = 'rework' THEN 'rework_run' WHEN run_kind IN ('setup', 'trial') THEN 'setup' ELSE 'running' END
    WHEN reason IN ('setup', 'idle') THEN reason
    -- A planned reason outside of its window is its overrun.
    WHEN reason IN ('unplanned_stop', 'planned_stop') THEN 'unplanned_stop'
    WHEN state IN ('unknown', 'setup') THEN state
    WHEN run_kind IS NULL THEN 'no_order'
    WHEN state = 'idle' THEN 'idle'
    ELSE 'minor_stop'
  END;

-- What a reason of the machine comes to where the organisation has no loss reason of that code.
CREATE FUNCTION mes.machine_reason_category(reason text) RETURNS text
  LANGUAGE sql IMMUTABLE
  RETURN CASE reason WHEN 'machine_fault' THEN 'unplanned_stop' WHEN 'maintenance' THEN 'planned_stop' WHEN 'starved_or_blocked' THEN 'idle' END;

-- Machine layer and context over each other, in elementary pieces.
CREATE FUNCTION mes.resolved_time(wanted_machine int, from_time timestamptz, to_time timestamptz, said_since timestamptz)
  RETURNS TABLE (begin_time timestamptz, end_time timestamptz, category text, state text, machine_reason text, loss_reason_id int,
                 classification_id int, run_id int, shift_instance_id bigint, said_at timestamptz)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  WITH layer AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY found.begin_time) AS number, found.*
    FROM mes.machine_layer(wanted_machine, resolved_time.from_time, resolved_time.to_time, said_since) AS found
  ), context AS MATERIALIZED (
    SELECT row_number() OVER (ORDER BY found.begin_time) AS number, found.*
    FROM mes.machine_context(wanted_machine, resolved_time.from_time, resolved_time.to_time) AS found
  ), cuts AS (
    -- At each cut the last that has begun, of both.
    SELECT cut.at, max(max(cut.layer)) OVER (ORDER BY cut.at) AS layer, max(max(cut.context)) OVER (ORDER BY cut.at) AS context,
           lead(cut.at, 1, resolved_time.to_time) OVER (ORDER BY cut.at) AS until
    FROM (
      SELECT layer.begin_time AS at, layer.number AS layer, NULL::bigint AS context FROM layer
      UNION ALL SELECT context.begin_time, NULL, context.number FROM context
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
           CASE WHEN context.classification_id IS NOT NULL
             AND (context.overrules_running OR machine.is_silent OR layer.state <> 'running') THEN context.classification_id END AS classification_id,
           context.loss_reason_id AS classified_loss
    FROM cuts
    JOIN layer ON layer.number = cuts.layer
    JOIN context ON context.number = cuts.context
    CROSS JOIN machine
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

-- ── Intervals, computed anew ─────────────────────────────────────────────────────────────────────────
-- What one row of mes.machine_intervals says beyond its time: two neighbours that say the same are one row.
CREATE FUNCTION mes.says_the_same(one mes.machine_intervals, other mes.machine_intervals) RETURNS boolean
  LANGUAGE sql IMMUTABLE
  RETURN (one.category, one.state, one.machine_reason, one.loss_reason_id, one.classification_id, one.run_id, one.shift_instance_id)
    IS NOT DISTINCT FROM
    (other.category, other.state, other.machine_reason, other.loss_reason_id, other.classification_id, other.run_id, other.shift_instance_id);

-- A stop that neither the machine nor a person gave a reason for: minor or unplanned, as long as all of it is.
CREATE FUNCTION mes.is_unreasoned(category text, loss_reason_id int, machine_reason text) RETURNS boolean
  LANGUAGE sql IMMUTABLE
  RETURN category = 'minor_stop' OR (category = 'unplanned_stop' AND loss_reason_id IS NULL AND machine_reason IS NULL);

-- Time of an interval that makes a stop longer, in microseconds.
CREATE FUNCTION mes.stopped_for(state text, category text, from_time timestamptz, to_time timestamptz) RETURNS bigint
  LANGUAGE sql IMMUTABLE
  RETURN CASE WHEN state = 'stopped' AND category NOT IN ('planned_stop', 'not_scheduled')
    THEN ((extract(epoch FROM to_time) - extract(epoch FROM from_time)) * 1000000)::bigint ELSE 0 END;

-- Where a machine's time begins, when something of before is told: with the shift, or the hour, of the first
-- thing known in [from_time, to_time). Null: nothing is.
CREATE FUNCTION mes.first_known_time(wanted_machine int, from_time timestamptz, to_time timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT shifts.from_time FROM mes.shift_instances AS shifts
     WHERE shifts.machine_id = wanted_machine AND shifts.from_time <= first.at AND shifts.to_time > first.at),
    mes.plant_hour(first.at, (SELECT plants.time_zone FROM mes.machines JOIN mes.plants ON plants.id = machines.plant_id
                              WHERE machines.id = wanted_machine)))
  FROM (
    SELECT least(
      -- One look into the index for each tag, however many samples follow.
      (SELECT min(first_sample.time) FROM mes.tags CROSS JOIN LATERAL (
         SELECT samples.time FROM mes.samples
         WHERE samples.tag_id = tags.id AND samples.time >= first_known_time.from_time AND samples.time < first_known_time.to_time
         ORDER BY samples.time LIMIT 1) AS first_sample
       WHERE tags.machine_id = wanted_machine AND mes.role_marks(tags.role)),
      (SELECT min(first_text.time) FROM mes.tags CROSS JOIN LATERAL (
         SELECT texts.time FROM mes.sample_texts AS texts
         WHERE texts.tag_id = tags.id AND texts.time >= first_known_time.from_time AND texts.time < first_known_time.to_time
         ORDER BY texts.time LIMIT 1) AS first_text
       WHERE tags.machine_id = wanted_machine AND mes.role_marks(tags.role)),
      (SELECT min(runs.from_time) FROM mes.machine_runs AS runs
       WHERE runs.machine_id = wanted_machine AND runs.from_time >= first_known_time.from_time AND runs.from_time < first_known_time.to_time),
      (SELECT min(made.from_time) FROM mes.standing_classifications AS made
       WHERE made.machine_id = wanted_machine AND made.from_time >= first_known_time.from_time AND made.from_time < first_known_time.to_time)
    ) AS at
  ) AS first
  WHERE first.at IS NOT NULL;
END;

-- The last piece before an instant, from the last hour that had one.
CREATE FUNCTION mes.last_piece_before(wanted_machine int, tag_ids int[], instant timestamptz) RETURNS timestamptz
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  hour timestamptz := instant;
  found timestamptz;
BEGIN
  -- The first hour may have its pieces after the instant; the one before has them all before it.
  FOR attempt IN 1..2 LOOP
    SELECT max(buckets.bucket) INTO hour FROM mes.counter_buckets AS buckets
    WHERE buckets.tag_id = ANY (tag_ids) AND buckets.counts > 0 AND buckets.bucket < hour;
    EXIT WHEN hour IS NULL;
    SELECT max(pieces.at) INTO found FROM mes.pieces_seen(wanted_machine, tag_ids, hour, least(instant, hour + interval '1 hour')) AS pieces;
    EXIT WHEN found IS NOT NULL;
  END LOOP;
  RETURN found;
END $$;

-- Where the computation for a machine that is known by its pieces must begin: a piece more or less also
-- changes whether the machine stood before it.
CREATE FUNCTION mes.start_of_pieces(wanted_machine int, tag_ids int[], start_time timestamptz, stop_time timestamptz,
  OUT begin_time timestamptz, OUT said_since timestamptz)
  LANGUAGE plpgsql STABLE
AS $$
DECLARE
  piece record;
  was text;
  next_piece timestamptz;
BEGIN
  begin_time := start_time;
  said_since := mes.last_piece_before(wanted_machine, tag_ids, start_time);
  IF said_since IS NULL THEN
    RETURN;
  END IF;
  SELECT pieces.patience INTO piece FROM mes.pieces_seen(wanted_machine, tag_ids, said_since, said_since + interval '1 microsecond') AS pieces LIMIT 1;
  SELECT min(pieces.at) INTO next_piece FROM mes.pieces_seen(wanted_machine, tag_ids, start_time, stop_time) AS pieces;
  SELECT intervals.state INTO was FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine AND intervals.from_time < start_time AND intervals.to_time > said_since AND intervals.state <> 'unknown'
  ORDER BY intervals.from_time DESC LIMIT 1;
  IF was IS DISTINCT FROM (CASE WHEN coalesce(next_piece, stop_time) - said_since > piece.patience THEN 'stopped' ELSE 'running' END) THEN
    begin_time := said_since;
  END IF;
END $$;

-- Where a change in time before stop_time ends to matter: at the second beginning of a stretch after the
-- first signal that comes later. Null: nowhere, all until now is touched.
CREATE FUNCTION mes.end_of_change(wanted_machine int, signal text, stop_time timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT min(intervals.from_time) FROM mes.machine_intervals AS intervals
  WHERE intervals.machine_id = wanted_machine AND intervals.stretch_from = intervals.from_time
    AND intervals.from_time > (
      SELECT min(first.from_time) FROM mes.machine_intervals AS first
      WHERE first.machine_id = wanted_machine AND first.from_time >= stop_time AND (signal = 'none' OR first.said_at >= stop_time));
END;

-- Takes what was computed for [start_time, stop_time) away; what reaches beyond on either side is cut there.
CREATE FUNCTION mes.clear_intervals(wanted_machine int, start_time timestamptz, stop_time timestamptz) RETURNS void
  LANGUAGE sql
BEGIN ATOMIC
  INSERT INTO mes.machine_intervals
  SELECT kept.organization_id, kept.plant_id, kept.machine_id, stop_time, kept.to_time, kept.category, kept.state, kept.machine_reason,
         kept.loss_reason_id, kept.classification_id, kept.run_id, kept.shift_instance_id, false, kept.stretch_from, kept.stopped_before_us, kept.said_at
  FROM mes.machine_intervals AS kept
  WHERE kept.machine_id = wanted_machine AND kept.from_time < stop_time AND kept.to_time > stop_time;
  DELETE FROM mes.machine_intervals AS gone
  WHERE gone.machine_id = wanted_machine AND gone.from_time >= start_time AND gone.from_time < stop_time;
  UPDATE mes.machine_intervals AS cut SET to_time = start_time
  WHERE cut.machine_id = wanted_machine AND cut.from_time < start_time AND cut.to_time > start_time;
END;

-- Computes the intervals of a machine in [from_time, to_time) anew, and as far around it as the change
-- reaches: to the next signal, and the whole of a stop. Answers from where it has computed and what it has
-- changed, and from where on a further call must go on when it was more than most_days. from_time is where
-- the machine's time begins or later. Under the machine's lock; its counters are done.
CREATE FUNCTION mes.recompute_intervals(
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
