-- Files that were handed in, what became of every row, and the names that were mapped to our codes.

CREATE SCHEMA intake;

-- Which key signs what is handed in for a source, and the number that its next event gets.
CREATE TABLE intake.numbering (
    source_id      integer PRIMARY KEY,         -- access.source
    key_id         text COLLATE "C" NOT NULL,   -- access.key
    next_sequence  bigint NOT NULL
);

CREATE TABLE intake.upload (
    upload_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference    text COLLATE "C" NOT NULL UNIQUE,
    source_id    integer NOT NULL,              -- access.source it was handed in for
    file_name    text NOT NULL,
    file_sha256  bytea NOT NULL,
    file_bytes   bigint NOT NULL,
    content      bytea NOT NULL,                -- as it was handed in, less what names a person
    -- What was asked of it (format, currency, zone): the same bytes asked the same are one upload.
    asked        text NOT NULL,
    format       text COLLATE "C" NOT NULL DEFAULT '',
    version      text NOT NULL DEFAULT '',
    handed_by    text NOT NULL,
    handed_at    timestamptz NOT NULL,
    state        text COLLATE "C" NOT NULL,
    refusal      jsonb,                         -- why the file as a whole was not taken
    counts       jsonb NOT NULL DEFAULT '{}',   -- what its rows are, and what became of them
    judged_at    timestamptz NOT NULL,
    CONSTRAINT upload_once UNIQUE (source_id, file_sha256, asked),
    CONSTRAINT upload_state_is_known CHECK (state IN ('refused', 'waiting', 'entering', 'entered')),
    CONSTRAINT upload_refused_says_why CHECK ((state = 'refused') = (refusal IS NOT NULL))
);
ALTER TABLE intake.upload ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE INDEX upload_source ON intake.upload (source_id, upload_no);
CREATE INDEX upload_day ON intake.upload (source_id, handed_at);
CREATE INDEX upload_entering ON intake.upload (upload_no) WHERE state = 'entering';

-- The native batches of an upload, made when it was judged and sent in their order. A body goes
-- once it is answered: the register keeps it.
CREATE TABLE intake.batch (
    upload_no       bigint NOT NULL REFERENCES intake.upload,
    ordinal         integer NOT NULL,
    key_id          text COLLATE "C" NOT NULL,
    first_sequence  bigint NOT NULL,
    events          integer NOT NULL,
    body_sha256     bytea NOT NULL,
    body            bytea,
    places          text[],                     -- where each event stands in the file
    answer          jsonb,
    answered_at     timestamptz,
    CONSTRAINT batch_pk PRIMARY KEY (upload_no, ordinal),
    CONSTRAINT batch_waits_with_its_body CHECK ((answered_at IS NULL) = (body IS NOT NULL))
);
CREATE INDEX batch_waiting ON intake.batch (upload_no, ordinal) WHERE answered_at IS NULL;

-- What is to be mended or known about single rows.
CREATE TABLE intake.finding (
    upload_no  bigint NOT NULL REFERENCES intake.upload,
    ordinal    integer NOT NULL,
    place      text NOT NULL,                   -- as the file counts: line 17
    field      text NOT NULL,
    code       text COLLATE "C" NOT NULL,
    words      text NOT NULL,
    raw        text NOT NULL,
    CONSTRAINT finding_pk PRIMARY KEY (upload_no, ordinal)
);

-- Names that no code of ours is known for: their rows wait.
CREATE TABLE intake.unknown_name (
    upload_no  bigint NOT NULL REFERENCES intake.upload,
    kind       text COLLATE "C" NOT NULL,
    within     text NOT NULL,                   -- the venue's code, for a hall
    name       text NOT NULL,
    rows       integer NOT NULL,
    CONSTRAINT unknown_name_pk PRIMARY KEY (upload_no, kind, within, name)
);

-- What a source's files call something, and what we do; said once by a person.
CREATE TABLE intake.mapping (
    source_id  integer NOT NULL,                -- access.source
    kind       text COLLATE "C" NOT NULL,
    within     text NOT NULL,
    name       text NOT NULL,
    code       text COLLATE "C" NOT NULL,
    made_by    text NOT NULL,
    made_at    timestamptz NOT NULL,
    CONSTRAINT mapping_pk PRIMARY KEY (source_id, kind, within, name),
    CONSTRAINT mapping_kind_is_known CHECK (kind IN ('venue', 'hall', 'film'))
);

GRANT USAGE ON SCHEMA intake TO ekino_office, ekino_reader;
GRANT SELECT, INSERT, UPDATE ON intake.numbering, intake.upload, intake.batch, intake.mapping TO ekino_office;
GRANT SELECT, INSERT, DELETE ON intake.finding, intake.unknown_name TO ekino_office;
GRANT SELECT ON intake.upload, intake.finding TO ekino_reader;

