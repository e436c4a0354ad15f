-- name: show_settings
-- Give the settings that decide what a figure is worth.
SELECT name, current_setting(name) AS value FROM pg_settings
 WHERE name IN ('server_version', 'fsync', 'synchronous_commit', 'full_page_writes',
                'wal_sync_method', 'wal_level', 'wal_compression', 'commit_delay',
                'shared_buffers', 'wal_buffers', 'max_wal_size', 'checkpoint_timeout',
                'data_checksums', 'jit', 'autovacuum')
 ORDER BY name;

-- name: checkpoint
-- Begin every measurement from the same state of the log: the next change of a page is a whole
-- page again, for whoever is measured.
CHECKPOINT;

-- name: read_wal_bytes
-- Say how much log was ever written.
SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint;

-- name: read_stored_bytes
-- Give what the register's tables and their indexes occupy: partitions count with their table.
SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint AS tables,
       coalesce(sum(pg_indexes_size(oid)), 0)::bigint AS indexes
  FROM pg_class WHERE relnamespace = 'register'::regnamespace AND relkind = 'r';

-- name: read_head
-- Say how many entries there are.
SELECT size FROM register.head;

-- name: read_lag
-- Say how many entries each follower has not seen yet; the log counts what is on disk and hashed.
SELECT head.size - totals.next_position AS totals, head.size - tickets.next_position AS tickets,
       head.size - log.size AS log
  FROM register.head, totals.follower AS totals, verify.follower AS tickets, proofs.head AS log;

-- name: list_showings
-- Give every showing with the codes by which an event names it.
SELECT venue.code, showing.code, showing_id
  FROM catalog.showing JOIN catalog.venue USING (venue_id);

-- name: copy_positions
-- Give every entry of a span, as little of it as tells which event it is.
COPY (SELECT position, source_id, subject FROM register.entry
       WHERE position >= %(first)s AND position < %(past_end)s ORDER BY position)
  TO STDOUT;

-- name: recount
-- Count a span's entries without the help of anything that keeps totals.
SELECT showing_id, sales_channel::text, sum(admissions)::bigint, sum(gross_minor)::bigint,
       sum(fees_minor)::bigint
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
 GROUP BY 1, 2;

-- name: read_totals
-- Give the totals that the follower has kept, in the shape of `recount`.
SELECT showing_id, sales_channel::text, admissions, gross_minor, fees_minor FROM totals.showing;

-- name: read_day_sums
-- Add up the days that the follower has kept: each must hold what the showings hold.
SELECT coalesce(sum(admissions), 0)::bigint, coalesce(sum(gross_minor), 0)::bigint,
       coalesce(sum(fees_minor), 0)::bigint
  FROM totals.day;

-- name: create_bench_schema
-- Where the limit is measured, beside the register on the same server.
CREATE SCHEMA IF NOT EXISTS bench;

-- name: create_limit
-- The register's columns and nothing that costs: no index, no constraint, no trigger.
CREATE TABLE bench.limit (LIKE register.entry);

-- name: drop_limit
-- Leave no trace.
DROP TABLE IF EXISTS bench.limit;

-- name: count_limit
-- Say how many rows were copied.
SELECT count(*) FROM bench.limit;

-- name: copy_out
-- Give the newest rows as PostgreSQL itself would have them.
COPY (SELECT * FROM register.entry WHERE position >= %(first)s) TO STDOUT (FORMAT binary);

-- name: copy_in
-- Take them back.
COPY bench.limit FROM STDIN (FORMAT binary);

-- name: drop_peer_database
-- Make room for the peer.
DROP DATABASE IF EXISTS peer;

-- name: create_peer_database
-- The peer's own database on the same server, with the same durability.
CREATE DATABASE peer ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;

-- name: recount_peer
-- Count the peer's rows as `recount` counts the register's.
SELECT peer_showing.venue, peer_showing.code, sales_channel, count(*), sum(price_minor)::bigint,
       sum(fee_minor)::bigint
  FROM peer_ticketevent JOIN peer_showing ON peer_showing.id = showing_id
 GROUP BY 1, 2, 3;

