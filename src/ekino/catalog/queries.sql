-- name: read_revision
-- Say how often the catalog has changed.
SELECT number FROM catalog.revision;

-- name: bump_revision
-- Begin a change: the row stays locked until commit, so revisions commit in their order.
UPDATE catalog.revision SET number = number + 1 RETURNING number;

-- name: load_regions
-- Enter or change regions.
INSERT INTO catalog.region AS old (code, country, kato, kind, names)
SELECT code, country, kato, kind, names
  FROM jsonb_to_recordset(%(rows)s) AS given (code text, country text, kato text, kind text, names jsonb)
    ON CONFLICT (code) DO UPDATE
   SET country = excluded.country, kato = excluded.kato, kind = excluded.kind, names = excluded.names
 WHERE (old.country, old.kato, old.kind, old.names)
       IS DISTINCT FROM (excluded.country, excluded.kato, excluded.kind, excluded.names)
RETURNING (xmax = 0) AS is_new;

-- name: load_organisations
-- Enter or change organisations.
INSERT INTO catalog.organisation AS old (code, name, country, bin, kinds)
SELECT code, name, country, bin, kinds
  FROM jsonb_to_recordset(%(rows)s) AS given (code text, name text, country text, bin text, kinds text[])
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, country = excluded.country, bin = excluded.bin, kinds = excluded.kinds
 WHERE (old.name, old.country, old.bin, old.kinds)
       IS DISTINCT FROM (excluded.name, excluded.country, excluded.bin, excluded.kinds)
RETURNING (xmax = 0) AS is_new;

-- name: taken_for_organisations
-- Name the organisations whose BIN is another's, in the catalog or earlier in the list.
SELECT given.place, 'bin' AS field, given.bin AS value
  FROM (SELECT ordinal - 1 AS place, row ->> 'code' AS code, row ->> 'bin' AS bin,
               row_number() OVER (PARTITION BY row ->> 'bin' ORDER BY ordinal) AS turn
          FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)) AS given
 WHERE given.bin IS NOT NULL
   AND (given.turn > 1
        OR EXISTS (SELECT FROM catalog.organisation
                    WHERE organisation.bin = given.bin AND organisation.code <> given.code));

-- name: missing_for_venues
-- Name the venues whose region or organisation the catalog lacks.
SELECT given.ordinal - 1 AS place,
       CASE WHEN region.code IS NULL THEN 'region' ELSE 'organisation' END AS field,
       CASE WHEN region.code IS NULL THEN given.row ->> 'region' ELSE given.row ->> 'organisation' END AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  LEFT JOIN catalog.region ON region.code = given.row ->> 'region'
  LEFT JOIN catalog.organisation ON organisation.code = given.row ->> 'organisation'
 WHERE region.code IS NULL OR (given.row ->> 'organisation' IS NOT NULL AND organisation.code IS NULL);

-- name: load_venues
-- Enter or change venues. A venue's zone, currency and morning are for life once something was
-- shown there: figures already reported hang on them.
INSERT INTO catalog.venue AS old (code, name, kind, region_code, city, address, organisation_id,
                                  timezone, currency, business_day_starts_hour)
SELECT given.code, given.name, given.kind, given.region, given.city, given.address,
       organisation.organisation_id, given.timezone, given.currency, given.business_day_starts_hour
  FROM jsonb_to_recordset(%(rows)s) AS given (
           code text, name text, kind text, region text, city text, address text, organisation text,
           timezone text, currency text, business_day_starts_hour smallint)
  LEFT JOIN catalog.organisation ON organisation.code = given.organisation
    ON CONFLICT (code) DO UPDATE
   SET name = excluded.name, kind = excluded.kind, region_code = excluded.region_code,
       city = excluded.city, address = excluded.address, organisation_id = excluded.organisation_id,
       timezone = excluded.timezone, currency = excluded.currency,
       business_day_starts_hour = excluded.business_day_starts_hour
 WHERE (old.name, old.kind, old.region_code, old.city, old.address, old.organisation_id,
        old.timezone, old.currency, old.business_day_starts_hour)
       IS DISTINCT FROM
       (excluded.name, excluded.kind, excluded.region_code, excluded.city, excluded.address,
        excluded.organisation_id, excluded.timezone, excluded.currency, excluded.business_day_starts_hour)
