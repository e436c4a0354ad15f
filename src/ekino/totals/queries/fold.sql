-- name: lock_follower
-- A statement of its own, so that the fold which follows sees everything committed before
-- the lock. In one statement it would see less: two followers that meet would step back.
-- Film days lag behind when a release that does not know them has folded meanwhile.
SELECT next_position, next_revision,
       (film_days_position, film_days_revision) = (next_position, next_revision) AS has_film_days
  FROM totals.follower FOR UPDATE;

-- name: read_span
-- Say how far the register and the catalog reach now.
SELECT head.size, revision.number AS revision FROM register.head, catalog.revision;

-- name: fold_showings
-- Add the entries of a span to their showings' figures.
INSERT INTO totals.showing AS total (showing_id, sales_channel, admissions, gross_minor, fees_minor,
                                     sold, refunded, voided, admitted, late, as_of)
SELECT showing_id, sales_channel, sum(admissions), sum(gross_minor), sum(fees_minor),
       count(*) FILTER (WHERE kind = 'sold'), count(*) FILTER (WHERE kind = 'refunded'),
       count(*) FILTER (WHERE kind = 'voided'), count(*) FILTER (WHERE kind = 'admitted'),
       count(*) FILTER (WHERE is_late), max(position)
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
 GROUP BY showing_id, sales_channel
    ON CONFLICT (showing_id, sales_channel) DO UPDATE
   SET admissions = total.admissions + excluded.admissions,
       gross_minor = total.gross_minor + excluded.gross_minor,
       fees_minor = total.fees_minor + excluded.fees_minor,
       sold = total.sold + excluded.sold, refunded = total.refunded + excluded.refunded,
       voided = total.voided + excluded.voided, admitted = total.admitted + excluded.admitted,
       late = total.late + excluded.late, as_of = excluded.as_of;

-- name: fold_pace
-- Add them to the quarters of an hour in which they happened.
INSERT INTO totals.pace AS total (showing_id, bucket_at, admissions, gross_minor, fees_minor)
SELECT showing_id, date_bin('15 minutes', happened_at, TIMESTAMPTZ '2000-01-01 00:00:00+00') AS bucket_at,
       sum(admissions), sum(gross_minor), sum(fees_minor)
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
 GROUP BY 1, 2
    ON CONFLICT (showing_id, bucket_at) DO UPDATE
   SET admissions = total.admissions + excluded.admissions,
       gross_minor = total.gross_minor + excluded.gross_minor,
       fees_minor = total.fees_minor + excluded.fees_minor;

-- name: fold_venues
-- Note when each venue was last heard of.
INSERT INTO totals.venue AS total (venue_id, last_happened_at, last_recorded_at, last_position, entries)
SELECT showing.venue_id, max(entry.happened_at), max(entry.recorded_at), max(entry.position), count(*)
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE position >= %(first)s AND position < %(past_end)s
 GROUP BY showing.venue_id
    ON CONFLICT (venue_id) DO UPDATE
   SET last_happened_at = greatest(total.last_happened_at, excluded.last_happened_at),
       last_recorded_at = greatest(total.last_recorded_at, excluded.last_recorded_at),
       last_position = excluded.last_position, entries = total.entries + excluded.entries;