-- name: read_sources
-- Give the register's number of every source of the benchmark, in the order of their codes.
SELECT source_id FROM access.source WHERE code LIKE 'source-%%' ORDER BY code;

-- name: fill_head
-- Take the head and move it past what is about to be put there; gives where that begins.
UPDATE register.head SET size = size + %(batches)s::bigint * 1000, batches = batches + %(batches)s
RETURNING size - %(batches)s::bigint * 1000, batches - %(batches)s;

-- name: fill_batches
-- Put the batches of a day's sales into the register, as they would stand there: whole bodies of
-- the right size, and everything else that a batch row holds.
INSERT INTO register.batch (batch_no, source_id, key_id, recorded_at, events, entered,
                            first_position, body_sha256, body_encoding, body, signed_uri,
                            signed_at, nonce, signature, salt)
SELECT %(first_batch_no)s::bigint + number, (%(sources)s::integer[])[source + 1],
       (%(key_ids)s::text[])[source + 1], recorded_at, 1000, 1000,
       %(first_position)s::bigint + number * 1000, sha256(number::text::bytea), 'zstd',
       (%(bodies)s::bytea[])[source + 1], %(uri)s, recorded_at, 'fill-' || number,
       sha512(number::text::bytea), sha256(('salt' || number)::bytea)
  FROM (SELECT number, ((%(first)s + number) %% %(source_count)s)::integer AS source,
               %(begins_at)s::timestamptz
               + number * %(seconds)s / %(batches)s * interval '1 second' AS recorded_at
          FROM generate_series(0, %(batches)s - 1) AS series (number)) AS batch;

-- name: fill_entries
-- Put a day's sales into the register in the order of their time, with serial numbers that grow
-- within each source, so that every index grows as it would in life.
INSERT INTO register.entry (position, batch_no, recorded_at, happened_at, showing_id, identity_no,
                            gross_minor, fees_minor, source_id, ordinal, admissions, is_late,
                            kind, sales_channel, subject)
SELECT first_position + ordinal, batch_no, recorded_at, recorded_at - interval '3 seconds',
       (%(showings)s::bigint[])[source * %(slots)s + serial * 7919 %% %(slots)s + 1], 0,
       (ARRAY[100000, 120000, 150000, 180000, 220000, 280000, 140000])[serial %% 7 + 1],
       CASE WHEN (serial + serial / %(slots)s) %% 8 IN (1, 2, 5, 7) THEN 15000 ELSE 0 END,
       source_id, ordinal, 1, false, 'sold',
       (ARRAY['box_office', 'web', 'app', 'kiosk', 'agent', 'web', 'box_office', 'app']
        ::register.sales_channel[])[(serial + serial / %(slots)s) %% 8 + 1],
       lpad(source::text, 2, '0') || lpad(serial::text, 10, '0')
  FROM (SELECT batch_no, source_id, recorded_at, first_position, ordinal,
               (number %% %(source_count)s)::integer AS source,
               number / %(source_count)s * 1000 + ordinal AS serial
          FROM (SELECT batch_no, source_id, recorded_at, first_position,
                       batch_no - %(first_batch_no)s::bigint + %(first)s AS number
                  FROM register.batch
                 WHERE batch_no >= %(first_batch_no)s
                   -- Small parameters come as smallint, whose sum would not hold 33 million events.
                   AND batch_no < %(first_batch_no)s::bigint + %(batches)s)
               AS batch
         CROSS JOIN generate_series(0, 999) AS series (ordinal)) AS sale
 ORDER BY batch_no, ordinal;

-- name: vacuum_entries
-- A register that grew over a year was vacuumed on the way.
VACUUM (ANALYZE) register.entry;

-- name: list_halls
-- Give each showing's hall and start, as a ticket names them.
SELECT venue.code, showing.code, hall_id, extract(epoch FROM starts_at)::bigint
  FROM catalog.showing JOIN catalog.venue USING (venue_id);

