-- How each source's upload is doing. All but reports, declared totals, alarms and excuses is a fold
-- over the batches that were received: it can be thrown away and computed again from batch 0.

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
    batches           bigint NOT NULL,
    -- How a key numbers: one line for all it says, or one for each venue. It shows it itself, by
    -- the first number that it uses at two venues.
    numbers_by        text COLLATE "C" NOT NULL DEFAULT 'key',
    -- The sender's clock as its signatures show it: how far ahead of ours (behind: below 0) when it
    -- last spoke, and how many times in a row it has been off by more than is allowed, since when.
    clock_ahead_s     integer NOT NULL DEFAULT 0,
    clock_off_words   integer NOT NULL DEFAULT 0,
    clock_off_since   timestamptz,
    CONSTRAINT key_numbers_by_is_known CHECK (numbers_by IN ('key', 'venue'))
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

-- A run of numbers: of a key (venue 0), or of what a key says about one venue.
CREATE TABLE feeds.line (
    key_id            text COLLATE "C" NOT NULL,
    venue_id          integer NOT NULL,         -- catalog.venue; 0: everything the key says
    source_id         integer NOT NULL,
    first_sequence    bigint NOT NULL,          -- the lowest number received
    next_sequence     bigint NOT NULL,          -- one past the highest number received
    events            bigint NOT NULL,          -- received, again and refused ones too
    repeats           bigint NOT NULL,          -- the same event once more: harmless
    duplicates        bigint NOT NULL,          -- one number for two events
    duplicated_at     timestamptz,              -- the last time
    duplicated_sequence bigint,                 -- its number
    first_recorded_at timestamptz NOT NULL,
    last_recorded_at  timestamptz NOT NULL,
    CONSTRAINT line_pk PRIMARY KEY (key_id, venue_id)
) WITH (fillfactor = 60);
CREATE INDEX line_source ON feeds.line (source_id, venue_id);

-- Numbers that were passed over: [first, last], both missing. One that closes within the time
-- that is allowed was none, and is taken out.
CREATE TABLE feeds.gap (
    gap_id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key_id          text COLLATE "C" NOT NULL,
    line_venue_id   integer NOT NULL,           -- as feeds.line.venue_id
    source_id       integer NOT NULL,
    venue_id        integer NOT NULL,           -- of the event that came after them
    business_date   date NOT NULL,              -- when it came, at that venue
    first_sequence  bigint NOT NULL,
    last_sequence   bigint NOT NULL,
    seen_at         timestamptz NOT NULL,       -- when the next number came
    closed_at       timestamptz,                -- when the last of them came
    numbers         bigint NOT NULL GENERATED ALWAYS AS (last_sequence - first_sequence + 1) STORED, -- how many
    CONSTRAINT gap_is_not_empty CHECK (last_sequence >= first_sequence)
);
CREATE INDEX gap_open ON feeds.gap (key_id, first_sequence) WHERE closed_at IS NULL;
CREATE INDEX gap_day ON feeds.gap (source_id, venue_id, business_date);

-- Refused events that have not come again and been entered, by their number.
CREATE TABLE feeds.unmended (
    key_id      text COLLATE "C" NOT NULL,
    sequence    bigint NOT NULL,
    source_id   integer NOT NULL,
    venue_id    integer NOT NULL,               -- 0: the event names none that we know
    business_date date NOT NULL,                -- when it came, at that venue
    outcome     text COLLATE "C" NOT NULL,
    refused_at  timestamptz NOT NULL,
    batch_no    bigint NOT NULL,
    ordinal     smallint NOT NULL,
    CONSTRAINT unmended_pk PRIMARY KEY (key_id, venue_id, sequence)
);
CREATE INDEX unmended_day ON feeds.unmended (source_id, venue_id, business_date);

