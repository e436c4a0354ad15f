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
    -- The vendor as an organisation of the catalog; `vendor` is its name in words.
    vendor_code        text COLLATE "C",
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
    -- The key that took its place: a key is replaced once.
    replaced_by  text COLLATE "C" REFERENCES access.key,
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
    detail    jsonb NOT NULL DEFAULT '{}',
    -- access.person, when a person who was signed in saw or did it.
    person_id integer
);
CREATE INDEX audit_person ON access.audit (person_id, audit_id);
CREATE INDEX audit_action ON access.audit (action, audit_id);
CREATE INDEX audit_at ON access.audit (at);

GRANT USAGE ON SCHEMA access TO ekino_ingest, ekino_office, ekino_follower, ekino_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA access TO ekino_ingest, ekino_office;
GRANT SELECT ON access.source, access.source_hall, access.key, access.revision TO ekino_follower, ekino_reader;
GRANT INSERT, UPDATE ON access.source, access.key, access.revision TO ekino_office;
GRANT INSERT, DELETE ON access.source_hall TO ekino_office;
GRANT INSERT ON access.audit TO ekino_office, ekino_ingest;

-- People, what they were granted, and how they sign in. Only the office's role sees it.

CREATE TABLE access.person (
    person_id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name          text NOT NULL,
    email         text NOT NULL,
    -- As addresses are compared: one mailbox is one person.
    email_folded  text COLLATE "C" NOT NULL,
    language      text COLLATE "C" NOT NULL,
    state         text COLLATE "C" NOT NULL DEFAULT 'active',
    added_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT person_email_is_of_one_person UNIQUE (email_folded),
    CONSTRAINT person_state_is_known CHECK (state IN ('active', 'blocked')),
    CONSTRAINT person_language_is_known CHECK (language IN ('kk', 'ru', 'en'))
);

CREATE TABLE access.person_role (
    person_id        integer NOT NULL REFERENCES access.person,
    role             text COLLATE "C" NOT NULL,
    organisation_id  integer,                   -- catalog.organisation
    granted_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT person_role_is_granted_once UNIQUE NULLS NOT DISTINCT (person_id, role, organisation_id),
    CONSTRAINT person_role_is_known CHECK (role IN ('analyst', 'operator', 'auditor', 'exhibitor',
                                                    'distributor', 'producer', 'vendor')),
    CONSTRAINT person_role_names_an_organisation_when_it_is_of_one
        CHECK ((role IN ('exhibitor', 'distributor', 'producer', 'vendor')) = (organisation_id IS NOT NULL))
);

CREATE TABLE access.password (
    person_id   integer PRIMARY KEY REFERENCES access.person,
    hash        text NOT NULL,                  -- Argon2id, in the form of its reference program
    changed_at  timestamptz NOT NULL,
    CONSTRAINT password_is_hashed_by_argon2id CHECK (starts_with(hash, '$argon2id$'))
);

CREATE TABLE access.totp (
    person_id    integer PRIMARY KEY REFERENCES access.person,
    sealed       bytea NOT NULL,                -- sealed with a key that is in a file (keys/people.key)
    -- Thirty-second steps since 1970; a code is good for a later one only, so never twice.
    last_step    bigint NOT NULL,
    enrolled_at  timestamptz NOT NULL
);

CREATE TABLE access.passkey (
    passkey_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id     integer NOT NULL REFERENCES access.person,
    credential    bytea NOT NULL UNIQUE,        -- the authenticator's name for it
    public_key    bytea NOT NULL,               -- COSE
    sign_count    bigint NOT NULL,
    name          text NOT NULL,
    added_at      timestamptz NOT NULL,
    last_used_at  timestamptz
);
CREATE INDEX passkey_person ON access.passkey (person_id);

-- Who an identity provider says somebody is.
CREATE TABLE access.outside_identity (
    issuer     text COLLATE "C" NOT NULL,
    subject    text COLLATE "C" NOT NULL,
    person_id  integer NOT NULL REFERENCES access.person,
    linked_at  timestamptz NOT NULL,
    PRIMARY KEY (issuer, subject),
    -- A provider that gives somebody's address to another does not give them the account.
    CONSTRAINT outside_identity_is_one_of_a_person UNIQUE (issuer, person_id)
);
CREATE INDEX outside_identity_person ON access.outside_identity (person_id);

CREATE TABLE access.sign_in (
    sign_in_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    secret_sha256  bytea NOT NULL UNIQUE,       -- of the cookie, which is nowhere else
    person_id      integer NOT NULL REFERENCES access.person,
    way            text COLLATE "C" NOT NULL,
    agent          text NOT NULL,               -- the browser as it calls itself, shortened
    began_at       timestamptz NOT NULL,
    seen_at        timestamptz NOT NULL,
    ends_at        timestamptz NOT NULL,
    ended_at       timestamptz,
    CONSTRAINT sign_in_secret_is_a_hash CHECK (octet_length(secret_sha256) = 32),
    CONSTRAINT sign_in_way_is_known CHECK (way IN ('password', 'passkey', 'provider', 'link'))
);
CREATE INDEX sign_in_person ON access.sign_in (person_id, sign_in_id);

