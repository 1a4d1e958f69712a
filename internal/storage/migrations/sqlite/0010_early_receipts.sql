-- Receipts that name their message by the gateway's number only and came before
-- that number was recorded. Step for step with the other database.
CREATE TABLE early_receipts (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at          BIGINT NOT NULL,
  channel     TEXT NOT NULL,
  gateway_ref TEXT NOT NULL,
  blind       BLOB NOT NULL, -- blind index of the address it went to
  state       TEXT NOT NULL,
  reason      TEXT NOT NULL,
  note        TEXT NOT NULL
);
CREATE UNIQUE INDEX early_receipts_once ON early_receipts (gateway_ref, channel, blind, state);
CREATE INDEX early_receipts_at ON early_receipts (at);