-- What came in about each venue, by the hour in which we received it.
CREATE TABLE feeds.venue_hour (
    source_id   integer NOT NULL,
    venue_id    integer NOT NULL,               -- 0: names none that we know
    begins_at   timestamptz NOT NULL,
    events      bigint NOT NULL,
    entered     bigint NOT NULL,
    refused     bigint NOT NULL,
    repeats     bigint NOT NULL,                -- had been entered before
    duplicates  bigint NOT NULL,                -- entered under a number of another event
    late        bigint NOT NULL,                -- entered more than LATE_AFTER_S after they happened
    overdue     bigint NOT NULL,                -- later than the source is allowed
    -- Entered events by lag (happened → recorded): up to 1, 5, 15, 60 seconds, 5, 15 minutes, 1, 6,
    -- 24 hours, and longer. model/lag.py names the same bounds.
    lags        bigint[] NOT NULL,
    refused_at  timestamptz,                    -- the last time in it
    overdue_at  timestamptz,
    CONSTRAINT venue_hour_pk PRIMARY KEY (source_id, venue_id, begins_at)
) WITH (fillfactor = 60);
CREATE INDEX venue_hour_begins_at ON feeds.venue_hour (begins_at);

-- Refused events by cause.
CREATE TABLE feeds.refused (
    source_id   integer NOT NULL,
    venue_id    integer NOT NULL,
    begins_at   timestamptz NOT NULL,
    outcome     text COLLATE "C" NOT NULL,
    events      bigint NOT NULL,
    CONSTRAINT refused_pk PRIMARY KEY (source_id, venue_id, begins_at, outcome)
);
CREATE INDEX refused_begins_at ON feeds.refused (begins_at);

-- What each source has said about each showing: what a day's declared totals are compared with.
CREATE TABLE feeds.sale (
    showing_id  bigint NOT NULL,                -- catalog.showing
    source_id   integer NOT NULL,
    sold        bigint NOT NULL,                -- tickets, those given back too
    tickets     bigint NOT NULL,                -- good ones
    gross_minor bigint NOT NULL,                -- for good ones, without fees
    returned    bigint NOT NULL,                -- refunded and voided
    changed_late bigint NOT NULL,               -- given back or corrected after the showing had begun
    changed_at  timestamptz NOT NULL,           -- when we were last told
    as_of       bigint NOT NULL,                -- entries below this position are counted
    CONSTRAINT sale_pk PRIMARY KEY (showing_id, source_id)
) WITH (fillfactor = 60);

-- What each key last said of itself: the heartbeat. Not a fold: nobody can be asked for it again.
CREATE TABLE feeds.report (
    key_id            text COLLATE "C" PRIMARY KEY,
    source_id         integer NOT NULL,
    first_recorded_at timestamptz NOT NULL,
    recorded_at       timestamptz NOT NULL,
    reports           bigint NOT NULL,
    product           text NOT NULL,
    version           text NOT NULL,
    version_since     timestamptz NOT NULL,
    sent_at           timestamptz NOT NULL,
    clock_ahead_s     double precision NOT NULL,
    clock_off_words   integer NOT NULL,         -- times in a row that it was off by more than allowed
    clock_off_since   timestamptz,
    waiting_events    bigint NOT NULL,
    oldest_waiting_at timestamptz,
    next_sequence     bigint NOT NULL,
    resting_until     timestamptz,              -- it will be silent until then: closed, switched off
    batches           bigint NOT NULL           -- the register's batches when it came
) WITH (fillfactor = 60);
CREATE INDEX report_source ON feeds.report (source_id);

-- What each key says a day came to: the latest word of each.
CREATE TABLE feeds.declared (
    source_id       integer NOT NULL,
    venue_id        integer NOT NULL,
    business_date   date NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    is_final        boolean NOT NULL,
    tickets         bigint NOT NULL,
    gross_minor     bigint NOT NULL,
    refunds         bigint NOT NULL,
    declared_at     timestamptz NOT NULL,       -- when these figures came first
    batches         bigint NOT NULL,            -- the register's batches then
    CONSTRAINT declared_pk PRIMARY KEY (source_id, venue_id, business_date, key_id)
);

