-- What cannot wait: an urgent push goes out whatever the hour, once a second
-- person has signed it. Step for step with the other database.
ALTER TABLE pushes ADD COLUMN urgent BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE pushes ADD COLUMN signed_by BIGINT NOT NULL DEFAULT 0;
ALTER TABLE pushes ADD COLUMN signed_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE batches ADD COLUMN urgent BOOLEAN NOT NULL DEFAULT FALSE;