RETURNING (xmax = 0) AS is_new;

-- name: fixed_for_venues
-- Name the venues whose zone, currency or morning would change under showings that exist.
SELECT given.ordinal - 1 AS place, 'currency' AS field, given.row ->> 'code' AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  JOIN catalog.venue ON venue.code = given.row ->> 'code'
 WHERE (venue.timezone, venue.currency, venue.business_day_starts_hour)
       <> (given.row ->> 'timezone', given.row ->> 'currency', (given.row ->> 'business_day_starts_hour')::smallint)
   AND EXISTS (SELECT FROM catalog.showing WHERE showing.venue_id = venue.venue_id);

-- name: missing_for_halls
-- Name the halls whose venue the catalog lacks.
SELECT given.ordinal - 1 AS place, 'venue' AS field, given.row ->> 'venue' AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  LEFT JOIN catalog.venue ON venue.code = given.row ->> 'venue'
 WHERE venue.code IS NULL;

-- name: load_halls
-- Enter halls that are new.
INSERT INTO catalog.hall (venue_id, code)
SELECT DISTINCT venue.venue_id, given.code
  FROM jsonb_to_recordset(%(rows)s) AS given (venue text, code text)
  JOIN catalog.venue ON venue.code = given.venue
    ON CONFLICT DO NOTHING;

-- name: load_hall_versions
-- Enter or change what a hall is from a date on.
INSERT INTO catalog.hall_version AS old (hall_id, valid_from, name, capacity, numbered)
SELECT hall.hall_id, given.valid_from, coalesce(given.name, given.code), given.capacity, given.numbered
  FROM jsonb_to_recordset(%(rows)s) AS given (venue text, code text, valid_from date, name text, capacity integer, numbered boolean)
  JOIN catalog.venue ON venue.code = given.venue
  JOIN catalog.hall ON hall.venue_id = venue.venue_id AND hall.code = given.code
    ON CONFLICT (hall_id, valid_from) DO UPDATE
   SET name = excluded.name, capacity = excluded.capacity, numbered = excluded.numbered
 WHERE (old.name, old.capacity, old.numbered) IS DISTINCT FROM (excluded.name, excluded.capacity, excluded.numbered)
RETURNING (xmax = 0) AS is_new;

-- name: load_films
-- Enter or change films.
INSERT INTO catalog.film AS old (code, titles, original_language, countries, genres,
                                 running_time_min, age_mark, certificate, isan, eidr, producers)
SELECT code, titles, original_language, countries, genres, running_time_min, age_mark, certificate, isan, eidr,
       producers
  FROM jsonb_to_recordset(%(rows)s) AS given (
           code text, titles jsonb, original_language text, countries text[], genres text[],
           running_time_min smallint, age_mark text, certificate text, isan text, eidr text,
           producers text[])
    ON CONFLICT (code) DO UPDATE
   SET titles = excluded.titles, original_language = excluded.original_language,
       countries = excluded.countries, genres = excluded.genres,
       running_time_min = excluded.running_time_min, age_mark = excluded.age_mark,
       certificate = excluded.certificate, isan = excluded.isan, eidr = excluded.eidr,
       producers = excluded.producers
 WHERE (old.titles, old.original_language, old.countries, old.genres, old.running_time_min,
        old.age_mark, old.certificate, old.isan, old.eidr, old.producers)
       IS DISTINCT FROM
       (excluded.titles, excluded.original_language, excluded.countries, excluded.genres,
        excluded.running_time_min, excluded.age_mark, excluded.certificate, excluded.isan, excluded.eidr,
        excluded.producers)
