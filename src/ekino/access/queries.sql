-- name: read_revision
-- Say how often rights and keys have changed.
SELECT number FROM access.revision;

-- name: bump_revision
-- Begin a change: the row stays locked until commit, so changes commit in their order, and
-- everybody who remembers keys or rights looks here first.
UPDATE access.revision SET number = number + 1 RETURNING number;

-- name: find_key
-- Give a key with the source that it speaks for (none: an operator of the register).
SELECT key.key_id, key.source_id, key.public_key, key.valid_from, key.valid_until,
       key.revoked_at, source.code AS source_code, source.may_announce,
       coalesce(source.state, 'active') AS source_state
  FROM access.key LEFT JOIN access.source USING (source_id)
 WHERE key.key_id = %(key_id)s;

-- name: list_keys
-- Give every key by name, with the source that it speaks for.
SELECT key.key_id, source.code AS source, encode(key.public_key, 'base64') AS public_key,
       key.valid_from, key.valid_until, key.revoked_at
  FROM access.key LEFT JOIN access.source USING (source_id)
 ORDER BY key.key_id;

-- name: find_source
-- Give a source's number.
SELECT source_id FROM access.source WHERE code = %(code)s;

-- name: read_halls
-- Give the halls that a source may speak for.
SELECT hall_id FROM access.source_hall WHERE source_id = %(source_id)s;

-- name: missing_organisations
-- Name the sources whose organisation the catalog lacks.
SELECT given.code, given.organisation
  FROM unnest(%(codes)s::text[], %(organisations)s::text[]) AS given (code, organisation)
 WHERE given.organisation IS NOT NULL
   AND NOT EXISTS (SELECT FROM catalog.organisation WHERE organisation.code = given.organisation);

-- name: upsert_sources
-- Enter or change sources; what is the same already is left alone and not given back.
INSERT INTO access.source AS old (code, name, vendor, organisation_code, may_announce, state)
SELECT given.code, given.name, given.vendor, given.organisation, given.may_announce, given.state
  FROM jsonb_to_recordset(%(rows)s) AS given (
           code text, name text, vendor text, organisation text, may_announce boolean, state text)
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, vendor = excluded.vendor,
       organisation_code = excluded.organisation_code,
       may_announce = excluded.may_announce, state = excluded.state
 WHERE (old.name, old.vendor, old.organisation_code, old.may_announce, old.state)
       IS DISTINCT FROM
       (excluded.name, excluded.vendor, excluded.organisation_code, excluded.may_announce, excluded.state)
RETURNING (xmax = 0) AS is_new, code;

-- name: find_sources
-- Give the numbers of these sources.
SELECT code, source_id FROM access.source WHERE code = ANY (%(codes)s);

-- name: find_halls
-- Give the halls meant by each (venue, hall) pair, by its ordinal from 0; without a hall all
-- halls of the venue are meant.
SELECT given.ordinal - 1 AS ordinal, hall.hall_id
  FROM unnest(%(venues)s::text[], %(halls)s::text[]) WITH ORDINALITY AS given (venue, hall, ordinal)
  JOIN catalog.venue ON venue.code = given.venue
  JOIN catalog.hall ON hall.venue_id = venue.venue_id
   AND (given.hall IS NULL OR hall.code = given.hall);

-- name: take_halls
-- Take from sources the halls that they are no longer given, and name the sources.
DELETE FROM access.source_hall
 WHERE source_id = ANY (%(all_source_ids)s)
   AND NOT EXISTS (
       SELECT FROM unnest(%(source_ids)s::integer[], %(hall_ids)s::integer[]) AS given (source_id, hall_id)
        WHERE given.source_id = source_hall.source_id AND given.hall_id = source_hall.hall_id)
RETURNING source_id;

-- name: give_halls
-- Let sources speak for halls, besides those they may speak for already, and name the sources.
INSERT INTO access.source_hall (source_id, hall_id)
SELECT source_id, hall_id
  FROM unnest(%(source_ids)s::integer[], %(hall_ids)s::integer[]) AS given (source_id, hall_id)
    ON CONFLICT DO NOTHING
RETURNING source_id;

-- name: insert_keys
-- Enter keys; one whose name or bytes are there already is left as it is.
INSERT INTO access.key (key_id, source_id, public_key, valid_from, valid_until)
SELECT * FROM unnest(%(key_ids)s::text[], %(source_ids)s::integer[], %(public_keys)s::bytea[],
                     %(valid_froms)s::timestamptz[], %(valid_untils)s::timestamptz[])
    ON CONFLICT DO NOTHING
RETURNING key_id;

-- name: find_keys
-- Give what is entered under these names.
SELECT key_id, source_id, public_key FROM access.key WHERE key_id = ANY (%(key_ids)s);

-- name: revoke_key
-- End a key's life now; one that is over stays over since then.
UPDATE access.key SET revoked_at = coalesce(revoked_at, clock_timestamp())
 WHERE key_id = %(key_id)s
RETURNING revoked_at;

-- name: insert_audit
-- Write down who did what.
INSERT INTO access.audit (actor, action, subject, detail)
VALUES (%(actor)s, %(action)s, %(subject)s, %(detail)s);