-- name: create_explored
-- One row for each showing and sales channel, and one for each showing on the schedule, with all that
-- an analyst slices by: counted from the register itself, without the help of anything that keeps
-- totals, and once for all questions.
CREATE TABLE bench.explored AS
WITH cell AS (
    SELECT showing_id, sales_channel::text AS sales_channel, sum(admissions)::bigint AS admissions,
           sum(gross_minor)::bigint AS gross_minor, 0 AS showings
      FROM register.entry WHERE sales_channel IS NOT NULL
     GROUP BY 1, 2
     UNION ALL
    SELECT showing_id, NULL, 0, 0, 1 FROM catalog.showing WHERE state = 'announced'
)
SELECT cell.*, showing.business_date AS day, venue.venue_id, showing.hall_id, showing.film_id,
       showing.language, extract(hour FROM showing.starts_at AT TIME ZONE venue.timezone)::text AS hour,
       venue.code AS venue, venue.region_code AS region, coalesce(chain.code, '') AS chain,
       film.code AS film, coalesce(film.genres[1], '') AS genre, coalesce(film.countries[1], '') AS country,
       coalesce(distributor.code, '') AS distributor
  FROM cell JOIN catalog.showing USING (showing_id) JOIN catalog.venue USING (venue_id)
  JOIN catalog.film USING (film_id)
  LEFT JOIN catalog.organisation AS chain ON chain.organisation_id = venue.organisation_id
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = 'KZ'
  LEFT JOIN catalog.organisation AS distributor ON distributor.organisation_id = release.distributor_id;

-- name: vacuum_explored
-- As the product's own tables are.
VACUUM (ANALYZE) bench.explored;

-- name: group_explored
-- A plain GROUP BY: by one or two of these, over a period, of one genre and channel or of all.
WITH keyed AS (
    SELECT CASE %(first_key)s WHEN 'nothing' THEN '' WHEN 'day' THEN day::text
                WHEN 'month' THEN date_trunc('month', day)::date::text
                WHEN 'week' THEN date_trunc('week', day)::date::text
                WHEN 'weekday' THEN extract(isodow FROM day)::text WHEN 'hour' THEN hour
                WHEN 'showing' THEN showing_id::text WHEN 'region' THEN region WHEN 'venue' THEN venue
                WHEN 'chain' THEN chain WHEN 'film' THEN film WHEN 'genre' THEN genre
                WHEN 'country' THEN country WHEN 'distributor' THEN distributor
                WHEN 'sales_channel' THEN sales_channel END AS first_key,
           CASE %(second_key)s WHEN 'nothing' THEN '' WHEN 'month' THEN date_trunc('month', day)::date::text
                WHEN 'weekday' THEN extract(isodow FROM day)::text WHEN 'hour' THEN hour
                WHEN 'region' THEN region WHEN 'country' THEN country WHEN 'film' THEN film
                WHEN 'sales_channel' THEN sales_channel END AS second_key,
           showings, admissions, gross_minor, venue_id
      FROM bench.explored
     WHERE day >= %(first)s AND day < %(past_end)s
       AND (%(genre)s::text IS NULL OR genre = %(genre)s)
       AND (%(sales_channel)s::text IS NULL OR sales_channel = %(sales_channel)s)
       AND (NOT %(is_of_sale)s OR sales_channel IS NOT NULL)
)
SELECT first_key, second_key, sum(admissions)::bigint, sum(gross_minor)::bigint, sum(showings)::bigint
  FROM keyed GROUP BY 1, 2;

-- name: watch_owners
-- Give every source to a vendor, and its cinema to an exhibitor, in turn.
UPDATE access.source
   SET vendor = 'Vendor ' || source_id %% %(vendors)s, vendor_code = 'vendor-' || source_id %% %(vendors)s,
       organisation_code = 'exhibitor-' || source_id %% %(exhibitors)s
 WHERE code LIKE 'source-%%';

