-- A day of all machines is found by its time, however long the history is: an index that begins with the
-- machine would be read whole. One machine's facts are found by (machine_id, bucket) as before.

SET LOCAL ROLE mes_owner;

CREATE INDEX ON mes.time_facts (organization_id, bucket);
CREATE INDEX ON mes.count_facts (organization_id, bucket);
DROP INDEX mes.time_facts_organization_id_machine_id_bucket_idx, mes.count_facts_organization_id_machine_id_bucket_idx;
