-- The integrators' workbench: what programs asked of us and how it went. Kept for REQUEST_DAYS.

CREATE SCHEMA workbench;

-- In a live register what failed; in a test register everything.
CREATE TABLE workbench.request (
    request_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id    text COLLATE "C" NOT NULL UNIQUE,
    at            timestamptz NOT NULL,
    took_ms       real NOT NULL,
    key_id        text COLLATE "C" NOT NULL,    -- as the request says; "" when it is not signed
    method        text COLLATE "C" NOT NULL,
    path          text NOT NULL,                -- with the query
    answer        smallint NOT NULL,            -- HTTP's number; 0: none was given
    code          text COLLATE "C" NOT NULL,    -- of the problem; "" for none
    agent         text NOT NULL,                -- the program as it calls itself
    headers       jsonb NOT NULL,               -- those that matter, secrets masked
    body          text NOT NULL,                -- tokens, receipts and contacts masked
    body_bytes    integer NOT NULL,
    body_sha256   text COLLATE "C" NOT NULL,
    answer_body   text NOT NULL,
    answer_bytes  integer NOT NULL,
    -- Whether the key's holder made the signature. Of others' requests no body is kept.
    is_verified   boolean NOT NULL DEFAULT false
);
CREATE INDEX request_key ON workbench.request (key_id, request_no);
CREATE INDEX request_at ON workbench.request (at);

-- How it goes, by key, program and hour: every request, also where the requests are not kept.
CREATE TABLE workbench.hour (
    key_id     text COLLATE "C" NOT NULL,
    agent      text NOT NULL,
    begins_at  timestamptz NOT NULL,
    requests   bigint NOT NULL,
    failed     bigint NOT NULL,
    -- How many took at most TOOK_MS[n] and more than the one before.
    took       bigint[] NOT NULL,
    PRIMARY KEY (key_id, begins_at, agent)
) WITH (fillfactor = 70);
CREATE INDEX hour_begins_at ON workbench.hour (begins_at);

GRANT USAGE ON SCHEMA workbench TO ekino_office, ekino_follower, ekino_reader;
GRANT SELECT, INSERT ON workbench.request TO ekino_office;
GRANT SELECT, INSERT, UPDATE ON workbench.hour TO ekino_office;
GRANT SELECT, DELETE ON workbench.request, workbench.hour TO ekino_follower;
