-- Certification of ticketing systems: what their own tills sent in a test register.

CREATE SCHEMA certification;

-- A vendor's product goes through the tests of some levels, in a test register.
CREATE TABLE certification.run (
    run_no             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference          text COLLATE "C" NOT NULL UNIQUE, -- as people and programs name it
    source_id          integer NOT NULL,        -- access.source
    organisation_code  text COLLATE "C",        -- catalog.organisation: the vendor, whose people may look
    key_id             text COLLATE "C" NOT NULL, -- whose requests are judged
    vendor             text NOT NULL,
    product            text NOT NULL,
    version            text NOT NULL,
    levels             text[] NOT NULL,         -- that were wanted
    stage              jsonb NOT NULL,          -- the venue and showings in which it plays
    started_at         timestamptz NOT NULL,
    state              text COLLATE "C" NOT NULL DEFAULT 'running',
    ended_at           timestamptz,
    ends_date          date,                    -- until when the certificate holds
    certificate        jsonb,                   -- as it was signed
    withdrawn_at       timestamptz,
    withdrawn_words    text NOT NULL DEFAULT '',
    CONSTRAINT run_state_is_known CHECK (state IN ('running', 'certified', 'not_certified', 'left')),
    CONSTRAINT run_that_ended_says_when CHECK ((state = 'running') = (ended_at IS NULL)),
    CONSTRAINT run_certified_has_its_certificate CHECK ((state = 'certified') = (certificate IS NOT NULL)),
    CONSTRAINT run_certified_has_its_end CHECK ((state = 'certified') = (ends_date IS NOT NULL))
);
CREATE INDEX run_source ON certification.run (source_id, run_no);
CREATE INDEX run_organisation ON certification.run (organisation_code, run_no);
-- A source goes through one at a time: its requests belong to one.
CREATE UNIQUE INDEX run_running ON certification.run (source_id) WHERE state = 'running';

-- One test of a run.
CREATE TABLE certification.step (
    run_no        bigint NOT NULL REFERENCES certification.run,
    place         smallint NOT NULL,
    test          text COLLATE "C" NOT NULL,
    state         text COLLATE "C" NOT NULL DEFAULT 'waiting',
    began_at      timestamptz,                  -- NULL: its turn has not come
    ended_at      timestamptz,
    detail        text NOT NULL DEFAULT '',     -- what was seen, with values
    request_id    text COLLATE "C" NOT NULL DEFAULT '', -- workbench.request that shows it
    shown         text NOT NULL DEFAULT '',     -- the request as it was received
    fault_met_at  timestamptz,                  -- when the test's fault was first met
    answers       text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (run_no, place),
    CONSTRAINT step_test_is_asked_once UNIQUE (run_no, test),
    CONSTRAINT step_state_is_known CHECK (state IN ('waiting', 'pass', 'warn', 'fail', 'skipped'))
);

GRANT USAGE ON SCHEMA certification TO ekino_office, ekino_reader, ekino_follower;
GRANT SELECT, INSERT, UPDATE ON certification.run, certification.step TO ekino_office;
GRANT SELECT ON certification.run, certification.step TO ekino_reader, ekino_follower;
