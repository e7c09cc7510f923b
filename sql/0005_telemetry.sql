-- Samples: the raw truth. Hypertables where TimescaleDB is there. No row security here (TimescaleDB
-- refuses compression with it and policies do not reach chunks) and no grant to mes_api or mes_worker:
-- they read through the views below, which show one organisation and the user's plants.

SET LOCAL ROLE mes_owner;

-- status: OPC UA status code, null = Good. value null = the device gave none (bad quality).
CREATE TABLE telemetry.sample (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  value float8,
  status int
);
CREATE UNIQUE INDEX sample_key ON telemetry.sample (tag_id, time);
SELECT telemetry.make_hypertable('telemetry.sample', 'time', interval '1 day');

CREATE TABLE telemetry.sample_text (
  organization_id int NOT NULL,
  plant_id int NOT NULL,
  tag_id int NOT NULL,
  time timestamptz NOT NULL,
  value text,
  status int
);
CREATE UNIQUE INDEX sample_text_key ON telemetry.sample_text (tag_id, time);
SELECT telemetry.make_hypertable('telemetry.sample_text', 'time', interval '7 days');

GRANT SELECT, INSERT ON telemetry.sample, telemetry.sample_text TO mes_ingest;

CREATE VIEW mes.samples WITH (security_barrier) AS
  SELECT sample.organization_id, sample.plant_id, sample.tag_id, sample.time, sample.value, sample.status
  FROM telemetry.sample
  WHERE sample.organization_id = nullif(current_setting('mes.organization_id', true), '')::int
    AND mes.sees_plant(sample.plant_id);

CREATE VIEW mes.sample_texts WITH (security_barrier) AS
  SELECT sample_text.organization_id, sample_text.plant_id, sample_text.tag_id, sample_text.time, sample_text.value,
         sample_text.status
  FROM telemetry.sample_text
  WHERE sample_text.organization_id = nullif(current_setting('mes.organization_id', true), '')::int
    AND mes.sees_plant(sample_text.plant_id);

GRANT SELECT ON mes.samples, mes.sample_texts TO mes_api, mes_worker;
