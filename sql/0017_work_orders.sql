-- What is to be made and what was made when: work orders with their operations, routings they are copied
-- from, runs of machines, and what operators declare.
--
-- A work order:
--
--   planned ──► released ──► running ◄──► paused ──► completed ──► closed
--      │            │           └────────────┴───────────▲
--      └────────────┴──► cancelled (before it is completed)
--
-- A run says what one machine made from when to when. Runs of one machine never overlap: the database says so.

SET LOCAL ROLE mes_owner;

-- How a material is made, step by step; a new order of it gets these steps as its operations.
CREATE TABLE mes.routings (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  material_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, name),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id)
);
SELECT mes.keep_record('mes.routings');
SELECT mes.fence('mes.routings');
CREATE UNIQUE INDEX one_routing_per_material ON mes.routings (organization_id, material_id) WHERE archived_at IS NULL;

CREATE TABLE mes.routing_operations (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  routing_id int NOT NULL,
  sequence int NOT NULL CHECK (sequence > 0),
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  -- Machines and lanes have names that are the same in many plants: an order takes its own plant's.
  machine_name text,
  lane_name text,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, routing_id, sequence),
  FOREIGN KEY (organization_id, routing_id) REFERENCES mes.routings (organization_id, id)
);
SELECT mes.keep_record('mes.routing_operations');
SELECT mes.fence('mes.routing_operations');

CREATE TABLE mes.work_orders (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  number text NOT NULL CHECK (number <> ''),
  material_id int NOT NULL,
  quantity numeric NOT NULL CHECK (quantity > 0),
  unit_id int NOT NULL,
  -- A day of the plant: on time is complete by its end.
  promised_date date NOT NULL,
  -- 1 is first.
  priority int NOT NULL DEFAULT 5 CHECK (priority BETWEEN 1 AND 9),
  lane_id int,
  planned_from timestamptz,
  planned_to timestamptz,
  status text NOT NULL DEFAULT 'planned'
    CHECK (status IN ('planned', 'released', 'running', 'paused', 'completed', 'closed', 'cancelled')),
  actual_from timestamptz,
  actual_to timestamptz,
  -- How the ERP calls it.
  erp_reference text,
  remarks text,
  CONSTRAINT planned_in_order CHECK (planned_from < planned_to),
  CONSTRAINT end_needs_begin CHECK (planned_to IS NULL OR planned_from IS NOT NULL),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, number),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id),
  FOREIGN KEY (organization_id, unit_id) REFERENCES mes.units_of_measure (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id)
);
SELECT mes.keep_record('mes.work_orders');
CREATE INDEX ON mes.work_orders (organization_id, plant_id, planned_from);
CREATE INDEX ON mes.work_orders (organization_id, plant_id, promised_date);
CREATE INDEX work_orders_to_do ON mes.work_orders (organization_id, plant_id, lane_id)
  WHERE archived_at IS NULL AND status IN ('planned', 'released', 'running', 'paused');
SELECT mes.fence('mes.work_orders');

CREATE TABLE mes.work_order_operations (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  work_order_id int NOT NULL,
  sequence int NOT NULL CHECK (sequence > 0),
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  lane_id int,
  machine_id int,
  planned_quantity numeric NOT NULL CHECK (planned_quantity > 0),
  status text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'running', 'completed', 'cancelled')),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, work_order_id, sequence),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, work_order_id) REFERENCES mes.work_orders (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
SELECT mes.keep_record('mes.work_order_operations');
SELECT mes.fence('mes.work_order_operations');

-- What a PLC calls an order where that is not its number. Once linked, the name means that order from then on.
CREATE TABLE mes.work_order_names (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  work_order_id int NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, plant_id, name),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, work_order_id) REFERENCES mes.work_orders (organization_id, id)
);
SELECT mes.fence('mes.work_order_names');

-- Who opens the runs of a machine. Null: its PLC where an order or material tag is mapped to it, else
-- operators. since: nothing of a PLC before it makes runs.
ALTER TABLE mes.machines
  ADD COLUMN run_source text CHECK (run_source IN ('plc', 'operator', 'schedule')),
  ADD COLUMN run_source_since timestamptz NOT NULL DEFAULT '-infinity';

