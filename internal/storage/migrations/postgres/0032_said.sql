-- How many of the answers to a question helped and were not clear, as its asker
-- says: what was unclear is asked on, and only the body knew. Step for step with
-- the other database.
ALTER TABLE questions ADD COLUMN helpful BIGINT NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN unclear BIGINT NOT NULL DEFAULT 0;
UPDATE questions SET
  helpful = (SELECT COUNT(*) FROM json_array_elements(CAST(body AS JSON) -> 'rounds') AS r (value) WHERE r.value ->> 'feedback' = 'helpful'),
  unclear = (SELECT COUNT(*) FROM json_array_elements(CAST(body AS JSON) -> 'rounds') AS r (value) WHERE r.value ->> 'feedback' = 'unclear')
WHERE body LIKE '%"feedback":%';
-- What was said of the last answer alone nobody asks for any more.
ALTER TABLE questions DROP COLUMN satisfied;

-- For the statistics of a time.
CREATE INDEX questions_asked ON questions (asked_at);
-- For the numbers of subscribers, without their profiles.
CREATE INDEX subscribers_kind ON subscribers (kind, created_at, paused);
