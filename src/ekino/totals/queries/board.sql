-- What the live page shows of one country's business day. Only looks, and looks at one moment.

-- name: read_board_films
-- Every film of the day, sold or only announced, with its takings, showings and places.
-- Amounts of another currency are another country's business and stay out.
WITH venue AS (
    SELECT venue_id
      FROM catalog.venue
      JOIN catalog.region ON region.code = venue.region_code
     WHERE region.country = %(country)s AND venue.currency = %(currency)s
), taken AS (
    SELECT film_id, sum(admissions)::bigint AS admissions,
           sum(gross_minor)::bigint AS gross_minor, sum(fees_minor)::bigint AS fees_minor
      FROM totals.day
      JOIN venue USING (venue_id)
     WHERE business_date = %(business_date)s
     GROUP BY film_id
), shown AS (
    SELECT film_id, count(*) AS showings, sum(capacity)::bigint AS capacity
      FROM catalog.showing
      JOIN venue USING (venue_id)
     WHERE business_date = %(business_date)s AND state = 'announced'
     GROUP BY film_id
)
SELECT film_id, film.titles, film.original_language, film.countries,
       coalesce(taken.admissions, 0) AS admissions,
       coalesce(taken.gross_minor, 0) AS gross_minor,
       coalesce(taken.fees_minor, 0) AS fees_minor,
       coalesce(shown.showings, 0) AS showings,
       coalesce(shown.capacity, 0) AS capacity, film.code
  FROM taken
  FULL JOIN shown USING (film_id)
  JOIN catalog.film USING (film_id);

-- name: read_board_regions
-- Every region of the country, also where nothing was sold, with its takings of the day.
WITH venue AS (
    SELECT venue_id, region_code
      FROM catalog.venue
     WHERE currency = %(currency)s
), taken AS (
    SELECT region_code, sum(admissions)::bigint AS admissions,
           sum(gross_minor)::bigint AS gross_minor, sum(fees_minor)::bigint AS fees_minor,
           (sum(gross_minor) FILTER (WHERE %(country)s = ANY (film.countries)))::bigint
               AS domestic_minor
      FROM totals.day
      JOIN venue USING (venue_id)
      JOIN catalog.film USING (film_id)
     WHERE business_date = %(business_date)s
     GROUP BY region_code
), standing AS (
    SELECT region_code, count(*) AS venues FROM venue GROUP BY region_code
)
SELECT region.code, region.names, region.kind = 'city' AS is_city,
       coalesce(taken.admissions, 0) AS admissions,
       coalesce(taken.gross_minor, 0) AS gross_minor,
       coalesce(taken.fees_minor, 0) AS fees_minor,
       coalesce(taken.domestic_minor, 0) AS domestic_minor,
       coalesce(standing.venues, 0) AS venues
  FROM catalog.region
  LEFT JOIN taken ON taken.region_code = region.code
  LEFT JOIN standing ON standing.region_code = region.code
 WHERE region.country = %(country)s;

-- name: read_board_quarters
-- What each quarter of an hour changed in the takings of a business date, in order of time.
-- Venues and films are looked up once, as arrays: in a young database, whose planner knows no
-- sizes yet, a join of five tables took ten times as long.
SELECT pace.bucket_at AS begins_at, sum(pace.admissions)::bigint AS admissions,
       sum(pace.gross_minor)::bigint AS gross_minor,
       sum(pace.fees_minor)::bigint AS fees_minor,
       coalesce(sum(pace.gross_minor) FILTER (
           WHERE placement.film_id = ANY (ARRAY(SELECT film_id FROM catalog.film
                                                 WHERE %(country)s = ANY (film.countries)))), 0)::bigint
           AS domestic_minor
  FROM totals.placement
  JOIN totals.pace USING (showing_id)
 WHERE placement.business_date = %(business_date)s
   AND placement.venue_id = ANY (ARRAY(SELECT venue_id
                                         FROM catalog.venue
                                         JOIN catalog.region ON region.code = venue.region_code
                                        WHERE region.country = %(country)s
                                          AND venue.currency = %(currency)s))
 GROUP BY pace.bucket_at
 ORDER BY pace.bucket_at;

-- name: read_board_coverage
-- Venues known, connected and on line, and when the newest entry of any was recorded.
-- Connected: an active source whose key is valid now may speak for one of the halls.
WITH speaking AS (
    SELECT DISTINCT hall.venue_id
      FROM access.source
      JOIN access.key USING (source_id)
      JOIN access.source_hall USING (source_id)
      JOIN catalog.hall USING (hall_id)
     WHERE source.state = 'active' AND key.revoked_at IS NULL
       AND key.valid_from <= %(at)s AND key.valid_until > %(at)s
)
SELECT count(*) AS known,
       count(*) FILTER (WHERE speaking.venue_id IS NOT NULL) AS connected,
       count(*) FILTER (WHERE speaking.venue_id IS NOT NULL
                          AND heard.last_recorded_at >= %(on_line_since)s) AS on_line,
       max(heard.last_recorded_at) AS newest_recorded_at
  FROM catalog.venue
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN speaking USING (venue_id)
  LEFT JOIN totals.venue AS heard USING (venue_id)
 WHERE region.country = %(country)s AND venue.currency = %(currency)s;
