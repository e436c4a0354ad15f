-- Tickets as their tokens say: a fold over the register's sales, the checks visitors made, and the
-- claims that followed. Follower and token can be thrown away and read again from position 0.

CREATE SCHEMA verify;

CREATE TABLE verify.follower (
    only_row       boolean PRIMARY KEY DEFAULT true CONSTRAINT follower_has_one_row CHECK (only_row),
    next_position  bigint NOT NULL,             -- entries below it are reflected here
    read_until     timestamptz NOT NULL         -- whatever was recorded before this instant is among them
);
INSERT INTO verify.follower VALUES (true, 0, '1970-01-01T00:00:00Z');

-- One row for each ticket whose token, or at least its id, came with its sale.
CREATE TABLE verify.token (
    ticket_id       bytea NOT NULL,
    source_id       integer NOT NULL,           -- access.source
    position        bigint NOT NULL,            -- of the sale's entry
    token           bytea,                      -- null: the sale named the id and sent no token
    key_id          text COLLATE "C",           -- access.key that signed it
    seq             bigint,                     -- its number among the key's
    showing_id      bigint NOT NULL,            -- catalog.showing
    place           integer NOT NULL,           -- in the hall's plan; 0 is none
    issued_at       timestamptz,                -- by the till's clock
    recorded_at     timestamptz NOT NULL,       -- of the sale, by ours
    price_minor     bigint NOT NULL,            -- as the sale's entry has it
    subject         text COLLATE "C" NOT NULL,  -- the source's own name of the ticket
    section         text NOT NULL,
    row             text NOT NULL,
    seat            text NOT NULL,
    differs         text[] NOT NULL,            -- fields in which entry and token say other things
    end_kind        text COLLATE "C",           -- refunded or voided
    ended_position  bigint,
    ended_at        timestamptz,                -- by the source's clock
    PRIMARY KEY (ticket_id, source_id),
    CONSTRAINT token_has_104_bytes CHECK (octet_length(token) = 104),
    CONSTRAINT ticket_id_has_12_bytes CHECK (octet_length(ticket_id) = 12),
    CONSTRAINT token_ends_in_a_known_way CHECK (end_kind IN ('refunded', 'voided'))
);
CREATE INDEX token_subject ON verify.token (source_id, subject);
CREATE INDEX token_seq ON verify.token (key_id, seq) WHERE seq IS NOT NULL;
CREATE INDEX token_place ON verify.token (showing_id, place) WHERE place > 0;

-- Tokens that came with a sale and do not prove it, by the sale's entry.
CREATE TABLE verify.unfit (
    position   bigint PRIMARY KEY,
    source_id  integer NOT NULL,
    reason     text COLLATE "C" NOT NULL
);

-- How often a code was shown to us. Nothing of who showed it: a hash, and the hour.
CREATE TABLE verify.checked (
    token_sha256  bytea PRIMARY KEY,
    first_hour    timestamptz NOT NULL,
    last_hour     timestamptz NOT NULL,
    checks        bigint NOT NULL
) WITH (fillfactor = 70);

-- What the register has stated about a token it did not hold: an entry of kind ticket_checked.
CREATE TABLE verify.statement (
    token_sha256  bytea NOT NULL,
    number        smallint NOT NULL,            -- from 1
    position      bigint NOT NULL UNIQUE,       -- of the statement's entry
    tree_size     bigint NOT NULL,              -- no sale among entries 0 … tree_size − 1
    stated_at     timestamptz NOT NULL,
    verdict       text COLLATE "C" NOT NULL,
    receipt       text NOT NULL,                -- the signed note the visitor was given
    PRIMARY KEY (token_sha256, number)
);
CREATE INDEX statement_stated_at ON verify.statement (stated_at);

CREATE TABLE verify.claim (
    claim_no            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference           text COLLATE "C" NOT NULL UNIQUE,
    token               bytea NOT NULL,
    token_sha256        bytea NOT NULL UNIQUE,  -- a ticket is claimed once
    source_id           integer NOT NULL,       -- access.source: whose till signed
    verdict             text COLLATE "C" NOT NULL,  -- what the check said: not_registered or altered
    statement_position  bigint REFERENCES verify.statement (position),  -- null of an altered ticket
    opened_at           timestamptz NOT NULL,
    answer_due_at       timestamptz NOT NULL,
    state               text COLLATE "C" NOT NULL,
    fiscal_receipt      text NOT NULL,          -- as the visitor gave it; "" is none
    penalty_minor       bigint,
    penalty_rule        text,
    CONSTRAINT claim_of_an_absence_has_its_statement
        CHECK ((verdict = 'not_registered') = (statement_position IS NOT NULL)),
    CONSTRAINT claim_has_a_token CHECK (octet_length(token) = 104),
    CONSTRAINT claim_state_is_known CHECK (state IN ('claimed', 'answered', 'upheld', 'rejected', 'withdrawn')),
    CONSTRAINT claim_penalty_is_not_negative CHECK (penalty_minor >= 0)
);
CREATE INDEX claim_source ON verify.claim (source_id, claim_no);

-- Every step of a claim, in order; the first one is its opening.
CREATE TABLE verify.claim_step (
    claim_no  bigint NOT NULL REFERENCES verify.claim,
    number    smallint NOT NULL,
    at        timestamptz NOT NULL,
    actor     text NOT NULL,                    -- visitor, source:<code> or operator:<name>
    state     text COLLATE "C" NOT NULL,        -- reached by it
    words     text NOT NULL,
    PRIMARY KEY (claim_no, number)
);

GRANT USAGE ON SCHEMA verify TO ekino_follower, ekino_reader, ekino_office, ekino_ingest;
GRANT SELECT ON ALL TABLES IN SCHEMA verify TO ekino_follower, ekino_office, ekino_ingest;
GRANT SELECT ON verify.follower, verify.token, verify.unfit, verify.checked, verify.statement TO ekino_reader;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON verify.token, verify.unfit TO ekino_follower;
GRANT UPDATE ON verify.follower TO ekino_follower;
-- A statement is written in the transaction that gives it its position.
GRANT INSERT ON verify.statement TO ekino_ingest;
GRANT INSERT, UPDATE ON verify.checked TO ekino_ingest;
GRANT INSERT, UPDATE ON verify.claim TO ekino_office;
GRANT INSERT ON verify.claim_step TO ekino_office;

-- Whom to tell about a claim, for those who want to be told: apart from everything else, sealed
-- with a key that is not in the database, and gone when its time is over.
CREATE SCHEMA claims;

CREATE TABLE claims.contact (
    reference   text COLLATE "C" PRIMARY KEY,
    sealed      bytea NOT NULL,
    kept_until  date NOT NULL
);
GRANT USAGE ON SCHEMA claims TO ekino_office;
GRANT SELECT, INSERT, DELETE ON claims.contact TO ekino_office;
