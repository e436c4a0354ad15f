-- What everybody is told: figures below the nation, published once; how far the register reaches;
-- how the system was, minute by minute.

CREATE SCHEMA opendata;

-- How far publishing has come: every day before it is published, whole.
CREATE TABLE opendata.progress (
    only_row   boolean PRIMARY KEY DEFAULT true CONSTRAINT progress_has_one_row CHECK (only_row),
    next_date  date                             -- null: nothing has ever been sold
);
INSERT INTO opendata.progress VALUES (true, NULL);

-- Regions that are published by whole months only, decided before the month began.
CREATE TABLE opendata.by_month (
    first_date   date NOT NULL,
    region_code  text COLLATE "C" NOT NULL,
    PRIMARY KEY (first_date, region_code)
);

-- Nobody of the application may change or take away a line of the next two: what was published
-- stays published. Without figures: withheld.
CREATE TABLE opendata.region_figure (
    kind            text COLLATE "C" NOT NULL,
    first_date      date NOT NULL,
    region_code     text COLLATE "C" NOT NULL,
    passes          boolean NOT NULL,           -- would have given nobody away, standing alone
    admissions      bigint,
    gross_minor     bigint,
    domestic_minor  bigint,                     -- null: the share is withheld
    venues          smallint NOT NULL,          -- that sold a ticket
    published_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (kind, first_date, region_code),
    CONSTRAINT region_figure_kind_is_known CHECK (kind IN ('day', 'month', 'year')),
    CONSTRAINT region_figure_is_withheld_whole
        CHECK ((admissions IS NULL) = (gross_minor IS NULL) AND (domestic_minor IS NULL OR admissions IS NOT NULL))
);
CREATE INDEX region_figure_region ON opendata.region_figure (region_code, kind, first_date);

CREATE TABLE opendata.film_figure (
    first_date   date NOT NULL,                 -- the Thursday of the film week
    film_id      integer NOT NULL,
    region_code  text COLLATE "C" NOT NULL,
    admissions   bigint,
    gross_minor  bigint,
    PRIMARY KEY (film_id, first_date, region_code),
    CONSTRAINT film_figure_is_withheld_whole CHECK ((admissions IS NULL) = (gross_minor IS NULL))
);

-- The running day's regions, in coarse steps; withheld without figures.
CREATE TABLE opendata.live_figure (
    business_date   date NOT NULL,
    region_code     text COLLATE "C" NOT NULL,
    at              timestamptz NOT NULL,
    as_of           bigint NOT NULL,
    admissions      bigint,
    gross_minor     bigint,
    domestic_minor  bigint,
    PRIMARY KEY (business_date, region_code)
);

-- Venues known, connected and heard from, by business date.
CREATE TABLE opendata.coverage (
    business_date  date PRIMARY KEY,
    known          integer NOT NULL,
    connected      integer NOT NULL,
    reporting      integer NOT NULL
);

-- What was put right afterwards, by the day on which it was recorded: a fold over the register.
CREATE TABLE opendata.follower (
    only_row       boolean PRIMARY KEY DEFAULT true CONSTRAINT follower_has_one_row CHECK (only_row),
    next_position  bigint NOT NULL
);
INSERT INTO opendata.follower VALUES (true, 0);

CREATE TABLE opendata.change (
    recorded_date   date PRIMARY KEY,           -- by the country's clocks
    entries         bigint NOT NULL,
    corrected       bigint NOT NULL,
    late            bigint NOT NULL,
    returned_after  bigint NOT NULL             -- tickets taken back after their showing began
);

-- How each component was in each minute. A minute without a line was not measured.
CREATE TABLE opendata.measurement (
    component  text COLLATE "C" NOT NULL,
    minute_at  timestamptz NOT NULL,
    is_up      boolean NOT NULL,
    lag_s      real,                            -- seconds, where the component can lag
    PRIMARY KEY (component, minute_at)
);

CREATE TABLE opendata.incident (
    incident_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    component    text COLLATE "C" NOT NULL,
    begins_at    timestamptz NOT NULL,
    ends_at      timestamptz,
    words        jsonb NOT NULL,                -- {"kk": …, "ru": …, "en": …}
    noted_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT incident_ends_after_it_begins CHECK (ends_at > begins_at),
    CONSTRAINT incident_is_told_in_three_languages CHECK (words ?& ARRAY['kk', 'ru', 'en'])
);

GRANT USAGE ON SCHEMA opendata TO ekino_follower, ekino_reader, ekino_office;
GRANT SELECT ON ALL TABLES IN SCHEMA opendata TO ekino_follower, ekino_reader, ekino_office;
GRANT UPDATE ON opendata.progress, opendata.follower TO ekino_follower;
GRANT INSERT ON opendata.by_month, opendata.region_figure, opendata.film_figure, opendata.measurement TO ekino_follower;
GRANT INSERT, UPDATE ON opendata.live_figure, opendata.coverage, opendata.change TO ekino_follower;
GRANT DELETE ON opendata.live_figure, opendata.measurement TO ekino_follower;
GRANT INSERT, UPDATE ON opendata.incident TO ekino_office;
