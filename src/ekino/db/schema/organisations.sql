-- The second wall: what exhibitors, distributors and vendors may see, in one place. The first is
-- the application, which asks access for permission; here the database compares by itself.
--
-- Each kind has a role of its own and one policy on each table. `catalog.asking_organisation()` is
-- what db/database.py says at the beginning of each transaction; it stands in a scalar sub-select
-- and the lists in ARRAY(…), so that they are worked out once a statement and indexes are used.
-- Whoever can run SQL can name another organisation of the same kind, and never of another:
-- docs/decisions/0039.
--
-- The roles that see everything get policies that are plainly true, which the planner forgets.
-- register.entry, batch and refusal have views instead: COPY, by which ingest enters, is refused
-- by PostgreSQL where row security holds for the one who copies.

CREATE FUNCTION catalog.asking_organisation() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('ekino.organisation', true), '')::integer;

-- Whose films they are: who released them, who made them.
CREATE VIEW catalog.own_film WITH (security_invoker = true) AS
SELECT film_id FROM catalog.release
 WHERE distributor_id = (SELECT catalog.asking_organisation())
 UNION
SELECT film_id FROM catalog.film
 WHERE producers @> ARRAY[(SELECT code FROM catalog.organisation
                            WHERE organisation_id = (SELECT catalog.asking_organisation()))];

-- What belongs to nobody: places, films and their versions, how far the register and totals are.
GRANT USAGE ON SCHEMA catalog, access, register, totals, verify, feeds, own
   TO ekino_exhibitor, ekino_distributor, ekino_vendor;
GRANT SELECT ON catalog.region, catalog.film, catalog.film_version, register.head, totals.follower
   TO ekino_exhibitor, ekino_distributor, ekino_vendor;

-- catalog.organisation: each its own.
GRANT SELECT ON catalog.organisation TO ekino_exhibitor, ekino_distributor, ekino_vendor;
ALTER TABLE catalog.organisation ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.organisation TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON catalog.organisation FOR SELECT TO ekino_exhibitor USING (organisation_id = (SELECT catalog.asking_organisation()));
CREATE POLICY distributor ON catalog.organisation FOR SELECT TO ekino_distributor USING (organisation_id = (SELECT catalog.asking_organisation()));
CREATE POLICY vendor ON catalog.organisation FOR SELECT TO ekino_vendor USING (organisation_id = (SELECT catalog.asking_organisation()));

-- catalog.release: a distributor's own.
GRANT SELECT ON catalog.release, catalog.own_film TO ekino_distributor;
ALTER TABLE catalog.release ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.release TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY distributor ON catalog.release FOR SELECT TO ekino_distributor USING (distributor_id = (SELECT catalog.asking_organisation()));

-- catalog.venue: an exhibitor's own; for whoever has a film, the public list of cinemas; for a
-- vendor those that its sources speak for.
GRANT SELECT ON catalog.venue, catalog.hall TO ekino_exhibitor, ekino_distributor, ekino_vendor;
GRANT SELECT ON catalog.hall_version TO ekino_exhibitor;
ALTER TABLE catalog.venue ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.venue TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON catalog.venue FOR SELECT TO ekino_exhibitor USING (organisation_id = (SELECT catalog.asking_organisation()));
CREATE POLICY distributor ON catalog.venue FOR SELECT TO ekino_distributor USING ((SELECT EXISTS (SELECT FROM catalog.own_film)));
CREATE POLICY vendor ON catalog.venue FOR SELECT TO ekino_vendor USING (venue_id = ANY (ARRAY(SELECT hall.venue_id FROM catalog.hall)));

ALTER TABLE catalog.hall ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.hall TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON catalog.hall FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY distributor ON catalog.hall FOR SELECT TO ekino_distributor USING ((SELECT EXISTS (SELECT FROM catalog.own_film)));
CREATE POLICY vendor ON catalog.hall FOR SELECT TO ekino_vendor USING (hall_id = ANY (ARRAY(SELECT source_hall.hall_id FROM access.source_hall)));

ALTER TABLE catalog.hall_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.hall_version TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON catalog.hall_version FOR SELECT TO ekino_exhibitor USING (hall_id = ANY (ARRAY(SELECT hall.hall_id FROM catalog.hall)));

-- catalog.showing: an exhibitor's by venue, a distributor's by film.
GRANT SELECT ON catalog.showing TO ekino_exhibitor, ekino_distributor;
ALTER TABLE catalog.showing ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON catalog.showing TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON catalog.showing FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY distributor ON catalog.showing FOR SELECT TO ekino_distributor USING (film_id = ANY (ARRAY(SELECT own_film.film_id FROM catalog.own_film)));

