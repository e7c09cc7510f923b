-- The end of a demo while its plant still runs: rows that workers and ingestors write at that moment.

SET LOCAL ROLE mes_owner;

-- As before (0009), but nothing comes in beside it.
CREATE OR REPLACE FUNCTION mes.remove_demo() RETURNS int
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = mes, pg_temp
AS $$
DECLARE
  gone int[];
  people int[];
  waiting oid[];
  next_table oid;
BEGIN
  IF NOT EXISTS (SELECT FROM mes.organizations WHERE organizations.id = mes.current_organization_id() AND organizations.demo) THEN
    RETURN 0;
  END IF;
  SELECT array_agg(organizations.id) INTO gone FROM mes.organizations WHERE organizations.demo;
  SELECT array_agg(DISTINCT users.account_id) INTO people FROM mes.users WHERE users.organization_id = ANY (gone);
  SELECT array_agg(pg_class.oid) INTO waiting FROM pg_class
  JOIN pg_attribute ON pg_attribute.attrelid = pg_class.oid AND pg_attribute.attname = 'organization_id' AND NOT pg_attribute.attisdropped
  WHERE pg_class.relnamespace IN ('mes'::regnamespace, 'telemetry'::regnamespace) AND pg_class.relkind IN ('r', 'p') AND NOT pg_class.relispartition;
  PERFORM set_config('mes.removing_demo', 'yes', true);
  -- Workers and ingestors go on meanwhile. A row that refers to another needs a share of its lock: with all
  -- rows that are referred to locked, nothing new comes to a table that is emptied already.
  PERFORM FROM mes.organizations WHERE organizations.id = ANY (gone) ORDER BY organizations.id FOR UPDATE;
  FOR next_table IN
    SELECT DISTINCT pg_constraint.confrelid FROM pg_constraint
    WHERE pg_constraint.contype = 'f' AND pg_constraint.confrelid = ANY (waiting) ORDER BY 1
  LOOP
    EXECUTE format('SELECT FROM %s WHERE organization_id = ANY ($1) FOR UPDATE', next_table::regclass) USING gone;
  END LOOP;
  WHILE cardinality(waiting) > 0 LOOP
    SELECT candidate INTO next_table FROM unnest(waiting) AS candidate
    WHERE NOT EXISTS (
      SELECT FROM pg_constraint
      WHERE pg_constraint.contype = 'f' AND pg_constraint.confrelid = candidate AND pg_constraint.conrelid <> candidate
        AND pg_constraint.conrelid = ANY (waiting))
    LIMIT 1;
    IF next_table IS NULL THEN
      RAISE EXCEPTION 'The foreign keys of % go in a circle', (SELECT array_agg(one::regclass) FROM unnest(waiting) AS one);
    END IF;
    EXECUTE format('DELETE FROM %s WHERE organization_id = ANY ($1)', next_table::regclass) USING gone;
    waiting := array_remove(waiting, next_table);
  END LOOP;
  DELETE FROM mes.organizations WHERE organizations.id = ANY (gone);
  DELETE FROM mes.accounts
  WHERE accounts.id = ANY (people) AND NOT EXISTS (SELECT FROM mes.users WHERE users.account_id = accounts.id);
  PERFORM set_config('mes.removing_demo', '', true);
  RETURN cardinality(gone);
END $$;
