-- Background work. One table is outbox, job list and dead-letter list: a row is written in the command's
-- transaction, handed over to BullMQ after its commit, and keeps what became of it. BullMQ (schema bullmq, or Redis) only carries ids.
--
--   queued ──► running ──► completed
--     │          │  ▲
--     ▼          ▼  │ next attempt
--   cancelled  failed ──► dead ──► queued (replayed by hand: the next round)
--
-- queued: nobody has begun; handed_over_at says whether BullMQ has it. running: a worker has it; one that
-- died is found by BullMQ, and the job runs again. failed: it went wrong and is tried again at
-- next_attempt_at. dead: out of attempts, or hopeless from the start; it waits for a person. Each start
-- counts an attempt, and only the attempt that counts last may finish the row: a worker that was frozen
-- and thaws cannot. A replay is a new round, so that BullMQ cannot mistake it for the round before.

SET LOCAL ROLE mes_owner;

CREATE TABLE mes.background_jobs (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  plant_id int,
  kind text NOT NULL CHECK (kind ~ '^[a-z][a-z0-9_]*[.][a-z][a-z0-9_]*$'),
  payload jsonb NOT NULL CHECK (jsonb_typeof(payload) = 'object' AND octet_length(payload::text) <= 262144),
  state text NOT NULL DEFAULT 'queued'
    CHECK (state IN ('queued', 'running', 'completed', 'failed', 'dead', 'cancelled')),
  round int NOT NULL DEFAULT 1 CHECK (round > 0),
  attempts int NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  progress float8 NOT NULL DEFAULT 0 CHECK (progress >= 0 AND progress <= 1),
  progress_text text,
  result jsonb CHECK (octet_length(result::text) <= 1048576),
  error text CHECK (octet_length(error) <= 8192),
  -- Who asked: the job runs in that person's name, and sees that person's plants (null: all).
  actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'api_key', 'device', 'system')),
  requested_by int,
  actor_name text NOT NULL,
  plant_ids int[],
  request_id text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  handed_over_at timestamptz,
  started_at timestamptz,
  next_attempt_at timestamptz,
  finished_at timestamptz,
  FOREIGN KEY (organization_id, plant_id) REFERENCES mes.plants (organization_id, id),
  CHECK ((state IN ('completed', 'dead', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX ON mes.background_jobs (organization_id, created_at DESC, id DESC);
CREATE INDEX ON mes.background_jobs (organization_id, requested_by, created_at DESC, id DESC);
CREATE INDEX ON mes.background_jobs (organization_id, finished_at);
CREATE INDEX background_jobs_to_hand_over ON mes.background_jobs (created_at)
  WHERE handed_over_at IS NULL AND state = 'queued';
CREATE INDEX background_jobs_under_way ON mes.background_jobs (handed_over_at)
  WHERE state IN ('queued', 'running', 'failed');
CREATE INDEX background_jobs_dead ON mes.background_jobs (kind) WHERE state = 'dead';
SELECT mes.fence('mes.background_jobs');
CREATE POLICY owner_all ON mes.background_jobs TO mes_owner USING (true) WITH CHECK (true);
REVOKE DELETE ON mes.background_jobs FROM mes_api;

-- Wakes the relay when the transaction commits. PostgreSQL commits transactions that notify one after the
-- other, so of those that commit at the same time one notifies and the others do not: the relay looks twice.
-- It also looks by itself every two seconds.
CREATE FUNCTION mes.wake_relay() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  IF pg_try_advisory_xact_lock(hashtext('mes.wake_relay')) THEN
    PERFORM pg_notify('mes_jobs', '');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER wake_relay AFTER INSERT OR UPDATE OF round ON mes.background_jobs
  FOR EACH STATEMENT EXECUTE FUNCTION mes.wake_relay();

-- Marks at most so many waiting rows as handed over and tells which; the relay gives them to BullMQ before
-- it commits. Several relays share the work: locked rows are another's.
CREATE FUNCTION mes.hand_over_jobs(most int)
  RETURNS TABLE (id uuid, organization_id int, round int)
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.background_jobs SET handed_over_at = clock_timestamp()
  WHERE background_jobs.id IN (
    SELECT waiting.id FROM mes.background_jobs AS waiting
    WHERE waiting.handed_over_at IS NULL AND waiting.state = 'queued'
    ORDER BY waiting.created_at LIMIT most FOR UPDATE SKIP LOCKED)
  RETURNING background_jobs.id, background_jobs.organization_id, background_jobs.round;
END;

-- The same for rows that BullMQ was given and nobody has touched for so long: it may have lost them (a Redis
-- without its data). What it still has it does not take twice.
CREATE FUNCTION mes.hand_over_again(most int, untouched interval)
  RETURNS TABLE (id uuid, organization_id int, round int)
  LANGUAGE sql SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  UPDATE mes.background_jobs SET handed_over_at = clock_timestamp()
  WHERE background_jobs.id IN (
    SELECT lost.id FROM mes.background_jobs AS lost
    WHERE lost.state IN ('queued', 'running', 'failed') AND lost.handed_over_at < clock_timestamp() - untouched
      AND greatest(lost.started_at, lost.next_attempt_at, lost.created_at) < clock_timestamp() - untouched
    ORDER BY lost.handed_over_at LIMIT most FOR UPDATE SKIP LOCKED)
  RETURNING background_jobs.id, background_jobs.organization_id, background_jobs.round;
END;

-- How many jobs of each kind are under way or dead, and for how many seconds the oldest has waited: to be
-- started (queued), and to be handed over.
CREATE FUNCTION mes.job_figures()
  RETURNS TABLE (kind text, state text, count int, oldest_s float8, unsent_s float8)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT background_jobs.kind, background_jobs.state, count(*)::int,
         extract(epoch FROM clock_timestamp() - min(background_jobs.created_at))::float8,
         extract(epoch FROM clock_timestamp() - min(background_jobs.created_at) FILTER (
           WHERE background_jobs.handed_over_at IS NULL AND background_jobs.state = 'queued'))::float8
  FROM mes.background_jobs
  WHERE background_jobs.state IN ('queued', 'running', 'failed') OR background_jobs.state = 'dead'
  GROUP BY background_jobs.kind, background_jobs.state;
END;

-- For work that recurs: it is done for each organisation in turn, behind its fence.
CREATE FUNCTION mes.organizations_to_serve() RETURNS SETOF int
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = mes, pg_temp
BEGIN ATOMIC
  SELECT organizations.id FROM mes.organizations WHERE organizations.archived_at IS NULL ORDER BY organizations.id;
END;

GRANT EXECUTE ON FUNCTION mes.hand_over_jobs(int), mes.hand_over_again(int, interval), mes.job_figures(),
  mes.organizations_to_serve() TO mes_worker;
