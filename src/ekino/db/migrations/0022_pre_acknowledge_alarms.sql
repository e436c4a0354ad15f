-- Alarms are taken notice of, and organisations read their batches without bodies.

-- Who has taken notice of an alarm, and what they said: the first to do so stays.
CREATE TABLE feeds.acknowledgement (
    alarm_id  bigint PRIMARY KEY REFERENCES feeds.alarm,
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    words     text NOT NULL
);

GRANT SELECT ON feeds.acknowledgement TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT ON feeds.acknowledgement TO ekino_office;

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