-- A feed's day: what came in on it, and what its showings came to. Written by the watch when
-- anything of it moved, and computed again from the tables above at any time.
CREATE TABLE feeds.venue_day (
    source_id               integer NOT NULL,
    venue_id                integer NOT NULL,
    business_date           date NOT NULL,
    entered                 bigint NOT NULL,
    refused                 bigint NOT NULL,
    unmended                bigint NOT NULL,    -- of the refused: not mended since
    late                    bigint NOT NULL,
    duplicates              bigint NOT NULL,
    declared_tickets        bigint,             -- null: not declared, or not final
    declared_gross_minor    bigint,
    registered_tickets      bigint NOT NULL,
    registered_gross_minor  bigint NOT NULL,
    registered_at           timestamptz,        -- when they last changed
    showings_announced      integer NOT NULL,
    showings_with_sales     integer NOT NULL,
    gaps                    bigint NOT NULL,    -- numbers that are missing
    state                   text COLLATE "C" NOT NULL,
    completeness_ppm        integer,            -- null: nothing was expected
    is_excused              boolean NOT NULL,
    is_closed               boolean NOT NULL,   -- the time for late words is over
    as_of                   bigint NOT NULL,    -- batches below it are counted
    CONSTRAINT venue_day_pk PRIMARY KEY (source_id, venue_id, business_date),
    CONSTRAINT venue_day_completeness_is_a_share CHECK (completeness_ppm BETWEEN 0 AND 1000000),
    CONSTRAINT venue_day_state_is_known
        CHECK (state IN ('on_line', 'late', 'silent', 'incomplete', 'suspended', 'closed'))
) WITH (fillfactor = 60);
CREATE INDEX venue_day_business_date ON feeds.venue_day (business_date);

-- How each feed is now, and why.
CREATE TABLE feeds.status (
    source_id   integer NOT NULL,
    venue_id    integer NOT NULL,
    state       text COLLATE "C" NOT NULL,
    since       timestamptz NOT NULL,
    reason      text COLLATE "C" NOT NULL,      -- model/states.py; "" when there is nothing to say
    CONSTRAINT status_pk PRIMARY KEY (source_id, venue_id),
    CONSTRAINT status_state_is_known
        CHECK (state IN ('on_line', 'late', 'silent', 'incomplete', 'suspended'))
);

-- What needs explanation, from when it was seen until it had been over for a while.
CREATE TABLE feeds.alarm (
    alarm_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text COLLATE "C" NOT NULL,
    source_id   integer NOT NULL,
    venue_id    integer NOT NULL,               -- 0: the source as a whole
    subject     text COLLATE "C" NOT NULL,      -- key, hall or day; "" when it is the feed as a whole
    known_at    timestamptz NOT NULL,           -- from when it could be known
    opened_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    closed_at   timestamptz,
    times       integer NOT NULL,               -- how often it came back while it was open
    facts       jsonb NOT NULL
);
CREATE UNIQUE INDEX alarm_is_open_once ON feeds.alarm (kind, source_id, venue_id, subject) WHERE closed_at IS NULL;
CREATE INDEX alarm_place ON feeds.alarm (source_id, venue_id, opened_at);
CREATE INDEX alarm_opened_at ON feeds.alarm (opened_at);

-- Days that something was said about long after they were over: the next round computes them anew.
CREATE TABLE feeds.touched (
    business_date  date NOT NULL,
    venue_id       integer NOT NULL DEFAULT 0,  -- 0: every venue's
    CONSTRAINT touched_pk PRIMARY KEY (business_date, venue_id)
);

-- One watches at a time.
CREATE TABLE feeds.watch (
    only_row    boolean PRIMARY KEY DEFAULT true CONSTRAINT watch_has_one_row CHECK (only_row),
    watched_at  timestamptz,                    -- null: never
    took_ms     integer NOT NULL
);
INSERT INTO feeds.watch VALUES (true, NULL, 0);

GRANT USAGE ON SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT SELECT ON ALL TABLES IN SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON feeds.key, feeds.hour TO ekino_follower;
GRANT UPDATE ON feeds.follower TO ekino_follower;

