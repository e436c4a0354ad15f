-- What organisations ask of the register. Nothing here changes a figure: the register is corrected
-- by its source's signed event and by nothing else.

CREATE SCHEMA own;

CREATE TABLE own.correction (
    correction_no    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference        text COLLATE "C" NOT NULL UNIQUE,
    organisation_id  integer NOT NULL,          -- catalog.organisation that asks
    venue_id         integer NOT NULL,          -- catalog.venue
    source_id        integer NOT NULL,          -- access.source that is asked
    ticket           text COLLATE "C" NOT NULL, -- the source's own name of it
    wanted           text COLLATE "C" NOT NULL, -- the kind of event that closes the request
    price_minor      bigint,                    -- the right price, where a corrected event is wanted
    reason           text COLLATE "C" NOT NULL,
    words            text NOT NULL,
    asked_by         text NOT NULL,
    asked_at         timestamptz NOT NULL,
    asked_position   bigint NOT NULL,           -- the register's size: only later entries close it
    -- "made" is never written: the register shows it.
    state            text COLLATE "C" NOT NULL DEFAULT 'asked',
    ended_at         timestamptz,
    ended_by         text,
    ended_words      text NOT NULL DEFAULT '',
    CONSTRAINT correction_wanted_is_known CHECK (wanted IN ('sold', 'corrected', 'refunded', 'voided')),
    CONSTRAINT correction_price_is_not_negative CHECK (price_minor >= 0),
    CONSTRAINT correction_state_is_known CHECK (state IN ('asked', 'declined', 'withdrawn')),
    CONSTRAINT correction_that_ended_says_when CHECK ((state = 'asked') = (ended_at IS NULL))
);
CREATE INDEX correction_organisation ON own.correction (organisation_id, correction_no);
CREATE INDEX correction_source ON own.correction (source_id, correction_no);

GRANT USAGE ON SCHEMA own TO ekino_office;
GRANT SELECT, INSERT, UPDATE ON own.correction TO ekino_office;
