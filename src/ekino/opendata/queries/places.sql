-- Regions, venues and today's schedule: where there is what, and how it reports.

-- name: list_region_places
-- Every region with its venues and halls, and how many venues are connected and on line.
WITH speaking AS (
    SELECT DISTINCT hall.venue_id
      FROM access.source
      JOIN access.key USING (source_id)
      JOIN access.source_hall USING (source_id)
      JOIN catalog.hall USING (hall_id)
     WHERE source.state = 'active' AND key.revoked_at IS NULL
       AND key.valid_from <= %(at)s AND key.valid_until > %(at)s
), standing AS (
    SELECT venue.region_code, count(*) AS venues,
           count(*) FILTER (WHERE speaking.venue_id IS NOT NULL) AS connected,
           count(*) FILTER (WHERE speaking.venue_id IS NOT NULL
                              AND heard.last_recorded_at >= %(on_line_since)s) AS on_line
      FROM catalog.venue
      LEFT JOIN speaking USING (venue_id)
      LEFT JOIN totals.venue AS heard USING (venue_id)
     WHERE venue.currency = %(currency)s
     GROUP BY venue.region_code
), seated AS (
    SELECT venue.region_code, count(*) AS halls, sum(version.capacity)::bigint AS capacity
      FROM catalog.hall
      JOIN catalog.venue USING (venue_id)
      JOIN LATERAL (SELECT capacity FROM catalog.hall_version AS each WHERE each.hall_id = hall.hall_id
                     ORDER BY valid_from DESC LIMIT 1) AS version ON true
     WHERE venue.currency = %(currency)s
     GROUP BY venue.region_code
)
SELECT region.code, region.names, region.kind = 'city' AS is_city, coalesce(venues, 0) AS venues,
       coalesce(connected, 0) AS connected, coalesce(on_line, 0) AS on_line,
       coalesce(halls, 0) AS halls, coalesce(capacity, 0) AS capacity
  FROM catalog.region
  LEFT JOIN standing ON standing.region_code = region.code
  LEFT JOIN seated ON seated.region_code = region.code
 WHERE region.country = %(country)s
 ORDER BY region.code;

-- name: list_venue_places
-- Venues with their halls and how they report; of one region, of one kind, or with some words in
-- their name, city or address.
WITH speaking AS (
    SELECT DISTINCT hall.venue_id
      FROM access.source
      JOIN access.key USING (source_id)
      JOIN access.source_hall USING (source_id)
      JOIN catalog.hall USING (hall_id)
     WHERE source.state = 'active' AND key.revoked_at IS NULL
       AND key.valid_from <= %(at)s AND key.valid_until > %(at)s
)
SELECT venue.venue_id, venue.code, venue.name, venue.kind, venue.region_code, region.names AS region_names,
       venue.city, venue.address, organisation.name AS organisation, venue.timezone,
       speaking.venue_id IS NOT NULL AS is_connected, heard.last_recorded_at,
       coalesce(hall.halls, 0) AS halls, coalesce(hall.capacity, 0) AS capacity
  FROM catalog.venue
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN catalog.organisation USING (organisation_id)
  LEFT JOIN speaking USING (venue_id)
  LEFT JOIN totals.venue AS heard USING (venue_id)
  LEFT JOIN LATERAL (
       SELECT count(*) AS halls, sum(version.capacity)::bigint AS capacity
         FROM catalog.hall
         JOIN LATERAL (SELECT capacity FROM catalog.hall_version AS each WHERE each.hall_id = hall.hall_id
                        ORDER BY valid_from DESC LIMIT 1) AS version ON true
        WHERE hall.venue_id = venue.venue_id) AS hall ON true
 WHERE region.country = %(country)s AND venue.currency = %(currency)s
   AND (%(region)s::text IS NULL OR venue.region_code = %(region)s)
   AND (%(kind)s::text IS NULL OR venue.kind = %(kind)s)
   AND (%(code)s::text IS NULL OR venue.code = %(code)s)
   AND (%(words)s::text IS NULL
        OR position(lower(%(words)s) IN lower(concat_ws(' ', venue.name, venue.city, venue.address, venue.code))) > 0)
 ORDER BY venue.code
 LIMIT %(rows_max)s;

-- name: list_hall_places
-- A venue's halls as they are today.
SELECT hall.code, version.name, version.capacity, version.numbered
  FROM catalog.hall
  JOIN LATERAL (SELECT name, capacity, numbered FROM catalog.hall_version AS each
                 WHERE each.hall_id = hall.hall_id ORDER BY valid_from DESC LIMIT 1) AS version ON true
 WHERE hall.venue_id = %(venue_id)s
 ORDER BY hall.code;

-- name: list_showing_places
-- A venue's announced showings of a business date, in order of time.
SELECT showing.starts_at, coalesce(version.name, hall.code) AS hall, film.code AS film, film.titles,
       film.original_language, showing.language, film_version.kind AS version_kind,
       film_version.subtitle_language, showing.format, showing.capacity, showing.prices, film.age_mark
  FROM catalog.showing
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film ON film.film_id = showing.film_id
  JOIN catalog.film_version USING (version_id)
  LEFT JOIN LATERAL (SELECT name FROM catalog.hall_version AS each WHERE each.hall_id = hall.hall_id
                      ORDER BY valid_from DESC LIMIT 1) AS version ON true
 WHERE showing.venue_id = %(venue_id)s AND showing.business_date = %(business_date)s
   AND showing.state = 'announced'
 ORDER BY showing.starts_at, 2
 LIMIT %(rows_max)s;

-- name: list_film_places
-- The films announced in a region on a business date, with their showings and venues.
SELECT film.code AS film, film.titles, film.original_language, %(country)s = ANY (film.countries) AS is_domestic,
       cardinality(film.countries) > 0 AS is_stated,
       count(*) AS showings, count(DISTINCT showing.venue_id) AS venues,
       array_agg(DISTINCT showing.language ORDER BY showing.language) AS languages
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.film ON film.film_id = showing.film_id
 WHERE venue.region_code = %(region)s AND venue.currency = %(currency)s
   AND showing.business_date = %(business_date)s AND showing.state = 'announced'
 GROUP BY film.film_id
 ORDER BY showings DESC, film.code
 LIMIT %(rows_max)s;
