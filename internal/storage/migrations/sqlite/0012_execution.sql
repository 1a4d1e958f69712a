-- The execution of a push and its ledger. Counters are written by the
-- transaction that changes the rows they count. Where many write the same
-- counter it has several shards, whose sum counts.

ALTER TABLE pushes ADD COLUMN send_at BIGINT NOT NULL DEFAULT 0;      -- not before; 0: at once
ALTER TABLE pushes ADD COLUMN paused_at BIGINT NOT NULL DEFAULT 0;    -- 0: not paused
ALTER TABLE pushes ADD COLUMN halted_by BIGINT NOT NULL DEFAULT 0;    -- who paused or stopped it
ALTER TABLE pushes ADD COLUMN halt_reason TEXT NOT NULL DEFAULT '';   -- and why
ALTER TABLE pushes ADD COLUMN stopped_for TEXT NOT NULL DEFAULT '';   -- reason of what it did not send
ALTER TABLE pushes ADD COLUMN forgotten_at BIGINT NOT NULL DEFAULT 0; -- deliveries and their history are gone
UPDATE pushes SET stopped_for = 'policy-ended' WHERE state = 'stopped';

ALTER TABLE deliveries ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
ALTER TABLE delivery_events ADD COLUMN gateway TEXT NOT NULL DEFAULT '';
-- For what is in doubt: next_at is when its gateway is asked again.
CREATE INDEX deliveries_doubt ON deliveries (channel, next_at) WHERE state = 'unknown';

CREATE TABLE push_counts (
  push_id BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  state   TEXT NOT NULL,
  reason  TEXT NOT NULL,
  shard   BIGINT NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (push_id, channel, state, reason, shard)
);
INSERT INTO push_counts (push_id, channel, state, reason, shard, n)
SELECT push_id, channel, state, reason, 0, COUNT(*) FROM deliveries
WHERE push_id IN (SELECT id FROM pushes) GROUP BY push_id, channel, state, reason;

-- What readers did with a push in the inbox.
CREATE TABLE push_marks (
  push_id   BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  shard     BIGINT NOT NULL,
  readers   BIGINT NOT NULL,
  dismissed BIGINT NOT NULL,
  PRIMARY KEY (push_id, shard)
);
INSERT INTO push_marks (push_id, shard, readers, dismissed)
SELECT push_id, 0, SUM(CASE WHEN read_at > 0 THEN 1 ELSE 0 END), SUM(CASE WHEN dismissed_at > 0 THEN 1 ELSE 0 END)
FROM inbox_marks WHERE push_id IN (SELECT id FROM pushes) GROUP BY push_id;

-- How many were handed over in which minute since 1970: the speed of a push.
CREATE TABLE push_pace (
  push_id BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  minute  BIGINT NOT NULL,
  shard   BIGINT NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (push_id, channel, minute, shard)
);

-- What we think a gateway was handed on a day: messages, also those without a
-- delivery. Outcome is accepted, failed or unknown.
CREATE TABLE gateway_counts (
  day     TEXT NOT NULL, -- in the time of the readers
  channel TEXT NOT NULL,
  gateway TEXT NOT NULL,
  outcome TEXT NOT NULL,
  shard   BIGINT NOT NULL,
  n       BIGINT NOT NULL,
  PRIMARY KEY (day, channel, gateway, outcome, shard)
);

-- What a gateway says that it was handed, beside what we think.
CREATE TABLE statements (
  day              TEXT NOT NULL,
  channel          TEXT NOT NULL,
  gateway          TEXT NOT NULL,
  accepted         BIGINT NOT NULL, -- ours
  failed           BIGINT NOT NULL,
  in_doubt         BIGINT NOT NULL,
  theirs           BIGINT NOT NULL, -- -1: it was not told
  theirs_delivered BIGINT NOT NULL, -- -1: it does not say
  theirs_failed    BIGINT NOT NULL,
  note             TEXT NOT NULL,
  checked_at       BIGINT NOT NULL,
  PRIMARY KEY (day, channel, gateway)
);

-- Channels that send nothing until they are resumed, or until a time.
CREATE TABLE channel_stops (
  channel     TEXT PRIMARY KEY,
  cause       TEXT NOT NULL, -- config, quota or person
  gateway     TEXT NOT NULL,
  code        TEXT NOT NULL,
  note        TEXT NOT NULL,
  since       BIGINT NOT NULL,
  until       BIGINT NOT NULL, -- 0: until somebody resumes it
  operator_id BIGINT NOT NULL
);

-- The copy of each push that goes to the office's own address, first.
CREATE TABLE canaries (
  push_id     BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  channel     TEXT NOT NULL,
  masked_to   TEXT NOT NULL,
  state       TEXT NOT NULL,
  gateway     TEXT NOT NULL,
  gateway_ref TEXT NOT NULL,
  note        TEXT NOT NULL,
  sent_at     BIGINT NOT NULL,
  ended_at    BIGINT NOT NULL,
  PRIMARY KEY (push_id, channel)
);
