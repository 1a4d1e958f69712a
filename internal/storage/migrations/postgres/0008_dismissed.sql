-- For the question who put a push aside. Step for step with the other database.
CREATE INDEX inbox_marks_dismissed ON inbox_marks (push_id) WHERE dismissed_at > 0;