CREATE TABLE mes.machine_runs (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  work_order_id int,
  operation_id int,
  material_id int,
  kind text NOT NULL DEFAULT 'production' CHECK (kind IN ('production', 'setup', 'rework', 'trial')),
  from_time timestamptz NOT NULL,
  -- Null: it goes on. Half-open.
  to_time timestamptz,
  source text NOT NULL CHECK (source IN ('plc', 'operator', 'schedule')),
  -- What the PLC said, whether it is known or not, and which tag opened the run.
  plc_order text,
  plc_material text,
  plc_tag_id int,
  -- A person made it what it is: what the PLC says of this stretch does not change it any more.
  corrected boolean NOT NULL DEFAULT false,
  reason text,
  -- Null: no person began it.
  created_by int,
  version int NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT run_lasts CHECK (from_time < to_time),
  CONSTRAINT one_run_at_a_time EXCLUDE USING gist (machine_id WITH =, tstzrange(from_time, to_time) WITH &&),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, work_order_id) REFERENCES mes.work_orders (organization_id, id),
  FOREIGN KEY (organization_id, operation_id) REFERENCES mes.work_order_operations (organization_id, id),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id),
  FOREIGN KEY (organization_id, plc_tag_id) REFERENCES mes.tags (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES mes.users (organization_id, id)
);
CREATE TRIGGER count_version BEFORE UPDATE ON mes.machine_runs FOR EACH ROW EXECUTE FUNCTION mes.count_version();
CREATE INDEX ON mes.machine_runs (organization_id, machine_id, from_time);
CREATE INDEX ON mes.machine_runs (organization_id, work_order_id, from_time);
CREATE INDEX machine_runs_unknown ON mes.machine_runs (organization_id, machine_id, from_time)
  WHERE (plc_order IS NOT NULL AND work_order_id IS NULL) OR (plc_material IS NOT NULL AND material_id IS NULL);
SELECT mes.fence('mes.machine_runs');

-- Stretches of a machine that people have put right, a deleted run's too. to_time null: until the PLC says
-- something else than it did at held_since. Append-only.
CREATE TABLE mes.machine_run_corrections (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz,
  held_since timestamptz NOT NULL,
  action text NOT NULL CHECK (action IN ('add', 'split', 'move', 'assign', 'delete')),
  reason text NOT NULL CHECK (reason <> ''),
  created_by int,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (from_time < to_time),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES mes.users (organization_id, id)
);
CREATE INDEX ON mes.machine_run_corrections (organization_id, machine_id, from_time);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.machine_run_corrections
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.machine_run_corrections', ARRAY['select', 'insert']);

