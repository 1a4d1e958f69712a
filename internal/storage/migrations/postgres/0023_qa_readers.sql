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
ALTER TABLE answer_notices ALTER COLUMN question_id DROP NOT NULL;
ALTER TABLE answer_notices ADD COLUMN interpretation_id BIGINT REFERENCES interpretations (id) ON DELETE CASCADE;
CREATE INDEX answer_notices_interpretation ON answer_notices (interpretation_id) WHERE interpretation_id IS NOT NULL;
