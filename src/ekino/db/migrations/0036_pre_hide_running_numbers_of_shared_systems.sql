-- Running numbers of a shared system tell a cinema how much the others sell: two of them and their times are enough.
-- An exhibitor reads those of systems that it runs, and of others what says nothing of anybody else.
ALTER TABLE feeds.gap ADD COLUMN numbers bigint NOT NULL GENERATED ALWAYS AS (last_sequence - first_sequence + 1) STORED;

CREATE VIEW access.asking_source AS
SELECT source.source_id
  FROM access.source
  JOIN catalog.organisation ON organisation.code = source.organisation_code
 WHERE organisation.organisation_id = (SELECT catalog.asking_organisation());

REVOKE SELECT ON feeds.line, feeds.gap, feeds.unmended, feeds.alarm FROM ekino_exhibitor;
REVOKE SELECT (waiting_events) ON feeds.report FROM ekino_exhibitor;
GRANT SELECT (key_id, venue_id, source_id, events, repeats, duplicates, duplicated_at, first_recorded_at, last_recorded_at)
    ON feeds.line TO ekino_exhibitor;
GRANT SELECT (key_id, source_id, venue_id, business_date, numbers, seen_at, closed_at) ON feeds.gap TO ekino_exhibitor;
GRANT SELECT (key_id, source_id, venue_id, business_date, outcome, refused_at, batch_no, ordinal)
    ON feeds.unmended TO ekino_exhibitor;
GRANT SELECT (alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, closed_at, times)
    ON feeds.alarm TO ekino_exhibitor;

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

-- A refused event's number is one of them, where it stands by itself and where its difference is told.
CREATE OR REPLACE VIEW register.exhibitor_refusal WITH (security_barrier = true) AS
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

-- So is the number of a till's last ticket, when the till sells for others too; nobody reads it.
DROP VIEW verify.exhibitor_till;
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
GRANT SELECT ON verify.exhibitor_till TO ekino_exhibitor;
