-- What becomes of a delivery after it was planned is written a hundred times as
-- often as it is looked for: no index has to follow. Those that do hold what
-- stays, or what few rows have, and PostgreSQL finds room for a row's next
-- state on its own page. Step for step with the other database.

-- When its gateway is asked what became of it; 0: it is not in doubt.
ALTER TABLE deliveries ADD COLUMN ask_at BIGINT NOT NULL DEFAULT 0;
UPDATE deliveries SET ask_at = CASE WHEN next_at > 0 THEN next_at ELSE 1 END WHERE state = 'unknown';
-- How many of its deliveries somebody has claimed and not recorded.
ALTER TABLE batches ADD COLUMN sending BIGINT NOT NULL DEFAULT 0;
UPDATE batches SET sending = (SELECT COUNT(*) FROM deliveries d WHERE d.batch_id = batches.id AND d.state = 'sending')
WHERE id IN (SELECT batch_id FROM deliveries WHERE state = 'sending');

DROP INDEX deliveries_open;
DROP INDEX deliveries_digest;
DROP INDEX deliveries_sending;
DROP INDEX deliveries_contact;
DROP INDEX deliveries_subscriber;
DROP INDEX deliveries_doubt;
-- For the claim, and for what belongs to one message.
CREATE INDEX deliveries_batch ON deliveries (batch_id) WHERE batch_id > 0;
-- For the digest of one person.
CREATE INDEX deliveries_digest ON deliveries (subscriber_id, channel) WHERE reason = 'digest';
-- For what is in doubt.
CREATE INDEX deliveries_doubt ON deliveries (channel, ask_at) WHERE ask_at > 0;
-- For the pages of one person, and what they got lately.
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id, id);
-- For the sweep of lost workers.
CREATE INDEX batches_sending ON batches (id) WHERE sending > 0;
-- For the oldest push of which something was handed over lately.
CREATE INDEX push_pace_minute ON push_pace (minute, push_id);

ALTER TABLE delivery_parts DROP COLUMN closed_at;
