-- How each source's upload is doing: a fold over the batches that were received, and nothing else.
-- Everything here can be thrown away and computed again from batch 0.

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
    batches           bigint NOT NULL
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

GRANT USAGE ON SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT SELECT ON ALL TABLES IN SCHEMA feeds TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON feeds.key, feeds.hour TO ekino_follower;
GRANT UPDATE ON feeds.follower TO ekino_follower;
