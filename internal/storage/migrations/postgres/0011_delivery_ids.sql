-- A delivery's id is made of its push, its subscriber and its channel, see
-- domain.NewDeliveryID: the key itself keeps a message from being planned
-- twice. Step for step with the other database.
UPDATE delivery_events SET delivery_id = (d.push_id << 36) + (d.subscriber_id << 4) + CASE d.channel WHEN 'sms' THEN 1 ELSE 2 END
FROM deliveries d WHERE d.id = delivery_events.delivery_id;
UPDATE outbox SET delivery_id = (d.push_id << 36) + (d.subscriber_id << 4) + CASE d.channel WHEN 'sms' THEN 1 ELSE 2 END
FROM deliveries d WHERE d.id = outbox.delivery_id;
UPDATE deliveries SET id = (push_id << 36) + (subscriber_id << 4) + CASE channel WHEN 'sms' THEN 1 ELSE 2 END;
DROP INDEX deliveries_once;

-- The table is made of parts by ranges of ids, which are ranges of pushes, so
-- that what is long over can go as a whole. All there is becomes the first.
ALTER TABLE deliveries ALTER COLUMN id DROP IDENTITY;
ALTER TABLE deliveries RENAME TO deliveries_part_1;
ALTER TABLE deliveries_part_1 RENAME CONSTRAINT deliveries_pkey TO deliveries_part_1_pkey;
ALTER INDEX deliveries_open RENAME TO deliveries_part_1_open;
ALTER INDEX deliveries_digest RENAME TO deliveries_part_1_digest;
ALTER INDEX deliveries_sending RENAME TO deliveries_part_1_sending;
ALTER INDEX deliveries_ref RENAME TO deliveries_part_1_ref;
ALTER INDEX deliveries_contact RENAME TO deliveries_part_1_contact;
ALTER INDEX deliveries_subscriber RENAME TO deliveries_part_1_subscriber;
CREATE TABLE deliveries (LIKE deliveries_part_1 INCLUDING DEFAULTS) PARTITION BY RANGE (id);
ALTER TABLE deliveries ADD PRIMARY KEY (id);
CREATE INDEX deliveries_open ON deliveries (push_id, batch_id, next_at) WHERE state IN ('pending', 'sending');
CREATE INDEX deliveries_digest ON deliveries (subscriber_id, channel) WHERE state = 'pending' AND reason = 'digest';
CREATE INDEX deliveries_sending ON deliveries (claimed_at) WHERE state = 'sending';
CREATE INDEX deliveries_ref ON deliveries (gateway_ref) WHERE gateway_ref <> '';
CREATE INDEX deliveries_contact ON deliveries (contact_id, claimed_at) WHERE claimed_at > 0;
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id);
ALTER TABLE deliveries ATTACH PARTITION deliveries_part_1 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
