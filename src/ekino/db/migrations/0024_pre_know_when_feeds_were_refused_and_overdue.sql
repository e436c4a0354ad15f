-- When in an hour an event was refused last, and when one came last that was later than is allowed:
-- from when what is asked about them could be known.
ALTER TABLE feeds.venue_hour ADD COLUMN refused_at timestamptz;
ALTER TABLE feeds.venue_hour ADD COLUMN overdue_at timestamptz;
-- Days that something was said about long after they were over: the next round computes them anew.
CREATE TABLE feeds.touched (
    business_date  date PRIMARY KEY
);
GRANT SELECT ON feeds.touched TO ekino_reader, ekino_office;
GRANT SELECT, INSERT, DELETE, TRUNCATE ON feeds.touched TO ekino_follower;
GRANT SELECT, INSERT ON feeds.touched TO ekino_ingest;
