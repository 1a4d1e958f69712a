-- What officers corrected, as cases to learn from: the newest word about each
-- thing, with what the machine said first.
CREATE TABLE corrections (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id      BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  policy_version BIGINT NOT NULL,
  dimension      TEXT NOT NULL,
  code           TEXT NOT NULL,
  place          BIGINT NOT NULL, -- where the measure begins; 0 for what is said of the whole document
  machine        TEXT NOT NULL,
  officer        TEXT NOT NULL,
  start_at       BIGINT NOT NULL,
  end_at         BIGINT NOT NULL,
  words          TEXT NOT NULL,
  context        TEXT NOT NULL,
  operator_id    BIGINT NOT NULL,
  at             BIGINT NOT NULL,
  UNIQUE (policy_id, dimension, code, place)
);
