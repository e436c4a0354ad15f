-- name: count_registry
-- Say how much of everything the register knows.
SELECT (SELECT count(*) FROM catalog.venue) AS venues, (SELECT count(*) FROM catalog.hall) AS halls,
       (SELECT count(*) FROM catalog.film) AS films,
       (SELECT count(*) FROM catalog.organisation) AS organisations,
       (SELECT count(*) FROM access.source) AS sources,
       (SELECT count(*) FROM access.key) AS keys;

-- name: list_venues
-- Give venues by code, with their halls counted.
SELECT venue.code, venue.name, venue.city, venue.region_code AS region,
       organisation.name AS organisation, venue.kind, venue.timezone,
       (SELECT count(*) FROM catalog.hall WHERE hall.venue_id = venue.venue_id) AS halls
  FROM catalog.venue LEFT JOIN catalog.organisation USING (organisation_id)
 ORDER BY venue.code LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_halls
-- Give halls by venue and code, with the capacity of their latest version.
SELECT venue.code AS venue, hall.code, venue.name AS venue_name,
       (SELECT version.capacity FROM catalog.hall_version AS version
         WHERE version.hall_id = hall.hall_id ORDER BY version.valid_from DESC LIMIT 1) AS capacity
  FROM catalog.hall JOIN catalog.venue USING (venue_id)
 ORDER BY venue.code, hall.code LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_films
-- Give films by code, with a title in each language.
SELECT film.code, film.titles ->> 'kk' AS title_kk, film.titles ->> 'ru' AS title_ru,
       film.titles ->> 'en' AS title_en, film.titles ->> 'original' AS title_original,
       array_to_string(film.countries, ' ') AS countries, film.original_language,
       film.running_time_min, film.age_mark, film.certificate,
       (SELECT count(*) FROM catalog.film_version AS version WHERE version.film_id = film.film_id) AS versions
  FROM catalog.film ORDER BY film.code LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_all_organisations
-- Give organisations by code, with their venues counted.
SELECT organisation.code, organisation.name, organisation.bin, organisation.country,
       array_to_string(organisation.kinds, ' ') AS kinds,
       (SELECT count(*) FROM catalog.venue WHERE venue.organisation_id = organisation.organisation_id) AS venues
  FROM catalog.organisation ORDER BY organisation.code LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_sources
-- Give sources by code, with the halls and the living keys of each counted.
SELECT source.code, source.name, source.vendor, source.organisation_code AS organisation, source.state,
       source.allowed_delay_s,
       (SELECT count(*) FROM access.source_hall WHERE source_hall.source_id = source.source_id) AS halls,
       (SELECT count(*) FROM access.key WHERE key.source_id = source.source_id AND key.revoked_at IS NULL
           AND key.valid_until > clock_timestamp()) AS keys
  FROM access.source ORDER BY source.code LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_followers
-- Give each follower of the register with how far it has come. One that counts batches is measured
-- against batches; an instant of 1970 is one that was never.
SELECT 'totals' AS name, head.size, next_position AS next, folded_at FROM totals.follower, register.head
 UNION ALL
SELECT 'tickets', head.size, next_position, read_until FROM verify.follower, register.head
 UNION ALL
SELECT 'archive', head.size, next_position, folded_at FROM archive.follower, register.head
 UNION ALL
SELECT 'opendata', head.size, next_position, NULL FROM opendata.follower, register.head
 UNION ALL
SELECT 'feeds', head.batches, next_batch, NULL FROM feeds.follower, register.head
 UNION ALL
SELECT 'log', register.head.size, proofs.head.size, proofs.head.integrated_at FROM proofs.head, register.head;

-- name: read_server
-- Say how large the database is and which PostgreSQL keeps it.
SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS version;