RETURNING (xmax = 0) AS is_new;

-- name: missing_for_films
-- Name the films one of whose producers the catalog lacks.
SELECT given.ordinal - 1 AS place, 'producers' AS field, producer AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
 CROSS JOIN jsonb_array_elements_text(given.row -> 'producers') AS producer
  LEFT JOIN catalog.organisation ON organisation.code = producer
 WHERE organisation.code IS NULL;

-- name: taken_for_films
-- Name the films whose ISAN or EIDR is another's, in the catalog or earlier in the list.
SELECT given.place, given.field, given.value
  FROM (SELECT ordinal - 1 AS place, row ->> 'code' AS code, field, row ->> field AS value,
               row_number() OVER (PARTITION BY field, row ->> field ORDER BY ordinal) AS turn
          FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
         CROSS JOIN (VALUES ('isan'), ('eidr')) AS number (field)) AS given
 WHERE given.value IS NOT NULL
   AND (given.turn > 1
        OR EXISTS (SELECT FROM catalog.film
                    WHERE film.code <> given.code
                      AND CASE given.field WHEN 'isan' THEN film.isan ELSE film.eidr END = given.value));

-- name: missing_for_versions
-- Name the versions whose film the catalog lacks.
SELECT given.ordinal - 1 AS place, 'film' AS field, given.row ->> 'film' AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  LEFT JOIN catalog.film ON film.code = given.row ->> 'film'
 WHERE film.code IS NULL;

-- name: load_versions
-- Enter versions; a version's film and language are for life, because showings repeat them.
INSERT INTO catalog.film_version AS old (film_id, code, language, kind, subtitle_language)
SELECT film.film_id, given.code, given.language, given.kind, given.subtitle_language
  FROM jsonb_to_recordset(%(rows)s) AS given (code text, film text, language text, kind text, subtitle_language text)
  JOIN catalog.film ON film.code = given.film
    ON CONFLICT (code) DO UPDATE
   SET kind = excluded.kind, subtitle_language = excluded.subtitle_language
 WHERE (old.kind, old.subtitle_language) IS DISTINCT FROM (excluded.kind, excluded.subtitle_language)
RETURNING (xmax = 0) AS is_new;

-- name: fixed_for_versions
-- Name the versions that would get another film or language.
SELECT given.ordinal - 1 AS place, 'language' AS field, given.row ->> 'code' AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  JOIN catalog.film_version ON film_version.code = given.row ->> 'code'
  JOIN catalog.film USING (film_id)
 WHERE (film.code, film_version.language) <> (given.row ->> 'film', given.row ->> 'language');

-- name: missing_for_releases
-- Name the releases whose film or distributor the catalog lacks.
SELECT given.ordinal - 1 AS place,
       CASE WHEN film.code IS NULL THEN 'film' ELSE 'distributor' END AS field,
       CASE WHEN film.code IS NULL THEN given.row ->> 'film' ELSE given.row ->> 'distributor' END AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  LEFT JOIN catalog.film ON film.code = given.row ->> 'film'
  LEFT JOIN catalog.organisation ON organisation.code = given.row ->> 'distributor'
 WHERE film.code IS NULL OR (given.row ->> 'distributor' IS NOT NULL AND organisation.code IS NULL);

-- name: load_releases
-- Enter or change releases.
INSERT INTO catalog.release AS old (film_id, country, release_date, distributor_id)
SELECT film.film_id, given.country, given.release_date, organisation.organisation_id
  FROM jsonb_to_recordset(%(rows)s) AS given (film text, country text, release_date date, distributor text)
  JOIN catalog.film ON film.code = given.film
  LEFT JOIN catalog.organisation ON organisation.code = given.distributor
    ON CONFLICT (film_id, country) DO UPDATE
   SET release_date = excluded.release_date, distributor_id = excluded.distributor_id
 WHERE (old.release_date, old.distributor_id) IS DISTINCT FROM (excluded.release_date, excluded.distributor_id)
