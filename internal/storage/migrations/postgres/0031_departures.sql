-- How many left on a day, for the statistics: nothing else of them is kept. Step
-- for step with the other database.
CREATE TABLE departures (
  day  TEXT NOT NULL, -- in the time of the readers
  kind TEXT NOT NULL, -- enterprise or resident
  n    BIGINT NOT NULL,
  PRIMARY KEY (day, kind)
);
