-- Who read the questions and answers of a policy is told when one of them is
-- corrected, whoever asked it. Step for step with the other database.

-- That a person who is signed in was shown the questions and answers of a
-- policy; kept for a while, and not of who turned personalisation off.
CREATE TABLE qa_readers (
  policy_id     BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  subscriber_id BIGINT NOT NULL,
  at            BIGINT NOT NULL, -- first, since the newest of them is shown
  PRIMARY KEY (policy_id, subscriber_id)
);
CREATE INDEX qa_readers_subscriber ON qa_readers (subscriber_id);
CREATE INDEX qa_readers_at ON qa_readers (at);

-- A notice is of a question or of a question and answer that an officer wrote.
CREATE TABLE answer_notices_new (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  question_id       BIGINT REFERENCES questions (id) ON DELETE CASCADE,
  subscriber_id     BIGINT NOT NULL,
  channel           TEXT NOT NULL,
  kind              TEXT NOT NULL,
  due_at            BIGINT NOT NULL, -- the new promise, of an extension
  push_id           BIGINT NOT NULL, -- 0: it is owed
  at                BIGINT NOT NULL,
  interpretation_id BIGINT REFERENCES interpretations (id) ON DELETE CASCADE
);
INSERT INTO answer_notices_new (id, question_id, subscriber_id, channel, kind, due_at, push_id, at)
SELECT id, question_id, subscriber_id, channel, kind, due_at, push_id, at FROM answer_notices;
DROP TABLE answer_notices;
ALTER TABLE answer_notices_new RENAME TO answer_notices;
CREATE INDEX answer_notices_owed ON answer_notices (id) WHERE push_id = 0;
CREATE INDEX answer_notices_push ON answer_notices (push_id) WHERE push_id > 0;
CREATE INDEX answer_notices_subscriber ON answer_notices (subscriber_id);
CREATE INDEX answer_notices_question ON answer_notices (question_id);
CREATE INDEX answer_notices_interpretation ON answer_notices (interpretation_id) WHERE interpretation_id IS NOT NULL;
