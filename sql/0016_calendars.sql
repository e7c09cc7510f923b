-- Shift calendars. A calendar has shifts (local times of its plant) and a rotation that repeats; exceptions
-- change single days; machines follow a calendar themselves, or their lane's, or their plant's. From all
-- that come shift instances, what everything else reads: one row per machine and shift that takes place.
--
-- A shift instance:
--
--   open ──► ended ──► closed ──► restated
--
-- open: not over yet, replaced freely when its calendar changes. ended: over; only a correction with a reason
-- replaces it. closed: its figures are final; a correction makes it restated, its version one higher.

SET LOCAL ROLE mes_owner;

-- anchor is day 0 of the rotation; the shift that starts on a day d takes place when day
-- (d - anchor) modulo cycle_days of the rotation has it.
CREATE TABLE mes.calendars (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  -- Which day a shift over midnight is counted on.
  business_day text NOT NULL DEFAULT 'start' CHECK (business_day IN ('start', 'end')),
  anchor date NOT NULL DEFAULT '2026-01-05',
  cycle_days int NOT NULL DEFAULT 7 CHECK (cycle_days BETWEEN 1 AND 366),
  description text,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, plant_id, name),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.keep_record('mes.calendars');
SELECT mes.fence('mes.calendars');

-- Local times as HH:MM. An end that is not after the start is on the next day.
CREATE TABLE mes.shifts (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  calendar_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  position int NOT NULL DEFAULT 0,
  start_time text NOT NULL CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  end_time text NOT NULL CHECK (end_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id)
);
SELECT mes.keep_record('mes.shifts');
SELECT mes.fence('mes.shifts');
CREATE UNIQUE INDEX one_shift_of_a_name ON mes.shifts (organization_id, calendar_id, name) WHERE archived_at IS NULL;

-- A break is a local start and elapsed minutes (DEFINITIONS 1).
CREATE TABLE mes.shift_breaks (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  shift_id int NOT NULL,
  start_time text NOT NULL CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  minutes int NOT NULL CHECK (minutes BETWEEN 1 AND 720),
  UNIQUE (organization_id, shift_id, start_time),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, shift_id) REFERENCES mes.shifts (organization_id, id)
);
SELECT mes.fence('mes.shift_breaks');

-- Which shifts start on which day of the rotation, and which team works them.
CREATE TABLE mes.calendar_days (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  calendar_id int NOT NULL,
  day int NOT NULL CHECK (day >= 0),
  shift_id int NOT NULL,
  team text,
  UNIQUE (organization_id, calendar_id, day, shift_id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id),
  FOREIGN KEY (organization_id, shift_id) REFERENCES mes.shifts (organization_id, id)
);
SELECT mes.fence('mes.calendar_days');

-- Days that are not as the rotation says: for a whole plant, or only for who follows one calendar, for one
-- lane or one machine. Days are those on which shifts start, both included.
CREATE TABLE mes.calendar_exceptions (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('holiday', 'shutdown', 'extra_shift', 'changed_hours', 'overtime')),
  name text NOT NULL CHECK (name <> ''),
  from_day date NOT NULL,
  to_day date NOT NULL,
  calendar_id int,
  lane_id int,
  machine_id int,
  -- Whose hours change, or what is extended; of a holiday or shutdown: the only shift that falls out.
  shift_id int,
  start_time text CHECK (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  end_time text CHECK (end_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  -- Overtime before and after a shift: elapsed minutes.
  minutes_before int NOT NULL DEFAULT 0 CHECK (minutes_before BETWEEN 0 AND 720),
  minutes_after int NOT NULL DEFAULT 0 CHECK (minutes_after BETWEEN 0 AND 720),
  CHECK (from_day <= to_day AND to_day - from_day <= 366),
  CHECK (lane_id IS NULL OR machine_id IS NULL),
  CHECK ((start_time IS NULL) = (end_time IS NULL)),
  CONSTRAINT says_what_changes CHECK (CASE kind
    WHEN 'extra_shift' THEN shift_id IS NULL AND start_time IS NOT NULL AND minutes_before + minutes_after = 0
    WHEN 'changed_hours' THEN shift_id IS NOT NULL AND start_time IS NOT NULL AND minutes_before + minutes_after = 0
    WHEN 'overtime' THEN
      (shift_id IS NOT NULL AND start_time IS NULL AND minutes_before + minutes_after > 0)
      OR (shift_id IS NULL AND start_time IS NOT NULL AND minutes_before + minutes_after = 0)
    ELSE start_time IS NULL AND minutes_before + minutes_after = 0
  END),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, shift_id) REFERENCES mes.shifts (organization_id, id)
);
CREATE INDEX ON mes.calendar_exceptions (organization_id, plant_id, to_day);
SELECT mes.keep_record('mes.calendar_exceptions');
SELECT mes.fence('mes.calendar_exceptions');