-- A second tag that named another order while a run was open: the first keeps the machine.
CREATE TABLE mes.machine_run_conflicts (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  plc_order text NOT NULL,
  -- What ran instead.
  held_by text NOT NULL,
  PRIMARY KEY (organization_id, machine_id, tag_id, time),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
SELECT mes.fence('mes.machine_run_conflicts');

-- From when on the runs of which machine must be read anew from what its PLC said. Append-only and without a
-- unique key, as mes.dirty_marks is and for its reasons; the worker deletes what it has seen.
CREATE TABLE mes.run_marks (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.run_marks (organization_id, machine_id, id);
SELECT mes.fence('mes.run_marks', ARRAY['select', 'insert', 'delete']);
SELECT mes.open_to_ingest('mes.run_marks', ARRAY['insert']);

-- Marks are made where samples are stored, whoever stores them; what was stored before makes none.
CREATE FUNCTION mes.mark_runs_of_sample() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO mes.run_marks (organization_id, machine_id, from_time)
  SELECT NEW.organization_id, tags.machine_id, NEW.time FROM mes.tags
  WHERE tags.id = NEW.tag_id AND tags.machine_id IS NOT NULL AND tags.role IN ('order', 'material');
  RETURN NULL;
END $$;
CREATE TRIGGER mark_runs AFTER INSERT ON telemetry.sample_text
  FOR EACH ROW EXECUTE FUNCTION mes.mark_runs_of_sample();

-- A tag that is mapped, or not any more, tells of all that it said; a month back at most.
CREATE FUNCTION mes.mark_runs_of_tag() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO mes.run_marks (organization_id, machine_id, from_time)
  SELECT NEW.organization_id, mapped.machine_id, greatest(NEW.created_at, now() - interval '31 days')
  FROM (VALUES (OLD.machine_id, OLD.role), (NEW.machine_id, NEW.role)) AS mapped (machine_id, role)
  WHERE (OLD.machine_id, OLD.role) IS DISTINCT FROM (NEW.machine_id, NEW.role)
    AND mapped.machine_id IS NOT NULL AND mapped.role IN ('order', 'material');
  RETURN NULL;
END $$;
CREATE TRIGGER mark_runs AFTER UPDATE OF machine_id, role ON mes.tags
  FOR EACH ROW EXECUTE FUNCTION mes.mark_runs_of_tag();

CREATE FUNCTION mes.mark_run_source() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  NEW.run_source_since := now();
  INSERT INTO mes.run_marks (organization_id, machine_id, from_time) VALUES (NEW.organization_id, NEW.id, now());
  RETURN NEW;
END $$;
CREATE TRIGGER mark_run_source BEFORE UPDATE OF run_source ON mes.machines
  FOR EACH ROW WHEN (NEW.run_source IS DISTINCT FROM OLD.run_source) EXECUTE FUNCTION mes.mark_run_source();

-- What operators declare. A row is never changed: a reversal takes it back, once, with the same machine and
-- time and the quantity negated, so that sums over any period are right.
CREATE TABLE mes.production_logs (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  -- When it was made; a run of the machine at that time says for which order, unless one is named.
  time timestamptz NOT NULL,
  work_order_id int,
  operation_id int,
  kind text NOT NULL CHECK (kind IN ('good', 'scrap', 'rework')),
  quantity numeric NOT NULL CHECK (quantity <> 0),
  loss_reason_id int,
  operator_id int,
  operator_name text NOT NULL,
  remarks text,
  reverses_id int,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT only_reversals_are_negative CHECK ((quantity < 0) = (reverses_id IS NOT NULL)),
  CONSTRAINT scrap_has_a_reason CHECK (kind <> 'scrap' OR loss_reason_id IS NOT NULL),
  CONSTRAINT good_has_no_reason CHECK (kind <> 'good' OR loss_reason_id IS NULL),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, work_order_id) REFERENCES mes.work_orders (organization_id, id),
  FOREIGN KEY (organization_id, operation_id) REFERENCES mes.work_order_operations (organization_id, id),
  FOREIGN KEY (organization_id, loss_reason_id) REFERENCES mes.loss_reasons (organization_id, id),
  FOREIGN KEY (organization_id, operator_id) REFERENCES mes.users (organization_id, id),
  FOREIGN KEY (organization_id, reverses_id) REFERENCES mes.production_logs (organization_id, id)
);
CREATE UNIQUE INDEX reversed_once ON mes.production_logs (reverses_id) WHERE reverses_id IS NOT NULL;
CREATE INDEX ON mes.production_logs (organization_id, machine_id, time);
CREATE INDEX ON mes.production_logs (organization_id, work_order_id) WHERE work_order_id IS NOT NULL;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.production_logs
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.production_logs', ARRAY['select', 'insert']);

-- Organisations whose runs must be read anew, for the worker's rounds over all organisations.
CREATE POLICY owner_all ON mes.run_marks TO mes_owner USING (true) WITH CHECK (true);
CREATE FUNCTION mes.organizations_with_run_marks() RETURNS SETOF int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT DISTINCT run_marks.organization_id FROM mes.run_marks ORDER BY 1;
END;
GRANT EXECUTE ON FUNCTION mes.organizations_with_run_marks() TO mes_worker;
