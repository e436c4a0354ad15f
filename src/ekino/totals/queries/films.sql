-- The list of films, and one film's run. Only the nation: what is below it is opendata's.

-- name: list_films
-- Every film, or those with these codes, with its release and all that it took in the country.
SELECT film.film_id, film.code, film.titles, film.original_language, film.countries, film.genres,
       film.running_time_min, film.age_mark, film.certificate, organisation.name AS distributor,
       release.release_date, coalesce(taken.admissions, 0) AS admissions,
       coalesce(taken.gross_minor, 0) AS gross_minor, coalesce(taken.fees_minor, 0) AS fees_minor,
       coalesce(taken.showings, 0) AS showings, coalesce(taken.capacity, 0) AS capacity,
       taken.first_day, taken.last_day
  FROM catalog.film
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = %(country)s
  LEFT JOIN catalog.organisation ON organisation.organisation_id = release.distributor_id
  LEFT JOIN (
    SELECT film_id, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor,
           sum(fees_minor)::bigint AS fees_minor, sum(showings)::bigint AS showings,
           sum(capacity)::bigint AS capacity, min(business_date) FILTER (WHERE admissions <> 0) AS first_day,
           max(business_date) FILTER (WHERE admissions <> 0) AS last_day
      FROM totals.film_day
     WHERE country = %(country)s AND currency = %(currency)s
       AND (%(codes)s::text[] IS NULL
            OR film_id IN (SELECT wanted.film_id FROM catalog.film AS wanted WHERE wanted.code = ANY (%(codes)s)))
     GROUP BY film_id) AS taken ON taken.film_id = film.film_id
 WHERE %(codes)s::text[] IS NULL OR film.code = ANY (%(codes)s)
 ORDER BY film.film_id;

-- name: read_run_days
-- A film's days, each beside all films of that day.
SELECT mine.business_date AS day, mine.admissions, mine.gross_minor, mine.fees_minor, mine.showings,
       mine.capacity, mine.venues, market.gross_minor AS market_gross_minor, market.showings AS market_showings
  FROM totals.film_day AS mine
 CROSS JOIN LATERAL (
    SELECT sum(gross_minor)::bigint AS gross_minor, sum(showings)::bigint AS showings
      FROM totals.film_day AS every
     WHERE every.business_date = mine.business_date
       AND every.country = %(country)s AND every.currency = %(currency)s) AS market
 WHERE mine.film_id = %(film_id)s AND mine.country = %(country)s AND mine.currency = %(currency)s
   AND (mine.admissions, mine.gross_minor, mine.fees_minor, mine.showings) <> (0, 0, 0, 0)
 ORDER BY mine.business_date;

-- name: read_run_languages
-- What a film took, and how often it was announced, in each language of showing.
WITH venue AS (
    SELECT venue_id
      FROM catalog.venue JOIN catalog.region ON region.code = venue.region_code
     WHERE region.country = %(country)s AND venue.currency = %(currency)s
), taken AS (
    SELECT language, sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor,
           sum(fees_minor)::bigint AS fees_minor
      FROM totals.day JOIN venue USING (venue_id)
     WHERE film_id = %(film_id)s
     GROUP BY language
), shown AS (
    SELECT language, count(*) AS showings, sum(capacity)::bigint AS capacity
      FROM totals.placement JOIN venue USING (venue_id)
     WHERE film_id = %(film_id)s AND is_announced
     GROUP BY language
)
SELECT language, coalesce(taken.admissions, 0) AS admissions, coalesce(taken.gross_minor, 0) AS gross_minor,
       coalesce(taken.fees_minor, 0) AS fees_minor, coalesce(shown.showings, 0) AS showings,
       coalesce(shown.capacity, 0) AS capacity
  FROM taken FULL JOIN shown USING (language)
 ORDER BY gross_minor DESC, language;

-- name: read_run_hours
-- How many showings of a film begin in each hour of their venue's clock. The schedule is public;
-- what each hour took could be a single showing's, and is not asked.
WITH venue AS (
    SELECT venue_id, timezone
      FROM catalog.venue JOIN catalog.region ON region.code = venue.region_code
     WHERE region.country = %(country)s AND venue.currency = %(currency)s
), begun AS (
    SELECT venue_id, date_bin('15 minutes', starts_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS starts_at,
           count(*) AS showings, sum(capacity) AS capacity
      FROM catalog.showing
     WHERE film_id = %(film_id)s AND state = 'announced'
     GROUP BY 1, 2
)
SELECT extract(hour FROM begun.starts_at AT TIME ZONE venue.timezone)::integer AS hour,
       sum(begun.showings)::bigint AS showings, sum(begun.capacity)::bigint AS capacity
  FROM begun JOIN venue USING (venue_id)
 GROUP BY 1
 ORDER BY 1;
