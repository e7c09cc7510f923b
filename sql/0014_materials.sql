-- What is made: units of measure, materials and how they are found, and how fast each machine should make them.

-- Lets the organisation stand in the same index as the words of a search.
CREATE EXTENSION IF NOT EXISTS btree_gin;

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
  -- What a search looks into: letters and digits in small, whatever stands between them is a space.
  words tsvector NOT NULL GENERATED ALWAYS AS (
    setweight(to_tsvector('simple', regexp_replace(lower(code COLLATE mes.natural), '[^[:alnum:]]+', ' ', 'g')), 'A')
    || setweight(to_tsvector('simple', regexp_replace(lower(name COLLATE mes.natural), '[^[:alnum:]]+', ' ', 'g')), 'B')
    || setweight(to_tsvector('simple', regexp_replace(lower((coalesce(material_group, '') || ' ' || coalesce(description, '')) COLLATE mes.natural), '[^[:alnum:]]+', ' ', 'g')), 'D')
  ) STORED,
  -- COLA-0.5 and cola 05 are the same to who types them.
  code_key text NOT NULL GENERATED ALWAYS AS (regexp_replace(lower(code COLLATE mes.natural), '[^[:alnum:]]+', '', 'g')) STORED,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, code),
  FOREIGN KEY (organization_id, unit_id) REFERENCES mes.units_of_measure (organization_id, id)
);
CREATE INDEX ON mes.materials (organization_id, code COLLATE mes.natural, id);
CREATE INDEX ON mes.materials (organization_id, code_key text_pattern_ops);
CREATE INDEX ON mes.materials USING gin (organization_id, words);
SELECT mes.keep_record('mes.materials');
SELECT mes.fence('mes.materials');
CREATE POLICY owner_select ON mes.materials FOR SELECT TO mes_owner USING (true);

-- What a material was before: each revision with when it began. The one made now stands on the material; of
-- a material that never had another there is no row here.
CREATE TABLE mes.material_revisions (
  id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL,
  material_id int NOT NULL,
  revision text NOT NULL CHECK (revision <> ''),
  valid_from timestamptz NOT NULL,
  note text,
  UNIQUE (organization_id, id),
  UNIQUE (organization_id, material_id, revision),
  UNIQUE (organization_id, material_id, valid_from),
  FOREIGN KEY (organization_id, material_id) REFERENCES mes.materials (organization_id, id)
);
SELECT mes.fence('mes.material_revisions', ARRAY['select', 'insert']);

-- The words that occur in materials, so that a search knows what somebody may have meant who mistyped one:
-- some ten thousand instead of a million rows. A word stays when its last material goes: then it leads to
-- nothing, as it would otherwise. It may stand here twice: unique, two imports would wait for each other.
-- near: the word, and the word without each of its letters. Two words that share one of these differ by one
-- letter that is missing, added or wrong, or by two that changed places.
CREATE TABLE mes.material_words (
  id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  organization_id int NOT NULL REFERENCES mes.organizations (id),
  word text NOT NULL,
  near text[] NOT NULL
);
CREATE INDEX ON mes.material_words (organization_id, word text_pattern_ops);
CREATE INDEX ON mes.material_words USING gin (organization_id, near, word public.gin_trgm_ops);
SELECT mes.fence('mes.material_words', ARRAY['select', 'insert']);
CREATE POLICY owner_select ON mes.material_words FOR SELECT TO mes_owner USING (true);