-- Which calendar a machine or a lane follows, from a day of its plant on; without either: the plant's
-- default. The machine's own wins over its lane's, that over the plant's.
CREATE TABLE mes.work_center_shifts (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  lane_id int,
  machine_id int,
  calendar_id int NOT NULL,
  valid_from date NOT NULL,
  -- Null: until further notice. The day itself is the first one without.
  valid_to date,
  archived_at timestamptz,
  CHECK (valid_from < valid_to),
  CHECK (lane_id IS NULL OR machine_id IS NULL),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id),
  CONSTRAINT one_calendar_at_a_time EXCLUDE USING gist (
    plant_id WITH =, coalesce(lane_id, 0) WITH =, coalesce(machine_id, 0) WITH =, daterange(valid_from, valid_to) WITH &&
  ) WHERE (archived_at IS NULL)
);
CREATE INDEX ON mes.work_center_shifts (organization_id, plant_id);
SELECT mes.keep_record('mes.work_center_shifts');
SELECT mes.fence('mes.work_center_shifts');

-- Time in which a machine or a lane is meant to stand. Until somebody approves it, it is a wish.
CREATE TABLE mes.planned_windows (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  lane_id int,
  machine_id int,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  -- Of the category planned_stop.
  loss_reason_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  approved_at timestamptz,
  approved_by text,
  CHECK (from_time < to_time),
  CHECK (num_nonnulls(lane_id, machine_id) = 1),
  CHECK ((approved_at IS NULL) = (approved_by IS NULL)),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, loss_reason_id) REFERENCES mes.loss_reasons (organization_id, id)
);
CREATE INDEX ON mes.planned_windows (organization_id, machine_id, from_time);
CREATE INDEX ON mes.planned_windows (organization_id, lane_id, from_time);
SELECT mes.keep_record('mes.planned_windows');
SELECT mes.fence('mes.planned_windows');

CREATE TABLE mes.shift_instances (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  -- Null: an extra shift of a machine that follows none.
  calendar_id int,
  -- As it was called then.
  name text NOT NULL,
  team text,
  kind text NOT NULL CHECK (kind IN ('regular', 'extra', 'overtime')),
  -- The plant's day on which it starts, and the one it is counted on.
  start_day date NOT NULL,
  business_date date NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'ended', 'closed', 'restated')),
  version int NOT NULL DEFAULT 1,
  CHECK (from_time < to_time),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id),
  CONSTRAINT one_shift_at_a_time EXCLUDE USING gist (machine_id WITH =, tstzrange(from_time, to_time) WITH &&)
);
CREATE INDEX ON mes.shift_instances (organization_id, machine_id, from_time);
CREATE INDEX ON mes.shift_instances (organization_id, to_time) WHERE state = 'open';
SELECT mes.fence('mes.shift_instances');

CREATE TABLE mes.shift_instance_breaks (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  shift_instance_id bigint NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  CHECK (from_time < to_time),
  PRIMARY KEY (organization_id, shift_instance_id, from_time),
  FOREIGN KEY (organization_id, shift_instance_id) REFERENCES mes.shift_instances (organization_id, id) ON DELETE CASCADE
);
SELECT mes.fence('mes.shift_instance_breaks');

-- Until which day a plant's instances are there, and when that was last looked at: whatever of its machines,
-- lanes or clock changed after that is looked at again.
CREATE TABLE mes.shift_horizons (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  until_day date NOT NULL,
  looked_at timestamptz NOT NULL,
  PRIMARY KEY (organization_id, plant_id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.fence('mes.shift_horizons');