-- Excuses: what an exhibitor or a vendor says of a span in which a feed is not what it should be.
-- They are filed and decided by people, so they are no fold and are never thrown away.
CREATE TABLE feeds.excuse (
    excuse_no        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference        text COLLATE "C" NOT NULL UNIQUE,
    organisation_id  integer NOT NULL,          -- catalog.organisation that filed it
    party            text COLLATE "C" NOT NULL, -- what it is to the feeds: exhibitor or vendor
    kind             text COLLATE "C" NOT NULL,
    begins_at        timestamptz NOT NULL,      -- half-open
    ends_at          timestamptz NOT NULL,
    words            text NOT NULL,
    incident         text NOT NULL DEFAULT '',  -- the vendor's own name of what happened
    evidence_name    text NOT NULL DEFAULT '',
    evidence         bytea,
    evidence_sha256  bytea,
    filed_at         timestamptz NOT NULL,
    filed_by         text NOT NULL,
    state            text COLLATE "C" NOT NULL DEFAULT 'filed',
    decided_at       timestamptz,               -- or withdrawn
    decided_by       text NOT NULL DEFAULT '',
    decided_words    text NOT NULL DEFAULT '',
    CONSTRAINT excuse_party_is_known CHECK (party IN ('exhibitor', 'vendor')),
    CONSTRAINT excuse_kind_is_known CHECK (kind IN ('maintenance', 'outage')),
    CONSTRAINT excuse_ends_after_it_begins CHECK (ends_at > begins_at),
    CONSTRAINT excuse_state_is_known CHECK (state IN ('filed', 'accepted', 'declined', 'withdrawn')),
    CONSTRAINT excuse_that_was_decided_says_when CHECK ((state = 'filed') = (decided_at IS NULL)),
    CONSTRAINT excuse_maintenance_is_announced_before CHECK (kind <> 'maintenance' OR filed_at < begins_at),
    CONSTRAINT excuse_evidence_has_its_hash CHECK ((evidence IS NULL) = (evidence_sha256 IS NULL)),
    CONSTRAINT excuse_evidence_is_small CHECK (octet_length(evidence) <= 1048576)
);
CREATE INDEX excuse_organisation ON feeds.excuse (organisation_id, excuse_no);
CREATE INDEX excuse_waiting ON feeds.excuse (excuse_no) WHERE state = 'filed';
CREATE INDEX excuse_span ON feeds.excuse (begins_at, ends_at) WHERE state = 'accepted';

-- Which feeds an excuse is about: one source at one venue, as they were when it was filed.
CREATE TABLE feeds.excuse_place (
    excuse_no  bigint NOT NULL REFERENCES feeds.excuse,
    source_id  integer NOT NULL,                -- access.source
    venue_id   integer NOT NULL,                -- catalog.venue
    PRIMARY KEY (excuse_no, source_id, venue_id)
);
CREATE INDEX excuse_place_feed ON feeds.excuse_place (source_id, venue_id);

-- What the rules leave out: the spans of accepted excuses, feed by feed.
CREATE VIEW feeds.excused AS
SELECT place.source_id, place.venue_id, excuse.begins_at, excuse.ends_at, excuse.reference, excuse.kind
  FROM feeds.excuse JOIN feeds.excuse_place AS place USING (excuse_no)
 WHERE excuse.state = 'accepted';

GRANT SELECT ON feeds.excuse, feeds.excuse_place, feeds.excused TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE ON feeds.excuse TO ekino_office;
GRANT INSERT ON feeds.excuse_place TO ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON feeds.line, feeds.gap, feeds.unmended, feeds.venue_hour, feeds.refused, feeds.sale,
                feeds.venue_day, feeds.status TO ekino_follower;
GRANT INSERT, UPDATE ON feeds.alarm TO ekino_follower;
GRANT UPDATE ON feeds.watch TO ekino_follower;
GRANT SELECT ON feeds.touched TO ekino_reader, ekino_office;
GRANT SELECT, INSERT, DELETE, TRUNCATE ON feeds.touched TO ekino_follower;
GRANT SELECT, INSERT ON feeds.touched TO ekino_ingest;
-- A source's own word, taken at the door.
GRANT USAGE ON SCHEMA feeds TO ekino_ingest;
GRANT SELECT, INSERT, UPDATE ON feeds.report, feeds.declared TO ekino_ingest;
GRANT SELECT ON feeds.line, feeds.gap, feeds.sale, feeds.key, feeds.follower TO ekino_ingest;

-- Who has taken notice of an alarm, and what they said: the first to do so stays.
CREATE TABLE feeds.acknowledgement (
    alarm_id  bigint PRIMARY KEY REFERENCES feeds.alarm,
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    words     text NOT NULL
);

GRANT SELECT ON feeds.acknowledgement TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT ON feeds.acknowledgement TO ekino_office;
