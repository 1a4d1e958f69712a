-- Questions with their clock, their answers and who is told of them. What is
-- said stands in the body; columns hold what lists and clocks ask for. Step for
-- step with the other database.

CREATE TABLE questions_new (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id     BIGINT REFERENCES policies (id) ON DELETE CASCADE, -- NULL: it is not known yet which
  office_id     BIGINT NOT NULL, -- 0: nobody is responsible yet
  subscriber_id BIGINT NOT NULL, -- 0: a reader without an account
  once          BLOB NOT NULL,   -- names the form that it was sent with
  code          BLOB NOT NULL,   -- hash of what opens its page
  state         TEXT NOT NULL,
  to_review     BOOLEAN NOT NULL,
  asked_at      BIGINT NOT NULL,
  due_at        BIGINT NOT NULL,
  reminded_at   BIGINT NOT NULL,
  overdue_at    BIGINT NOT NULL,
  answered_at   BIGINT NOT NULL,
  satisfied     TEXT NOT NULL,   -- what the asker says of the last answer
  version       BIGINT NOT NULL,
  body          TEXT NOT NULL    -- JSON
);
INSERT INTO questions_new (id, policy_id, office_id, subscriber_id, once, code, state, to_review, asked_at, due_at, reminded_at, overdue_at, answered_at, satisfied, version, body)
SELECT q.id, q.policy_id, p.office_id, q.subscriber_id, CAST('old' || q.id AS BLOB), CAST('' AS BLOB), CASE WHEN q.answered_at > 0 THEN 'answered' ELSE 'open' END, FALSE,
  q.asked_at, q.asked_at + 259200000000, 0, 0, q.answered_at, '', 1,
  CASE WHEN q.answered_at > 0 THEN
    json_object('channel', CASE WHEN q.subscriber_id > 0 THEN 'app' ELSE '' END, 'rounds', json_array(json_object(
      'text', q.text, 'asked_at', strftime('%Y-%m-%dT%H:%M:%SZ', q.asked_at / 1000000, 'unixepoch'),
      'answer', json_object('text', q.answer, 'clauses', json_array(), 'policy_version', p.version, 'by', q.answered_by,
        'at', strftime('%Y-%m-%dT%H:%M:%SZ', q.answered_at / 1000000, 'unixepoch'), 'reviewed_by', 0,
        'reviewed_at', strftime('%Y-%m-%dT%H:%M:%SZ', q.answered_at / 1000000, 'unixepoch')))))
  ELSE
    json_object('channel', CASE WHEN q.subscriber_id > 0 THEN 'app' ELSE '' END, 'rounds', json_array(json_object(
      'text', q.text, 'asked_at', strftime('%Y-%m-%dT%H:%M:%SZ', q.asked_at / 1000000, 'unixepoch'))))
  END
FROM questions q JOIN policies p ON p.id = q.policy_id;
DROP TABLE questions;
ALTER TABLE questions_new RENAME TO questions;
CREATE UNIQUE INDEX questions_once ON questions (once);
CREATE INDEX questions_policy ON questions (policy_id, id);
CREATE INDEX questions_office ON questions (office_id, state);
CREATE INDEX questions_subscriber ON questions (subscriber_id) WHERE subscriber_id > 0;
-- For the clock.
CREATE INDEX questions_due ON questions (due_at) WHERE state IN ('open', 'drafted');

-- What one person is told of a question; each is a push of its own.
CREATE TABLE answer_notices (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  question_id   BIGINT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  subscriber_id BIGINT NOT NULL,
  channel       TEXT NOT NULL,
  kind          TEXT NOT NULL,
  due_at        BIGINT NOT NULL, -- the new promise, of an extension
  push_id       BIGINT NOT NULL, -- 0: it is owed
  at            BIGINT NOT NULL
);
CREATE INDEX answer_notices_owed ON answer_notices (id) WHERE push_id = 0;
CREATE INDEX answer_notices_push ON answer_notices (push_id) WHERE push_id > 0;
CREATE INDEX answer_notices_subscriber ON answer_notices (subscriber_id);
CREATE INDEX answer_notices_question ON answer_notices (question_id);

-- Who said that an answer to somebody else's question helped them: they are
-- told if it is corrected. Nothing else of what people read is kept.
CREATE TABLE question_readers (
  question_id   BIGINT NOT NULL REFERENCES questions (id) ON DELETE CASCADE,
  subscriber_id BIGINT NOT NULL,
  at            BIGINT NOT NULL,
  PRIMARY KEY (question_id, subscriber_id)
);
CREATE INDEX question_readers_subscriber ON question_readers (subscriber_id);