-- totals: as their showings are.
GRANT SELECT ON totals.showing, totals.pace, totals.placement, totals.day TO ekino_exhibitor, ekino_distributor;
GRANT SELECT ON totals.venue TO ekino_exhibitor;
-- How many entries a cinema sent is its own business; when it was last heard is not.
GRANT SELECT (venue_id, last_recorded_at) ON totals.venue TO ekino_distributor;
ALTER TABLE totals.showing ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON totals.showing TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON totals.showing FOR SELECT TO ekino_exhibitor USING (EXISTS (SELECT FROM catalog.showing AS its WHERE its.showing_id = showing.showing_id));
CREATE POLICY distributor ON totals.showing FOR SELECT TO ekino_distributor USING (EXISTS (SELECT FROM catalog.showing AS its WHERE its.showing_id = showing.showing_id));

ALTER TABLE totals.pace ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON totals.pace TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON totals.pace FOR SELECT TO ekino_exhibitor USING (EXISTS (SELECT FROM catalog.showing AS its WHERE its.showing_id = pace.showing_id));
CREATE POLICY distributor ON totals.pace FOR SELECT TO ekino_distributor USING (EXISTS (SELECT FROM catalog.showing AS its WHERE its.showing_id = pace.showing_id));

ALTER TABLE totals.placement ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON totals.placement TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON totals.placement FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY distributor ON totals.placement FOR SELECT TO ekino_distributor USING (film_id = ANY (ARRAY(SELECT own_film.film_id FROM catalog.own_film)));

ALTER TABLE totals.day ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON totals.day TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON totals.day FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY distributor ON totals.day FOR SELECT TO ekino_distributor USING (film_id = ANY (ARRAY(SELECT own_film.film_id FROM catalog.own_film)));

ALTER TABLE totals.venue ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON totals.venue TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON totals.venue FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
-- Where a film of theirs was shown within the week or will be: the dates keep the list short.
CREATE POLICY distributor ON totals.venue FOR SELECT TO ekino_distributor
    USING (venue_id = ANY (ARRAY(SELECT showing.venue_id FROM catalog.showing WHERE showing.business_date >= CURRENT_DATE - 7)));

-- access: a vendor's sources; an exhibitor's, and those that speak for one of its halls, of whose
-- keys it sees those that sign batches, because the tills are of other cinemas too.
GRANT SELECT ON access.source, access.source_hall, access.key TO ekino_exhibitor, ekino_vendor;
ALTER TABLE access.source ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON access.source TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON access.source FOR SELECT TO ekino_exhibitor
    USING (organisation_code = (SELECT organisation.code FROM catalog.organisation)
           OR source_id = ANY (ARRAY(SELECT source_hall.source_id FROM access.source_hall)));
CREATE POLICY vendor ON access.source FOR SELECT TO ekino_vendor USING (vendor_code = (SELECT organisation.code FROM catalog.organisation));

ALTER TABLE access.source_hall ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON access.source_hall TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON access.source_hall FOR SELECT TO ekino_exhibitor USING (hall_id = ANY (ARRAY(SELECT hall.hall_id FROM catalog.hall)));
CREATE POLICY vendor ON access.source_hall FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

ALTER TABLE access.key ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON access.key TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON access.key FOR SELECT TO ekino_exhibitor
    USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                   WHERE source.organisation_code = (SELECT organisation.code FROM catalog.organisation)))
           OR kind = 'batch' AND source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
CREATE POLICY vendor ON access.key FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

-- The systems that whoever asks runs: their running numbers are its to know. Of a system that it only uses
-- two numbers and their times would tell how much the others sell. Nobody reads it; the views below do.
CREATE VIEW access.asking_source AS
SELECT source.source_id
  FROM access.source
  JOIN catalog.organisation ON organisation.code = source.organisation_code
 WHERE organisation.organisation_id = (SELECT catalog.asking_organisation());

-- feeds: how much a source sends is its owner's and its vendor's to know; that it was heard also
-- the cinema's for which it speaks.
GRANT SELECT ON feeds.hour TO ekino_exhibitor, ekino_vendor;
GRANT SELECT ON feeds.key TO ekino_vendor;
-- When a key was heard, and not how much it sent: its source may speak for other cinemas too.
GRANT SELECT (key_id, source_id, last_recorded_at) ON feeds.key TO ekino_exhibitor;
ALTER TABLE feeds.key ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.key TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.key FOR SELECT TO ekino_exhibitor USING (key_id = ANY (ARRAY(SELECT key.key_id FROM access.key)));
CREATE POLICY vendor ON feeds.key FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

