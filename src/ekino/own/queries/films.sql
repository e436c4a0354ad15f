-- Films, read as their distributor or producer: row security leaves their own and no other ones.

-- name: list_own_films
-- The organisation's films by code, with the day on which each came out in the country.
SELECT film.film_id, film.code, film.titles, film.original_language, film.countries,
       release.release_date
  FROM catalog.own_film
  JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = %(country)s
 ORDER BY film.code;

-- name: read_own_films
-- What each own film took and was given over business dates, in one currency.
WITH place AS (
    SELECT venue_id FROM catalog.venue JOIN catalog.region ON region.code = venue.region_code
     WHERE venue.currency = %(currency)s AND region.country = %(country)s
), taken AS (
    SELECT film_id, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor,
           sum(fees_minor)::bigint AS fees_minor
      FROM totals.day JOIN place USING (venue_id)
     WHERE business_date >= %(first)s AND business_date < %(past_end)s
     GROUP BY film_id
), given AS (
    SELECT film_id, count(*) AS showings, coalesce(sum(capacity), 0)::bigint AS places, count(DISTINCT venue_id) AS venues
      FROM totals.placement JOIN place USING (venue_id)
     WHERE business_date >= %(first)s AND business_date < %(past_end)s AND is_announced
     GROUP BY film_id
)
SELECT film_id, coalesce(admissions, 0) AS admissions, coalesce(gross_minor, 0) AS gross_minor,
       coalesce(fees_minor, 0) AS fees_minor, coalesce(showings, 0) AS showings, coalesce(places, 0) AS places,
       coalesce(venues, 0) AS venues
  FROM taken FULL JOIN given USING (film_id);

-- name: read_own_pace
-- What each own film had taken for a business date by an instant.
SELECT placement.film_id, sum(pace.gross_minor)::bigint AS gross_minor
  FROM totals.placement
  JOIN totals.pace USING (showing_id)
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
 WHERE placement.business_date = %(business_date)s AND pace.bucket_at < %(until)s
   AND venue.currency = %(currency)s AND region.country = %(country)s
 GROUP BY placement.film_id;

-- name: read_nation
-- The country over the same dates: what shares are shares of. National figures are public.
SELECT coalesce(sum(gross_minor), 0)::bigint AS gross_minor, coalesce(sum(showings), 0)::bigint AS showings
  FROM totals.film_day
 WHERE country = %(country)s AND currency = %(currency)s
   AND business_date >= %(first)s AND business_date < %(past_end)s;

-- name: read_film_showings
-- Every showing of one own film over business dates, with what it took; in order of time and cinema.
SELECT showing.showing_id, showing.code, showing.business_date, showing.starts_at, showing.language, showing.format,
       showing.capacity, showing.state = 'announced' AS is_announced,
       venue.code AS venue, venue.name AS venue_name, venue.city, venue.timezone, region.code AS region,
       region.names AS region_names, hall.code AS hall,
       coalesce(sum(total.admissions), 0)::bigint AS admissions,
       coalesce(sum(total.gross_minor), 0)::bigint AS gross_minor,
       coalesce(sum(total.fees_minor), 0)::bigint AS fees_minor
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
  JOIN catalog.hall USING (hall_id)
  LEFT JOIN totals.showing AS total USING (showing_id)
 WHERE showing.film_id = %(film_id)s
   AND showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
   AND venue.currency = %(currency)s AND region.country = %(country)s
 GROUP BY showing.showing_id, venue.venue_id, region.code, hall.hall_id
HAVING showing.state = 'announced' OR count(total.showing_id) > 0
 ORDER BY showing.starts_at, venue.name, hall.code;

-- name: list_quiet_venues
-- Where the film is shown on a business date and nothing was heard since an instant, with the day's showings.
SELECT venue.code, venue.name, venue.city, heard.last_recorded_at AS heard_at, count(*) AS showings
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id)
  LEFT JOIN totals.venue AS heard USING (venue_id)
 WHERE showing.film_id = %(film_id)s AND showing.business_date = %(business_date)s AND showing.state = 'announced'
   AND (heard.last_recorded_at IS NULL OR heard.last_recorded_at < %(since)s)
 GROUP BY venue.venue_id, heard.last_recorded_at
 ORDER BY heard.last_recorded_at NULLS FIRST, venue.name;
