-- Excuses: what people say of a span in which a feed is not what it should be.

-- name: list_excusable
-- The feeds that the reader may speak of: one source at one venue, as rights are now.
SELECT DISTINCT source.source_id, venue.venue_id, source.code AS source, source.name AS source_name,
       venue.code AS venue, venue.name AS venue_name, venue.city, venue.timezone
  FROM access.source
  JOIN access.source_hall USING (source_id)
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.venue USING (venue_id)
 ORDER BY source.name, venue.name, source.source_id, venue.venue_id
 LIMIT %(limit)s;

-- name: lock_filer
-- Have whoever files for an organisation wait for this transaction's end; its key is of this room alone.
SELECT pg_advisory_xact_lock(hashtextextended('feeds.excuse', %(organisation_id)s::bigint));

-- name: count_filed
-- Count an organisation's excuses: those that wait, those filed since an instant, and the bytes of their documents.
SELECT count(*) FILTER (WHERE state = 'filed') AS waiting, count(*) FILTER (WHERE filed_at > %(since)s) AS lately,
       coalesce(sum(octet_length(evidence)) FILTER (WHERE filed_at > %(since)s), 0)::bigint AS evidence_bytes
  FROM feeds.excuse WHERE organisation_id = %(organisation_id)s;

-- name: insert_excuse
-- Write an excuse down and give its number.
INSERT INTO feeds.excuse (reference, organisation_id, party, kind, begins_at, ends_at, words, incident, evidence_name,
                          evidence, evidence_sha256, filed_at, filed_by)
VALUES (%(reference)s, %(organisation_id)s, %(party)s, %(kind)s, %(begins_at)s, %(ends_at)s, %(words)s, %(incident)s,
        %(evidence_name)s, %(evidence)s, %(evidence_sha256)s, %(filed_at)s, %(filed_by)s)
RETURNING excuse_no;

-- name: insert_excuse_places
-- Name the feeds that it is about.
INSERT INTO feeds.excuse_place (excuse_no, source_id, venue_id)
SELECT DISTINCT %(excuse_no)s::bigint, source_id, venue_id
  FROM unnest(%(source_ids)s::integer[], %(venue_ids)s::integer[]) AS place (source_id, venue_id);

-- name: lock_excuse
-- Take an excuse until the transaction ends, and say how it stands.
SELECT excuse_no, state FROM feeds.excuse WHERE reference = %(reference)s FOR UPDATE;

-- name: decide_excuse
-- Write down what became of it.
UPDATE feeds.excuse
   SET state = %(state)s, decided_at = %(at)s, decided_by = %(actor)s, decided_words = %(words)s
 WHERE excuse_no = %(excuse_no)s;

-- name: list_excuses
-- Excuses that the reader may see, those that wait before the others, the latest first: one by its reference, those
-- that touch a span, those of one source or one venue, or all.
SELECT excuse.reference, excuse.organisation_id, coalesce(organisation.name, '') AS organisation, excuse.party,
       excuse.kind, excuse.begins_at, excuse.ends_at, excuse.words, excuse.incident, excuse.evidence_name,
       excuse.evidence_sha256, excuse.state, excuse.filed_at, excuse.filed_by, excuse.decided_at, excuse.decided_by,
       excuse.decided_words, covered.venues, covered.sources
  FROM feeds.excuse
  LEFT JOIN catalog.organisation USING (organisation_id)
 CROSS JOIN LATERAL (
       SELECT count(DISTINCT venue_id) AS venues, count(DISTINCT source_id) AS sources
         FROM feeds.excuse_place AS place WHERE place.excuse_no = excuse.excuse_no) AS covered
 WHERE (%(reference)s::text IS NULL OR excuse.reference = %(reference)s)
   AND (%(source_id)s::integer IS NULL AND %(venue_id)s::integer IS NULL OR EXISTS (
           SELECT FROM feeds.excuse_place AS place
            WHERE place.excuse_no = excuse.excuse_no
              AND (%(source_id)s::integer IS NULL OR place.source_id = %(source_id)s)
              AND (%(venue_id)s::integer IS NULL OR place.venue_id = %(venue_id)s)))
   AND (%(first)s::timestamptz IS NULL OR excuse.ends_at > %(first)s)
   AND (%(past_end)s::timestamptz IS NULL OR excuse.begins_at < %(past_end)s)
 ORDER BY excuse.state <> 'filed', excuse.excuse_no DESC
 LIMIT %(limit)s;

-- name: list_excuse_places
-- The feeds that an excuse is about, as far as the reader may see them.
SELECT source.source_id, venue.venue_id, source.code AS source, source.name AS source_name,
       venue.code AS venue, venue.name AS venue_name, venue.city, venue.timezone
  FROM feeds.excuse
  JOIN feeds.excuse_place AS place USING (excuse_no)
  JOIN access.source USING (source_id)
  JOIN catalog.venue USING (venue_id)
 WHERE excuse.reference = %(reference)s
 ORDER BY source.name, venue.name
 LIMIT %(limit)s;

-- name: read_evidence
-- The document that came with an excuse.
SELECT evidence_name, evidence FROM feeds.excuse WHERE reference = %(reference)s AND evidence IS NOT NULL;

-- name: list_parties
-- Whom an excuse concerns besides the ministry: who filed it, the exhibitors of its venues, the vendors of its sources.
SELECT organisation.code
  FROM feeds.excuse JOIN catalog.organisation USING (organisation_id)
 WHERE excuse.reference = %(reference)s
 UNION
SELECT organisation.code
  FROM feeds.excuse JOIN feeds.excuse_place AS place USING (excuse_no)
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.organisation ON organisation.organisation_id = venue.organisation_id
 WHERE excuse.reference = %(reference)s
 UNION
SELECT source.vendor_code
  FROM feeds.excuse JOIN feeds.excuse_place AS place USING (excuse_no)
  JOIN access.source USING (source_id)
 WHERE excuse.reference = %(reference)s AND source.vendor_code IS NOT NULL
 ORDER BY 1;
