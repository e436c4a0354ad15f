-- What the register tells others: one outbox, who wants to be told, and what became of it.

CREATE SCHEMA notices;

-- Told in the transaction of what it tells of, so that neither is there without the other.
CREATE TABLE notices.notice (
    notice_no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_id          text COLLATE "C" NOT NULL UNIQUE,  -- webhook-id, the same over all attempts
    organisation_code  text COLLATE "C",         -- catalog.organisation; null: the register's own people
    kind               text COLLATE "C" NOT NULL,
    subject            text COLLATE "C" NOT NULL, -- the name of what it is about, in the API
    facts              jsonb NOT NULL,           -- thin: ids and states, never a person's particulars
    told_at            timestamptz NOT NULL DEFAULT clock_timestamp(),
    spread_at          timestamptz               -- since when it is a delivery for everybody who wants it
);
-- A number is drawn before its transaction commits, so no cursor may follow the numbers: what is
-- not spread yet is looked for itself.
CREATE INDEX notice_not_spread ON notices.notice (notice_no) WHERE spread_at IS NULL;
CREATE INDEX notice_organisation ON notices.notice (organisation_code, notice_no);
CREATE INDEX notice_told_at ON notices.notice (told_at);

-- Where somebody wants to be told.
CREATE TABLE notices.endpoint (
    endpoint_id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_code  text COLLATE "C",         -- null: the register's own people
    way                text COLLATE "C" NOT NULL,
    address            text COLLATE "C" NOT NULL, -- a URL, or an e-mail address
    kinds              text[] NOT NULL,          -- empty: all of them
    language           text COLLATE "C" NOT NULL,
    -- Who is told by e-mail when this endpoint is disabled; "" is nobody.
    contact            text NOT NULL DEFAULT '',
    state              text COLLATE "C" NOT NULL DEFAULT 'active',
    state_reason       text COLLATE "C" NOT NULL DEFAULT '',
    added_by           text NOT NULL,
    added_at           timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- Added by an operator at the command line: only such an endpoint may be in our own network.
    is_operators       boolean NOT NULL DEFAULT false,
    CONSTRAINT endpoint_way_is_known CHECK (way IN ('webhook', 'email')),
    CONSTRAINT endpoint_state_is_known CHECK (state IN ('unconfirmed', 'active', 'disabled', 'removed')),
    CONSTRAINT endpoint_language_is_known CHECK (language IN ('kk', 'ru', 'en'))
);
CREATE INDEX endpoint_organisation ON notices.endpoint (organisation_code, endpoint_id);

-- What a webhook's deliveries are signed with; two at once while one takes the other's place.
CREATE TABLE notices.signing_key (
    signing_key_id  integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id     integer NOT NULL REFERENCES notices.endpoint,
    version         text COLLATE "C" NOT NULL,   -- v1a: Ed25519; v1: HMAC-SHA256
    sealed          bytea NOT NULL,              -- the secret, sealed with a key that is in a file
    public_key      bytea,                       -- of v1a
    added_at        timestamptz NOT NULL,
    ends_at         timestamptz,                 -- null: until another takes its place
    CONSTRAINT signing_key_version_is_known CHECK (version IN ('v1', 'v1a')),
    CONSTRAINT signing_key_of_v1a_has_a_public_half CHECK ((version = 'v1a') = (public_key IS NOT NULL))
);
CREATE INDEX signing_key_endpoint ON notices.signing_key (endpoint_id);

