-- What the ingestor records beside the samples, in their transaction.

SET LOCAL ROLE mes_owner;

-- Messages that cannot become samples, with their bytes and the reason. organization_id is null where
-- the sender is not registered: then only the installation's owner sees the row.
CREATE TABLE mes.dead_letters (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int REFERENCES mes.organizations (id),
  plant_id int,
  topic text NOT NULL,
  reason text NOT NULL CHECK (reason ~ '^[a-z0-9_]+$'),
  detail text,
  payload bytea NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON mes.dead_letters (organization_id, received_at);
SELECT mes.fence('mes.dead_letters', ARRAY['select']);
SELECT mes.open_to_ingest('mes.dead_letters', ARRAY['insert']);

-- A second value for a (tag, time) that is stored already. The first stays; this is for people to see.
CREATE TABLE mes.sample_conflicts (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  value float8,
  text_value text,
  status int,
  received_at timestamptz NOT NULL DEFAULT now(),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE UNIQUE INDEX sample_conflicts_key ON mes.sample_conflicts (tag_id, time, value, text_value, status) NULLS NOT DISTINCT;
CREATE INDEX ON mes.sample_conflicts (organization_id, tag_id, time);
SELECT mes.fence('mes.sample_conflicts', ARRAY['select']);
SELECT mes.open_to_ingest('mes.sample_conflicts', ARRAY['select', 'insert']);

-- Which stretches of which machines must be recomputed. Append-only and without a unique key: marks
-- merged by ON CONFLICT lose work and deadlock (DESIGN: KPI). Read by the KPI worker.
CREATE TABLE mes.dirty_marks (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  machine_id int NOT NULL,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.dirty_marks (organization_id, machine_id, id);
SELECT mes.fence('mes.dirty_marks', ARRAY['select', 'insert', 'delete']);
SELECT mes.open_to_ingest('mes.dirty_marks', ARRAY['insert']);
