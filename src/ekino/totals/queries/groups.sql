-- name: read_as_of
-- Say of which position and instant the totals speak, and how large the register is.
SELECT follower.next_position AS as_of, follower.folded_at AS at, head.size AS register_size
  FROM totals.follower, register.head;

-- name: group_days
-- Group the days' figures by any of these; showings are counted from the schedule, so that one
-- nobody came to is counted too. A film's first genre and country are its principal ones.
WITH cell AS (
    SELECT business_date, venue_id, film_id, language, sales_channel::text AS sales_channel,
           admissions, gross_minor, fees_minor, 0 AS showings
      FROM totals.day
     WHERE (%(from_date)s::date IS NULL OR business_date >= %(from_date)s)
       AND (%(to_date)s::date IS NULL OR business_date < %(to_date)s)
     UNION ALL
    SELECT business_date, venue_id, film_id, language, NULL, 0, 0, 0, count(*)
      FROM catalog.showing
     WHERE state = 'announced' AND NOT %(by_sales_channel)s
       AND (%(from_date)s::date IS NULL OR business_date >= %(from_date)s)
       AND (%(to_date)s::date IS NULL OR business_date < %(to_date)s)
     GROUP BY business_date, venue_id, film_id, language
)
SELECT CASE WHEN %(by_region)s THEN region.code END AS region,
       CASE WHEN %(by_region)s THEN coalesce(region.names ->> 'en', region.code) END AS region_name,
       CASE WHEN %(by_film)s THEN film.code END AS film,
       CASE WHEN %(by_film)s THEN coalesce(film.titles ->> 'original', film.titles ->> 'en', film.titles ->> 'kk', film.code) END AS film_title,
       CASE WHEN %(by_genre)s THEN coalesce(film.genres[1], '') END AS genre,
       CASE WHEN %(by_language)s THEN cell.language END AS language,
       CASE WHEN %(by_country)s THEN coalesce(film.countries[1], '') END AS country,
       CASE WHEN %(by_venue)s THEN venue.code END AS venue,
       CASE WHEN %(by_venue)s THEN venue.name END AS venue_name,
       CASE WHEN %(by_day)s THEN cell.business_date END AS day,
       CASE WHEN %(by_sales_channel)s THEN cell.sales_channel END AS sales_channel,
       venue.currency,
       sum(cell.admissions)::bigint AS tickets, sum(cell.gross_minor)::bigint AS gross_minor,
       sum(cell.fees_minor)::bigint AS fees_minor, sum(cell.showings)::bigint AS showings
  FROM cell JOIN catalog.venue USING (venue_id) JOIN catalog.film USING (film_id)
  JOIN catalog.region ON region.code = venue.region_code
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
 ORDER BY gross_minor DESC, 1, 3, 5, 6, 7, 8, 10, 11, 12
 LIMIT %(rows_max)s;

-- name: group_showings
-- The same where a showing or its hour is asked for: from the showings' own figures.
WITH cell AS (
    SELECT showing.showing_id, showing.code, showing.starts_at, showing.business_date, showing.venue_id,
           showing.film_id, showing.language, total.sales_channel::text AS sales_channel,
           coalesce(total.admissions, 0) AS admissions, coalesce(total.gross_minor, 0) AS gross_minor,
           coalesce(total.fees_minor, 0) AS fees_minor,
           CASE WHEN showing.state = 'announced' THEN showing.showing_id END AS counted
      FROM catalog.showing LEFT JOIN totals.showing AS total USING (showing_id)
     WHERE (showing.state = 'announced' OR total.showing_id IS NOT NULL)
       AND (%(from_date)s::date IS NULL OR showing.business_date >= %(from_date)s)
       AND (%(to_date)s::date IS NULL OR showing.business_date < %(to_date)s)
)
SELECT CASE WHEN %(by_region)s THEN region.code END AS region,
       CASE WHEN %(by_region)s THEN coalesce(region.names ->> 'en', region.code) END AS region_name,
       CASE WHEN %(by_film)s THEN film.code END AS film,
       CASE WHEN %(by_film)s THEN coalesce(film.titles ->> 'original', film.titles ->> 'en', film.titles ->> 'kk', film.code) END AS film_title,
       CASE WHEN %(by_genre)s THEN coalesce(film.genres[1], '') END AS genre,
       CASE WHEN %(by_language)s THEN cell.language END AS language,
       CASE WHEN %(by_country)s THEN coalesce(film.countries[1], '') END AS country,
       CASE WHEN %(by_venue)s THEN venue.code END AS venue,
       CASE WHEN %(by_venue)s THEN venue.name END AS venue_name,
       CASE WHEN %(by_day)s THEN cell.business_date END AS day,
       CASE WHEN %(by_sales_channel)s THEN cell.sales_channel END AS sales_channel,
       CASE WHEN %(by_showing)s THEN venue.code || '/' || cell.code END AS showing,
       CASE WHEN %(by_hour)s THEN extract(hour FROM cell.starts_at AT TIME ZONE venue.timezone)::integer END AS hour,
       venue.currency,
       sum(cell.admissions)::bigint AS tickets, sum(cell.gross_minor)::bigint AS gross_minor,
       sum(cell.fees_minor)::bigint AS fees_minor, count(DISTINCT cell.counted) AS showings
  FROM cell JOIN catalog.venue USING (venue_id) JOIN catalog.film USING (film_id)
  JOIN catalog.region ON region.code = venue.region_code
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14
 ORDER BY gross_minor DESC, 1, 3, 5, 6, 7, 8, 10, 11, 12, 13, 14
 LIMIT %(rows_max)s;

-- name: take_snapshot
-- All that is read from here to the end of the transaction is of one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;
