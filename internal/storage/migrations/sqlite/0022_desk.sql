-- Officers learn by mail what waits on their desk. Step for step with the other
-- database.

-- The mail address of an operator, sealed with a key; empty: the desk alone tells.
ALTER TABLE operators ADD COLUMN mail BLOB NOT NULL DEFAULT x'';
ALTER TABLE operators ADD COLUMN sealed_with TEXT NOT NULL DEFAULT '';

-- Of which question an operator was told, and what of it, as long as it holds.
CREATE TABLE desk_told (
  operator_id BIGINT NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  question_id BIGINT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  task        TEXT NOT NULL,
  PRIMARY KEY (operator_id, question_id, task)
);
