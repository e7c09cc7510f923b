-- Lanes, machines and their places in them, target OEE, and the tree of reasons why a machine loses time
-- or a piece is lost.

SET LOCAL ROLE mes_owner;

ALTER TABLE mes.lanes ADD COLUMN description text;
SELECT mes.keep_record('mes.lanes');

-- How a machine is read and judged. What a number on its state tag means depends on the edition of PackML
-- its maker followed; names mean the same in all.
ALTER TABLE mes.machines
  ADD COLUMN description text,
  ADD COLUMN state_numbering text NOT NULL DEFAULT 'packml_2015' CHECK (state_numbering IN ('packml_2015', 'packml_2008')),
  -- Stops without a reason up to this long, inclusive, are minor (DEFINITIONS 1).
  ADD COLUMN minor_stop_s int NOT NULL DEFAULT 300 CHECK (minor_stop_s >= 0),
  -- Whether running time inside a break or planned window stays running, or is planned whatever the machine does.
  ADD COLUMN breaks_are_fixed boolean NOT NULL DEFAULT false,
  -- Whose pieces count; the others are kept as declared and shown as a difference, never added.
  ADD COLUMN good_source text NOT NULL DEFAULT 'machine' CHECK (good_source IN ('machine', 'operator')),
  ADD COLUMN reject_source text NOT NULL DEFAULT 'machine' CHECK (reject_source IN ('machine', 'operator', 'machine_and_operator'));
SELECT mes.keep_record('mes.machines');

-- Time without an order counts against availability, or not: the plant decides.
ALTER TABLE mes.plants
  ADD COLUMN no_order text NOT NULL DEFAULT 'loss' CHECK (no_order IN ('loss', 'planned'));

-- Which lane a machine stands in, from when to when, and where in the direction of the product. A serial
-- lane has one constraint (its time and speed are the line's) and one outfeed (its good pieces are).
-- Rows are replaced, never changed: what was corrected since stays, archived (docs/adr/0018).
CREATE TABLE mes.lane_memberships (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  lane_id int NOT NULL,
  machine_id int NOT NULL,
  position int NOT NULL DEFAULT 0,
  is_constraint boolean NOT NULL DEFAULT false,
  is_outfeed boolean NOT NULL DEFAULT false,
  valid_from timestamptz NOT NULL,
  -- Null: until further notice. Half-open.
  valid_to timestamptz,
  archived_at timestamptz,
  CHECK (valid_from < valid_to),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  CONSTRAINT one_lane_at_a_time EXCLUDE USING gist (machine_id WITH =, tstzrange(valid_from, valid_to) WITH &&) WHERE (archived_at IS NULL),
  CONSTRAINT one_constraint_at_a_time EXCLUDE USING gist (lane_id WITH =, tstzrange(valid_from, valid_to) WITH &&) WHERE (is_constraint AND archived_at IS NULL),
  CONSTRAINT one_outfeed_at_a_time EXCLUDE USING gist (lane_id WITH =, tstzrange(valid_from, valid_to) WITH &&) WHERE (is_outfeed AND archived_at IS NULL)
);
CREATE INDEX ON mes.lane_memberships (organization_id, lane_id, valid_from);
CREATE INDEX ON mes.lane_memberships (organization_id, machine_id);
SELECT mes.keep_record('mes.lane_memberships');

-- Where machines stood until now. The fence would hide them even from their owner.
ALTER TABLE mes.machines NO FORCE ROW LEVEL SECURITY;
INSERT INTO mes.lane_memberships (organization_id, plant_id, lane_id, machine_id, position, valid_from)
SELECT machines.organization_id, machines.plant_id, machines.lane_id, machines.id, machines.position, '-infinity'
FROM mes.machines WHERE machines.lane_id IS NOT NULL;
ALTER TABLE mes.machines FORCE ROW LEVEL SECURITY;
SELECT mes.fence('mes.lane_memberships');
ALTER TABLE mes.machines DROP COLUMN lane_id, DROP COLUMN position;

-- What a machine is asked to reach, from a day on (its plant's day).
CREATE TABLE mes.machine_targets (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  valid_from date NOT NULL,
  -- As people say it; target_oee is what figures are made with.
  target_percent numeric NOT NULL CHECK (target_percent > 0 AND target_percent <= 100),
  target_oee numeric NOT NULL GENERATED ALWAYS AS (target_percent / 100) STORED,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, machine_id, valid_from),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
SELECT mes.keep_record('mes.machine_targets');
SELECT mes.fence('mes.machine_targets');

-- Why time or pieces are lost: a tree. category says where the loss goes (DEFINITIONS 1); is_failure is
-- what MTBF counts. A reason holds for the whole organisation, so that plants can be compared.
CREATE TABLE mes.loss_reasons (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  parent_id int,
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  name_de text,
  category text NOT NULL CHECK (category IN ('unplanned_stop', 'planned_stop', 'setup', 'idle', 'scrap', 'rework', 'startup')),
  is_failure boolean NOT NULL DEFAULT false,
  -- Where it stands among the first that are offered; null: behind "more".
  frequent_position int,
  CHECK (NOT is_failure OR category = 'unplanned_stop'),
  CHECK (parent_id <> id),
  CHECK (frequent_position >= 1),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, code),
  FOREIGN KEY (organization_id, parent_id) REFERENCES mes.loss_reasons (organization_id, id)
);
SELECT mes.keep_record('mes.loss_reasons');
SELECT mes.fence('mes.loss_reasons');

-- All machines of the organisation whose figures hang on something that holds for every plant, also those in
-- plants that who changed it may not see.
CREATE POLICY owner_marks_all ON mes.machines FOR SELECT TO mes_owner USING (true);
CREATE POLICY owner_marks_all ON mes.dirty_marks FOR INSERT TO mes_owner WITH CHECK (true);
CREATE FUNCTION mes.mark_all_machines(since timestamptz, until timestamptz) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  INSERT INTO mes.dirty_marks (organization_id, machine_id, from_time, to_time)
  SELECT machines.organization_id, machines.id, since, until
  FROM mes.machines
  WHERE machines.organization_id = mes.current_organization_id();
END;
GRANT EXECUTE ON FUNCTION mes.mark_all_machines(timestamptz, timestamptz) TO mes_api, mes_worker;
