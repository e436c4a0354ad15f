-- One cinema, read as its exhibitor: row security leaves its own rows and no other ones.

-- name: list_own_venues
-- The organisation's cinemas by name.
SELECT venue_id, code, name, city, region_code, timezone, currency, business_day_starts_hour AS day_starts_hour
  FROM catalog.venue ORDER BY name, code;

-- name: read_as_of
-- Say of which position and instant the totals speak, and how large the register is.
SELECT follower.next_position AS as_of, follower.folded_at AS at, head.size AS register_size
  FROM totals.follower, register.head;

-- name: read_venue_showings
-- A cinema's showings of business dates from `first` to before `past_end`, sold or only announced, in order of
-- hall and time; cancelled ones only where something was sold.
SELECT showing.showing_id, showing.code, showing.business_date, hall.code AS hall, showing.starts_at,
       showing.state = 'announced' AS is_announced, showing.format, showing.language, showing.capacity,
       film.code AS film, film.titles, film.original_language, film.running_time_min,
       coalesce(sum(total.admissions), 0)::bigint AS admissions,
       coalesce(sum(total.gross_minor), 0)::bigint AS gross_minor,
       coalesce(sum(total.fees_minor), 0)::bigint AS fees_minor,
       coalesce(sum(total.sold), 0)::bigint AS sold, coalesce(sum(total.refunded), 0)::bigint AS refunded,
       coalesce(sum(total.voided), 0)::bigint AS voided, coalesce(sum(total.admitted), 0)::bigint AS admitted,
       coalesce(sum(total.late), 0)::bigint AS late
  FROM catalog.showing
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film USING (film_id)
  LEFT JOIN totals.showing AS total USING (showing_id)
 WHERE showing.venue_id = %(venue_id)s
   AND showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
 GROUP BY showing.showing_id, hall.hall_id, film.film_id
HAVING showing.state = 'announced' OR count(total.showing_id) > 0
 ORDER BY length(hall.code), hall.code, showing.starts_at, showing.showing_id;

-- name: read_hall_pace
-- What each hall had taken for a business date's showings by an instant.
SELECT hall.code AS hall, sum(pace.admissions)::bigint AS admissions, sum(pace.gross_minor)::bigint AS gross_minor
  FROM catalog.showing
  JOIN catalog.hall USING (hall_id)
  JOIN totals.pace USING (showing_id)
 WHERE showing.venue_id = %(venue_id)s AND showing.business_date = %(business_date)s
   AND pace.bucket_at < %(until)s
 GROUP BY hall.code;

-- name: list_halls
-- The cinema's halls as they are today, with their places.
SELECT hall.code, version.capacity
  FROM catalog.hall
  JOIN LATERAL (SELECT capacity FROM catalog.hall_version
                 WHERE hall_version.hall_id = hall.hall_id
                 ORDER BY valid_from DESC LIMIT 1) AS version ON true
 WHERE hall.venue_id = %(venue_id)s
 ORDER BY length(hall.code), hall.code;

-- name: list_lights
-- The keys that speak for the cinema, and when each was last heard: those of batches, and its own tills.
WITH speaking AS (
    SELECT DISTINCT source_hall.source_id
      FROM access.source_hall JOIN catalog.hall USING (hall_id)
     WHERE hall.venue_id = %(venue_id)s
)
SELECT source.code AS source, source.name AS source_name, source.state = 'active' AS is_active,
       source.allowed_delay_s, key.key_id, key.kind, key.valid_from, key.valid_until, key.revoked_at,
       heard.last_recorded_at AS heard_at
  FROM speaking JOIN access.source USING (source_id)
  JOIN access.key USING (source_id)
  LEFT JOIN feeds.key AS heard USING (key_id)
 WHERE key.kind = 'batch'
 UNION ALL
SELECT source.code, source.name, source.state = 'active', source.allowed_delay_s, till.key_id, 'till',
       key.valid_from, key.valid_until, key.revoked_at, till.recorded_at
  FROM speaking JOIN access.source USING (source_id)
  JOIN verify.exhibitor_till AS till USING (source_id)
  LEFT JOIN access.key ON key.key_id = till.key_id
 ORDER BY source, kind, key_id;

-- name: read_venue_heard
-- When the cinema was last heard of.
SELECT last_recorded_at FROM totals.venue WHERE venue_id = %(venue_id)s;

-- name: read_first_batch
-- The earliest batch of anybody's that can have been received since an instant, so that refusals are not read from the
-- start; what feeds have not counted yet lies behind it. Asked by whoever sees everything, for a number says nothing.
SELECT coalesce(min(first_batch_no), (SELECT next_batch FROM feeds.follower))
  FROM feeds.hour WHERE begins_at >= date_trunc('hour', %(since)s::timestamptz, 'UTC');

-- name: list_refusals
-- What was not entered since an instant: what names the cinema, and what its own system sent that names none of
-- the organisation's cinemas. The latest first, at most `limit`.
SELECT refusal.batch_no, refusal.ordinal, refusal.outcome, refusal.recorded_at, source.name AS source_name,
       coalesce(refusal.problem ->> 'kind', '') AS kind, coalesce(refusal.problem ->> 'ticket', '') AS ticket,
       coalesce(refusal.problem ->> 'showing', '') AS showing, coalesce(refusal.problem ->> 'detail', '') AS detail,
       venue.venue_id IS NOT NULL AS names_venue
  FROM register.exhibitor_refusal AS refusal
  LEFT JOIN access.source USING (source_id)
  LEFT JOIN catalog.venue ON venue.code = refusal.problem ->> 'venue'
 WHERE refusal.batch_no >= %(first_batch)s AND refusal.recorded_at >= %(since)s AND refusal.recorded_at < %(until)s
   AND (venue.venue_id = %(venue_id)s
        OR venue.venue_id IS NULL AND refusal.source_id IN (
               SELECT source_hall.source_id FROM access.source_hall JOIN catalog.hall USING (hall_id)
                WHERE hall.venue_id = %(venue_id)s))
 ORDER BY refusal.batch_no DESC, refusal.ordinal DESC
 LIMIT %(limit)s;

-- name: read_peers
-- Every cinema that reported in a span of business dates, with its places, what it offered and what it took. Read
-- by whoever sees the country; what leaves the room is one cinema's own fifth and nothing of any other.
WITH seats AS (
    SELECT hall.venue_id, sum(version.capacity)::bigint AS seats
      FROM catalog.hall
      JOIN LATERAL (SELECT capacity FROM catalog.hall_version
                     WHERE hall_version.hall_id = hall.hall_id
                     ORDER BY valid_from DESC LIMIT 1) AS version ON true
     GROUP BY hall.venue_id
), offered AS (
    SELECT venue_id, sum(capacity)::bigint AS places
      FROM catalog.showing
     WHERE business_date >= %(first)s AND business_date < %(past_end)s AND state = 'announced'
     GROUP BY venue_id
), taken AS (
    SELECT venue_id, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor
      FROM totals.day
     WHERE business_date >= %(first)s AND business_date < %(past_end)s
     GROUP BY venue_id
)
SELECT venue.venue_id, coalesce(venue.organisation_id, -venue.venue_id) AS organisation_id, seats.seats,
       offered.places, taken.admissions, taken.gross_minor
  FROM taken JOIN offered USING (venue_id) JOIN seats USING (venue_id) JOIN catalog.venue USING (venue_id)
 WHERE taken.admissions > 0 AND offered.places > 0 AND seats.seats > 0 AND venue.currency = %(currency)s;
