-- Requests for corrections, and the entries that close them.

-- name: list_speaking
-- The sources that speak for a cinema.
SELECT DISTINCT source.source_id, source.name
  FROM access.source JOIN access.source_hall USING (source_id) JOIN catalog.hall USING (hall_id)
 WHERE hall.venue_id = %(venue_id)s
 ORDER BY source.source_id;

-- name: find_ticket
-- A ticket of one of these sources, sold for the cinema, as it stands after all that was entered.
SELECT entry.source_id, source.name AS source_name, entry.subject AS ticket, showing.code AS showing,
       showing.starts_at, hall.code AS hall,
       coalesce(film.titles ->> %(language)s, film.titles ->> film.original_language, film.code) AS film,
       sum(entry.admissions)::integer AS admissions, sum(entry.gross_minor)::bigint AS gross_minor,
       sum(entry.fees_minor)::bigint AS fees_minor
  FROM register.exhibitor_entry AS entry
  JOIN access.source USING (source_id)
  JOIN catalog.showing USING (showing_id)
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film ON film.film_id = showing.film_id
 WHERE entry.source_id = ANY (%(source_ids)s) AND entry.subject = %(ticket)s AND showing.venue_id = %(venue_id)s
 GROUP BY entry.source_id, source.name, entry.subject, showing.showing_id, hall.hall_id, film.film_id
HAVING bool_or(entry.kind = 'sold')
 LIMIT 1;

-- name: insert_correction
-- Write a request down.
INSERT INTO own.correction (reference, organisation_id, venue_id, source_id, ticket, wanted, price_minor, reason, words,
                            asked_by, asked_at, asked_position)
SELECT %(reference)s, %(organisation_id)s, %(venue_id)s, %(source_id)s, %(ticket)s, %(wanted)s, %(price_minor)s,
       %(reason)s, %(words)s, %(asked_by)s, %(asked_at)s, %(asked_position)s;

-- name: read_register_size
-- Say how many entries there are.
SELECT size FROM register.head;

-- name: lock_correction
-- Take a request until the transaction ends, and say how it stands.
SELECT state FROM own.correction WHERE reference = %(reference)s FOR UPDATE;

-- name: end_correction
-- End a request that was asked.
UPDATE own.correction
   SET state = %(state)s, ended_at = %(at)s, ended_by = %(actor)s, ended_words = %(words)s
 WHERE reference = %(reference)s;

-- name: list_corrections
-- Requests, the latest first: of one cinema, or one by its reference, or all that the reader may see.
SELECT reference, correction.organisation_id, correction.venue_id, venue.code AS venue, venue.name AS venue_name,
       venue.timezone, venue.currency, correction.source_id, source.name AS source_name, ticket, wanted, price_minor,
       reason, words, asked_by, asked_at, asked_position, correction.state AS written, ended_at, ended_words
  FROM own.correction
  JOIN catalog.venue USING (venue_id)
  JOIN access.source USING (source_id)
 WHERE (%(reference)s::text IS NULL OR reference = %(reference)s)
   AND (%(venue_id)s::integer IS NULL OR correction.venue_id = %(venue_id)s)
 ORDER BY correction_no DESC
 LIMIT %(limit)s;

-- name: find_made_as_exhibitor
-- The first entry of the kind asked for that came after each request, as its cinema may see it.
SELECT asked.place, made.position, made.recorded_at
  FROM unnest(%(places)s::integer[], %(source_ids)s::integer[], %(tickets)s::text[], %(kinds)s::text[],
              %(positions)s::bigint[]) AS asked (place, source_id, ticket, kind, position)
 CROSS JOIN LATERAL (
       SELECT entry.position, entry.recorded_at FROM register.exhibitor_entry AS entry
        WHERE entry.source_id = asked.source_id AND entry.subject = asked.ticket
          AND entry.kind = asked.kind::register.event_kind AND entry.position >= asked.position
        ORDER BY entry.position LIMIT 1) AS made;

-- name: find_made_as_vendor
-- The same, as the vendor of its source may see it.
SELECT asked.place, made.position, made.recorded_at
  FROM unnest(%(places)s::integer[], %(source_ids)s::integer[], %(tickets)s::text[], %(kinds)s::text[],
              %(positions)s::bigint[]) AS asked (place, source_id, ticket, kind, position)
 CROSS JOIN LATERAL (
       SELECT entry.position, entry.recorded_at FROM register.vendor_entry AS entry
        WHERE entry.source_id = asked.source_id AND entry.subject = asked.ticket
          AND entry.kind = asked.kind::register.event_kind AND entry.position >= asked.position
        ORDER BY entry.position LIMIT 1) AS made;

-- name: find_made
-- The same, for whoever keeps the register.
SELECT asked.place, made.position, made.recorded_at
  FROM unnest(%(places)s::integer[], %(source_ids)s::integer[], %(tickets)s::text[], %(kinds)s::text[],
              %(positions)s::bigint[]) AS asked (place, source_id, ticket, kind, position)
 CROSS JOIN LATERAL (
       SELECT entry.position, entry.recorded_at FROM register.entry
        WHERE entry.source_id = asked.source_id AND entry.subject = asked.ticket
          AND entry.kind = asked.kind::register.event_kind AND entry.position >= asked.position
        ORDER BY entry.position LIMIT 1) AS made;
