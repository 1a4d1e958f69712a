-- When a worker took a batch up last: what was claimed of it before, and is
-- still being sent, is in the hands of an earlier one. Step for step with the
-- other database.
ALTER TABLE batches ADD COLUMN taken_at BIGINT NOT NULL DEFAULT 0;
