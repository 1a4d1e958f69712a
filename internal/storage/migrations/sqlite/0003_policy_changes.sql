-- The last change of each policy and of what explains it, for the search
-- index. A policy that was removed keeps its row. Step for step with the other
-- database.
CREATE TABLE policy_changes (
  policy_id BIGINT PRIMARY KEY,
  seq       BIGINT NOT NULL
);
CREATE INDEX policy_changes_seq ON policy_changes (seq);
INSERT INTO counters (name, value) VALUES ('policy_log', 0);
