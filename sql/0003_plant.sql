-- The plant as ISA-95 draws it: a lane is a work center, a machine a work unit in it.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.lanes (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  name text NOT NULL CHECK (name <> ''),
  kind text NOT NULL DEFAULT 'serial' CHECK (kind IN ('serial', 'parallel')),
  position int NOT NULL DEFAULT 0,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, plant_id, name),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
SELECT mes.fence('mes.lanes');

CREATE TABLE mes.machines (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  lane_id int,
  -- What edge configurations call it; unique in its plant.
  name text NOT NULL CHECK (name ~ '^[a-z0-9][a-z0-9_-]*$'),
  display_name text NOT NULL CHECK (display_name <> ''),
  -- Place in the lane, in the direction of the product.
  position int NOT NULL DEFAULT 0,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, plant_id, name),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id)
);
SELECT mes.fence('mes.machines');
SELECT mes.open_to_ingest('mes.machines', ARRAY['select']);
