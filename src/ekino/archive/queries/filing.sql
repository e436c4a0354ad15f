-- name: take_snapshot
-- All that is read from here to the end of the transaction is of one moment.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;

-- name: lock_head
-- Take the head: files are made by one at a time. In a snapshot of its own, so whoever waited here
-- for another is told to begin again.
SELECT position, revision, filed_at FROM archive.head FOR UPDATE;

-- name: read_standing
-- Say how far the cells, the files and the catalog reach.
SELECT follower.next_position AS as_of, follower.folded_at AS at, head.position AS filed_position,
       head.revision AS filed_revision, revision.number AS revision, register.size AS register_size
  FROM archive.follower, archive.head, catalog.revision, register.head AS register;

-- name: list_files
-- Give the files that make up the archive, in order of their months.
SELECT month, kind, name, rows, bytes FROM archive.file ORDER BY month, kind;

-- name: list_changed
-- Give the showings that sold, moved or were announced since a position and a revision, with the
-- month in which each stands now.
SELECT showing_id, date_trunc('month', business_date)::date AS month
  FROM catalog.showing
 WHERE revision > %(revision)s
    OR showing_id IN (SELECT showing_id FROM register.entry
                       WHERE position >= %(position)s AND position < %(as_of)s
                         AND sales_channel IS NOT NULL);

-- name: copy_month
-- Give a month's showings: one row for each with all it sold, and one for each of its cells. Only
-- announced showings count, and only they have places.
COPY (
WITH standing AS (
    SELECT showing_id, business_date,
           extract(hour FROM starts_at AT TIME ZONE venue.timezone)::integer AS start_hour,
           showing.venue_id, hall_id, film_id, language, state = 'announced' AS is_announced, capacity
      FROM catalog.showing JOIN catalog.venue USING (venue_id)
     WHERE business_date >= %(month)s AND business_date < %(past_end)s
)
SELECT showing_id, business_date, start_hour, venue_id, hall_id, film_id, language,
       NULL AS sales_channel, NULL AS concession, is_announced::integer AS showings,
       CASE WHEN is_announced THEN capacity ELSE 0 END AS capacity, admissions, gross_minor,
       fees_minor, refunded
  FROM standing
 CROSS JOIN LATERAL (SELECT coalesce(sum(admissions), 0) AS admissions,
                            coalesce(sum(gross_minor), 0) AS gross_minor,
                            coalesce(sum(fees_minor), 0) AS fees_minor,
                            coalesce(sum(refunded), 0) AS refunded
                       FROM archive.cell WHERE cell.showing_id = standing.showing_id) AS whole
 UNION ALL
SELECT showing_id, business_date, start_hour, venue_id, hall_id, film_id, language,
       sales_channel::text, concession, 0, 0, admissions, gross_minor, fees_minor, refunded
  FROM standing JOIN archive.cell USING (showing_id)
) TO STDOUT (FORMAT csv, FORCE_QUOTE (concession));

-- name: copy_changed
-- Give the same of the showings that changed since a position and a revision.
COPY (
WITH standing AS (
    SELECT showing_id, business_date,
           extract(hour FROM starts_at AT TIME ZONE venue.timezone)::integer AS start_hour,
           showing.venue_id, hall_id, film_id, language, state = 'announced' AS is_announced, capacity
      FROM catalog.showing JOIN catalog.venue USING (venue_id)
     WHERE revision > %(revision)s
        OR showing_id IN (SELECT showing_id FROM register.entry
                           WHERE position >= %(position)s AND position < %(as_of)s
                             AND sales_channel IS NOT NULL)
)
SELECT showing_id, business_date, start_hour, venue_id, hall_id, film_id, language,
       NULL AS sales_channel, NULL AS concession, is_announced::integer AS showings,
       CASE WHEN is_announced THEN capacity ELSE 0 END AS capacity, admissions, gross_minor,
       fees_minor, refunded
  FROM standing
 CROSS JOIN LATERAL (SELECT coalesce(sum(admissions), 0) AS admissions,
                            coalesce(sum(gross_minor), 0) AS gross_minor,
                            coalesce(sum(fees_minor), 0) AS fees_minor,
                            coalesce(sum(refunded), 0) AS refunded
                       FROM archive.cell WHERE cell.showing_id = standing.showing_id) AS whole
 UNION ALL
SELECT showing_id, business_date, start_hour, venue_id, hall_id, film_id, language,
       sales_channel::text, concession, 0, 0, admissions, gross_minor, fees_minor, refunded
  FROM standing JOIN archive.cell USING (showing_id)
) TO STDOUT (FORMAT csv, FORCE_QUOTE (concession));

-- name: forget_month
-- A month's files are no longer part of the archive.
DELETE FROM archive.file WHERE month = %(month)s;

-- name: put_file
-- A month's file is part of the archive, in the place of the one before.
INSERT INTO archive.file (month, kind, name, rows, bytes, sha256)
VALUES (%(month)s, %(kind)s, %(name)s, %(rows)s, %(bytes)s, %(sha256)s)
    ON CONFLICT (month, kind) DO UPDATE
   SET name = excluded.name, rows = excluded.rows, bytes = excluded.bytes, sha256 = excluded.sha256;

-- name: move_head
-- The files hold everything up to here; the last statement before the commit.
UPDATE archive.head
   SET position = %(position)s, revision = %(revision)s, filed_at = clock_timestamp();

-- name: read_films
-- Give what films are sliced by: the principal genre and country, and who releases them here.
SELECT film.film_id, film.code, film.titles,
       coalesce(film.original_language, '') AS original_language,
       coalesce(film.genres[1], '') AS genre, coalesce(film.countries[1], '') AS country,
       CASE WHEN cardinality(film.countries) = 0 THEN 'unstated'
            WHEN %(country)s = ANY (film.countries) THEN 'domestic' ELSE 'foreign' END AS origin,
       release.distributor_id
  FROM catalog.film
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = %(country)s;

-- name: read_venues
-- Give the country's venues that are paid in its currency: sums never mix two.
SELECT venue_id, venue.code, venue.name, region_code, organisation_id, venue.timezone
  FROM catalog.venue JOIN catalog.region ON region.code = venue.region_code
 WHERE region.country = %(country)s AND venue.currency = %(currency)s;

-- name: read_halls
-- Give the country's halls with the name that each has now.
SELECT hall.hall_id, hall.venue_id, hall.code,
       (SELECT name FROM catalog.hall_version WHERE hall_version.hall_id = hall.hall_id
         ORDER BY valid_from DESC LIMIT 1) AS name
  FROM catalog.hall JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
 WHERE region.country = %(country)s AND venue.currency = %(currency)s;

-- name: read_regions
-- Give the country's regions.
SELECT code, names FROM catalog.region WHERE country = %(country)s;

-- name: read_organisations
-- Give the organisations that show or release films.
SELECT organisation_id, code, name FROM catalog.organisation;

-- name: read_showings
-- Give what people know these showings by.
SELECT showing_id, venue_id, hall_id, film_id, code, starts_at, business_date
  FROM catalog.showing WHERE showing_id = ANY (%(showing_ids)s);
