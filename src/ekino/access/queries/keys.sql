-- name: read_revision
-- Say how often rights and keys have changed.
SELECT number FROM access.revision;

-- name: bump_revision
-- Count a change; everybody who remembers keys or rights looks here first.
UPDATE access.revision SET number = number + 1 RETURNING number;

-- name: find_key
-- Give a key with the source that it speaks for (none: an operator of the register), and from where.
SELECT key.key_id, key.source_id, key.public_key, key.valid_from, key.valid_until,
       key.revoked_at, source.code AS source_code, source.may_announce,
       coalesce(source.state, 'active') AS source_state, key.kind, key.note_id,
       ARRAY(SELECT network FROM access.key_network WHERE key_network.key_id = key.key_id) AS networks
  FROM access.key LEFT JOIN access.source USING (source_id)
 WHERE key.key_id = %(key_id)s;

-- name: find_key_by_note_id
-- Give a key by the four bytes with which a ticket names its till.
SELECT key.key_id, key.source_id, key.public_key, key.valid_from, key.valid_until,
       key.revoked_at, source.code AS source_code, source.may_announce,
       coalesce(source.state, 'active') AS source_state, key.kind, key.note_id, '{}'::cidr[] AS networks
  FROM access.key LEFT JOIN access.source USING (source_id)
 WHERE key.note_id = %(note_id)s;

-- name: list_keys
-- Give every key and who answers for it, without the source's halls.
SELECT key.key_id, key.kind, source.code AS source, organisation.bin AS owner_bin,
       encode(key.note_id, 'hex') AS note_id, encode(key.public_key, 'base64') AS public_key,
       key.valid_from, key.valid_until, key.revoked_at,
       (SELECT string_agg(network::text, ', ' ORDER BY network) FROM access.key_network
         WHERE key_network.key_id = key.key_id) AS networks
  FROM access.key
  LEFT JOIN access.source USING (source_id)
  LEFT JOIN catalog.organisation ON organisation.code = source.organisation_code
 ORDER BY key.key_id;

-- name: list_keys_and_owners
-- Give every key as the public directory lists it.
SELECT key.key_id, key.kind, source.code AS source, organisation.bin AS owner_bin,
       key.public_key, key.valid_from, key.valid_until, key.revoked_at
  FROM access.key
  LEFT JOIN access.source USING (source_id)
  LEFT JOIN catalog.organisation ON organisation.code = source.organisation_code
 ORDER BY key.key_id;

-- name: read_halls
-- Give the halls that a source may speak for.
SELECT hall_id FROM access.source_hall WHERE source_id = %(source_id)s;

-- name: upsert_source
-- Enter or change a source.
INSERT INTO access.source (code, name, vendor, organisation_code, may_announce, state, allowed_delay_s,
                           vendor_code)
VALUES (%(code)s, %(name)s, %(vendor)s, %(organisation)s, %(may_announce)s, %(state)s,
        %(allowed_delay_s)s, %(vendor_code)s)
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, vendor = excluded.vendor,
       organisation_code = excluded.organisation_code,
       may_announce = excluded.may_announce, state = excluded.state,
       allowed_delay_s = excluded.allowed_delay_s, vendor_code = excluded.vendor_code
RETURNING source_id;

-- name: find_halls
-- Give the halls of a venue: all of them, or the one named.
SELECT hall.hall_id
  FROM catalog.hall JOIN catalog.venue USING (venue_id)
 WHERE venue.code = %(venue)s
   AND (%(hall)s::text IS NULL OR hall.code = %(hall)s);

-- name: entitle
-- Let a source speak for halls, besides those it may speak for already.
INSERT INTO access.source_hall (source_id, hall_id)
SELECT %(source_id)s, unnest(%(hall_ids)s::integer[])
    ON CONFLICT DO NOTHING;

-- name: clear_halls
-- Take every hall from a source; `entitle` gives it the ones it now has.
DELETE FROM access.source_hall WHERE source_id = %(source_id)s;

-- name: insert_key
-- Enter a key; a key that is there already stays as it is.
INSERT INTO access.key (key_id, source_id, public_key, valid_from, valid_until, kind, note_id)
VALUES (%(key_id)s, %(source_id)s, %(public_key)s, %(valid_from)s, %(valid_until)s,
        %(kind)s, %(note_id)s)
    ON CONFLICT DO NOTHING;

-- name: clear_networks
-- Let a key be used from anywhere.
DELETE FROM access.key_network WHERE key_id = %(key_id)s;

-- name: add_networks
-- Let a key be used from these networks, and, once it has any, from nowhere else.
INSERT INTO access.key_network (key_id, network) SELECT %(key_id)s, unnest(%(networks)s::cidr[]);

-- name: copy_networks
-- Let a key be used from where another may be.
INSERT INTO access.key_network (key_id, network)
SELECT %(key_id)s, network FROM access.key_network WHERE key_id = %(of)s ON CONFLICT DO NOTHING;

-- name: find_stranger_of_name
-- Give a key of somebody else's whose name begins like that of a new key of this source: "acme/" is one
-- vendor's. Of one vendor are sources that agree in the first thing that is known of both: the vendor's code,
-- its name, or whose cinema it is. "0" is the letter after "/".
SELECT key.key_id
  FROM access.source AS ours,
       access.key LEFT JOIN access.source AS theirs USING (source_id)
 WHERE ours.source_id = %(source_id)s
   AND theirs.source_id IS DISTINCT FROM ours.source_id
   AND (key.key_id IN (%(party)s, 'test.' || %(party)s)
        OR key.key_id >= %(party)s || '/' AND key.key_id < %(party)s || '0'
        OR key.key_id >= 'test.' || %(party)s || '/' AND key.key_id < 'test.' || %(party)s || '0')
   AND NOT coalesce(theirs.vendor_code = ours.vendor_code, theirs.vendor = ours.vendor,
                    theirs.organisation_code = ours.organisation_code, false)
 LIMIT 1;

-- name: revoke_key
-- End a key's life now, and say which key took its place.
UPDATE access.key SET revoked_at = coalesce(revoked_at, clock_timestamp())
 WHERE key_id = %(key_id)s
RETURNING revoked_at, replaced_by;

-- name: list_successors
-- Give the keys that came of a key, one in the place of another, that are alive.
WITH RECURSIVE successor (key_id) AS (
    SELECT replaced_by FROM access.key WHERE key_id = %(key_id)s
     UNION
    SELECT key.replaced_by FROM access.key JOIN successor USING (key_id)
)
SELECT key.key_id FROM access.key JOIN successor USING (key_id)
 WHERE revoked_at IS NULL AND valid_until > clock_timestamp()
 ORDER BY valid_from, key_id;

-- name: use_nonce
-- Note that a request was made; no row when it was made before, whichever process took it.
INSERT INTO access.used_nonce (key_id, nonce, used_at)
VALUES (%(key_id)s, %(nonce)s, %(used_at)s)
    ON CONFLICT DO NOTHING
RETURNING true;

-- name: forget_nonces
-- Let go of requests whose signatures are accepted no longer.
DELETE FROM access.used_nonce WHERE used_at < %(used_before)s;
