-- What one shift tells the next: notes on a shift of a plant, or of one of its lanes. A note is never changed:
-- a correction is a note that replaces it, once, and both stay readable.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.handover_notes (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  -- Null: for the whole plant.
  lane_id int,
  -- The shift as people speak of it: several machines have an instance of it, and a correction replaces those.
  business_date date NOT NULL,
  shift_name text NOT NULL CHECK (shift_name <> ''),
  text text NOT NULL CHECK (text <> ''),
  replaces_id int,
  -- Null: no person wrote it.
  created_by int,
  created_by_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (replaces_id <> id),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, lane_id) REFERENCES mes.lanes (organization_id, id),
  FOREIGN KEY (organization_id, replaces_id) REFERENCES mes.handover_notes (organization_id, id),
  FOREIGN KEY (organization_id, created_by) REFERENCES mes.users (organization_id, id)
);
CREATE UNIQUE INDEX replaced_once ON mes.handover_notes (replaces_id) WHERE replaces_id IS NOT NULL;
CREATE INDEX ON mes.handover_notes (organization_id, plant_id, business_date, shift_name);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.handover_notes
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.handover_notes', ARRAY['select', 'insert']);
