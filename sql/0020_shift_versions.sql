-- What shifts that are over were before a correction: each version that was replaced or cancelled, with who did
-- it and why. A figure that somebody signed can be read beside the shift that it was of, also when that shift
-- is no more.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.shift_instance_versions (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  machine_id int NOT NULL,
  -- The row of mes.shift_instances that said this. It is gone.
  shift_instance_id bigint NOT NULL,
  calendar_id int,
  name text NOT NULL,
  team text,
  kind text NOT NULL,
  start_day date NOT NULL,
  business_date date NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  breaks tstzmultirange NOT NULL,
  state text NOT NULL CHECK (state IN ('ended', 'closed', 'restated')),
  version int NOT NULL,
  -- restated: mes.shift_instances has the next version of it. cancelled: it did not take place.
  outcome text NOT NULL CHECK (outcome IN ('restated', 'cancelled')),
  reason text NOT NULL CHECK (reason <> ''),
  replaced_by text NOT NULL,
  replaced_at timestamptz NOT NULL,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, machine_id, start_day, name, version, shift_instance_id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id),
  FOREIGN KEY (organization_id, calendar_id) REFERENCES mes.calendars (organization_id, id)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.shift_instance_versions
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.shift_instance_versions', ARRAY['select', 'insert']);
