-- What is made: units of measure, materials, and how fast each machine should make them.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.units_of_measure (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  -- As it stands beside a number: pcs, kg, m.
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  -- Digits after the point that a quantity in it has.
  decimals int NOT NULL DEFAULT 0 CHECK (decimals BETWEEN 0 AND 6),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, code)
);
SELECT mes.keep_record('mes.units_of_measure');
SELECT mes.fence('mes.units_of_measure');

CREATE TABLE mes.materials (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  code text NOT NULL CHECK (code <> ''),
  name text NOT NULL CHECK (name <> ''),
  description text,
  material_group text,
  unit_id int NOT NULL,
  -- The revision that is made now; what it was before is in material_revisions.
  revision text NOT NULL DEFAULT '1' CHECK (revision <> ''),
  -- Rejects after a changeover are start-up losses until so many good ones came in a row.
  startup_good_in_a_row int NOT NULL DEFAULT 0 CHECK (startup_good_in_a_row >= 0),
  -- Custom attributes: an object of texts, numbers and booleans.
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, code),
  FOREIGN KEY (organization_id, unit_id) REFERENCES mes.units_of_measure (organization_id, id)
);
SELECT mes.keep_record('mes.materials');
SELECT mes.fence('mes.materials');

-- One unit in another: 1 from_unit = factor to_unit, for all materials (material_id null) or for one.
CREATE TABLE mes.unit_conversions (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  material_id int,
  from_unit_id int NOT NULL,
  to_unit_id int NOT NULL,
  factor numeric NOT NULL CHECK (factor > 0),
  CHECK (from_unit_id <> to_unit_id),
  UNIQUE (organization_id, id),
  UNIQUE NULLS NOT DISTINCT (organization_id, material_id, from_unit_id, to_unit_id),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id),
  FOREIGN KEY (organization_id, from_unit_id) REFERENCES mes.units_of_measure (organization_id, id),
  FOREIGN KEY (organization_id, to_unit_id) REFERENCES mes.units_of_measure (organization_id, id)
);
SELECT mes.keep_record('mes.unit_conversions');
SELECT mes.fence('mes.unit_conversions');

-- The ideal cycle of a material on a machine (PRI of ISO 22400-2), from a day of its plant on. Given as
-- seconds a piece or as pieces an hour; ideal_cycle is what figures are made with. operation '' is any.
-- pieces_per_count: cavities or pack size, pieces in one count of the machine's counters.
CREATE TABLE mes.production_standards (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  material_id int NOT NULL,
  operation text NOT NULL DEFAULT '',
  valid_from date NOT NULL,
  ideal_cycle_s numeric CHECK (ideal_cycle_s > 0),
  pieces_per_hour numeric CHECK (pieces_per_hour > 0),
  ideal_cycle numeric NOT NULL GENERATED ALWAYS AS (coalesce(ideal_cycle_s, round(3600 / pieces_per_hour, 12))) STORED,
  pieces_per_count numeric NOT NULL DEFAULT 1 CHECK (pieces_per_count > 0),
  CONSTRAINT seconds_or_pieces_per_hour CHECK (num_nonnulls(ideal_cycle_s, pieces_per_hour) = 1),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, machine_id, material_id, operation, valid_from),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id)
);
CREATE INDEX ON mes.production_standards (organization_id, material_id);
SELECT mes.keep_record('mes.production_standards');
SELECT mes.fence('mes.production_standards');

-- What a machine makes where nobody says: for plants without orders.
ALTER TABLE mes.machines
  ADD COLUMN default_material_id int,
  ADD FOREIGN KEY (organization_id, default_material_id) REFERENCES mes.materials (organization_id, id);
