-- Certifications: runs, their steps, what they play in, and the public list.

-- name: find_sender
-- Who a source is: its vendor as the register knows it.
SELECT source.source_id, source.code AS source, coalesce(organisation.code, '') AS organisation_code,
       coalesce(organisation.name, source.vendor, source.name) AS vendor
  FROM access.source
  LEFT JOIN catalog.organisation ON organisation.code = coalesce(source.vendor_code, source.organisation_code)
 WHERE source.source_id = %(source_id)s;

-- name: find_stage
-- A showing of a source's halls that begins in an hour or later, and one that has begun.
WITH own AS (
    SELECT showing.code, showing.starts_at, venue.code AS venue
      FROM access.source_hall
      JOIN catalog.showing USING (hall_id)
      JOIN catalog.hall USING (hall_id)
      JOIN catalog.venue ON venue.venue_id = hall.venue_id
     WHERE source_hall.source_id = %(source_id)s AND showing.state = 'announced'
       AND showing.starts_at > %(at)s::timestamptz - interval '3 days'
       AND showing.starts_at < %(at)s::timestamptz + interval '3 days'
)
SELECT next.venue, next.code AS showing, begun.code AS begun, begun.starts_at AS begun_at
  FROM own AS next JOIN own AS begun USING (venue)
 WHERE next.starts_at > %(at)s::timestamptz + interval '1 hour'
   AND begun.starts_at < %(at)s::timestamptz - interval '10 minutes'
 ORDER BY next.starts_at, begun.starts_at DESC
 LIMIT 1;

-- name: lock_source
-- Take a source's certifications until the transaction ends: two that begin at once begin one.
SELECT pg_advisory_xact_lock(hashtext('certification'), %(source_id)s::int4);

-- name: find_begun
-- The reference of the very run that is asked for again: begun just now, and nothing of it decided.
SELECT run.reference
  FROM certification.run
 WHERE run.source_id = %(source_id)s AND run.state = 'running'
   AND run.key_id = %(key_id)s AND run.product = %(product)s AND run.version = %(version)s
   AND run.levels = %(levels)s::text[] AND run.started_at >= %(since)s
   AND NOT EXISTS (SELECT FROM certification.step WHERE step.run_no = run.run_no AND step.state <> 'waiting');

-- name: leave_runs
-- End what a source left unfinished.
UPDATE certification.run SET state = 'left', ended_at = %(at)s
 WHERE source_id = %(source_id)s AND state = 'running';

-- name: insert_run
-- Begin a run.
INSERT INTO certification.run (reference, source_id, organisation_code, key_id, vendor, product, version, levels, stage, started_at)
VALUES (%(reference)s, %(source_id)s, nullif(%(organisation_code)s, ''), %(key_id)s, %(vendor)s, %(product)s, %(version)s,
        %(levels)s, %(stage)s, %(at)s)
RETURNING run_no;

-- name: insert_step
-- Add a test to a run; the first begins at once.
INSERT INTO certification.step (run_no, place, test, began_at)
VALUES (%(run_no)s, %(place)s, %(test)s, %(began_at)s);

-- name: find_run
-- A run by its reference.
SELECT run_no, reference, source_id, coalesce(organisation_code, '') AS organisation_code, key_id, vendor, product, version,
       levels, stage, started_at, state, ended_at, ends_date, certificate, withdrawn_at, withdrawn_words
  FROM certification.run
 WHERE reference = %(reference)s;

-- name: lock_run
-- Take a run until the transaction ends.
SELECT run_no FROM certification.run WHERE reference = %(reference)s FOR UPDATE;

-- name: list_runs
-- The newest runs of an organisation.
SELECT run_no, reference, source_id, coalesce(organisation_code, '') AS organisation_code, key_id, vendor, product, version,
       levels, stage, started_at, state, ended_at, ends_date, certificate, withdrawn_at, withdrawn_words
  FROM certification.run
 WHERE organisation_code = ANY (%(organisation_codes)s)
 ORDER BY run_no DESC
 LIMIT %(limit)s;

-- name: list_holding
-- By organisation the product and version that were certified last, of certificates that hold on a day.
SELECT DISTINCT ON (organisation_code) organisation_code, product, version
  FROM certification.run
 WHERE organisation_code = ANY (%(organisation_codes)s)
   AND state = 'certified' AND withdrawn_at IS NULL AND ends_date >= %(day)s
 ORDER BY organisation_code, run_no DESC;

-- name: list_steps
-- The tests of a run, in order.
SELECT place, test, state, began_at, ended_at, detail, request_id, shown, fault_met_at, answers
  FROM certification.step
 WHERE run_no = %(run_no)s
 ORDER BY place;

-- name: begin_step
-- Let a test have its turn, from now on.
UPDATE certification.step
   SET began_at = %(at)s, state = 'waiting', ended_at = NULL, detail = '', request_id = '', shown = '', fault_met_at = NULL,
       answers = '{}'
 WHERE run_no = %(run_no)s AND place = %(place)s;

-- name: end_step
-- Say what became of a test.
UPDATE certification.step
   SET state = %(state)s, ended_at = %(at)s, detail = %(detail)s, request_id = %(request_id)s, shown = %(shown)s
 WHERE run_no = %(run_no)s AND place = %(place)s;

-- name: answer_step
-- Keep what was answered by hand.
UPDATE certification.step SET answers = %(answers)s WHERE run_no = %(run_no)s AND place = %(place)s;

-- name: end_run
-- Say what became of a run.
UPDATE certification.run
   SET state = %(state)s, ended_at = %(at)s, ends_date = %(ends_date)s, certificate = %(certificate)s
 WHERE run_no = %(run_no)s;

-- name: withdraw_run
-- Withdraw a certificate.
UPDATE certification.run SET withdrawn_at = %(at)s, withdrawn_words = %(words)s
 WHERE reference = %(reference)s AND state = 'certified' AND withdrawn_at IS NULL
RETURNING run_no;

-- name: lock_current
-- The test whose turn it is in the running certification of a key, and what it has met.
SELECT step.run_no, step.place, step.test, step.fault_met_at
  FROM certification.step JOIN certification.run USING (run_no)
 WHERE run.key_id = %(key_id)s AND run.state = 'running' AND step.state = 'waiting' AND step.began_at IS NOT NULL
 ORDER BY step.place
 LIMIT 1
   FOR UPDATE OF step;

-- name: meet_fault
-- Note when a test's fault was first met.
UPDATE certification.step SET fault_met_at = %(at)s WHERE run_no = %(run_no)s AND place = %(place)s;

-- name: list_certified
-- Every certificate, the newest first.
SELECT reference, coalesce(organisation_code, '') AS organisation_code, vendor, product, version, certificate, ended_at,
       ends_date, withdrawn_at
  FROM certification.run
 WHERE state = 'certified'
 ORDER BY run_no DESC
 LIMIT %(limit)s;

-- name: list_keys
-- The living keys of organisations' sources that sign batches.
SELECT key.key_id
  FROM access.key JOIN access.source USING (source_id)
 WHERE coalesce(source.vendor_code, source.organisation_code) = ANY (%(organisation_codes)s)
   AND key.kind = 'batch' AND key.revoked_at IS NULL AND key.valid_until > %(at)s
 ORDER BY key.valid_from DESC, key.key_id
 LIMIT %(limit)s;

-- name: list_codes
-- The codes of organisations.
SELECT code FROM catalog.organisation WHERE organisation_id = ANY (%(organisation_ids)s) ORDER BY code;
