-- Where the text of a policy says its number, its issuers and its days: what the reading
-- found is kept, and no page searches for it again. Step for step with the other database.
ALTER TABLE policies ADD COLUMN fact_evidence TEXT NOT NULL DEFAULT 'null';
