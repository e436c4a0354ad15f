-- name: read_tills
-- Give every key of a till, with what was agreed with its source.
SELECT key.note_id, key.key_id, key.public_key, key.source_id, source.code, source.name,
       key.valid_from, key.valid_until, key.revoked_at, source.allowed_delay_s
  FROM access.key JOIN access.source USING (source_id)
 WHERE key.kind = 'till';

-- name: read_revision
-- Say how often keys and rights have changed: what is remembered of tills is good until then.
SELECT number FROM access.revision;

-- name: find_sale
-- Give how far the register is read, the sale of this ticket if one stands there, how often the
-- code was checked and what was stated of it; one statement, so that all of it is of one moment.
SELECT follower.next_position, follower.read_until, head.size AS log_size, head.root AS log_root,
       revision.number AS revision,
       token.position, token.token, token.showing_id, token.recorded_at, token.price_minor,
       token.section, token.row, token.seat, token.differs, token.end_kind, token.ended_position,
       token.ended_at, checked.checks, checked.first_hour, stated.first_stated_at
  FROM verify.follower CROSS JOIN access.revision
  LEFT JOIN proofs.head ON true
  LEFT JOIN verify.token ON token.ticket_id = %(ticket_id)s AND token.source_id = %(source_id)s
  LEFT JOIN verify.checked ON checked.token_sha256 = %(token_sha256)s
  LEFT JOIN LATERAL (SELECT min(stated_at) AS first_stated_at FROM verify.statement
                      WHERE statement.token_sha256 = %(token_sha256)s) AS stated ON true;

-- name: find_by_id
-- Give the sale with this ticket id, of whatever source: registered or not, and the place.
SELECT token.showing_id, token.section, token.row, token.seat, token.end_kind
  FROM verify.token WHERE ticket_id = %(ticket_id)s
 ORDER BY token.position LIMIT 1;

-- name: read_showing
-- Give what a visitor would recognise of a showing.
SELECT film.titles, film.original_language, venue.name AS venue, venue.city, hall_version.name AS hall,
       showing.starts_at, venue.timezone, venue.currency
  FROM catalog.showing
  JOIN catalog.film USING (film_id)
  JOIN catalog.venue ON venue.venue_id = showing.venue_id
  JOIN LATERAL (SELECT name FROM catalog.hall_version AS each
                 WHERE each.hall_id = showing.hall_id
                 ORDER BY each.valid_from <= showing.business_date DESC, each.valid_from DESC LIMIT 1) AS hall_version ON true
 WHERE showing.showing_id = %(showing_id)s;

-- name: read_hall
-- Give what a visitor would recognise of a hall that a token names.
SELECT venue.name AS venue, venue.city, hall_version.name AS hall, venue.timezone, venue.currency
  FROM catalog.hall JOIN catalog.venue USING (venue_id)
  JOIN LATERAL (SELECT name FROM catalog.hall_version AS each WHERE each.hall_id = hall.hall_id
                 ORDER BY valid_from DESC LIMIT 1) AS hall_version ON true
 WHERE hall.hall_id = %(hall_id)s;

-- name: add_checks
-- Count checks of codes; the instants are full hours.
INSERT INTO verify.checked AS old (token_sha256, first_hour, last_hour, checks)
SELECT token_sha256, %(hour)s, %(hour)s, checks
  FROM unnest(%(token_sha256)s::bytea[], %(checks)s::bigint[]) AS given (token_sha256, checks)
 ORDER BY token_sha256
    ON CONFLICT (token_sha256) DO UPDATE
   SET checks = old.checks + excluded.checks, last_hour = greatest(old.last_hour, excluded.last_hour);