-- Other ticketing systems that are read, how far, and how it goes.
CREATE TABLE intake.connector (
    connector_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code             text COLLATE "C" NOT NULL UNIQUE,  -- begins the names of its tickets and showings
    system           text COLLATE "C" NOT NULL,
    url              text NOT NULL,             -- where its API begins
    account          text NOT NULL,             -- whose: an organiser's slug; "" where the secret says so
    events           text[] NOT NULL,           -- the events that are read; empty: all
    source_code      text COLLATE "C" NOT NULL, -- access.source that speaks for it
    secret_file      text NOT NULL,             -- path of the file with its secret, which is nowhere else
    hook_sha256      bytea NOT NULL UNIQUE,     -- of the secret end of its webhook's address
    added_by         text NOT NULL,
    added_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    state            text COLLATE "C" NOT NULL DEFAULT 'running',
    cursor           jsonb NOT NULL DEFAULT '{}',
    next_attempt_at  timestamptz NOT NULL,
    failures         integer NOT NULL DEFAULT 0,        -- in a row
    lease_no         bigint NOT NULL DEFAULT 0,         -- counts claims: the latest one holds it
    lease_until      timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',
    last_read_at     timestamptz,
    read_until       timestamptz,               -- whatever changed there before is read
    last_error_code  text COLLATE "C" NOT NULL DEFAULT '',
    last_error       text NOT NULL DEFAULT '',
    last_error_at    timestamptz,
    last_hook_at     timestamptz,
    held_until       timestamptz NOT NULL DEFAULT '1970-01-01T00:00:00Z',  -- its news wait until then
    counts           jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT connector_system_is_known CHECK (system IN ('pretix', 'hi_events', 'alfio', 'attendize')),
    CONSTRAINT connector_state_is_known CHECK (state IN ('running', 'paused'))
) WITH (fillfactor = 60);

-- What webhooks named and nobody has looked at since.
CREATE TABLE intake.connector_hint (
    connector_id  integer NOT NULL REFERENCES intake.connector,
    subject       text NOT NULL,
    heard_at      timestamptz NOT NULL,
    CONSTRAINT connector_hint_pk PRIMARY KEY (connector_id, subject)
);

-- How each ticket stood when it was read last: only what changed since is told.
CREATE TABLE intake.connector_ticket (
    connector_id    integer NOT NULL REFERENCES intake.connector,
    ticket          text COLLATE "C" NOT NULL,
    showing         text COLLATE "C" NOT NULL,
    edition         integer NOT NULL,           -- how often it was sold
    is_sold         boolean NOT NULL,
    price_minor     bigint NOT NULL,
    fee_minor       bigint NOT NULL,
    discount_minor  bigint NOT NULL,
    section         text NOT NULL,
    row             text NOT NULL,
    seat            text NOT NULL,
    scans           text[] NOT NULL,            -- when it was scanned, as told
    secret_sha256   bytea NOT NULL,             -- of what its code holds; "" where it has none
    CONSTRAINT connector_ticket_pk PRIMARY KEY (connector_id, ticket)
) WITH (fillfactor = 80);

-- The showings that its tickets name, as they were told last: a ticket may be given back when
-- nothing else is said of its showing any more.
CREATE TABLE intake.connector_showing (
    connector_id  integer NOT NULL REFERENCES intake.connector,
    code          text COLLATE "C" NOT NULL,
    showing       jsonb NOT NULL,
    CONSTRAINT connector_showing_pk PRIMARY KEY (connector_id, code)
);

-- What is none of the register's facts: kept once, counted, never dropped.
CREATE TABLE intake.connector_unmapped (
    connector_id   integer NOT NULL REFERENCES intake.connector,
    sha256         bytea NOT NULL,              -- of place, reason and raw
    place          text NOT NULL,
    raw            text NOT NULL,               -- JSON of ours: never a person's particulars
    reason         text COLLATE "C" NOT NULL,
    words          text NOT NULL,
    first_seen_at  timestamptz NOT NULL,
    last_seen_at   timestamptz NOT NULL,
    times          bigint NOT NULL,
    CONSTRAINT connector_unmapped_pk PRIMARY KEY (connector_id, sha256)
);

-- News, written in the transaction that moves the cursor, until they are an upload.
CREATE TABLE intake.connector_outbox (
    outgoing_no   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id  integer NOT NULL REFERENCES intake.connector,
    content       bytea NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON intake.connector, intake.connector_ticket, intake.connector_showing,
                              intake.connector_unmapped
   TO ekino_office;
GRANT SELECT, INSERT, UPDATE, DELETE ON intake.connector_hint, intake.connector_outbox TO ekino_office;
