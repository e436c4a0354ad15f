-- Who made a film, who made a ticketing system, how each source's upload is doing, and the
-- corrections that organisations ask for.

-- The codes of the organisations that produced it (catalog.organisation).
ALTER TABLE catalog.film ADD COLUMN producers text[] NOT NULL DEFAULT '{}';
CREATE INDEX film_producers ON catalog.film USING gin (producers);
CREATE INDEX release_distributor ON catalog.release (distributor_id);
-- The vendor as an organisation of the catalog; `vendor` is its name in words.
ALTER TABLE access.source ADD COLUMN vendor_code text COLLATE "C";


CREATE SCHEMA feeds;

CREATE TABLE feeds.follower (
    only_row    boolean PRIMARY KEY DEFAULT true CONSTRAINT follower_has_one_row CHECK (only_row),
    next_batch  bigint NOT NULL                 -- batches below it are counted here
);
INSERT INTO feeds.follower VALUES (true, 0);

-- When each key was last heard of.
CREATE TABLE feeds.key (
    key_id            text COLLATE "C" PRIMARY KEY, -- access.key
    source_id         integer NOT NULL,         -- access.source
    last_recorded_at  timestamptz NOT NULL,
    batches           bigint NOT NULL
) WITH (fillfactor = 60);

-- What each source sent, by the hour in which we received it.
CREATE TABLE feeds.hour (
    source_id       integer NOT NULL,           -- access.source
    begins_at       timestamptz NOT NULL,
    first_batch_no  bigint NOT NULL,
    batches         bigint NOT NULL,
    events          bigint NOT NULL,
    entered         bigint NOT NULL,
    refused         bigint NOT NULL,            -- the rest had been entered before
    PRIMARY KEY (source_id, begins_at)
) WITH (fillfactor = 60);

GRANT USAGE ON SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT SELECT ON ALL TABLES IN SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON feeds.key, feeds.hour TO ekino_follower;
GRANT UPDATE ON feeds.follower TO ekino_follower;


CREATE SCHEMA own;

CREATE TABLE own.correction (
    correction_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference        text COLLATE "C" NOT NULL UNIQUE,
    organisation_id  integer NOT NULL,          -- catalog.organisation that asks
    venue_id         integer NOT NULL,          -- catalog.venue
    source_id        integer NOT NULL,          -- access.source that is asked
    ticket           text COLLATE "C" NOT NULL, -- the source's own name of it
    wanted           text COLLATE "C" NOT NULL, -- the kind of event that closes the request
    price_minor      bigint,                    -- the right price, where a corrected event is wanted
    reason           text COLLATE "C" NOT NULL,
    words            text NOT NULL,
    asked_by         text NOT NULL,
    asked_at         timestamptz NOT NULL,
    asked_position   bigint NOT NULL,           -- the register's size: only later entries close it
    -- "made" is never written: the register shows it.
    state            text COLLATE "C" NOT NULL DEFAULT 'asked',
    ended_at         timestamptz,
    ended_by         text,
    ended_words      text NOT NULL DEFAULT '',
    CONSTRAINT correction_wanted_is_known CHECK (wanted IN ('sold', 'corrected', 'refunded', 'voided')),
    CONSTRAINT correction_price_is_not_negative CHECK (price_minor >= 0),
    CONSTRAINT correction_state_is_known CHECK (state IN ('asked', 'declined', 'withdrawn')),
    CONSTRAINT correction_that_ended_says_when CHECK ((state = 'asked') = (ended_at IS NULL))
);
CREATE INDEX correction_organisation ON own.correction (organisation_id, correction_no);
CREATE INDEX correction_source ON own.correction (source_id, correction_no);

GRANT USAGE ON SCHEMA own TO ekino_office;
GRANT SELECT, INSERT, UPDATE ON own.correction TO ekino_office;
