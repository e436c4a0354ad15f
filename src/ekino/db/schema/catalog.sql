-- The catalog as it is today: what may be sold, where, and by which right.

CREATE SCHEMA catalog;

-- One row. Every transaction that changes the catalog bumps it first and stamps what it
-- changed, so whoever follows the catalog sees changes in the order in which they committed.
CREATE TABLE catalog.revision (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT revision_has_one_row CHECK (only_row),
    number    bigint NOT NULL
);
INSERT INTO catalog.revision (number) VALUES (0);

CREATE TABLE catalog.region (
    code     text COLLATE "C" PRIMARY KEY,      -- ISO 3166-2, such as KZ-75
    country  text COLLATE "C" NOT NULL,         -- ISO 3166-1 alpha-2
    kato     text COLLATE "C",                  -- Kazakhstan only, nine digits
    kind     text COLLATE "C" NOT NULL DEFAULT 'region',
    names    jsonb NOT NULL,                    -- {"kk": …, "ru": …, "en": …}; at least one
    CONSTRAINT region_code_begins_with_its_country CHECK (starts_with(code, country || '-')),
    CONSTRAINT region_kato_has_nine_digits CHECK (kato ~ '^[0-9]{9}$'),
    CONSTRAINT region_kind_is_known CHECK (kind IN ('region', 'city'))
);

CREATE TABLE catalog.organisation (
    organisation_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text COLLATE "C" NOT NULL UNIQUE,
    name             text NOT NULL,
    country          text COLLATE "C" NOT NULL,
    bin              text COLLATE "C" UNIQUE,   -- BIN or IIN, twelve digits, check digit verified
    kinds            text[] NOT NULL DEFAULT '{}',  -- exhibitor, distributor, producer, right_holder, vendor, promoter
    CONSTRAINT organisation_bin_has_twelve_digits CHECK (bin ~ '^[0-9]{12}$')
);

CREATE TABLE catalog.venue (
    venue_id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text COLLATE "C" NOT NULL UNIQUE,
    name             text NOT NULL,
    kind             text COLLATE "C" NOT NULL,
    region_code      text COLLATE "C" NOT NULL REFERENCES catalog.region,
    city             text NOT NULL,
    address          text,
    organisation_id  integer REFERENCES catalog.organisation,
    timezone         text COLLATE "C" NOT NULL, -- IANA name
    currency         text COLLATE "C" NOT NULL, -- ISO 4217; every amount of the venue is in it
    business_day_starts_hour smallint NOT NULL DEFAULT 6,
    CONSTRAINT venue_kind_is_known CHECK (kind IN ('cinema', 'concert_hall', 'theatre', 'open_air')),
    CONSTRAINT venue_currency_has_three_letters CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT venue_business_day_starts_in_the_morning CHECK (business_day_starts_hour BETWEEN 0 AND 11)
);
CREATE INDEX venue_region ON catalog.venue (region_code);

CREATE TABLE catalog.hall (
    hall_id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id  integer NOT NULL REFERENCES catalog.venue,
    code      text COLLATE "C" NOT NULL,
    UNIQUE (venue_id, code)
);

-- A hall is rebuilt, renamed, loses a row of seats: each is a version from a date, and old
-- showings keep the hall they were sold for.
CREATE TABLE catalog.hall_version (
    hall_id         integer NOT NULL REFERENCES catalog.hall,
    valid_from      date NOT NULL,
    name            text NOT NULL,
    capacity        integer NOT NULL,           -- places, standing room included
    numbered        boolean NOT NULL DEFAULT true,
    PRIMARY KEY (hall_id, valid_from),
    CONSTRAINT hall_capacity_is_not_negative CHECK (capacity >= 0)
);

CREATE TABLE catalog.film (
    film_id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code               text COLLATE "C" NOT NULL UNIQUE,
    titles             jsonb NOT NULL,          -- by language, "original" when the language is unknown
    original_language  text COLLATE "C",        -- ISO 639, or the source's own word where there is none
    countries          text[] NOT NULL DEFAULT '{}',  -- ISO 3166-1 alpha-2, the principal one first
    genres             text[] NOT NULL DEFAULT '{}',  -- the principal one first
    running_time_min   smallint,
    age_mark           text COLLATE "C",
    certificate        text COLLATE "C",        -- distribution certificate
    isan               text COLLATE "C" UNIQUE,
    eidr               text COLLATE "C" UNIQUE,
    producers          text[] NOT NULL DEFAULT '{}',  -- codes of organisations
    CONSTRAINT film_running_time_is_positive CHECK (running_time_min > 0)
);

CREATE INDEX film_producers ON catalog.film USING gin (producers);

CREATE TABLE catalog.film_version (
    version_id         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    film_id            integer NOT NULL REFERENCES catalog.film,
    code               text COLLATE "C" NOT NULL UNIQUE,
    language           text COLLATE "C" NOT NULL,     -- what the audience hears
    kind               text COLLATE "C" NOT NULL DEFAULT 'original',
    subtitle_language  text COLLATE "C",
    CONSTRAINT film_version_kind_is_known
        CHECK (kind IN ('original', 'dubbed', 'subtitled', 'voice_over')),
    CONSTRAINT film_version_subtitled_names_its_subtitles
        CHECK ((kind = 'subtitled') <= (subtitle_language IS NOT NULL))
);
CREATE INDEX film_version_film ON catalog.film_version (film_id);

CREATE TABLE catalog.release (
    film_id         integer NOT NULL REFERENCES catalog.film,
    country         text COLLATE "C" NOT NULL,
    release_date    date NOT NULL,
    distributor_id  integer REFERENCES catalog.organisation,
    PRIMARY KEY (film_id, country)
);
CREATE INDEX release_distributor ON catalog.release (distributor_id);

CREATE TABLE catalog.showing (
    showing_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    venue_id       integer NOT NULL REFERENCES catalog.venue,
    code           text COLLATE "C" NOT NULL,   -- the announcer's own, unique in its venue
    hall_id        integer NOT NULL REFERENCES catalog.hall,
    version_id     integer NOT NULL REFERENCES catalog.film_version,
    film_id        integer NOT NULL REFERENCES catalog.film,   -- the version's, repeated for speed
    language       text COLLATE "C" NOT NULL,                  -- the version's, repeated for speed
    starts_at      timestamptz NOT NULL,
    business_date  date NOT NULL,
    format         text NOT NULL DEFAULT '2D',
    capacity       integer NOT NULL,            -- places on sale; the hall's unless announced otherwise
    prices         jsonb NOT NULL DEFAULT '{}', -- price list: {"adult": 250000, …}, minor units
    state          text COLLATE "C" NOT NULL DEFAULT 'announced',
    announced_by   integer,                     -- access.source; null: loaded by an operator
    revision       bigint NOT NULL,
    UNIQUE (venue_id, code),
    CONSTRAINT showing_capacity_is_not_negative CHECK (capacity >= 0),
    CONSTRAINT showing_state_is_known CHECK (state IN ('announced', 'cancelled'))
);
CREATE INDEX showing_business_date ON catalog.showing (business_date, venue_id);
CREATE INDEX showing_revision ON catalog.showing (revision);
CREATE INDEX showing_film ON catalog.showing (film_id, business_date);

GRANT USAGE ON SCHEMA catalog TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA catalog TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA catalog TO ekino_office;
-- Ingest may write the schedule, because a source may announce its own showings.
GRANT INSERT, UPDATE ON catalog.showing TO ekino_ingest;
GRANT UPDATE ON catalog.revision TO ekino_ingest;