RETURNING (xmax = 0) AS is_new;

-- name: missing_for_showings
-- Name the showings whose venue, hall or version the catalog lacks.
SELECT given.ordinal - 1 AS place,
       CASE WHEN venue.code IS NULL THEN 'venue' WHEN hall.code IS NULL THEN 'hall' ELSE 'version' END AS field,
       CASE WHEN venue.code IS NULL THEN given.row ->> 'venue' WHEN hall.code IS NULL THEN given.row ->> 'hall'
            ELSE given.row ->> 'version' END AS value
  FROM jsonb_array_elements(%(rows)s) WITH ORDINALITY AS given (row, ordinal)
  LEFT JOIN catalog.venue ON venue.code = given.row ->> 'venue'
  LEFT JOIN catalog.hall ON hall.venue_id = venue.venue_id AND hall.code = given.row ->> 'hall'
  LEFT JOIN catalog.film_version ON film_version.code = given.row ->> 'version'
 WHERE venue.code IS NULL OR hall.code IS NULL OR film_version.code IS NULL;

-- name: load_showings
-- Enter or change showings. The business date is worked out where the zone is: the same rule as
-- kernel's business_date, and a test holds the two together.
INSERT INTO catalog.showing AS old (venue_id, code, hall_id, version_id, film_id, language, starts_at,
                                    business_date, format, capacity, prices, state, announced_by, revision)
SELECT venue.venue_id, given.code, hall.hall_id, film_version.version_id, film_version.film_id,
       film_version.language, given.starts_at, day.business_date, given.format,
       coalesce(given.capacity, (
           SELECT hall_version.capacity FROM catalog.hall_version
            WHERE hall_version.hall_id = hall.hall_id
            ORDER BY (valid_from <= day.business_date) DESC,
                     CASE WHEN valid_from <= day.business_date THEN -(valid_from - DATE '2000-01-01')
                          ELSE valid_from - DATE '2000-01-01' END
            LIMIT 1), 0),
       given.prices, given.state, %(announced_by)s, %(revision)s
  FROM jsonb_to_recordset(%(rows)s) AS given (
           venue text, code text, hall text, version text, starts_at timestamptz, format text,
           capacity integer, prices jsonb, state text)
  JOIN catalog.venue ON venue.code = given.venue
  JOIN catalog.hall ON hall.venue_id = venue.venue_id AND hall.code = given.hall
  JOIN catalog.film_version ON film_version.code = given.version
 CROSS JOIN LATERAL (
       SELECT ((given.starts_at AT TIME ZONE venue.timezone)
               - make_interval(hours => venue.business_day_starts_hour))::date AS business_date) AS day
    ON CONFLICT (venue_id, code) DO UPDATE
   SET hall_id = excluded.hall_id, version_id = excluded.version_id, film_id = excluded.film_id,
       language = excluded.language, starts_at = excluded.starts_at, business_date = excluded.business_date,
       format = excluded.format, capacity = excluded.capacity, prices = excluded.prices,
       state = excluded.state, revision = excluded.revision
 WHERE (old.hall_id, old.version_id, old.starts_at, old.business_date, old.format, old.capacity, old.prices, old.state)
       IS DISTINCT FROM
       (excluded.hall_id, excluded.version_id, excluded.starts_at, excluded.business_date, excluded.format,
        excluded.capacity, excluded.prices, excluded.state)
RETURNING (xmax = 0) AS is_new;

-- name: find_showings
-- Give these showings, with the venue's code.
SELECT showing.showing_id, showing.venue_id, showing.hall_id, venue.code AS venue_code, showing.code,
       showing.state, showing.starts_at, hall.code AS hall_code, film_version.code AS version_code,
       showing.format, showing.capacity, showing.prices, showing.announced_by
  FROM unnest(%(venues)s::text[], %(showings)s::text[]) AS wanted (venue_code, code)
  JOIN catalog.venue ON venue.code = wanted.venue_code
  JOIN catalog.showing ON showing.venue_id = venue.venue_id AND showing.code = wanted.code
  JOIN catalog.hall ON hall.hall_id = showing.hall_id
  JOIN catalog.film_version USING (version_id);

