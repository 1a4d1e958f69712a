-- How many copies of a canary had no answer. Step for step with the other
-- database.
ALTER TABLE canaries ADD COLUMN silent BIGINT NOT NULL DEFAULT 0;
