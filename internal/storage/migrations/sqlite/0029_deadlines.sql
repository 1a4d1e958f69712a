-- The last days to apply for what a policy gives, in order. Step for step with
-- the other database; fillDeadlines enters those of earlier policies.

ALTER TABLE policies ADD COLUMN deadlines TEXT NOT NULL DEFAULT '[]'; -- JSON: YYYY-MM-DD