-- name: place_changed
-- Let changed showings stand where the catalog has them now, and move what they have taken so far
-- with them, out of the old day and into the new. One statement: it sees the catalog at one moment,
-- so nothing is taken out of one day and put into none. Gives the films' days that are touched.
WITH changed AS MATERIALIZED (
    SELECT showing.showing_id, showing.business_date, showing.venue_id, showing.film_id, showing.language,
           showing.capacity, showing.state = 'announced' AS is_announced, placement.business_date AS old_date,
           placement.venue_id AS old_venue_id, placement.film_id AS old_film_id, placement.language AS old_language
      FROM catalog.showing LEFT JOIN totals.placement USING (showing_id)
     WHERE showing.revision > %(seen)s AND showing.revision <= %(revision)s
), moved AS (
    SELECT place.business_date, place.venue_id, place.film_id, place.language, total.sales_channel,
           sum(place.sign * total.admissions) AS admissions, sum(place.sign * total.gross_minor) AS gross_minor,
           sum(place.sign * total.fees_minor) AS fees_minor
      FROM changed JOIN totals.showing AS total USING (showing_id)
     CROSS JOIN LATERAL (VALUES (-1, old_date, old_venue_id, old_film_id, old_language),
                                (1, changed.business_date, changed.venue_id, changed.film_id, changed.language))
           AS place (sign, business_date, venue_id, film_id, language)
     WHERE (old_date, old_venue_id, old_film_id, old_language)
           <> (changed.business_date, changed.venue_id, changed.film_id, changed.language)
     GROUP BY 1, 2, 3, 4, 5
), days AS (
    INSERT INTO totals.day AS total (business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor)
    SELECT business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor FROM moved
        ON CONFLICT (business_date, venue_id, film_id, language, sales_channel) DO UPDATE
       SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
           fees_minor = total.fees_minor + excluded.fees_minor
), film_days AS (
    INSERT INTO totals.film_day AS total (business_date, film_id, country, currency, admissions, gross_minor, fees_minor)
    SELECT moved.business_date, moved.film_id, region.country, venue.currency,
           sum(moved.admissions), sum(moved.gross_minor), sum(moved.fees_minor)
      FROM moved JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
     GROUP BY 1, 2, 3, 4
        ON CONFLICT (business_date, film_id, country, currency) DO UPDATE
       SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
           fees_minor = total.fees_minor + excluded.fees_minor
), placed AS (
    INSERT INTO totals.placement (showing_id, business_date, venue_id, film_id, language, capacity, is_announced)
    SELECT showing_id, business_date, venue_id, film_id, language, capacity, is_announced FROM changed
        ON CONFLICT (showing_id) DO UPDATE
       SET business_date = excluded.business_date, venue_id = excluded.venue_id, film_id = excluded.film_id,
           language = excluded.language, capacity = excluded.capacity, is_announced = excluded.is_announced
)
SELECT business_date, film_id FROM changed
 UNION
SELECT old_date, old_film_id FROM changed WHERE old_date IS NOT NULL;

-- name: count_schedule
-- Count showings, places and venues of some films' days anew, from where their showings stand.
WITH touched AS (
    SELECT business_date, film_id
      FROM unnest(%(business_dates)s::date[], %(film_ids)s::integer[]) AS each (business_date, film_id)
), counted AS (
    SELECT touched.business_date, touched.film_id, region.country, venue.currency, count(*) AS showings,
           sum(placement.capacity) AS capacity, count(DISTINCT placement.venue_id) AS venues
      FROM touched JOIN totals.placement USING (business_date, film_id) JOIN catalog.venue USING (venue_id)
      JOIN catalog.region ON region.code = venue.region_code
     WHERE placement.is_announced
     GROUP BY 1, 2, 3, 4
), emptied AS (
    UPDATE totals.film_day
       SET showings = 0, capacity = 0, venues = 0
      FROM touched
     WHERE (film_day.business_date, film_day.film_id) = (touched.business_date, touched.film_id)
       AND NOT EXISTS (SELECT FROM counted
                        WHERE (counted.business_date, counted.film_id, counted.country, counted.currency)
                              = (film_day.business_date, film_day.film_id, film_day.country, film_day.currency))
)
INSERT INTO totals.film_day AS total (business_date, film_id, country, currency, showings, capacity, venues)
SELECT business_date, film_id, country, currency, showings, capacity, venues FROM counted
    ON CONFLICT (business_date, film_id, country, currency) DO UPDATE
   SET showings = excluded.showings, capacity = excluded.capacity, venues = excluded.venues;

