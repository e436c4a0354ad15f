-- THE register: entries 0, 1, 2 … in the order of their positions, never changed, never skipped.

CREATE SCHEMA register;

CREATE TYPE register.event_kind AS ENUM (
    'sold', 'refunded', 'voided', 'corrected', 'admitted',
    'showing_announced', 'showing_moved', 'showing_cancelled',
    -- What the register itself states: entries of source 0.
    'ticket_checked', 'key_added', 'key_revoked'
);
CREATE TYPE register.sales_channel AS ENUM ('box_office', 'web', 'app', 'kiosk', 'agent');

CREATE TABLE register.head (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT head_has_one_row CHECK (only_row),
    size      bigint NOT NULL,                  -- entries 0 … size − 1 exist
    batches   bigint NOT NULL                   -- batches 0 … batches − 1 exist
);
INSERT INTO register.head (size, batches) VALUES (0, 0);

-- What was received, to the byte, with what proves who sent it. An event's own bytes are the
-- ordinal-th element of its batch's body, so nothing is stored twice.
CREATE TABLE register.batch (
    batch_no       bigint PRIMARY KEY,
    source_id      integer NOT NULL,            -- access.source; 0 is the register itself
    key_id         text COLLATE "C" NOT NULL,   -- access.key
    recorded_at    timestamptz NOT NULL,
    events         smallint NOT NULL,
    entered        smallint NOT NULL,           -- of the events, how many became entries
    first_position bigint NOT NULL,             -- the register's size when this batch was entered
    body_sha256    bytea NOT NULL,              -- of the body as signed, before decoding its encoding
    body_encoding  text COLLATE "C" NOT NULL,   -- of the column below: identity or zstd
    body           bytea NOT NULL,
    signed_uri     text NOT NULL,
    signed_at      timestamptz NOT NULL,
    nonce          text NOT NULL,
    signature      bytea NOT NULL,
    -- Secret: what the public log commits to is hashed with it, so that nobody can guess a sale
    -- from its hash. Deleting it shreds the batch and leaves the log whole.
    salt           bytea NOT NULL CONSTRAINT batch_salt_has_32_bytes CHECK (octet_length(salt) = 32)
);
ALTER TABLE register.batch ALTER COLUMN body SET STORAGE EXTERNAL;

-- One row an event. admissions, gross_minor and fees_minor are what the event changed, so that
-- a total is a sum and nothing else; the event's other fields are in its batch's body.
CREATE TABLE register.entry (
    position       bigint NOT NULL,
    batch_no       bigint NOT NULL,
    recorded_at    timestamptz NOT NULL,        -- our clock
    happened_at    timestamptz NOT NULL,        -- the source's clock
    showing_id     bigint NOT NULL,             -- catalog.showing
    identity_no    bigint NOT NULL,             -- 0 for a sale; else the source's own number
    gross_minor    bigint NOT NULL,             -- change of takings, without fees, minor units
    fees_minor     bigint NOT NULL,             -- change of service fees, minor units
    source_id      integer NOT NULL,            -- access.source
    kind           register.event_kind NOT NULL,
    sales_channel  register.sales_channel,      -- of the ticket's sale; null for showing events
    ordinal        smallint NOT NULL,           -- place in the batch, from 0
    admissions     smallint NOT NULL,           -- change of admissions: 1, 0 or −1
    is_late        boolean NOT NULL,            -- recorded more than LATE_AFTER_S after it happened
    subject        text COLLATE "C" NOT NULL,   -- ticket id; for showing events the showing's code
    CONSTRAINT entry_pk PRIMARY KEY (position),
    -- Idempotence for ever. A ticket is sold once, so a sale is known by its ticket; what
    -- happens to it later by the ticket and the source's own number. Serial ticket ids of one
    -- source are neighbours here, which is what keeps this index cheap (engine/ingest.md §4).
    CONSTRAINT entry_identity UNIQUE (source_id, subject, identity_no)
);

-- An event that was not entered: which, under which name, and what to mend.
CREATE TABLE register.refusal (
    batch_no  bigint NOT NULL,
    ordinal   smallint NOT NULL,
    outcome   text COLLATE "C" NOT NULL,
    problem   jsonb NOT NULL,
    PRIMARY KEY (batch_no, ordinal)
);

-- Grants refuse the application, these triggers the careless administrator, and the log
-- (room proofs) everybody else.
CREATE FUNCTION register.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: the register is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER entry_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.entry
    FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
CREATE TRIGGER batch_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.batch
    FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
CREATE TRIGGER refusal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON register.refusal
    FOR EACH STATEMENT EXECUTE FUNCTION register.refuse_change();
ALTER TABLE register.entry ENABLE ALWAYS TRIGGER entry_is_append_only;
ALTER TABLE register.batch ENABLE ALWAYS TRIGGER batch_is_append_only;
ALTER TABLE register.refusal ENABLE ALWAYS TRIGGER refusal_is_append_only;

-- The head is the one row that changes, and it changes only here: forwards, by whoever holds it.
CREATE FUNCTION register.lock_head(OUT size bigint, OUT batches bigint)
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS
$$ SELECT head.size, head.batches FROM register.head FOR UPDATE $$;
CREATE FUNCTION register.advance_head(entries bigint, batches bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE new_size bigint;
BEGIN
    IF advance_head.entries < 0 OR advance_head.batches < 0 THEN
        RAISE EXCEPTION 'the register''s head only moves forward'
            USING ERRCODE = 'check_violation';
    END IF;
    UPDATE register.head
       SET size = head.size + advance_head.entries, batches = head.batches + advance_head.batches
    RETURNING head.size INTO new_size;
    RETURN new_size;
END $$;
REVOKE EXECUTE ON FUNCTION register.lock_head(), register.advance_head(bigint, bigint) FROM PUBLIC;

GRANT USAGE ON SCHEMA register TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA register TO ekino_ingest, ekino_follower, ekino_reader;
GRANT INSERT ON register.entry, register.batch, register.refusal TO ekino_ingest;
GRANT EXECUTE ON FUNCTION register.lock_head(), register.advance_head(bigint, bigint) TO ekino_ingest;
