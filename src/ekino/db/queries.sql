-- name: show_durability
-- Give the settings on which durability hangs, as they are for whoever asks.
SELECT name, setting FROM pg_settings
 WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes')
 ORDER BY name;

-- name: lock_migrations
-- One migrator at a time, whatever process it runs in; held until the connection closes.
SELECT pg_advisory_lock(6021023);

-- name: create_bookkeeping
-- Where applied migrations are written down.
CREATE SCHEMA IF NOT EXISTS db;

-- name: create_migration_table
-- One row an applied migration.
CREATE TABLE IF NOT EXISTS db.migration (
    number      integer PRIMARY KEY,
    name        text NOT NULL,
    stage       text NOT NULL,
    sha256      text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: show_migration_table
-- Who serves need not own anything, yet must see that nothing is missing.
GRANT USAGE ON SCHEMA db TO PUBLIC;
GRANT SELECT ON db.migration TO PUBLIC;

-- name: has_migration_table
-- Say whether this database was ever migrated.
SELECT to_regclass('db.migration') IS NOT NULL;

-- name: read_migrations
-- Give what was applied, in order.
SELECT number, name, stage, sha256, applied_at FROM db.migration ORDER BY number;

-- name: note_migration
-- Write down that a migration was applied.
INSERT INTO db.migration (number, name, stage, sha256)
VALUES (%(number)s, %(name)s, %(stage)s, %(sha256)s);

-- name: become_owner
-- Everything a migration makes belongs to the owner, who cannot log in.
SET LOCAL ROLE ekino_owner;

-- name: limit_migration
-- A migration that waits for a lock longer than this would hold up the sales behind it.
SELECT set_config('lock_timeout', '5s', true), set_config('statement_timeout', '10min', true);

-- name: limit_migration_wait
-- Whoever else is migrating is given this long to finish.
SELECT set_config('lock_timeout', '5min', false);

-- name: are_roles_ready
-- Say whether every role exists and may be taken by this user, and the owner may make schemas.
-- From PostgreSQL 16 on, a member may still be denied SET; before, every member may.
SELECT count(*) = 8
       AND bool_and(pg_has_role(current_user, oid,
                                CASE WHEN current_setting('server_version_num')::integer >= 160000
                                     THEN 'SET' ELSE 'MEMBER' END))
       AND bool_or(rolname = 'ekino_owner'
                   AND has_database_privilege(oid, current_database(), 'CREATE'))
  FROM pg_roles
 WHERE rolname IN ('ekino_owner', 'ekino_ingest', 'ekino_office', 'ekino_follower', 'ekino_reader',
                   'ekino_exhibitor', 'ekino_distributor', 'ekino_vendor');

-- name: let_roles_log_in
-- The embedded server's socket folder is ours alone, so each role may log in by itself there.
ALTER ROLE ekino_ingest LOGIN;
ALTER ROLE ekino_office LOGIN;
ALTER ROLE ekino_follower LOGIN;
ALTER ROLE ekino_reader LOGIN;
ALTER ROLE ekino_exhibitor LOGIN;
ALTER ROLE ekino_distributor LOGIN;
ALTER ROLE ekino_vendor LOGIN;

-- name: create_database
-- A database of the embedded server's, by its name.
CREATE DATABASE {} ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0;

-- name: find_database
-- Say whether the embedded server has a database yet.
SELECT 1 FROM pg_database WHERE datname = %(name)s;

-- name: take_snapshot
-- All that is read from here to the end of the transaction is of one moment, and nothing is written.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: read_as_organisation
-- Say for which organisation this transaction reads: row security compares with it.
SELECT set_config('ekino.organisation', %(organisation)s::text, true);
