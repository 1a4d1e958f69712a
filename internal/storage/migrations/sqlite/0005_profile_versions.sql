-- What an audience was computed from. Step for step with the other database.

-- The change with which profile and subscription came to stand as they do.
ALTER TABLE subscribers ADD COLUMN since BIGINT NOT NULL DEFAULT 0;

-- How profile and subscription stood from a change until before another, kept
-- only of what stood when an audience was frozen.
CREATE TABLE profile_versions (
  subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
  from_seq      BIGINT NOT NULL,
  until_seq     BIGINT NOT NULL,
  replaced_at   BIGINT NOT NULL,
  profile       TEXT NOT NULL, -- JSON
  subscription  TEXT NOT NULL, -- JSON
  PRIMARY KEY (subscriber_id, until_seq)
);
CREATE INDEX profile_versions_replaced ON profile_versions (replaced_at);

-- Drawn at random for each transaction: tells this log from that of another
-- database that has come to the same number.
ALTER TABLE profile_changes ADD COLUMN mark BIGINT NOT NULL DEFAULT 0;

-- How the sets were computed, see package audience; empty if they were not.
ALTER TABLE push_audiences ADD COLUMN recipe BLOB NOT NULL DEFAULT x'';

-- The last change before the last audience, and the last version forgotten.
INSERT INTO counters (name, value) VALUES ('audience', -1), ('versions_forgotten', -1);