-- A word and what it is when one letter is left out.
CREATE FUNCTION mes.near_words(word text) RETURNS text[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN ARRAY(SELECT word UNION SELECT left(word, at - 1) || substr(word, at + 1) FROM generate_series(1, length(word)) AS at);

-- Once per statement, so that an import pays once per chunk. A word of letters, 3 to 40: numbers are nobody's typo.
CREATE FUNCTION mes.learn_material_words() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO mes.material_words (organization_id, word, near)
  SELECT fresh.organization_id, fresh.word, mes.near_words(fresh.word)
  FROM (
    SELECT DISTINCT changed.organization_id, occurring.word
    FROM changed, unnest(tsvector_to_array(changed.words)) AS occurring (word)
  ) AS fresh
  WHERE NOT EXISTS (
    SELECT FROM mes.material_words AS known
    WHERE known.organization_id = fresh.organization_id AND known.word = fresh.word)
    AND fresh.word COLLATE mes.natural ~ '^[[:alpha:]]{3,40}$';
  RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION mes.near_words(text) TO mes_api, mes_worker;
CREATE TRIGGER learn_new_words AFTER INSERT ON mes.materials
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mes.learn_material_words();
CREATE TRIGGER learn_changed_words AFTER UPDATE ON mes.materials
  REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION mes.learn_material_words();

-- The tsquery of one word that was typed: what begins so, what has it inside (a German Schraube is in the
-- Sechskantschraube), and, where there is neither, what it may have been meant to be. Null: nothing is like it.
CREATE FUNCTION mes.material_word_query(organization int, typed text) RETURNS tsquery
  LANGUAGE plpgsql STABLE SET search_path = mes, pg_temp
AS $$
DECLARE
  found text[];
  begun tsquery := to_tsquery('simple', quote_literal(typed) || ':*');
BEGIN
  IF typed COLLATE mes.natural !~ '^[[:alpha:]]{3,40}$' THEN
    RETURN begun;
  END IF;
  found := ARRAY(
    SELECT DISTINCT known.word FROM mes.material_words AS known
    WHERE known.organization_id = organization AND known.word LIKE '%' || typed || '%' LIMIT 30);
  IF found = '{}' THEN
    found := ARRAY(
      SELECT DISTINCT known.word FROM mes.material_words AS known
      WHERE known.organization_id = organization AND known.near && mes.near_words(typed) LIMIT 10);
  END IF;
  IF found = '{}' AND length(typed) > 4 THEN
    found := ARRAY(
      SELECT like_it.word
      FROM (
        SELECT DISTINCT known.word FROM mes.material_words AS known
        WHERE known.organization_id = organization AND known.word OPERATOR(public.%) typed
      ) AS like_it
      ORDER BY public.similarity(like_it.word, typed) DESC LIMIT 5);
  END IF;
  IF found = '{}' THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(to_tsquery('simple', string_agg(quote_literal(one), ' | ')) || begun, begun) INTO begun
  FROM unnest(found) AS one WHERE NOT starts_with(one, typed);
  RETURN begun;
END $$;

-- The materials of this organisation that fit best, from place 1 on: the code itself, codes that begin so,
-- then by words. Row security admits only leakproof operators to an index, and those of a text search are
-- not; so it is asked here with the rights of the owner, and the organisation is part of every question.
CREATE FUNCTION mes.search_materials(asked text, most int) RETURNS TABLE (id int, place int)
  LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = mes, pg_temp
AS $$
DECLARE
  organization int := mes.current_organization_id();
  plain text := btrim(regexp_replace(lower(left(asked, 200) COLLATE mes.natural), '[^[:alnum:]]+', ' ', 'g'));
  key text := replace(plain, ' ', '');
  query tsquery;
  one tsquery;
  typed text;
BEGIN
  IF key = '' THEN
    RETURN;
  END IF;
  FOREACH typed IN ARRAY (string_to_array(plain, ' '))[1:10] LOOP
    one := mes.material_word_query(organization, typed);
    query := CASE WHEN query IS NULL THEN one ELSE query && one END;
    EXIT WHEN query IS NULL;
  END LOOP;
  RETURN QUERY
    WITH candidates AS (
      (SELECT materials.id, materials.code, materials.name, materials.code_key, materials.words
       FROM mes.materials
       WHERE materials.organization_id = organization AND materials.code_key ~>=~ key AND materials.code_key ~<~ (key || chr(1114111))
       ORDER BY materials.code_key USING ~<~ LIMIT most)
      UNION ALL
      (SELECT materials.id, materials.code, materials.name, materials.code_key, materials.words
       FROM mes.materials
       WHERE materials.organization_id = organization AND materials.words @@ query
         AND NOT starts_with(materials.code_key, key)
       LIMIT most)
    )
    SELECT candidates.id,
      (row_number() OVER (
        ORDER BY candidates.code_key = key DESC, starts_with(candidates.code_key, key) DESC,
          coalesce(ts_rank_cd(candidates.words, query), 0) + public.similarity(candidates.name, asked) DESC,
          candidates.code COLLATE mes.natural, candidates.id))::int
    FROM candidates
    ORDER BY 2
    LIMIT most;
END $$;
GRANT EXECUTE ON FUNCTION mes.search_materials(text, int) TO mes_api, mes_worker;

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

-- Which standard holds for a machine that makes a material at an instant: the operation's own before the one
-- for any, and of these the latest that had begun on the plant's day. No row: there is none.
CREATE FUNCTION mes.production_standard_at(wanted_machine_id int, wanted_material_id int, wanted_operation text, instant timestamptz)
  RETURNS TABLE (id int, operation text, valid_from date, ideal_cycle numeric, pieces_per_count numeric)
  LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
  SELECT standards.id, standards.operation, standards.valid_from, standards.ideal_cycle, standards.pieces_per_count
  FROM mes.production_standards AS standards
  JOIN mes.plants ON plants.organization_id = standards.organization_id AND plants.id = standards.plant_id
  WHERE standards.machine_id = wanted_machine_id AND standards.material_id = wanted_material_id
    AND standards.operation IN (wanted_operation, '')
    AND standards.valid_from <= (instant AT TIME ZONE plants.time_zone)::date
    AND standards.archived_at IS NULL
  ORDER BY standards.operation = '', standards.valid_from DESC
  LIMIT 1;
END;
GRANT EXECUTE ON FUNCTION mes.production_standard_at(int, int, text, timestamptz) TO mes_api, mes_worker;

-- What a machine makes where nobody says: for plants without orders.
ALTER TABLE mes.machines
  ADD COLUMN default_material_id int,
  ADD FOREIGN KEY (organization_id, default_material_id) REFERENCES mes.materials (organization_id, id);
