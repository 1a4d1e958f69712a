-- The documents that a policy changes or extends, and does not end.
ALTER TABLE policies ADD COLUMN amends TEXT NOT NULL DEFAULT 'null'; -- JSON