-- name: place_new
-- Remember where the span's showings stand, unless they are placed already. Runs after the changed
-- ones and before `fold_days`, which goes by the placement and never by the catalog itself: a
-- showing that moves in between is moved at the next fold, with all it has taken.
INSERT INTO totals.placement (showing_id, business_date, venue_id, film_id, language, capacity, is_announced)
SELECT showing_id, business_date, venue_id, film_id, language, capacity, state = 'announced'
  FROM catalog.showing
 WHERE showing_id IN (SELECT DISTINCT showing_id FROM register.entry
                       WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL)
    ON CONFLICT (showing_id) DO NOTHING;

-- name: fold_days
-- Add the span's entries to the days where their showings stand, and to their films' national days.
WITH change AS MATERIALIZED (
    SELECT business_date, venue_id, film_id, language, sales_channel, sum(admissions) AS admissions,
           sum(gross_minor) AS gross_minor, sum(fees_minor) AS fees_minor
      FROM register.entry JOIN totals.placement USING (showing_id)
     WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
     GROUP BY 1, 2, 3, 4, 5
), film_days AS (
    INSERT INTO totals.film_day AS total (business_date, film_id, country, currency, admissions, gross_minor, fees_minor)
    SELECT change.business_date, change.film_id, region.country, venue.currency,
           sum(change.admissions), sum(change.gross_minor), sum(change.fees_minor)
      FROM change JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
     GROUP BY 1, 2, 3, 4
        ON CONFLICT (business_date, film_id, country, currency) DO UPDATE
       SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
           fees_minor = total.fees_minor + excluded.fees_minor
)
INSERT INTO totals.day AS total (business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor)
SELECT business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor
  FROM change
    ON CONFLICT (business_date, venue_id, film_id, language, sales_channel) DO UPDATE
   SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
       fees_minor = total.fees_minor + excluded.fees_minor;

-- name: move_follower
-- Move past what was folded; the last statement before the commit.
UPDATE totals.follower
   SET next_position = %(past_end)s, next_revision = %(revision)s, folded_at = clock_timestamp(),
       film_days_position = %(past_end)s, film_days_revision = %(revision)s;

-- name: forget_film_days
-- Begin the films' days again.
TRUNCATE totals.film_day;

-- name: place_all
-- Remember where every showing stands that the totals have seen, and how many it may seat. Of one
-- that has changed since, what is remembered of it moves with the change.
INSERT INTO totals.placement (showing_id, business_date, venue_id, film_id, language, capacity, is_announced)
SELECT showing_id, business_date, venue_id, film_id, language, capacity, state = 'announced'
  FROM catalog.showing
 WHERE revision <= %(seen)s
    ON CONFLICT (showing_id) DO UPDATE
   SET capacity = excluded.capacity, is_announced = excluded.is_announced;

-- name: sum_film_days
-- Put together all films' days from the days and the placements.
INSERT INTO totals.film_day (business_date, film_id, country, currency, admissions, gross_minor, fees_minor,
                             showings, capacity, venues)
SELECT business_date, film_id, region.country, venue.currency, sum(cell.admissions), sum(cell.gross_minor),
       sum(cell.fees_minor), sum(cell.showings), sum(cell.capacity), count(*) FILTER (WHERE cell.showings > 0)
  FROM (SELECT business_date, film_id, venue_id, sum(admissions) AS admissions, sum(gross_minor) AS gross_minor,
               sum(fees_minor) AS fees_minor, 0 AS showings, 0 AS capacity
          FROM totals.day
         GROUP BY 1, 2, 3
         UNION ALL
        SELECT business_date, film_id, venue_id, 0, 0, 0, count(*), sum(capacity)
          FROM totals.placement
         WHERE is_announced
         GROUP BY 1, 2, 3) AS cell
  JOIN catalog.venue USING (venue_id) JOIN catalog.region ON region.code = venue.region_code
 GROUP BY 1, 2, 3, 4;

-- name: forget_totals
-- Begin again from position 0; in one transaction with the lock, so that nobody reads half.
TRUNCATE totals.showing, totals.pace, totals.placement, totals.day, totals.film_day, totals.venue;

-- name: rewind_follower
-- The follower has seen nothing.
UPDATE totals.follower SET next_position = 0, next_revision = 0, film_days_position = 0, film_days_revision = 0;
