-- What the kit needs of the database: the order people expect of names, and answers kept for requests
-- that are sent twice.

SET LOCAL ROLE mes_owner;

-- Line 2 before Line 10, Äpfel beside Apfel, whatever locale the server was made with. Two names that
-- differ stay different: the order is refined by bytes where it calls them equal.
CREATE COLLATION mes.natural (provider = icu, locale = 'und-u-kn-true');

-- A POST with an Idempotency-Key is carried out once; asked again with the same key it gets the same
-- answer. The row is written in the command's transaction, so key and command stand or fall together.
CREATE TABLE mes.idempotency_keys (
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  -- user 17, api_key 3: a key belongs to who sent it.
  actor text NOT NULL,
  key text NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  -- SHA-256 of method, path and body: the same key with another request is a mistake.
  fingerprint bytea NOT NULL,
  -- Null only inside the transaction that writes it.
  answer jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, actor, key)
);
CREATE INDEX ON mes.idempotency_keys (organization_id, created_at);
SELECT mes.fence('mes.idempotency_keys');

-- A CSV file on its way in, until it was imported or a day has passed.
CREATE TABLE mes.import_files (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  resource text NOT NULL,
  content bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON mes.import_files (organization_id, created_at);
SELECT mes.fence('mes.import_files');
