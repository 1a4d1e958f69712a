-- The first delivery of the message that a delivery went out in together with
-- others, a digest; 0: by itself. Whoever speaks about a message speaks about all
-- of it. Step for step with the other database.
ALTER TABLE deliveries ADD COLUMN message BIGINT NOT NULL DEFAULT 0;
-- Of what gateways may still speak about: one person gets one push once, so that
-- what one claim took for one address was a digest.
UPDATE deliveries SET message = m.first
FROM (
  SELECT batch_id, contact_id, claimed_at, MIN(id) AS first FROM deliveries
  WHERE batch_id > 0 AND state IN ('sending', 'accepted', 'unknown')
  GROUP BY batch_id, contact_id, claimed_at HAVING COUNT(*) > 1) AS m
WHERE deliveries.batch_id = m.batch_id AND deliveries.contact_id = m.contact_id AND deliveries.claimed_at = m.claimed_at
  AND deliveries.batch_id > 0 AND deliveries.state IN ('sending', 'accepted', 'unknown');
