-- What imports write by the thousand costs a statement each, not a row each; what a search finds has passed the
-- filters of its list.

SET LOCAL ROLE mes_owner;

-- As before, but the words of a chunk are told apart first, and those with a digit go by a cheap look: what a
-- letter is in all languages is asked only of words that are not known yet.
CREATE OR REPLACE FUNCTION mes.learn_material_words() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  WITH occurring AS MATERIALIZED (
    SELECT DISTINCT changed.organization_id, words.word
    FROM changed, unnest(tsvector_to_array(changed.words)) AS words (word)
  ), fresh AS MATERIALIZED (
    SELECT occurring.organization_id, occurring.word FROM occurring
    WHERE occurring.word COLLATE "C" !~ '[0-9]'
      AND NOT EXISTS (
        SELECT FROM mes.material_words AS known
        WHERE known.organization_id = occurring.organization_id AND known.word = occurring.word)
  )
  INSERT INTO mes.material_words (organization_id, word, near)
  SELECT fresh.organization_id, fresh.word, mes.near_words(fresh.word) FROM fresh
  WHERE fresh.word COLLATE mes.natural ~ '^[[:alpha:]]{3,40}$';
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION mes.await_seal() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
BEGIN
  INSERT INTO mes.audit_unsealed (organization_id, audit_log_id)
  SELECT written.organization_id, written.id FROM written;
  RETURN NULL;
END $$;
DROP TRIGGER await_seal ON mes.audit_logs;
CREATE TRIGGER await_seal AFTER INSERT ON mes.audit_logs
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION mes.await_seal();

-- Filters hold before the best are taken, so that what passes them is not lost behind a thousand others that
-- do not. Each is an object: `column`, and one of `any` (a list; of `attribute` where the column holds
-- attributes), `from` and `to` (half-open), or `set` (whether it is null). The columns are those of the table.
CREATE FUNCTION mes.material_filter(filters jsonb) RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = mes, pg_temp
AS $$
DECLARE
  one record;
  kind text;
  filter text := '';
BEGIN
  FOR one IN
    SELECT given.* FROM jsonb_to_recordset(filters)
      AS given ("column" name, attribute text, "any" text[], "from" text, "to" text, "set" boolean)
  LOOP
    SELECT format_type(pg_attribute.atttypid, pg_attribute.atttypmod) INTO STRICT kind FROM pg_attribute
    WHERE pg_attribute.attrelid = 'mes.materials'::regclass AND pg_attribute.attname = one."column"
      AND pg_attribute.attnum > 0 AND NOT pg_attribute.attisdropped;
    filter := filter || CASE
      WHEN one.attribute IS NOT NULL
        THEN format(' AND materials.%I ->> %L = ANY (%L::text[])', one."column", one.attribute, one."any")
      WHEN one."any" IS NOT NULL THEN format(' AND materials.%I = ANY (%L::%s[])', one."column", one."any", kind)
      WHEN one."from" IS NOT NULL THEN format(' AND materials.%I >= %L::%s', one."column", one."from", kind)
      WHEN one."to" IS NOT NULL THEN format(' AND materials.%I < %L::%s', one."column", one."to", kind)
      WHEN one."set" THEN format(' AND materials.%I IS NOT NULL', one."column")
      ELSE format(' AND materials.%I IS NULL', one."column")
    END;
  END LOOP;
  RETURN filter;
END $$;

DROP FUNCTION mes.search_materials(text, int);

-- The materials of this organisation that pass the filters and fit best, from place 1 on: the code itself,
-- codes that begin so, then by words. Row security admits only leakproof operators to an index, and those of
-- a text search are not; so it is asked here with the rights of the owner, and the organisation is part of
-- every question.
CREATE FUNCTION mes.search_materials(asked text, most int, filters jsonb) RETURNS TABLE (id int, place int)
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
  RETURN QUERY EXECUTE format($search$
    WITH candidates AS (
      (SELECT materials.id, materials.code, materials.name, materials.code_key, materials.words
       FROM mes.materials
       WHERE materials.organization_id = $1 AND materials.code_key ~>=~ $2 AND materials.code_key ~<~ ($2 || chr(1114111)) %1$s
       ORDER BY materials.code_key USING ~<~ LIMIT $5)
      UNION ALL
      (SELECT materials.id, materials.code, materials.name, materials.code_key, materials.words
       FROM mes.materials
       WHERE materials.organization_id = $1 AND materials.words @@ $3 AND NOT starts_with(materials.code_key, $2) %1$s
       LIMIT $5)
    )
    SELECT candidates.id,
      (row_number() OVER (
        ORDER BY candidates.code_key = $2 DESC, starts_with(candidates.code_key, $2) DESC,
          coalesce(ts_rank_cd(candidates.words, $3), 0) + public.similarity(candidates.name, $4) DESC,
          candidates.code COLLATE mes.natural, candidates.id))::int
    FROM candidates
    ORDER BY 2
    LIMIT $5 $search$, mes.material_filter(filters))
    USING organization, key, query, asked, most;
END $$;
GRANT EXECUTE ON FUNCTION mes.search_materials(text, int, jsonb) TO mes_api, mes_worker;
