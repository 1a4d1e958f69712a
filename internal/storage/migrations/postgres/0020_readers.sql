-- For the question whom a push that was stopped midway has reached.
CREATE INDEX inbox_marks_read ON inbox_marks (push_id) WHERE read_at > 0;
