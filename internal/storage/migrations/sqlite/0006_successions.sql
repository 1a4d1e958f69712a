-- What the publication of a policy did to an earlier one. Step for step with
-- the other database.
CREATE TABLE successions (
  policy_id BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  of_id     BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  ends      INTEGER NOT NULL, -- 1: replaced, 0: extended
  expires   TEXT NOT NULL,
  before    TEXT NOT NULL, -- JSON: the terms of the earlier one
  PRIMARY KEY (policy_id, of_id)
);
CREATE INDEX successions_of ON successions (of_id);
