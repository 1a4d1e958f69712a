-- A delivery's id is made of its push, its subscriber and its channel, see
-- domain.NewDeliveryID: the key itself keeps a message from being planned
-- twice. Step for step with the other database, where the table gets parts.
UPDATE delivery_events SET delivery_id = (d.push_id << 36) + (d.subscriber_id << 4) + CASE d.channel WHEN 'sms' THEN 1 ELSE 2 END
FROM deliveries d WHERE d.id = delivery_events.delivery_id;
UPDATE outbox SET delivery_id = (d.push_id << 36) + (d.subscriber_id << 4) + CASE d.channel WHEN 'sms' THEN 1 ELSE 2 END
FROM deliveries d WHERE d.id = outbox.delivery_id;
UPDATE deliveries SET id = (push_id << 36) + (subscriber_id << 4) + CASE channel WHEN 'sms' THEN 1 ELSE 2 END;
DROP INDEX deliveries_once;
