-- The answer to a question that is about no policy is told by a push without
-- one. Step for step with the other database.

-- NULL: of no policy, see answer_notices. SQLite drops a NOT NULL by its text
-- alone (lang_altertable, 7): a new table would take with it what refers to this.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'policy_id        BIGINT NOT NULL REFERENCES', 'policy_id        BIGINT REFERENCES') WHERE type = 'table' AND name = 'pushes';
PRAGMA writable_schema = RESET;
