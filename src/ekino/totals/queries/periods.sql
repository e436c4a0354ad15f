-- Permanent tables: what films took in a period of a country, read from their national days.

-- name: read_period_films
-- Every film announced or sold in [first, past_end), with its release, and with all that it took
-- before past_end.
WITH taken AS (
    SELECT film_id, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor,
           sum(fees_minor)::bigint AS fees_minor, sum(showings)::bigint AS showings,
           sum(capacity)::bigint AS capacity, max(venues) AS venues
      FROM totals.film_day
     WHERE business_date >= %(first)s AND business_date < %(past_end)s
       AND country = %(country)s AND currency = %(currency)s
     GROUP BY film_id
    HAVING bool_or((admissions, gross_minor, fees_minor, showings) <> (0, 0, 0, 0))
)
SELECT film.film_id, film.code, film.titles, film.original_language, film.countries, film.age_mark,
       film.certificate, organisation.name AS distributor, release.release_date,
       taken.admissions, taken.gross_minor, taken.fees_minor, taken.showings, taken.capacity, taken.venues,
       to_date.admissions AS admissions_to_date, to_date.gross_minor AS gross_to_date_minor,
       to_date.fees_minor AS fees_to_date_minor
  FROM taken
  JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = %(country)s
  LEFT JOIN catalog.organisation ON organisation.organisation_id = release.distributor_id
 CROSS JOIN LATERAL (
    SELECT sum(earlier.admissions)::bigint AS admissions, sum(earlier.gross_minor)::bigint AS gross_minor,
           sum(earlier.fees_minor)::bigint AS fees_minor
      FROM totals.film_day AS earlier
     WHERE earlier.film_id = taken.film_id AND earlier.business_date < %(past_end)s
       AND earlier.country = %(country)s AND earlier.currency = %(currency)s) AS to_date;

-- name: sum_period_films
-- What each film took in [first, past_end).
SELECT film_id, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor,
       sum(fees_minor)::bigint AS fees_minor
  FROM totals.film_day
 WHERE business_date >= %(first)s AND business_date < %(past_end)s
   AND country = %(country)s AND currency = %(currency)s
 GROUP BY film_id
HAVING bool_or((admissions, gross_minor, fees_minor) <> (0, 0, 0));

-- name: count_period_venues
-- Venues of the country, and those with figures in [first, past_end).
SELECT count(*) FILTER (WHERE EXISTS (
           SELECT FROM totals.day
            WHERE day.venue_id = venue.venue_id
              AND day.business_date >= %(first)s AND day.business_date < %(past_end)s)) AS reporting,
       count(*) AS known
  FROM catalog.venue JOIN catalog.region ON region.code = venue.region_code
 WHERE region.country = %(country)s AND venue.currency = %(currency)s;

-- name: read_days_span
-- The first and the last business date of the country with anything sold.
SELECT (SELECT business_date FROM totals.film_day
         WHERE country = %(country)s AND currency = %(currency)s AND admissions <> 0
         ORDER BY business_date LIMIT 1) AS first,
       (SELECT business_date FROM totals.film_day
         WHERE country = %(country)s AND currency = %(currency)s AND admissions <> 0
         ORDER BY business_date DESC LIMIT 1) AS last;

-- name: read_calendar_days
-- Every business date in [first, past_end) with anything sold or announced.
SELECT business_date AS day, sum(film_day.admissions)::bigint AS admissions,
       sum(film_day.gross_minor)::bigint AS gross_minor, sum(film_day.fees_minor)::bigint AS fees_minor,
       coalesce(sum(film_day.gross_minor) FILTER (WHERE %(country)s = ANY (film.countries)), 0)::bigint
           AS domestic_minor,
       sum(film_day.showings)::bigint AS showings, count(*) AS films
  FROM totals.film_day JOIN catalog.film USING (film_id)
 WHERE business_date >= %(first)s AND business_date < %(past_end)s
   AND film_day.country = %(country)s AND film_day.currency = %(currency)s
   AND (film_day.admissions, film_day.gross_minor, film_day.fees_minor, film_day.showings) <> (0, 0, 0, 0)
 GROUP BY business_date
 ORDER BY business_date;
