-- name: lock_follower
-- A statement of its own, so that the fold which follows sees everything committed before
-- the lock. In one statement it would see less: two followers that meet would step back.
SELECT next_position, next_revision FROM totals.follower FOR UPDATE;

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

-- name: take_moved_from_days
-- Take what a moved showing has taken so far out of the day where it stood.
UPDATE totals.day
   SET admissions = day.admissions - moved.admissions, gross_minor = day.gross_minor - moved.gross_minor,
       fees_minor = day.fees_minor - moved.fees_minor
  FROM (SELECT placement.business_date, placement.venue_id, placement.film_id, placement.language,
               total.sales_channel, sum(total.admissions) AS admissions, sum(total.gross_minor) AS gross_minor,
               sum(total.fees_minor) AS fees_minor
          FROM catalog.showing JOIN totals.placement USING (showing_id) JOIN totals.showing AS total USING (showing_id)
         WHERE showing.revision > %(seen)s AND showing.revision <= %(revision)s
           AND (placement.business_date, placement.venue_id, placement.film_id, placement.language)
               <> (showing.business_date, showing.venue_id, showing.film_id, showing.language)
         GROUP BY 1, 2, 3, 4, 5) AS moved
 WHERE (day.business_date, day.venue_id, day.film_id, day.language, day.sales_channel)
       = (moved.business_date, moved.venue_id, moved.film_id, moved.language, moved.sales_channel);

-- name: put_moved_into_days
-- Put it into the day where the catalog has it now.
INSERT INTO totals.day AS total (business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor)
SELECT showing.business_date, showing.venue_id, showing.film_id, showing.language, figures.sales_channel,
       sum(figures.admissions), sum(figures.gross_minor), sum(figures.fees_minor)
  FROM catalog.showing JOIN totals.placement USING (showing_id) JOIN totals.showing AS figures USING (showing_id)
 WHERE showing.revision > %(seen)s AND showing.revision <= %(revision)s
   AND (placement.business_date, placement.venue_id, placement.film_id, placement.language)
       <> (showing.business_date, showing.venue_id, showing.film_id, showing.language)
 GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (business_date, venue_id, film_id, language, sales_channel) DO UPDATE
   SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
       fees_minor = total.fees_minor + excluded.fees_minor;

-- name: place_moved
-- Remember where moved showings stand now.
UPDATE totals.placement
   SET business_date = showing.business_date, venue_id = showing.venue_id, film_id = showing.film_id,
       language = showing.language
  FROM catalog.showing
 WHERE placement.showing_id = showing.showing_id
   AND showing.revision > %(seen)s AND showing.revision <= %(revision)s;

-- name: place_new
-- Remember where the span's showings stand, unless they are placed already. Runs after the moved
-- ones and before `fold_days`, which goes by the placement and never by the catalog itself: a
-- showing that moves in between is moved at the next fold, with all it has taken.
INSERT INTO totals.placement (showing_id, business_date, venue_id, film_id, language)
SELECT showing_id, business_date, venue_id, film_id, language
  FROM catalog.showing
 WHERE showing_id IN (SELECT DISTINCT showing_id FROM register.entry
                       WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL)
    ON CONFLICT (showing_id) DO NOTHING;

-- name: fold_days
-- Add the span's entries to the days where their showings stand.
INSERT INTO totals.day AS total (business_date, venue_id, film_id, language, sales_channel, admissions, gross_minor, fees_minor)
SELECT business_date, venue_id, film_id, language, sales_channel, sum(admissions), sum(gross_minor), sum(fees_minor)
  FROM register.entry JOIN totals.placement USING (showing_id)
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5
    ON CONFLICT (business_date, venue_id, film_id, language, sales_channel) DO UPDATE
   SET admissions = total.admissions + excluded.admissions, gross_minor = total.gross_minor + excluded.gross_minor,
       fees_minor = total.fees_minor + excluded.fees_minor;

-- name: move_follower
-- Move past what was folded; the last statement before the commit.
UPDATE totals.follower
   SET next_position = %(past_end)s, next_revision = %(revision)s, folded_at = clock_timestamp();

-- name: forget_totals
-- Begin again from position 0; in one transaction with the lock, so that nobody reads half.
TRUNCATE totals.showing, totals.pace, totals.placement, totals.day, totals.venue;

-- name: rewind_follower
-- The follower has seen nothing.
UPDATE totals.follower SET next_position = 0, next_revision = 0;
