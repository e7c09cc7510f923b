-- A day of all machines is found by the day it is counted on, and no other day is read: an index of buckets
-- gives the days around it too, since shifts reach over midnight. Hours are found by their day and bucket.

SET LOCAL ROLE mes_owner;

CREATE INDEX ON mes.time_facts (organization_id, business_date, bucket);
CREATE INDEX ON mes.count_facts (organization_id, business_date, bucket);
DROP INDEX mes.time_facts_organization_id_bucket_idx, mes.count_facts_organization_id_bucket_idx;