-- A sign-in that is under way: a password was right and the code is awaited, a challenge was given
-- to an authenticator, a reader was sent to the identity provider.
CREATE TABLE access.sign_in_step (
    secret_sha256  bytea PRIMARY KEY,           -- of the step's cookie
    kind           text COLLATE "C" NOT NULL,
    person_id      integer REFERENCES access.person,
    holds          jsonb NOT NULL,
    tries          smallint NOT NULL DEFAULT 0,
    ends_at        timestamptz NOT NULL,
    CONSTRAINT sign_in_step_kind_is_known CHECK (kind IN ('code', 'passkey', 'new_passkey', 'provider'))
);
CREATE INDEX sign_in_step_ends_at ON access.sign_in_step (ends_at);

-- Links that are good once: to choose a way of signing in, or to enter.
CREATE TABLE access.link (
    secret_sha256  bytea PRIMARY KEY,
    kind           text COLLATE "C" NOT NULL,
    person_id      integer NOT NULL REFERENCES access.person,
    ends_at        timestamptz NOT NULL,
    CONSTRAINT link_kind_is_known CHECK (kind IN ('invitation', 'sign_in'))
);
CREATE INDEX link_person ON access.link (person_id);

-- Attempts to sign in, counted before they are judged: by e-mail, known or not, and by address.
CREATE TABLE access.attempt (
    subject_sha256  bytea PRIMARY KEY,
    began_at        timestamptz NOT NULL,
    count           integer NOT NULL
);
CREATE INDEX attempt_began_at ON access.attempt (began_at);

GRANT SELECT ON access.person, access.person_role, access.password, access.totp, access.passkey,
                access.outside_identity, access.sign_in, access.sign_in_step, access.link,
                access.attempt TO ekino_office;
GRANT INSERT ON access.person, access.person_role, access.password, access.totp, access.passkey,
                access.outside_identity, access.sign_in, access.sign_in_step, access.link,
                access.attempt TO ekino_office;
GRANT UPDATE ON access.person, access.password, access.totp, access.passkey, access.sign_in,
                access.sign_in_step, access.attempt TO ekino_office;
GRANT DELETE ON access.person_role, access.password, access.totp, access.passkey,
                access.outside_identity, access.sign_in_step, access.link, access.attempt TO ekino_office;

-- Signed requests that act (all but batches, whose events are entered once anyway), for as long as
-- their signatures are accepted: none acts twice, whichever web process takes it.
CREATE TABLE access.used_nonce (
    key_id   text COLLATE "C" NOT NULL,         -- access.key
    nonce    text COLLATE "C" NOT NULL,
    used_at  timestamptz NOT NULL,
    PRIMARY KEY (key_id, nonce)
);
CREATE INDEX used_nonce_used_at ON access.used_nonce (used_at);
GRANT SELECT, INSERT, DELETE ON access.used_nonce TO ekino_office;

-- Which register this database is: the live one, or the test register. Keys whose names begin with
-- `test.` are asked for in a test register only, and a live one enters none.
CREATE TABLE access.environment (
    only_row  boolean PRIMARY KEY DEFAULT true CONSTRAINT environment_has_one_row CHECK (only_row),
    name      text COLLATE "C" NOT NULL,
    CONSTRAINT environment_is_known CHECK (name IN ('live', 'test'))
);
INSERT INTO access.environment (name) VALUES ('live');

-- Codes that let a new key in, once and for minutes.
CREATE TABLE access.enrolment (
    code_sha256  bytea PRIMARY KEY,             -- of the code, which is nowhere else
    source_id    integer NOT NULL REFERENCES access.source,
    made_by      text NOT NULL,
    made_at      timestamptz NOT NULL,
    ends_at      timestamptz NOT NULL,
    key_id       text COLLATE "C",              -- access.key that it let in
    CONSTRAINT enrolment_code_is_a_hash CHECK (octet_length(code_sha256) = 32)
);
CREATE INDEX enrolment_source ON access.enrolment (source_id);
CREATE INDEX enrolment_ends_at ON access.enrolment (ends_at);

GRANT SELECT, UPDATE ON access.environment TO ekino_office;
GRANT SELECT, INSERT, UPDATE, DELETE ON access.enrolment TO ekino_office;

-- From where a key may be used, where its holder said so. A table of its own: cinemas read keys of the
-- sources that speak for them, and nobody else's networks.
CREATE TABLE access.key_network (
    key_id   text COLLATE "C" NOT NULL REFERENCES access.key,
    network  cidr NOT NULL,
    PRIMARY KEY (key_id, network)
);
GRANT SELECT ON access.key_network TO ekino_ingest, ekino_office, ekino_follower;
GRANT INSERT, DELETE ON access.key_network TO ekino_office;
