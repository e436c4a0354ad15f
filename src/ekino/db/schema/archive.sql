-- The register's history in columns: a fold by showing, sales channel and concession, of which the
-- files under EKINO_DATA_DIR/archive are made. Everything but `saved` can be thrown away and
-- computed again from position 0.

CREATE SCHEMA archive;

CREATE TABLE archive.follower (
    only_row       boolean PRIMARY KEY DEFAULT true CONSTRAINT follower_has_one_row CHECK (only_row),
    next_position  bigint NOT NULL,             -- entries below it are reflected in archive.cell
    folded_at      timestamptz NOT NULL
);
INSERT INTO archive.follower VALUES (true, 0, '1970-01-01T00:00:00Z');

CREATE TABLE archive.cell (
    showing_id     bigint NOT NULL,
    sales_channel  register.sales_channel NOT NULL,
    concession     text COLLATE "C" NOT NULL,   -- as the seller named it; '' when it named none
    admissions     bigint NOT NULL,
    gross_minor    bigint NOT NULL,
    fees_minor     bigint NOT NULL,
    refunded       bigint NOT NULL,             -- tickets given back
    PRIMARY KEY (showing_id, sales_channel, concession)
) WITH (fillfactor = 70);

-- In which blocks of the register a showing has entries: how a figure leads back to its tickets
-- without an index on the register's hot path.
CREATE TABLE archive.trail (
    showing_id  bigint NOT NULL,
    block       integer NOT NULL,               -- position / 16384
    PRIMARY KEY (showing_id, block)
);

-- One row: what the files together hold.
CREATE TABLE archive.head (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT head_has_one_row CHECK (only_row),
    position  bigint NOT NULL,                  -- entries below it are in the files
    revision  bigint NOT NULL,                  -- catalog revisions up to it are in the files
    filed_at  timestamptz NOT NULL
);
INSERT INTO archive.head VALUES (true, 0, 0, '1970-01-01T00:00:00Z');

-- A file is written once under a name of its own and never changed; this row is what makes it part
-- of the archive, and commits together with the head.
CREATE TABLE archive.file (
    month   date NOT NULL,                      -- business dates of this month
    kind    text COLLATE "C" NOT NULL,          -- each showing once, or by channel and concession
    name    text COLLATE "C" NOT NULL UNIQUE,
    rows    bigint NOT NULL,
    bytes   bigint NOT NULL,
    sha256  bytea NOT NULL CONSTRAINT file_digest_has_32_bytes CHECK (octet_length(sha256) = 32),
    CONSTRAINT file_kind_is_known CHECK (kind IN ('showings', 'cells')),
    PRIMARY KEY (month, kind)
);

-- Questions that somebody keeps under a name.
CREATE TABLE archive.saved (
    saved_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id  bigint NOT NULL,                 -- access.person
    name       text NOT NULL,
    question   text NOT NULL,                   -- the address's query, as read and written anew
    saved_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT saved_name_is_a_line CHECK (name ~ '\S' AND char_length(name) <= 80),
    CONSTRAINT saved_question_is_bounded CHECK (char_length(question) <= 4000),
    UNIQUE (person_id, name)
);

GRANT USAGE ON SCHEMA archive TO ekino_follower, ekino_reader, ekino_office;
GRANT SELECT ON ALL TABLES IN SCHEMA archive TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, TRUNCATE ON archive.cell, archive.trail TO ekino_follower;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON archive.file TO ekino_follower;
GRANT UPDATE ON archive.follower, archive.head TO ekino_follower;
GRANT INSERT, UPDATE, DELETE ON archive.saved TO ekino_office;