ALTER TABLE feeds.hour ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.hour TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.hour FOR SELECT TO ekino_exhibitor
    USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                   WHERE source.organisation_code = (SELECT organisation.code FROM catalog.organisation))));
CREATE POLICY vendor ON feeds.hour FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

-- feeds.excuse: whoever filed it, and whoever else its feeds are: an exhibitor reads what its
-- vendor said of its cinemas, a vendor what a cinema said of its system; evidence is the filer's.
GRANT SELECT (excuse_no, reference, organisation_id, party, kind, begins_at, ends_at, words, incident, evidence_name,
              evidence_sha256, filed_at, filed_by, state, decided_at, decided_by, decided_words)
    ON feeds.excuse TO ekino_exhibitor, ekino_vendor;
GRANT SELECT ON feeds.excuse_place TO ekino_exhibitor, ekino_vendor;
ALTER TABLE feeds.excuse_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.excuse_place TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.excuse_place FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.excuse_place FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.excuse ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.excuse TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.excuse FOR SELECT TO ekino_exhibitor
    USING (excuse_no = ANY (ARRAY(SELECT place.excuse_no FROM feeds.excuse_place AS place)));
CREATE POLICY vendor ON feeds.excuse FOR SELECT TO ekino_vendor
    USING (excuse_no = ANY (ARRAY(SELECT place.excuse_no FROM feeds.excuse_place AS place)));

-- The watch over uploads: an exhibitor's venues, a vendor's sources. What a source is asked about as
-- a whole (venue 0) also the cinemas for which it speaks may read.
GRANT SELECT ON feeds.venue_hour, feeds.refused, feeds.venue_day, feeds.status, feeds.declared TO ekino_exhibitor, ekino_vendor;
GRANT SELECT ON feeds.line, feeds.gap, feeds.unmended, feeds.report, feeds.alarm TO ekino_vendor;
-- No running numbers and not what waits: a line of a shared system crosses cinemas. Those of a cinema's own systems
-- are in the views below.
GRANT SELECT (key_id, venue_id, source_id, events, repeats, duplicates, duplicated_at, first_recorded_at, last_recorded_at)
    ON feeds.line TO ekino_exhibitor;
GRANT SELECT (key_id, source_id, venue_id, business_date, numbers, seen_at, closed_at) ON feeds.gap TO ekino_exhibitor;
GRANT SELECT (key_id, source_id, venue_id, business_date, outcome, refused_at, batch_no, ordinal)
    ON feeds.unmended TO ekino_exhibitor;
GRANT SELECT (alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, closed_at, times)
    ON feeds.alarm TO ekino_exhibitor;
GRANT SELECT (key_id, source_id, first_recorded_at, recorded_at, reports, product, version, version_since, sent_at,
              clock_ahead_s, clock_off_words, clock_off_since, oldest_waiting_at, resting_until, batches)
    ON feeds.report TO ekino_exhibitor;
ALTER TABLE feeds.line ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.line TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.line FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.line FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.gap ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.gap TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.gap FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.gap FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.unmended ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.unmended TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.unmended FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.unmended FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.venue_hour ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.venue_hour TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.venue_hour FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.venue_hour FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.refused ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.refused TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.refused FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.refused FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.venue_day ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.venue_day TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.venue_day FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.venue_day FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.status ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.status TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.status FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.status FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.alarm ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.alarm TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.alarm FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue))
           OR venue_id = 0 AND source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
CREATE POLICY vendor ON feeds.alarm FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.report ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.report TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.report FOR SELECT TO ekino_exhibitor
    USING (key_id = ANY (ARRAY(SELECT key.key_id FROM access.key)));
CREATE POLICY vendor ON feeds.report FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.declared ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.declared TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.declared FOR SELECT TO ekino_exhibitor
    USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.declared FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

CREATE VIEW feeds.exhibitor_gap WITH (security_barrier = true) AS
SELECT key_id, source_id, venue_id, business_date, numbers, seen_at, closed_at,
       CASE WHEN source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source)) THEN first_sequence END AS first_sequence,
       CASE WHEN source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source)) THEN last_sequence END AS last_sequence
  FROM feeds.gap
 WHERE venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue WHERE venue.organisation_id = (SELECT catalog.asking_organisation())));

