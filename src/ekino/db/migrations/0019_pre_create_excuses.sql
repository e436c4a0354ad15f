-- Excuses: what people say of a span in which a feed is not what it should be, and what was decided.

CREATE TABLE feeds.excuse (
    excuse_no        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reference        text COLLATE "C" NOT NULL UNIQUE,
    organisation_id  integer NOT NULL,          -- catalog.organisation that filed it
    party            text COLLATE "C" NOT NULL, -- what it is to the feeds: exhibitor or vendor
    kind             text COLLATE "C" NOT NULL,
    begins_at        timestamptz NOT NULL,      -- half-open
    ends_at          timestamptz NOT NULL,
    words            text NOT NULL,
    incident         text NOT NULL DEFAULT '',  -- the vendor's own name of what happened
    evidence_name    text NOT NULL DEFAULT '',
    evidence         bytea,
    evidence_sha256  bytea,
    filed_at         timestamptz NOT NULL,
    filed_by         text NOT NULL,
    state            text COLLATE "C" NOT NULL DEFAULT 'filed',
    decided_at       timestamptz,               -- or withdrawn
    decided_by       text NOT NULL DEFAULT '',
    decided_words    text NOT NULL DEFAULT '',
    CONSTRAINT excuse_party_is_known CHECK (party IN ('exhibitor', 'vendor')),
    CONSTRAINT excuse_kind_is_known CHECK (kind IN ('maintenance', 'outage')),
    CONSTRAINT excuse_ends_after_it_begins CHECK (ends_at > begins_at),
    CONSTRAINT excuse_state_is_known CHECK (state IN ('filed', 'accepted', 'declined', 'withdrawn')),
    CONSTRAINT excuse_that_was_decided_says_when CHECK ((state = 'filed') = (decided_at IS NULL)),
    CONSTRAINT excuse_maintenance_is_announced_before CHECK (kind <> 'maintenance' OR filed_at < begins_at),
    CONSTRAINT excuse_evidence_has_its_hash CHECK ((evidence IS NULL) = (evidence_sha256 IS NULL)),
    CONSTRAINT excuse_evidence_is_small CHECK (octet_length(evidence) <= 1048576)
);
CREATE INDEX excuse_organisation ON feeds.excuse (organisation_id, excuse_no);
CREATE INDEX excuse_waiting ON feeds.excuse (excuse_no) WHERE state = 'filed';
CREATE INDEX excuse_span ON feeds.excuse (begins_at, ends_at) WHERE state = 'accepted';

-- Which feeds an excuse is about: one source at one venue, as they were when it was filed.
CREATE TABLE feeds.excuse_place (
    excuse_no  bigint NOT NULL REFERENCES feeds.excuse,
    source_id  integer NOT NULL,                -- access.source
    venue_id   integer NOT NULL,                -- catalog.venue
    PRIMARY KEY (excuse_no, source_id, venue_id)
);
CREATE INDEX excuse_place_feed ON feeds.excuse_place (source_id, venue_id);

-- What the rules leave out: the spans of accepted excuses, feed by feed.
CREATE VIEW feeds.excused AS
SELECT place.source_id, place.venue_id, excuse.begins_at, excuse.ends_at, excuse.reference, excuse.kind
  FROM feeds.excuse JOIN feeds.excuse_place AS place USING (excuse_no)
 WHERE excuse.state = 'accepted';

GRANT SELECT ON feeds.excuse, feeds.excuse_place, feeds.excused TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE ON feeds.excuse TO ekino_office;
GRANT INSERT ON feeds.excuse_place TO ekino_office;

-- feeds.excuse: whoever filed it, and whoever else its feeds are: an exhibitor reads what its
-- vendor said of its cinemas, a vendor what a cinema said of its system; evidence is the filer's.
GRANT SELECT (excuse_no, reference, organisation_id, party, kind, begins_at, ends_at, words, incident, evidence_name,
              evidence_sha256, filed_at, filed_by, state, decided_at, decided_by, decided_words)
    ON feeds.excuse TO ekino_exhibitor, ekino_vendor;
GRANT SELECT ON feeds.excuse_place TO ekino_exhibitor, ekino_vendor;
ALTER TABLE feeds.excuse_place ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.excuse_place TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.excuse_place FOR SELECT TO ekino_exhibitor USING (venue_id = ANY (ARRAY(SELECT venue.venue_id FROM catalog.venue)));
CREATE POLICY vendor ON feeds.excuse_place FOR SELECT TO ekino_vendor USING (source_id = ANY (ARRAY(SELECT source.source_id FROM access.source)));
ALTER TABLE feeds.excuse ENABLE ROW LEVEL SECURITY;
CREATE POLICY everything ON feeds.excuse TO ekino_ingest, ekino_office, ekino_follower, ekino_reader USING (true) WITH CHECK (true);
CREATE POLICY exhibitor ON feeds.excuse FOR SELECT TO ekino_exhibitor
    USING (excuse_no = ANY (ARRAY(SELECT place.excuse_no FROM feeds.excuse_place AS place)));
CREATE POLICY vendor ON feeds.excuse FOR SELECT TO ekino_vendor
    USING (excuse_no = ANY (ARRAY(SELECT place.excuse_no FROM feeds.excuse_place AS place)));
