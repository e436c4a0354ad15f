-- Of whose day something was said long after it was over: a round computes that alone, not the whole country's.
-- 0: every venue's, as the code before has it.
ALTER TABLE feeds.touched ADD COLUMN venue_id integer NOT NULL DEFAULT 0;
ALTER TABLE feeds.touched DROP CONSTRAINT touched_pkey;
ALTER TABLE feeds.touched ADD CONSTRAINT touched_pk PRIMARY KEY (business_date, venue_id);