-- name: watch_venues
-- A cinema belongs to whoever runs its source.
UPDATE catalog.venue SET organisation_id = organisation.organisation_id
  FROM catalog.hall
  JOIN access.source_hall USING (hall_id)
  JOIN access.source USING (source_id)
  JOIN catalog.organisation ON organisation.code = source.organisation_code
 WHERE hall.venue_id = venue.venue_id;

-- name: watch_showings
-- Repeat today's showings on the days before.
INSERT INTO catalog.showing (venue_id, code, hall_id, version_id, film_id, language, starts_at, business_date, capacity,
                             announced_by, revision)
SELECT venue_id, (business_date - back) || '/' || code, hall_id, version_id, film_id, language,
       starts_at - make_interval(days => back), business_date - back, capacity, announced_by, revision
  FROM catalog.showing CROSS JOIN generate_series(1, %(days)s - 1) AS back;

-- name: watch_sales
-- Fifteen of sixteen showings that have begun sold something.
INSERT INTO feeds.sale (showing_id, source_id, sold, tickets, gross_minor, returned, changed_late, changed_at, as_of)
SELECT showing_id, source_id, 10 + showing_id %% 40, 10 + showing_id %% 40, (10 + showing_id %% 40) * 200000, 0, 0,
       starts_at, 0
  FROM catalog.showing JOIN access.source_hall USING (hall_id)
 WHERE starts_at <= %(at)s AND showing_id %% 16 <> 0;

-- name: watch_hours
-- Twenty events an hour came in about each cinema while it was open, and do now.
INSERT INTO feeds.venue_hour (source_id, venue_id, begins_at, events, entered, refused, repeats, duplicates, late, overdue,
                              lags)
SELECT source_id, venue_id, hour, 20, 20, 0, 0, 0, 0, 0, '{4,10,4,2,0,0,0,0,0,0}'
  FROM (SELECT DISTINCT source_id, venue_id FROM access.source_hall JOIN catalog.hall USING (hall_id)) AS place
 CROSS JOIN generate_series(date_trunc('hour', %(at)s::timestamptz) - make_interval(days => %(days)s - 1),
                            date_trunc('hour', %(at)s::timestamptz), interval '1 hour') AS hour
 WHERE extract(hour FROM hour) BETWEEN 6 AND 18 OR hour = date_trunc('hour', %(at)s::timestamptz);

-- name: watch_keys
-- Every key has spoken just now.
INSERT INTO feeds.key (key_id, source_id, last_recorded_at, batches)
SELECT key_id, source_id, %(at)s, 1 FROM access.key WHERE kind = 'batch';

-- name: watch_lines
-- Every key has one line of numbers, and speaks of one venue.
INSERT INTO feeds.line (key_id, venue_id, source_id, first_sequence, next_sequence, events, repeats, duplicates,
                        first_recorded_at, last_recorded_at)
SELECT key_id, line.venue_id, source_id, 1, 10001, 10000, 0, 0, %(at)s - make_interval(days => %(days)s), %(at)s
  FROM access.key
  JOIN (SELECT DISTINCT source_id, venue_id FROM access.source_hall JOIN catalog.hall USING (hall_id)) AS place
 USING (source_id)
 CROSS JOIN LATERAL (VALUES (0), (place.venue_id)) AS line (venue_id)
 WHERE kind = 'batch'
    ON CONFLICT DO NOTHING;

-- name: watch_reports
-- Every key has just said how it is, and that nothing waits.
INSERT INTO feeds.report (key_id, source_id, first_recorded_at, recorded_at, reports, product, version, version_since,
                          sent_at, clock_ahead_s, clock_off_words, waiting_events, next_sequence, batches)
SELECT key_id, source_id, %(at)s, %(at)s, 1, 'Bench', '1', %(at)s, %(at)s, 0, 0, 0, 10001, 0
  FROM access.key WHERE kind = 'batch';

