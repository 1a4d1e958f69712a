-- What somebody is sent first: the policies in force that concerned them when
-- they subscribed. Step for step with the other database.
CREATE TABLE first_digests (
  subscriber_id BIGINT PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
  state         TEXT NOT NULL, -- owed, planned, or none: nothing concerned them
  push_id       BIGINT NOT NULL, -- 0 until it is planned
  rest          BIGINT NOT NULL, -- policies that concern them and are not listed
  created_at    BIGINT NOT NULL
);
CREATE INDEX first_digests_owed ON first_digests (subscriber_id) WHERE state = 'owed';
CREATE INDEX first_digests_push ON first_digests (push_id) WHERE push_id > 0;

CREATE TABLE first_digest_items (
  subscriber_id BIGINT NOT NULL REFERENCES first_digests (subscriber_id) ON DELETE CASCADE,
  policy_id     BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  position      BIGINT NOT NULL, -- the best first
  measures      TEXT NOT NULL, -- JSON: ids of those that concern them
  verdict       TEXT NOT NULL,
  PRIMARY KEY (subscriber_id, policy_id)
);
CREATE INDEX first_digest_items_policy ON first_digest_items (policy_id);

-- An enterprise is looked up by its 统一社会信用代码.
CREATE INDEX subscribers_uscc ON subscribers (uscc) WHERE uscc <> '';
