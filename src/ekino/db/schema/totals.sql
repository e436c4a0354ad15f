-- Box-office totals: a fold over the register's entries, and nothing else. Everything here can be
-- thrown away and computed again from position 0.

CREATE SCHEMA totals;

CREATE TABLE totals.follower (
    only_row       boolean PRIMARY KEY DEFAULT true CONSTRAINT follower_has_one_row CHECK (only_row),
    next_position  bigint NOT NULL,
    next_revision  bigint NOT NULL,             -- catalog revisions below it are reflected here
    folded_at      timestamptz NOT NULL,
    -- How far totals.film_day has been kept; behind the two above, it is summed up again.
    film_days_position bigint NOT NULL DEFAULT 0,
    film_days_revision bigint NOT NULL DEFAULT 0
);
INSERT INTO totals.follower VALUES (true, 0, 0, '1970-01-01T00:00:00Z');

CREATE TABLE totals.showing (
    showing_id     bigint NOT NULL,
    sales_channel  register.sales_channel NOT NULL,
    admissions     bigint NOT NULL,
    gross_minor    bigint NOT NULL,
    fees_minor     bigint NOT NULL,
    sold           bigint NOT NULL,             -- events of each kind
    refunded       bigint NOT NULL,
    voided         bigint NOT NULL,
    admitted       bigint NOT NULL,
    late           bigint NOT NULL,
    as_of          bigint NOT NULL,             -- the last entry in it
    PRIMARY KEY (showing_id, sales_channel)
) WITH (fillfactor = 60);

-- When the tickets of a showing were bought: the curve of an evening.
CREATE TABLE totals.pace (
    showing_id   bigint NOT NULL,
    bucket_at    timestamptz NOT NULL,          -- start of a quarter of an hour
    admissions   bigint NOT NULL,
    gross_minor  bigint NOT NULL,
    fees_minor   bigint NOT NULL,
    PRIMARY KEY (showing_id, bucket_at)
) WITH (fillfactor = 60);

-- Under which day, venue, film and language a showing's figures stand in totals.day, and what it
-- counts for in totals.film_day. When the catalog moves a showing, the follower moves its figures
-- from here to there.
CREATE TABLE totals.placement (
    showing_id     bigint PRIMARY KEY,
    business_date  date NOT NULL,
    venue_id       integer NOT NULL,
    film_id        integer NOT NULL,
    language       text COLLATE "C" NOT NULL,
    capacity       integer NOT NULL DEFAULT 0,
    is_announced   boolean NOT NULL DEFAULT false   -- and not cancelled
);
CREATE INDEX placement_film ON totals.placement (film_id, business_date);

CREATE TABLE totals.day (
    business_date  date NOT NULL,
    venue_id       integer NOT NULL,
    film_id        integer NOT NULL,
    language       text COLLATE "C" NOT NULL,
    sales_channel  register.sales_channel NOT NULL,
    admissions     bigint NOT NULL,
    gross_minor    bigint NOT NULL,
    fees_minor     bigint NOT NULL,
    PRIMARY KEY (business_date, venue_id, film_id, language, sales_channel)
) WITH (fillfactor = 60);
CREATE INDEX day_film ON totals.day (film_id, business_date);
CREATE INDEX day_venue ON totals.day (venue_id, business_date);

-- A film's day in one country and currency: the sum of totals.day over venues, and what the
-- schedule announces. A national year is some ten thousand rows.
CREATE TABLE totals.film_day (
    business_date  date NOT NULL,
    film_id        integer NOT NULL,
    country        text COLLATE "C" NOT NULL,   -- ISO 3166-1, of the venues
    currency       text COLLATE "C" NOT NULL,   -- ISO 4217, of the venues
    admissions     bigint NOT NULL DEFAULT 0,
    gross_minor    bigint NOT NULL DEFAULT 0,
    fees_minor     bigint NOT NULL DEFAULT 0,
    showings       bigint NOT NULL DEFAULT 0,   -- announced, not cancelled
    capacity       bigint NOT NULL DEFAULT 0,   -- places on sale for them
    venues         bigint NOT NULL DEFAULT 0,   -- that announce at least one of them
    PRIMARY KEY (business_date, film_id, country, currency)
) WITH (fillfactor = 60);
CREATE INDEX film_day_film ON totals.film_day (film_id, business_date);

CREATE TABLE totals.venue (
    venue_id          integer PRIMARY KEY,
    last_happened_at  timestamptz NOT NULL,
    last_recorded_at  timestamptz NOT NULL,
    last_position     bigint NOT NULL,
    entries           bigint NOT NULL
) WITH (fillfactor = 60);

GRANT USAGE ON SCHEMA totals TO ekino_follower, ekino_reader, ekino_office, ekino_ingest;
GRANT SELECT ON ALL TABLES IN SCHEMA totals TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON totals.showing, totals.pace, totals.placement, totals.day, totals.film_day, totals.venue TO ekino_follower;
GRANT UPDATE ON totals.follower TO ekino_follower;
