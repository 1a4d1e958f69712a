-- Who stands for whom. Step for step with the other database.

-- Which addresses of a subscriber are one person's; 0 where nobody has said.
ALTER TABLE contacts ADD COLUMN person BIGINT NOT NULL DEFAULT 0;

-- A reader's session ends with the address that they signed in with. Sessions
-- of before do not know it: one signs in again.
ALTER TABLE sessions ADD COLUMN contact_id BIGINT NOT NULL DEFAULT 0;
DELETE FROM sessions WHERE subscriber_id <> 0;

-- Invitations to stand for an enterprise, and applications to do so.
CREATE TABLE joins (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber_id BIGINT NOT NULL, -- who invites; 0 in an application
  uscc          TEXT NOT NULL,   -- of the enterprise that somebody applies to
  by_contact    BIGINT NOT NULL, -- whose invitation or application it is
  by_masked     TEXT NOT NULL,
  kind          TEXT NOT NULL,
  blind         BLOB NOT NULL,   -- blind index of the address that is to join
  masked        TEXT NOT NULL,
  role          TEXT NOT NULL,
  expires       BIGINT NOT NULL,
  UNIQUE (subscriber_id, uscc, kind, blind)
);
CREATE INDEX joins_blind ON joins (blind);
CREATE INDEX joins_expires ON joins (expires);

-- What happened to the standing of whom, with masked addresses.
CREATE TABLE people_changes (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
  at            BIGINT NOT NULL,
  event         TEXT NOT NULL,
  role          TEXT NOT NULL,
  by_masked     TEXT NOT NULL,
  about_masked  TEXT NOT NULL,
  about_kind    TEXT NOT NULL,
  about_blind   BLOB NOT NULL
);
CREATE INDEX people_changes_subscriber ON people_changes (subscriber_id, id);
CREATE INDEX people_changes_about ON people_changes (about_blind);
CREATE INDEX people_changes_at ON people_changes (at);
