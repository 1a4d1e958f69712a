-- The record of the service. Times are microseconds since 1970 (UTC), 0 where
-- there is none; JSON stands in TEXT. Step for step with the other database.

-- What the service knows about itself: the epoch of the queue.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

-- Last numbers given. Whoever takes one holds the row until the commit, so
-- numbers follow the order of commits and leave no gap.
CREATE TABLE counters (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('profile_changes', 0), ('subscribers', 0), ('contacts', 0);

CREATE TABLE leases (
  name    TEXT PRIMARY KEY,
  holder  TEXT NOT NULL,
  expires BIGINT NOT NULL
);

CREATE TABLE offices (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  name      TEXT NOT NULL,
  signature TEXT NOT NULL,
  region    TEXT NOT NULL,
  phone     TEXT NOT NULL,
  demo      BOOLEAN NOT NULL
);

CREATE TABLE operators (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  office_id     BIGINT NOT NULL,
  login         TEXT NOT NULL UNIQUE,
  name          TEXT NOT NULL,
  roles         TEXT NOT NULL, -- JSON
  password_hash TEXT NOT NULL,
  disabled      BOOLEAN NOT NULL,
  demo          BOOLEAN NOT NULL
);

CREATE TABLE sessions (
  token_hash    BLOB PRIMARY KEY,
  operator_id   BIGINT NOT NULL,
  subscriber_id BIGINT NOT NULL,
  contact_kind  TEXT NOT NULL,
  contact       BLOB NOT NULL, -- sealed
  data          BLOB NOT NULL, -- sealed
  sealed_with   TEXT NOT NULL,   -- id of the key
  expires       BIGINT NOT NULL,
  created_at    BIGINT NOT NULL
);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE INDEX sessions_sealed_with ON sessions (sealed_with);

-- One-time codes that verify an address, the newest of each.
CREATE TABLE codes (
  kind      TEXT NOT NULL,
  blind     BLOB NOT NULL, -- blind index of the address
  code_hash BLOB NOT NULL,
  sent_at   BIGINT NOT NULL,
  expires   BIGINT NOT NULL,
  tries     BIGINT NOT NULL,
  used_at   BIGINT NOT NULL,
  PRIMARY KEY (kind, blind)
);

CREATE TABLE policies (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  office_id         BIGINT NOT NULL,
  version           BIGINT NOT NULL,
  status            TEXT NOT NULL,
  title             TEXT NOT NULL,
  doc_number        TEXT NOT NULL,
  unified_code      TEXT NOT NULL,
  issuers           TEXT NOT NULL, -- JSON
  doc_kind          TEXT NOT NULL,
  audience          TEXT NOT NULL,
  publish_date      TEXT NOT NULL,
  effective_from    TEXT NOT NULL,
  expires           TEXT NOT NULL,
  apply_deadline    TEXT NOT NULL,
  replaces          TEXT NOT NULL, -- JSON
  contact           TEXT NOT NULL,
  source_name       TEXT NOT NULL,
  source_hash       TEXT NOT NULL,
  text              TEXT NOT NULL,
  clauses           TEXT NOT NULL, -- JSON
  tags              TEXT NOT NULL, -- JSON
  measures          TEXT NOT NULL, -- JSON
  themes            TEXT NOT NULL, -- JSON: codes of the themes that count, for lists
  measure_count     BIGINT NOT NULL,
  first_measure     TEXT NOT NULL,
  drafted_by        BIGINT NOT NULL,
  reviewed_by       BIGINT NOT NULL,
  approved_by       BIGINT NOT NULL,
  published_by      BIGINT NOT NULL,
  created_at        BIGINT NOT NULL,
  reviewed_at       BIGINT NOT NULL,
  approved_at       BIGINT NOT NULL,
  published_at      BIGINT NOT NULL,
  no_interpretation TEXT NOT NULL,
  ended_reason      TEXT NOT NULL
);
-- A document is imported once; one that was taken back may come again.
CREATE UNIQUE INDEX policies_doc_number ON policies (office_id, doc_number)
  WHERE doc_number <> '' AND status <> 'withdrawn';
CREATE INDEX policies_status ON policies (status, published_at);

CREATE TABLE interpretations (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id      BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  policy_version BIGINT NOT NULL,
  kind           TEXT NOT NULL,
  state          TEXT NOT NULL,
  body           TEXT NOT NULL -- JSON of the whole item
);
CREATE INDEX interpretations_policy ON interpretations (policy_id, id);

CREATE TABLE audit_entries (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          BIGINT NOT NULL,
  operator_id BIGINT NOT NULL,
  action      TEXT NOT NULL,
  object      TEXT NOT NULL,
  detail      TEXT NOT NULL
);
CREATE INDEX audit_entries_object ON audit_entries (object, id);

-- Ids are given by the counter, so that they stay dense: audiences are bitmaps.
CREATE TABLE subscribers (
  id           BIGINT PRIMARY KEY,
  external_id  TEXT NOT NULL UNIQUE,
  kind         TEXT NOT NULL,
  name         TEXT NOT NULL,
  uscc         TEXT NOT NULL,
  profile      TEXT NOT NULL, -- JSON
  subscription TEXT NOT NULL, -- JSON
  consent      TEXT NOT NULL, -- JSON
  paused       BOOLEAN NOT NULL,
  consented    BOOLEAN NOT NULL,
  version      BIGINT NOT NULL,
  created_at   BIGINT NOT NULL,
  demo         BOOLEAN NOT NULL
);

CREATE TABLE contacts (
  id            BIGINT PRIMARY KEY,
  subscriber_id BIGINT NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
  position      BIGINT NOT NULL, -- order of preference
  kind          TEXT NOT NULL,
  address       BLOB NOT NULL, -- sealed
  sealed_with   TEXT NOT NULL,   -- id of the key
  blind         BLOB NOT NULL, -- blind index of the address
  frequency     TEXT NOT NULL,
  verified      BOOLEAN NOT NULL,
  UNIQUE (subscriber_id, kind, blind)
);
CREATE INDEX contacts_blind ON contacts (blind);
CREATE INDEX contacts_sealed_with ON contacts (sealed_with);

-- What the audience index follows. Seq has no gaps.
CREATE TABLE profile_changes (
  seq           BIGINT PRIMARY KEY,
  subscriber_id BIGINT NOT NULL,
  deleted       BOOLEAN NOT NULL
);

-- Addresses that must not be used, by blind index only: an entry outlives the
-- person who asked for it.
CREATE TABLE stop_list (
  kind   TEXT NOT NULL,
  blind  BLOB NOT NULL,
  reason TEXT NOT NULL,
  at     BIGINT NOT NULL,
  PRIMARY KEY (blind, kind)
);

CREATE TABLE pushes (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id        BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  policy_version   BIGINT NOT NULL,
  kind             TEXT NOT NULL,
  state            TEXT NOT NULL,
  created_by       BIGINT NOT NULL,
  created_at       BIGINT NOT NULL,
  planned_to       BIGINT NOT NULL, -- last subscriber whose deliveries are planned
  planned_at       BIGINT NOT NULL,
  include_possible BOOLEAN NOT NULL,
  likely           BIGINT NOT NULL,
  possible         BIGINT NOT NULL
);
CREATE INDEX pushes_policy ON pushes (policy_id);
CREATE INDEX pushes_state ON pushes (state, id);

CREATE TABLE push_audiences (
  push_id  BIGINT PRIMARY KEY REFERENCES pushes (id) ON DELETE CASCADE,
  likely   BLOB NOT NULL,
  possible BLOB NOT NULL,
  sha256   TEXT NOT NULL
);

CREATE TABLE batches (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  push_id BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  gen     BIGINT NOT NULL,
  state   TEXT NOT NULL,
  size    BIGINT NOT NULL,
  next_at BIGINT NOT NULL,
  beat_at BIGINT NOT NULL
);
CREATE INDEX batches_open ON batches (state, next_at) WHERE state <> 'done';
CREATE INDEX batches_push ON batches (push_id);

-- Millions of rows: no foreign keys, and indexes that hold only what is still
-- to be done. A query uses a partial index only if it repeats its condition.
CREATE TABLE deliveries (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  push_id       BIGINT NOT NULL,
  subscriber_id BIGINT NOT NULL,
  contact_id    BIGINT NOT NULL,
  channel       TEXT NOT NULL,
  batch_id      BIGINT NOT NULL, -- 0: ended when it was planned
  state         TEXT NOT NULL,
  reason        TEXT NOT NULL,
  verdict       TEXT NOT NULL,
  attempts      BIGINT NOT NULL DEFAULT 0,
  next_at       BIGINT NOT NULL,
  claimed_at    BIGINT NOT NULL DEFAULT 0,
  sent_at       BIGINT NOT NULL DEFAULT 0,
  ended_at      BIGINT NOT NULL,
  gateway_ref   TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX deliveries_once ON deliveries (push_id, subscriber_id, channel);
-- For the claim, and for the question whether a push or a batch is through.
CREATE INDEX deliveries_open ON deliveries (push_id, batch_id, next_at) WHERE state IN ('pending', 'sending');
-- For the digest of one person.
CREATE INDEX deliveries_digest ON deliveries (subscriber_id, channel) WHERE state = 'pending' AND reason = 'digest';
-- For the sweep of lost workers.
CREATE INDEX deliveries_sending ON deliveries (claimed_at) WHERE state = 'sending';
-- For receipts that carry the gateway's number only.
CREATE INDEX deliveries_ref ON deliveries (gateway_ref) WHERE gateway_ref <> '';
-- For caps: what a contact got lately.
CREATE INDEX deliveries_contact ON deliveries (contact_id, claimed_at) WHERE claimed_at > 0;
-- For the pages of one person.
CREATE INDEX deliveries_subscriber ON deliveries (subscriber_id);

CREATE TABLE delivery_events (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  delivery_id BIGINT NOT NULL,
  at          BIGINT NOT NULL,
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  note        TEXT NOT NULL
);
CREATE INDEX delivery_events_delivery ON delivery_events (delivery_id, id);

CREATE TABLE inbox_marks (
  subscriber_id BIGINT NOT NULL,
  push_id       BIGINT NOT NULL,
  seen_at       BIGINT NOT NULL,
  read_at       BIGINT NOT NULL,
  dismissed_at  BIGINT NOT NULL,
  PRIMARY KEY (subscriber_id, push_id)
);

-- What channels that are set to log would have sent.
CREATE TABLE outbox (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          BIGINT NOT NULL,
  delivery_id BIGINT NOT NULL,
  channel     TEXT NOT NULL,
  masked_to   TEXT NOT NULL,
  subject     TEXT NOT NULL,
  body        TEXT NOT NULL
);

CREATE TABLE questions (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  policy_id     BIGINT NOT NULL REFERENCES policies (id) ON DELETE CASCADE,
  subscriber_id BIGINT NOT NULL,
  text          TEXT NOT NULL,
  asked_at      BIGINT NOT NULL,
  answer        TEXT NOT NULL,
  answered_by   BIGINT NOT NULL,
  answered_at   BIGINT NOT NULL
);
CREATE INDEX questions_policy ON questions (policy_id, id);

CREATE TABLE replies (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  channel        TEXT NOT NULL,
  address_masked TEXT NOT NULL,
  text           TEXT NOT NULL,
  at             BIGINT NOT NULL
);
