-- The policy of which a correction corrects what was said: its readers are
-- told. Step for step with the other database.
ALTER TABLE pushes ADD COLUMN corrects BIGINT NOT NULL DEFAULT 0;
