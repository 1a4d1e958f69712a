-- The answer to a question that is about no policy is told by a push without
-- one. Step for step with the other database.

ALTER TABLE pushes ALTER COLUMN policy_id DROP NOT NULL; -- NULL: of no policy, see answer_notices