CREATE VIEW feeds.exhibitor_unmended WITH (security_barrier = true) AS
SELECT key_id, source_id, venue_id, business_date, outcome, refused_at, batch_no, ordinal,
       CASE WHEN source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source)) THEN sequence END AS sequence
  FROM feeds.unmended
 WHERE venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue WHERE venue.organisation_id = (SELECT catalog.asking_organisation())));

CREATE VIEW feeds.exhibitor_waiting WITH (security_barrier = true) AS
SELECT key_id, waiting_events
  FROM feeds.report
 WHERE source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source));

-- Which names are running numbers, where they are numbers: feeds/model/alarms.py.
CREATE VIEW feeds.exhibitor_alarm WITH (security_barrier = true) AS
SELECT alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, closed_at, times,
       CASE WHEN source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source)) THEN facts
            ELSE facts - ARRAY(SELECT name FROM unnest(ARRAY['first', 'number']) AS name
                                WHERE jsonb_typeof(facts -> name) = 'number') END AS facts
  FROM feeds.alarm
 WHERE venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue WHERE venue.organisation_id = (SELECT catalog.asking_organisation())))
    OR venue_id = 0
       AND source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                    JOIN catalog.organisation ON organisation.code = source.organisation_code
                                   WHERE organisation_id = (SELECT catalog.asking_organisation())
                                  UNION
                                  SELECT source_hall.source_id
                                    FROM access.source_hall JOIN catalog.hall USING (hall_id) JOIN catalog.venue USING (venue_id)
                                   WHERE venue.organisation_id = (SELECT catalog.asking_organisation())));

GRANT SELECT ON feeds.exhibitor_gap, feeds.exhibitor_unmended, feeds.exhibitor_waiting, feeds.exhibitor_alarm TO ekino_exhibitor;

-- own: requests by whoever asks and by whoever is asked.
GRANT SELECT ON own.correction TO ekino_exhibitor, ekino_vendor;
ALTER TABLE own.correction ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON own.correction TO ekino_office USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON own.correction FOR SELECT TO ekino_exhibitor USING (organisation_id = (SELECT catalog.asking_organisation()));
CREATE POLICY vendor ON own.correction FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));

-- The register, through views that nobody looks behind: they belong to the owner and compare by
-- themselves. Bodies and salts are in none.
CREATE VIEW register.exhibitor_entry WITH (security_barrier = true) AS
SELECT position, batch_no, recorded_at, happened_at, showing_id, identity_no, gross_minor, fees_minor, source_id,
       kind, sales_channel, admissions, is_late, subject
  FROM register.entry
 WHERE EXISTS (SELECT FROM catalog.showing JOIN catalog.venue USING (venue_id)
                WHERE showing.showing_id = entry.showing_id
                  AND venue.organisation_id = (SELECT catalog.asking_organisation()));

CREATE VIEW register.vendor_entry WITH (security_barrier = true) AS
SELECT position, batch_no, recorded_at, happened_at, showing_id, identity_no, gross_minor, fees_minor, source_id,
       kind, sales_channel, admissions, is_late, subject
  FROM register.entry
 WHERE source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                JOIN catalog.organisation ON organisation.code = source.vendor_code
                               WHERE organisation_id = (SELECT catalog.asking_organisation())));

-- What was not entered: of an exhibitor's own sources everything, of others what names its venue, without numbers.
CREATE VIEW register.exhibitor_refusal WITH (security_barrier = true) AS
SELECT refusal.batch_no, refusal.ordinal, refusal.outcome,
       CASE WHEN batch.source_id = ANY (ARRAY(SELECT asking_source.source_id FROM access.asking_source)) THEN refusal.problem
            ELSE refusal.problem - 'sequence'
                 || jsonb_build_object('detail', regexp_replace(coalesce(refusal.problem ->> 'detail', ''),
                                                                '\msequence \w+ there, \w+ here(, )?', '', 'g')) END AS problem,
       batch.source_id, batch.key_id, batch.recorded_at
  FROM register.refusal JOIN register.batch USING (batch_no)
 WHERE batch.source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                      JOIN catalog.organisation ON organisation.code = source.organisation_code
                                     WHERE organisation_id = (SELECT catalog.asking_organisation())))
    OR refusal.problem ->> 'venue' = ANY (ARRAY(SELECT venue.code FROM catalog.venue
                                                 WHERE venue.organisation_id = (SELECT catalog.asking_organisation())));

CREATE VIEW register.vendor_refusal WITH (security_barrier = true) AS
SELECT refusal.batch_no, refusal.ordinal, refusal.outcome, refusal.problem, batch.source_id, batch.key_id, batch.recorded_at
  FROM register.refusal JOIN register.batch USING (batch_no)
 WHERE batch.source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                      JOIN catalog.organisation ON organisation.code = source.vendor_code
                                     WHERE organisation_id = (SELECT catalog.asking_organisation())));

