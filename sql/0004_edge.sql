-- What is known of edges: agents with their credential, lease and watermark; their devices and tags,
-- made by births; the last value of each tag; coverage, link and the gap ledger.

SET LOCAL ROLE mes_owner;

-- group_id is issued by the core and belongs to one plant: (group_id, edge_id) -> organisation is a
-- registered fact, never taken from a message.
CREATE TABLE mes.edge_agents (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  group_id text NOT NULL CHECK (group_id ~ '^[A-Za-z0-9._-]+$'),
  edge_id text NOT NULL CHECK (edge_id ~ '^[A-Za-z0-9._-]+$'),
  credential_hash text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id)
);
-- Sparkplug ids may not differ only by case [tck-id-case-sensitivity-sparkplug-ids].
CREATE UNIQUE INDEX edge_agents_topic ON mes.edge_agents (lower(group_id), lower(edge_id));
SELECT mes.fence('mes.edge_agents');
SELECT mes.open_to_ingest('mes.edge_agents', ARRAY['select']);

-- The running picture of an agent, apart from its registration so that ingest may write it.
-- buffer_id: the buffer file it last sent from. watermark: everything of its events lane before this
-- time is committed. edge_time: the agent's clock when it said so.
CREATE TABLE mes.edge_states (
  edge_agent_id int PRIMARY KEY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  buffer_id uuid,
  watermark timestamptz,
  online boolean NOT NULL DEFAULT false,
  online_changed_at timestamptz,
  last_message_at timestamptz,
  version text,
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id)
) WITH (fillfactor = 50);
CREATE INDEX ON mes.edge_states (organization_id);
SELECT mes.fence('mes.edge_states', ARRAY['select']);
SELECT mes.open_to_ingest('mes.edge_states', ARRAY['select', 'insert', 'update']);

-- An edge belongs to one ingestor at a time. generation rises with each new holder.
CREATE TABLE mes.edge_leases (
  edge_agent_id int PRIMARY KEY,
  organization_id int NOT NULL,
  ingestor text NOT NULL,
  generation bigint NOT NULL,
  until timestamptz NOT NULL,
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id)
) WITH (fillfactor = 50);
CREATE INDEX ON mes.edge_leases (organization_id);
SELECT mes.fence('mes.edge_leases', ARRAY['select']);
SELECT mes.open_to_ingest('mes.edge_leases', ARRAY['select', 'insert', 'update', 'delete']);

CREATE TABLE mes.devices (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  edge_agent_id int NOT NULL,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, edge_agent_id, name),
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id)
);
SELECT mes.fence('mes.devices');
SELECT mes.open_to_ingest('mes.devices', ARRAY['select', 'insert']);

-- A changed datatype is a new tag: old samples keep the meaning they had.
CREATE TABLE mes.tags (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  device_id int NOT NULL,
  name text NOT NULL,
  datatype text NOT NULL,
  machine_id int,
  role text CHECK (role IN ('total_count', 'good_count', 'reject_count', 'infeed_count', 'state', 'alarm', 'measurement', 'order', 'material')),
  -- Why a reject_count counts, or what an alarm says.
  reason text,
  unit text,
  counter_kind text CHECK (counter_kind IN ('cumulative', 'delta', 'pulse')),
  counter_modulus numeric,
  -- How often a polled tag is read; null where the device reports changes. A tag that misses three
  -- periods is stale on screen.
  poll_ms int,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, device_id, name, datatype),
  FOREIGN KEY (organization_id, device_id) REFERENCES mes.devices (organization_id, id),
  FOREIGN KEY (organization_id, machine_id) REFERENCES mes.machines (organization_id, id)
);
CREATE INDEX ON mes.tags (organization_id, machine_id);
SELECT mes.fence('mes.tags');
SELECT mes.open_to_ingest('mes.tags', ARRAY['select', 'insert', 'update']);

-- The last value of each tag, so that no query searches a hypertable without a time bound.
CREATE TABLE mes.tag_last (
  tag_id int PRIMARY KEY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  time timestamptz NOT NULL,
  value float8,
  text_value text,
  status int,
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
) WITH (fillfactor = 50);
CREATE INDEX ON mes.tag_last (organization_id);
SELECT mes.fence('mes.tag_last', ARRAY['select']);
SELECT mes.open_to_ingest('mes.tag_last', ARRAY['select', 'insert', 'update']);

-- What each device's agent knew of it: up, down or unknown from time on, until the next row.
CREATE TABLE mes.device_coverage (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  device_id int NOT NULL,
  time timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('up', 'down', 'unknown')),
  PRIMARY KEY (device_id, time),
  FOREIGN KEY (organization_id, device_id) REFERENCES mes.devices (organization_id, id)
);
CREATE INDEX ON mes.device_coverage (organization_id, device_id, time);
-- Where coverage broke last is asked at each look at a machine.
CREATE INDEX ON mes.device_coverage (device_id, time) WHERE state <> 'up';
SELECT mes.fence('mes.device_coverage', ARRAY['select']);
SELECT mes.open_to_ingest('mes.device_coverage', ARRAY['select', 'insert']);

-- When the cloud had a link to an agent's device. For the live picture only: no figure reads it.
CREATE TABLE mes.edge_links (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  edge_agent_id int NOT NULL,
  device_name text NOT NULL DEFAULT '',
  from_time timestamptz NOT NULL,
  to_time timestamptz,
  PRIMARY KEY (edge_agent_id, device_name, from_time),
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id)
);
CREATE INDEX ON mes.edge_links (organization_id);
SELECT mes.fence('mes.edge_links', ARRAY['select']);
SELECT mes.open_to_ingest('mes.edge_links', ARRAY['select', 'insert', 'update']);

-- What could not be seen, or was lost: never nothing, always a row. Half-open [from_time, to_time).
-- A null tag means every tag of the device, a null device every device of the agent.
CREATE TABLE mes.gap_ledger (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  edge_agent_id int NOT NULL,
  device_id int,
  tag_id int,
  from_time timestamptz NOT NULL,
  to_time timestamptz NOT NULL,
  cause text NOT NULL CHECK (cause ~ '^[a-z0-9_]+$'),
  -- How many values are known to be lost; null where nobody can know.
  lost_count bigint,
  detail text,
  recorded_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (edge_agent_id, device_id, tag_id, from_time, to_time, cause),
  CHECK (from_time <= to_time),
  FOREIGN KEY (organization_id, edge_agent_id) REFERENCES mes.edge_agents (organization_id, id),
  FOREIGN KEY (organization_id, device_id) REFERENCES mes.devices (organization_id, id),
  FOREIGN KEY (organization_id, tag_id) REFERENCES mes.tags (organization_id, id)
);
CREATE INDEX ON mes.gap_ledger (organization_id, edge_agent_id, from_time);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON mes.gap_ledger
  FOR EACH ROW EXECUTE FUNCTION mes.refuse_change();
SELECT mes.fence('mes.gap_ledger', ARRAY['select']);
SELECT mes.open_to_ingest('mes.gap_ledger', ARRAY['select', 'insert']);
