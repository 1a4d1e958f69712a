-- Working days of a year as the office imported them, and what is erased with
-- an address. Step for step with the other database.

-- Of each day that is no plain weekday or weekend whether people work on it.
CREATE TABLE calendar_years (
  year        BIGINT PRIMARY KEY,
  days        TEXT NOT NULL, -- JSON: day → works
  imported_by BIGINT NOT NULL,
  imported_at BIGINT NOT NULL
);

-- Blind index of the address that wrote, or that a code went to.
ALTER TABLE replies ADD COLUMN blind BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN blind BLOB NOT NULL DEFAULT x'';
