-- name: read_environment
-- Say whether this is the live register or a test register.
SELECT name FROM access.environment;

-- name: make_test
-- Make this a test register, as long as no source has been registered in it.
UPDATE access.environment SET name = 'test'
 WHERE name = 'test' OR NOT EXISTS (SELECT FROM access.source)
RETURNING name;

-- name: find_source
-- Give a source by its code.
SELECT source_id, code, name, state, may_announce,
       array_remove(ARRAY[vendor_code, organisation_code], NULL) AS owners
  FROM access.source WHERE code = %(code)s;

-- name: find_source_of
-- Give a source as it stands.
SELECT source_id, code, name, state, may_announce,
       array_remove(ARRAY[vendor_code, organisation_code], NULL) AS owners
  FROM access.source WHERE source_id = %(source_id)s;

-- name: list_halls_of
-- Give the halls that a source may speak for, by the codes of the catalog.
SELECT venue.code, hall.code
  FROM access.source_hall
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.venue USING (venue_id)
 WHERE source_hall.source_id = %(source_id)s
 ORDER BY 1, 2;

-- name: insert_enrolment
-- Enter a code by its hash.
INSERT INTO access.enrolment (code_sha256, source_id, made_by, made_at, ends_at)
VALUES (%(code_sha256)s, %(source_id)s, %(made_by)s, %(made_at)s, %(ends_at)s);

-- name: count_enrolments
-- Say how many codes of a source are good now.
SELECT count(*) FROM access.enrolment
 WHERE source_id = %(source_id)s AND key_id IS NULL AND ends_at > %(at)s;

-- name: lock_enrolment
-- Give a code and hold it: it lets one key in, however many ask at once.
SELECT source_id, ends_at, key_id FROM access.enrolment
 WHERE code_sha256 = %(code_sha256)s FOR UPDATE;

-- name: use_enrolment
-- Note which key a code has let in.
UPDATE access.enrolment SET key_id = %(key_id)s WHERE code_sha256 = %(code_sha256)s;

-- name: forget_enrolments
-- Throw away codes whose time was over before an instant.
DELETE FROM access.enrolment WHERE ends_at < %(before)s;

-- name: lock_key
-- Hold a key while another takes its place, and say which has done so already.
SELECT replaced_by FROM access.key WHERE key_id = %(key_id)s FOR UPDATE;

-- name: end_key
-- Let a key that was replaced end at an instant, unless it ends sooner.
UPDATE access.key SET valid_until = least(valid_until, %(at)s), replaced_by = %(replaced_by)s
 WHERE key_id = %(key_id)s RETURNING valid_until;

-- name: move_keys
-- Give the living keys of one source to another.
UPDATE access.key SET source_id = %(to_source_id)s
 WHERE source_id = %(from_source_id)s AND revoked_at IS NULL;

-- name: list_sources_of
-- Give the sources of an organisation: those it made, and those it runs.
SELECT code, name, state, vendor_code = %(organisation_code)s AS is_maker
  FROM access.source
 WHERE vendor_code = %(organisation_code)s OR organisation_code = %(organisation_code)s
 ORDER BY code;
