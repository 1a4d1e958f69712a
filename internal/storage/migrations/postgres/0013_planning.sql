-- How somebody is told. Step for step with the other database.

-- Whom at an enterprise an address reaches, and whether somebody else may have
-- the same address (never false where somebody has).
ALTER TABLE contacts ADD COLUMN role TEXT NOT NULL DEFAULT '';
ALTER TABLE contacts ADD COLUMN shared BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE contacts SET shared = TRUE WHERE EXISTS (
  SELECT 1 FROM contacts o WHERE o.blind = contacts.blind AND o.kind = contacts.kind AND o.subscriber_id <> contacts.subscriber_id);

-- Who looks into their inbox first; as it stands in subscription.
ALTER TABLE subscribers ADD COLUMN fallback BOOLEAN NOT NULL DEFAULT FALSE;

-- When somebody said that a matter is done (已办理).
ALTER TABLE inbox_marks ADD COLUMN done_at BIGINT NOT NULL DEFAULT 0;

-- A reminder is owed once for each deadline and number of days before it.
ALTER TABLE pushes ADD COLUMN deadline TEXT NOT NULL DEFAULT '';
ALTER TABLE pushes ADD COLUMN days_left BIGINT NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX pushes_reminder ON pushes (policy_id, deadline, days_left) WHERE kind = 'reminder';
-- What a correction says.
ALTER TABLE pushes ADD COLUMN note TEXT NOT NULL DEFAULT '';
