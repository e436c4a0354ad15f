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

-- name: read_follower
-- Say how far the totals have come, and how far they might.
SELECT next_position, size FROM totals.follower, register.head;

-- name: list_showings
-- Give every showing with the codes by which an event names it.
SELECT venue.code, showing.code, showing_id
  FROM catalog.showing JOIN catalog.venue USING (venue_id);

-- name: copy_positions
-- Give every entry of a span, as little of it as tells which event it is.
COPY (SELECT position, subject, identity_no, source_id FROM register.entry
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
