-- Letters that are printed together, for a village. Step for step with the
-- other database.

-- State is open (letters are still collected), wanted (its file is to be
-- drawn), ready, printed or void (nothing is left to print). The file holds
-- addresses: it is sealed.
CREATE TABLE print_batches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  push_id BIGINT NOT NULL, -- 0: letters of several pushes, or of one person
  office_id BIGINT NOT NULL,
  place TEXT NOT NULL,
  state TEXT NOT NULL,
  letters BIGINT NOT NULL, -- numbers given
  changed_at BIGINT NOT NULL, -- when the last letter came
  tries BIGINT NOT NULL DEFAULT 0,
  drawn BIGINT NOT NULL DEFAULT 0, -- deliveries in the file
  drawn_at BIGINT NOT NULL DEFAULT 0,
  fetched_at BIGINT NOT NULL DEFAULT 0,
  printed_at BIGINT NOT NULL DEFAULT 0,
  printed_by BIGINT NOT NULL DEFAULT 0,
  file BLOB,
  sealed_with TEXT NOT NULL DEFAULT ''
);
CREATE INDEX print_batches_under_way ON print_batches (state, id) WHERE state IN ('open', 'wanted', 'ready');
CREATE INDEX print_batches_push ON print_batches (push_id);
CREATE INDEX print_batches_sealed_with ON print_batches (sealed_with) WHERE sealed_with <> '';

-- Which letter of a batch a delivery is in. It is in one only, for good: it is
-- not printed again.
CREATE TABLE print_slips (
  delivery_id BIGINT PRIMARY KEY,
  batch_id BIGINT NOT NULL,
  letter BIGINT NOT NULL
);
CREATE INDEX print_slips_batch ON print_slips (batch_id, letter);
