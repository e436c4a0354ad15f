-- What is published of closed periods, and what it is worked out from.

-- name: lock_progress
-- Take the turn to publish; a statement of its own, so that what follows sees what was published.
SELECT next_date FROM opendata.progress FOR UPDATE;

-- name: read_is_behind
-- Say whether the register holds what was recorded before an instant and is in no total yet.
SELECT EXISTS (
    SELECT FROM register.entry
     WHERE position >= (SELECT next_position FROM totals.follower) AND recorded_at < %(closes_at)s) AS is_behind;

-- name: read_first_date
-- Give the first business date of which anything was sold.
SELECT min(day.business_date) AS first_date
  FROM totals.day
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
 WHERE region.country = %(country)s AND venue.currency = %(currency)s;

-- name: move_progress
-- Every day before this one is published.
UPDATE opendata.progress SET next_date = %(next_date)s;

-- name: read_sold
-- What each venue took for each film in each language, by business date.
SELECT business_date, venue.region_code AS region, venue_id, film_id, day.language,
       %(country)s = ANY (film.countries) AS is_domestic,
       sum(admissions)::bigint AS admissions, sum(gross_minor)::bigint AS gross_minor
  FROM totals.day
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
  JOIN catalog.film USING (film_id)
 WHERE business_date >= %(first)s AND business_date < %(past_end)s
   AND region.country = %(country)s AND venue.currency = %(currency)s
 GROUP BY 1, 2, 3, 4, 5, 6;

-- name: read_by_month
-- Regions that are published by whole months only in the month that begins here.
SELECT region_code FROM opendata.by_month WHERE first_date = %(first_date)s;

-- name: insert_by_month
-- Publish these regions by whole months only in the month that begins here.
INSERT INTO opendata.by_month (first_date, region_code)
SELECT %(first_date)s, unnest(%(regions)s::text[]);

-- name: insert_region_figures
-- Publish regions' figures; once, because nobody may change them.
INSERT INTO opendata.region_figure (kind, first_date, region_code, passes, admissions, gross_minor, domestic_minor, venues)
SELECT %(kind)s, %(first_date)s, region, passes, admissions, gross_minor, domestic_minor, venues
  FROM jsonb_to_recordset(%(rows)s) AS given (
           region text, passes boolean, admissions bigint, gross_minor bigint, domestic_minor bigint, venues smallint);

-- name: insert_film_figures
-- Publish what films took in regions in the film week that begins here.
INSERT INTO opendata.film_figure (first_date, film_id, region_code, admissions, gross_minor)
SELECT %(first_date)s, film_id, region, admissions, gross_minor
  FROM jsonb_to_recordset(%(rows)s) AS given (film_id integer, region text, admissions bigint, gross_minor bigint);

-- name: read_region_figures
-- What was published of regions for periods of one kind that begin in a span.
SELECT first_date, region_code AS region, passes, admissions, gross_minor, domestic_minor, venues
  FROM opendata.region_figure
 WHERE kind = %(kind)s AND first_date >= %(first)s AND first_date < %(past_end)s
   AND (%(region)s::text IS NULL OR region_code = %(region)s)
 ORDER BY first_date, region_code;

-- name: read_film_figures
-- What was published of a film's regions for the film weeks that lie in a span.
SELECT first_date, region_code AS region, admissions, gross_minor
  FROM opendata.film_figure
 WHERE film_id = %(film_id)s AND first_date >= %(first)s AND first_date <= %(past_end)s::date - 7
 ORDER BY first_date, region_code;

-- name: read_progress
-- Give the day before which every day is published.
SELECT next_date FROM opendata.progress;

-- name: put_live_figures
-- Move the running day's regions, unless somebody moved them at this step already.
INSERT INTO opendata.live_figure AS old (business_date, region_code, at, as_of, admissions, gross_minor, domestic_minor)
SELECT %(business_date)s, region, %(at)s, %(as_of)s, admissions, gross_minor, domestic_minor
  FROM jsonb_to_recordset(%(rows)s) AS given (region text, admissions bigint, gross_minor bigint, domestic_minor bigint)
    ON CONFLICT (business_date, region_code) DO UPDATE
   SET at = excluded.at, as_of = excluded.as_of, admissions = excluded.admissions,
       gross_minor = excluded.gross_minor, domestic_minor = excluded.domestic_minor
 WHERE old.at < %(slot_at)s OR (old.admissions IS NULL AND old.at < excluded.at);

-- name: read_live_figures
-- The running day's regions as everybody is told them.
SELECT region_code AS region, at, as_of, admissions, gross_minor, domestic_minor
  FROM opendata.live_figure WHERE business_date = %(business_date)s;

-- name: forget_live_figures
-- Days that are published need no live figures any more.
DELETE FROM opendata.live_figure WHERE business_date < %(before)s;

-- name: read_first_published
-- Give the first day of which anything was published.
SELECT min(first_date) FROM opendata.region_figure WHERE kind = 'day';

-- name: read_region_names
-- The regions of a country as programs are told them.
SELECT code, coalesce(names ->> 'en', code) FROM catalog.region WHERE country = %(country)s;

-- name: read_newest_of_past
-- When something came last for a showing of a day that could be published, among the newest
-- entries: a cinema that uploads its history is waited for.
SELECT max(entry.recorded_at)
  FROM register.head
  JOIN register.entry ON entry.position >= head.size - %(entries)s
  JOIN catalog.showing USING (showing_id)
 WHERE showing.business_date <= %(last_date)s;
