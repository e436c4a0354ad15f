-- Who may speak to us: sources, their keys and the halls they may speak for; what was done by whom.

CREATE SCHEMA access;

-- Bumped by every change below; writers that remember keys and rights look here first.
CREATE TABLE access.revision (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT revision_has_one_row CHECK (only_row),
    number    bigint NOT NULL
);
INSERT INTO access.revision (number) VALUES (0);

CREATE TABLE access.source (
    source_id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code               text COLLATE "C" NOT NULL UNIQUE,
    name               text NOT NULL,
    vendor             text,
    organisation_code  text COLLATE "C",
    may_announce       boolean NOT NULL DEFAULT false,
    state              text COLLATE "C" NOT NULL DEFAULT 'active',
    -- How long after a ticket is issued its sale may reach us: a published number. Nobody is
    -- asked about a ticket before it is over.
    allowed_delay_s    integer NOT NULL DEFAULT 86400,
    CONSTRAINT source_state_is_known CHECK (state IN ('active', 'suspended')),
    CONSTRAINT source_allowed_delay_is_bounded CHECK (allowed_delay_s BETWEEN 0 AND 604800)
);

-- A key speaks for a source, or, with no source, for an operator of the register.
CREATE TABLE access.key (
    key_id       text COLLATE "C" PRIMARY KEY,
    source_id    integer REFERENCES access.source,
    public_key   bytea NOT NULL UNIQUE,
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz NOT NULL,
    revoked_at   timestamptz,
    -- What it signs: batches, tickets (till), requests of an operator; or it is the register's
    -- own (register, receipt, log) or a witness's, listed so that /keys names them all.
    kind         text COLLATE "C" NOT NULL,
    -- The first 4 bytes of SHA256(key_id || 0x0A || 0x01 || public_key), as in signed notes: a
    -- ticket names its till by them alone.
    note_id      bytea NOT NULL,
    CONSTRAINT key_has_32_bytes CHECK (octet_length(public_key) = 32),
    CONSTRAINT key_ends_after_it_begins CHECK (valid_until > valid_from),
    CONSTRAINT key_kind_is_known
        CHECK (kind IN ('batch', 'till', 'operator', 'register', 'receipt', 'log', 'witness')),
    CONSTRAINT key_of_a_source_says_so
        CHECK ((kind IN ('batch', 'till')) = (source_id IS NOT NULL)),
    CONSTRAINT key_note_id_has_4_bytes CHECK (octet_length(note_id) = 4),
    CONSTRAINT key_note_id_is_its_own UNIQUE (note_id)
);
CREATE INDEX key_source ON access.key (source_id);

CREATE TABLE access.source_hall (
    source_id  integer NOT NULL REFERENCES access.source,
    hall_id    integer NOT NULL,                -- catalog.hall
    PRIMARY KEY (source_id, hall_id)
);
CREATE INDEX source_hall_hall ON access.source_hall (hall_id);

CREATE TABLE access.audit (
    audit_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor     text NOT NULL,
    action    text NOT NULL,
    subject   text NOT NULL,
    detail    jsonb NOT NULL DEFAULT '{}'
);

GRANT USAGE ON SCHEMA access TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA access TO ekino_ingest, ekino_office;
GRANT SELECT ON access.source, access.source_hall, access.key, access.revision TO ekino_follower, ekino_reader;
GRANT INSERT, UPDATE ON access.source, access.key, access.revision TO ekino_office;
GRANT INSERT, DELETE ON access.source_hall TO ekino_office;
GRANT INSERT ON access.audit TO ekino_office, ekino_ingest;