-- name: find_venues
-- Say which of these venues exist.
SELECT code FROM catalog.venue WHERE code = ANY (%(codes)s);

-- name: find_hall
-- Give a hall's number.
SELECT hall.hall_id FROM catalog.hall JOIN catalog.venue USING (venue_id)
 WHERE venue.code = %(venue)s AND hall.code = %(hall)s;

-- name: find_version
-- Say whether a version exists.
SELECT version_id FROM catalog.film_version WHERE code = %(version)s;

-- name: list_regions
-- Regions by code.
SELECT code, country, kato, kind, names FROM catalog.region
 WHERE code > %(after)s ORDER BY code LIMIT %(limit)s;

-- name: list_organisations
-- Organisations by code.
SELECT code, name, country, bin, kinds FROM catalog.organisation
 WHERE code > %(after)s ORDER BY code LIMIT %(limit)s;

-- name: list_venues
-- Venues by code.
SELECT venue.code, name, kind, region_code AS region, city, address, timezone, currency,
       business_day_starts_hour, (SELECT count(*) FROM catalog.hall WHERE hall.venue_id = venue.venue_id) AS halls
  FROM catalog.venue WHERE code > %(after)s ORDER BY code LIMIT %(limit)s;

-- name: list_halls
-- Halls by venue and code, as they are today. The number is what a ticket's token names the hall by.
SELECT venue.code || '/' || hall.code AS code, hall.hall_id AS number, venue.code AS venue, hall.code AS hall, hall_version.valid_from,
       hall_version.name, hall_version.capacity, hall_version.numbered
  FROM catalog.hall JOIN catalog.venue USING (venue_id)
  JOIN LATERAL (SELECT * FROM catalog.hall_version AS each WHERE each.hall_id = hall.hall_id
                 ORDER BY valid_from DESC LIMIT 1) AS hall_version ON true
 WHERE venue.code || '/' || hall.code > %(after)s
 ORDER BY venue.code || '/' || hall.code LIMIT %(limit)s;

-- name: list_films
-- Films by code.
SELECT code, titles, original_language, countries, genres, running_time_min, age_mark, certificate, isan, eidr,
       producers
  FROM catalog.film WHERE code > %(after)s ORDER BY code LIMIT %(limit)s;

-- name: list_versions
-- Language versions by code.
SELECT film_version.code, film.code AS film, language, film_version.kind, subtitle_language
  FROM catalog.film_version JOIN catalog.film USING (film_id)
 WHERE film_version.code > %(after)s ORDER BY film_version.code LIMIT %(limit)s;

-- name: list_releases
-- Releases by film and country.
SELECT film.code || '/' || release.country AS code, film.code AS film, release.country, release_date,
       organisation.code AS distributor
  FROM catalog.release JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.organisation ON organisation_id = distributor_id
 WHERE film.code || '/' || release.country > %(after)s
 ORDER BY film.code || '/' || release.country LIMIT %(limit)s;

-- name: list_showings
-- Showings by venue and code.
SELECT venue.code || '/' || showing.code AS code, venue.code AS venue, showing.code AS showing,
       hall.code AS hall, film_version.code AS version, starts_at, business_date, format, capacity,
       prices, showing.state
  FROM catalog.showing JOIN catalog.venue USING (venue_id)
  JOIN catalog.hall ON hall.hall_id = showing.hall_id
  JOIN catalog.film_version USING (version_id)
 WHERE venue.code || '/' || showing.code > %(after)s
 ORDER BY venue.code || '/' || showing.code LIMIT %(limit)s;
