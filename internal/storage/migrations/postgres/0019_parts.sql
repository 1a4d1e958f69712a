-- Deliveries and their history stand in parts by ranges of pushes, so that what
-- is long over goes as a whole, see storage/parts.go. All there is becomes the
-- first. SQLite has no parts, and nothing in this table.
CREATE TABLE delivery_parts (
  from_push  BIGINT PRIMARY KEY,
  until_push BIGINT NOT NULL, -- the first that is not in it
  closed_at  BIGINT NOT NULL DEFAULT 0 -- since when every push in it is over; 0: some may not be
);
INSERT INTO delivery_parts (from_push, until_push) SELECT 1, (COALESCE(MAX(id), 0) / 16384 + 1) * 16384 FROM pushes;

ALTER TABLE delivery_events RENAME TO delivery_events_part_1;
ALTER TABLE delivery_events_part_1 ALTER COLUMN id DROP IDENTITY;
ALTER TABLE delivery_events_part_1 DROP CONSTRAINT delivery_events_pkey;
ALTER INDEX delivery_events_delivery RENAME TO delivery_events_part_1_delivery;
CREATE TABLE delivery_events (LIKE delivery_events_part_1 INCLUDING DEFAULTS) PARTITION BY RANGE (delivery_id);
CREATE INDEX delivery_events_delivery ON delivery_events (delivery_id, id);
CREATE SEQUENCE delivery_events_id_seq OWNED BY delivery_events.id;
SELECT setval('delivery_events_id_seq', (SELECT COALESCE(MAX(id), 0) + 1 FROM delivery_events_part_1), false);
ALTER TABLE delivery_events ALTER COLUMN id SET DEFAULT nextval('delivery_events_id_seq');

ALTER TABLE deliveries DETACH PARTITION deliveries_part_1;
DO $$
DECLARE bound BIGINT := (SELECT until_push << 36 FROM delivery_parts);
BEGIN
  EXECUTE format('ALTER TABLE deliveries ATTACH PARTITION deliveries_part_1 FOR VALUES FROM (MINVALUE) TO (%s)', bound);
  EXECUTE format('ALTER TABLE delivery_events ATTACH PARTITION delivery_events_part_1 FOR VALUES FROM (MINVALUE) TO (%s)', bound);
END $$;