-- When a till's last ticket was sold: the tills of an exhibitor's own sources, and those of shared
-- ones that sold last for one of its halls.
CREATE VIEW verify.exhibitor_till WITH (security_barrier = true) AS
SELECT key.key_id, key.source_id, last.recorded_at
  FROM access.key JOIN access.source USING (source_id)
 CROSS JOIN LATERAL (SELECT token.recorded_at, token.showing_id FROM verify.token
                      WHERE token.key_id = key.key_id AND token.seq IS NOT NULL
                      ORDER BY token.seq DESC LIMIT 1) AS last
 WHERE key.kind = 'till'
   AND (source.organisation_code = (SELECT organisation.code FROM catalog.organisation
                                     WHERE organisation_id = (SELECT catalog.asking_organisation()))
        OR EXISTS (SELECT FROM catalog.showing JOIN catalog.venue USING (venue_id)
                    WHERE showing.showing_id = last.showing_id
                      AND venue.organisation_id = (SELECT catalog.asking_organisation())));

GRANT SELECT ON register.exhibitor_entry, register.exhibitor_refusal, verify.exhibitor_till TO ekino_exhibitor;
GRANT SELECT ON register.vendor_entry, register.vendor_refusal TO ekino_vendor;

-- intake: what was handed in for an exhibitor's own sources, and never the bytes of a file.
GRANT USAGE ON SCHEMA intake TO ekino_exhibitor;
GRANT SELECT (upload_no, reference, source_id, file_name, file_sha256, file_bytes, asked, format, version, handed_by,
              handed_at, state, refusal, counts, judged_at) ON intake.upload TO ekino_exhibitor;
GRANT SELECT (upload_no, answered_at) ON intake.batch TO ekino_exhibitor;
GRANT SELECT ON intake.finding, intake.unknown_name TO ekino_exhibitor;
ALTER TABLE intake.upload ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON intake.upload TO ekino_office, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON intake.upload FOR SELECT TO ekino_exhibitor
    USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                   WHERE source.organisation_code = (SELECT organisation.code FROM catalog.organisation))));
ALTER TABLE intake.batch ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON intake.batch TO ekino_office USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON intake.batch FOR SELECT TO ekino_exhibitor USING (upload_no IN (SELECT upload.upload_no FROM intake.upload));
ALTER TABLE intake.finding ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON intake.finding TO ekino_office, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON intake.finding FOR SELECT TO ekino_exhibitor USING (upload_no IN (SELECT upload.upload_no FROM intake.upload));
ALTER TABLE intake.unknown_name ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON intake.unknown_name TO ekino_office USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON intake.unknown_name FOR SELECT TO ekino_exhibitor USING (upload_no IN (SELECT upload.upload_no FROM intake.upload));

-- feeds.acknowledgement: of the alarms that one may read.
GRANT SELECT ON feeds.acknowledgement TO ekino_exhibitor, ekino_vendor;
ALTER TABLE feeds.acknowledgement ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.acknowledgement TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.acknowledgement FOR SELECT TO ekino_exhibitor USING (EXISTS (SELECT FROM feeds.alarm AS its WHERE its.alarm_id = acknowledgement.alarm_id));
CREATE POLICY vendor ON feeds.acknowledgement FOR SELECT TO ekino_vendor USING (EXISTS (SELECT FROM feeds.alarm AS its WHERE its.alarm_id = acknowledgement.alarm_id));

-- Batches without bodies, salts and signatures: of the sources that one makes, or runs.
CREATE VIEW register.vendor_batch WITH (security_barrier = true) AS
SELECT batch_no, source_id, key_id, recorded_at, signed_at, events, entered, first_position
  FROM register.batch
 WHERE source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                JOIN catalog.organisation ON organisation.code = source.vendor_code
                               WHERE organisation_id = (SELECT catalog.asking_organisation())));
CREATE VIEW register.exhibitor_batch WITH (security_barrier = true) AS
SELECT batch_no, source_id, key_id, recorded_at, signed_at, events, entered, first_position
  FROM register.batch
 WHERE source_id = ANY (ARRAY(SELECT source.source_id FROM access.source
                                JOIN catalog.organisation ON organisation.code = source.organisation_code
                               WHERE organisation_id = (SELECT catalog.asking_organisation())));
GRANT SELECT ON register.vendor_batch TO ekino_vendor;
GRANT SELECT ON register.exhibitor_batch TO ekino_exhibitor;