-- One notice for one endpoint.
CREATE TABLE notices.delivery (
    delivery_no  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    notice_no    bigint NOT NULL REFERENCES notices.notice ON DELETE CASCADE,
    endpoint_id  integer NOT NULL REFERENCES notices.endpoint,
    state        text COLLATE "C" NOT NULL DEFAULT 'waiting',
    attempts     smallint NOT NULL DEFAULT 0,    -- since it was last asked for
    due_at       timestamptz NOT NULL,
    -- Whoever takes it holds it until then; after a crash it is anybody's again.
    held_until   timestamptz NOT NULL DEFAULT '-infinity',
    made_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    is_replay    boolean NOT NULL DEFAULT false,
    CONSTRAINT delivery_state_is_known CHECK (state IN ('waiting', 'delivered', 'given_up'))
) WITH (fillfactor = 70);
CREATE INDEX delivery_due ON notices.delivery (due_at) WHERE state = 'waiting';
-- What an endpoint is given next, and what is under way: a round reads a few of each, not its backlog.
CREATE INDEX delivery_waiting ON notices.delivery (endpoint_id, due_at, delivery_no) WHERE state = 'waiting';
CREATE INDEX delivery_held ON notices.delivery (endpoint_id)
 WHERE state = 'waiting' AND held_until > '-infinity';
CREATE INDEX delivery_endpoint ON notices.delivery (endpoint_id, delivery_no);
CREATE INDEX delivery_notice ON notices.delivery (notice_no);

-- The delivery log: what each attempt met. Kept for ATTEMPT_DAYS.
CREATE TABLE notices.attempt (
    delivery_no  bigint NOT NULL REFERENCES notices.delivery ON DELETE CASCADE,
    began_at     timestamptz NOT NULL,
    took_ms      integer NOT NULL,
    answer       smallint,                       -- HTTP's or SMTP's number; null: none came
    reason       text COLLATE "C" NOT NULL,      -- "" when it was delivered
    said         text NOT NULL,                  -- the beginning of what was answered, or met
    PRIMARY KEY (delivery_no, began_at)
);
CREATE INDEX attempt_began_at ON notices.attempt (began_at);

-- Whether the reader of an e-mail address wants to be told: asked by a link that is good once.
CREATE TABLE notices.confirmation (
    endpoint_id    integer PRIMARY KEY REFERENCES notices.endpoint,
    asked_at       timestamptz NOT NULL,
    secret_digest  bytea UNIQUE,                 -- SHA-256 of what the link holds; null: not sent yet
    ends_at        timestamptz
);

-- What people had the register send, by organisation: counted within the hour.
CREATE TABLE notices.effort (
    organisation_code  text COLLATE "C",         -- null: the register's own people
    kind               text COLLATE "C" NOT NULL,
    made_at            timestamptz NOT NULL,
    amount             integer NOT NULL,
    CONSTRAINT effort_kind_is_known CHECK (kind IN ('ping', 'replay', 'confirmation'))
);
CREATE INDEX effort_organisation ON notices.effort (organisation_code, kind, made_at);

-- What is told once, however often somebody looks: a key that ends soon, an hour's refused events.
CREATE TABLE notices.told_once (
    name   text COLLATE "C" PRIMARY KEY,
    until  timestamptz NOT NULL                 -- nobody looks for it after that
);
CREATE INDEX told_once_until ON notices.told_once (until);

GRANT USAGE ON SCHEMA notices TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT INSERT ON notices.notice TO ekino_ingest, ekino_office, ekino_follower;
GRANT SELECT ON notices.notice, notices.endpoint, notices.delivery, notices.attempt TO ekino_office, ekino_follower;
GRANT SELECT ON notices.signing_key TO ekino_office, ekino_follower;
GRANT INSERT, UPDATE ON notices.endpoint, notices.signing_key, notices.delivery TO ekino_office;
GRANT DELETE ON notices.signing_key TO ekino_office;
GRANT UPDATE ON notices.notice, notices.endpoint, notices.delivery TO ekino_follower;
GRANT INSERT ON notices.delivery, notices.attempt TO ekino_follower;
GRANT DELETE ON notices.notice, notices.delivery, notices.attempt, notices.signing_key TO ekino_follower;
GRANT SELECT, INSERT, UPDATE ON notices.confirmation TO ekino_office;
GRANT SELECT, UPDATE ON notices.confirmation TO ekino_follower;
GRANT SELECT, INSERT ON notices.effort TO ekino_office;
GRANT SELECT, DELETE ON notices.effort TO ekino_follower;
GRANT SELECT, INSERT, DELETE ON notices.told_once TO ekino_follower;