-- name: watch_declared
-- Of every day before today the key declared what is registered; one in `every` seven tickets more of yesterday.
INSERT INTO feeds.declared (source_id, venue_id, business_date, key_id, is_final, tickets, gross_minor, refunds,
                            declared_at, batches)
SELECT day.source_id, day.venue_id, day.business_date, key.key_id, true,
       tickets + CASE WHEN day.source_id %% %(every)s = 1 AND back = 1 THEN 7 ELSE 0 END, gross_minor, 0,
       %(at)s::timestamptz - make_interval(days => back - 1, hours => 1), 0
  FROM (SELECT sale.source_id, showing.venue_id, showing.business_date, sum(tickets)::bigint AS tickets,
               sum(gross_minor)::bigint AS gross_minor, %(today)s::date - showing.business_date AS back
          FROM feeds.sale JOIN catalog.showing USING (showing_id)
         WHERE showing.business_date < %(today)s
         GROUP BY 1, 2, 3) AS day
  JOIN access.key USING (source_id)
 WHERE key.kind = 'batch';

-- name: watch_gaps
-- One source in `every` passed three numbers over an hour ago.
INSERT INTO feeds.gap (key_id, line_venue_id, source_id, venue_id, business_date, first_sequence, last_sequence, seen_at)
SELECT line.key_id, 0, line.source_id, line.venue_id, %(today)s, 17, 19, %(at)s::timestamptz - interval '1 hour'
  FROM feeds.line WHERE venue_id <> 0 AND source_id %% %(every)s = 2;

-- name: watch_refusals
-- Half of what one source in `every` sent this hour was refused.
UPDATE feeds.venue_hour SET events = events + 20, refused = 20, refused_at = %(at)s
 WHERE begins_at = date_trunc('hour', %(at)s::timestamptz) AND source_id %% %(every)s = 3;

-- name: watch_analyze
-- What was put there at once is known to the planner, as what came over weeks would be.
ANALYZE;

-- name: watch_goes_on
-- In ten seconds one source in ten sells one more ticket of the last of its showings that has begun.
WITH sold AS (
    SELECT DISTINCT ON (sale.source_id) sale.source_id, showing_id, venue_id
      FROM feeds.sale JOIN catalog.showing USING (showing_id)
     WHERE sale.source_id %% 10 = %(turn)s AND business_date >= %(today)s::date - 1
     ORDER BY sale.source_id, starts_at DESC
), more AS (
    UPDATE feeds.venue_hour AS hour SET events = events + 1, entered = entered + 1
      FROM sold
     WHERE hour.source_id = sold.source_id AND hour.venue_id = sold.venue_id
       AND begins_at = date_trunc('hour', %(at)s::timestamptz)
)
UPDATE feeds.sale SET sold = sold + 1, tickets = tickets + 1, gross_minor = gross_minor + 200000, changed_at = %(at)s
  FROM sold WHERE sale.showing_id = sold.showing_id AND sale.source_id = sold.source_id;

-- name: watch_recount
-- Count without the help of any round what the days in [first, past_end) must hold.
SELECT coalesce(sum(tickets), 0)::bigint
  FROM feeds.sale JOIN catalog.showing USING (showing_id)
 WHERE business_date >= %(first)s AND business_date < %(past_end)s;

-- name: watch_still_reports
-- Whoever has not reported for a minute does.
UPDATE feeds.report SET recorded_at = %(at)s, sent_at = %(at)s, reports = reports + 1
 WHERE recorded_at < %(at)s::timestamptz - interval '1 minute';

-- name: watch_exhibitors
-- Give the numbers of the first exhibitors.
SELECT organisation_id FROM catalog.organisation WHERE code LIKE 'exhibitor-%%'
 ORDER BY substr(code, 11)::integer LIMIT %(count)s;

-- name: watch_asked
-- Say what is asked about, by kind.
SELECT kind, count(*) FROM feeds.alarm WHERE closed_at IS NULL GROUP BY kind;
