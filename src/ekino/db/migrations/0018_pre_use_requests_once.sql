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
