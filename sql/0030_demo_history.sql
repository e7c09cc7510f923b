-- How far the history of a demo is filled in (deploy/demo/history): the newest day first, so that days_done says
-- which ones are there. Shown on screen; a demo that was stopped goes on from here.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.demo_histories (
  organization_id int PRIMARY KEY REFERENCES mes.organizations (id),
  -- Where the history ends: the first thing that the agents told.
  until_time timestamptz NOT NULL,
  days int NOT NULL CHECK (days > 0),
  days_done int NOT NULL DEFAULT 0 CHECK (days_done BETWEEN 0 AND days),
  sample_count bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL DEFAULT now(),
  finished_at timestamptz,
  CHECK ((finished_at IS NULL) = (days_done < days))
);
SELECT mes.fence('mes.demo_histories', ARRAY['select']);
