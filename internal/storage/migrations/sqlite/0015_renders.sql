-- Pages that a worker draws as files. Step for step with the other database.

-- The key is the form and a hash of the page, which is kept until it is drawn:
-- state is wanted, made or failed. used_at is when somebody last wanted the file.
CREATE TABLE renders (
  key TEXT PRIMARY KEY,
  form TEXT NOT NULL,
  state TEXT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  page BLOB,
  file BLOB,
  used_at BIGINT NOT NULL
);
CREATE INDEX renders_wanted ON renders (used_at) WHERE state = 'wanted';
