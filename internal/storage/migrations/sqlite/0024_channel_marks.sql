-- What readers did with a push is counted for each channel: of everybody in the
-- inbox ('app'), and of whom it had been sent to before over a channel that
-- leaves the house. Step for step with the other database.
CREATE TABLE push_marks_new (
  push_id   BIGINT NOT NULL REFERENCES pushes (id) ON DELETE CASCADE,
  channel   TEXT NOT NULL,
  shard     BIGINT NOT NULL,
  readers   BIGINT NOT NULL,
  dismissed BIGINT NOT NULL,
  PRIMARY KEY (push_id, channel, shard)
);
INSERT INTO push_marks_new (push_id, channel, shard, readers, dismissed)
SELECT push_id, 'app', shard, readers, dismissed FROM push_marks;
INSERT INTO push_marks_new (push_id, channel, shard, readers, dismissed)
SELECT m.push_id, d.channel, 0,
  SUM(CASE WHEN m.read_at >= d.sent_at THEN 1 ELSE 0 END), SUM(CASE WHEN m.dismissed_at >= d.sent_at THEN 1 ELSE 0 END)
FROM inbox_marks m JOIN deliveries d ON d.subscriber_id = m.subscriber_id AND d.push_id = m.push_id
WHERE d.sent_at > 0 AND (m.read_at >= d.sent_at OR m.dismissed_at >= d.sent_at) AND m.push_id IN (SELECT id FROM pushes)
GROUP BY m.push_id, d.channel;
DROP TABLE push_marks;
ALTER TABLE push_marks_new RENAME TO push_marks;
