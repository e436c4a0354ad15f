-- name: find_source
-- Give a source by its code.
SELECT source_id, code, name, coalesce(organisation_code, '') AS organisation, state
  FROM access.source WHERE code = %(code)s;

-- name: list_sources_of
-- Give the sources that an organisation keeps itself, by name.
SELECT source.code, source.name FROM access.source
  JOIN catalog.organisation ON organisation.code = source.organisation_code
 WHERE organisation.organisation_id = %(organisation_id)s AND source.state = 'active'
 ORDER BY source.name, source.code;

-- name: list_halls
-- Give the halls that a source may speak for, with their venues.
SELECT venue.code AS venue, venue.name AS venue_name, venue.city, venue.timezone, venue.currency,
       hall.code AS hall, coalesce((SELECT version.name FROM catalog.hall_version AS version
                                     WHERE version.hall_id = hall.hall_id
                                     ORDER BY version.valid_from DESC LIMIT 1), hall.code) AS hall_name
  FROM access.source_hall JOIN catalog.hall USING (hall_id) JOIN catalog.venue USING (venue_id)
 WHERE source_hall.source_id = %(source_id)s
 ORDER BY venue.code, hall.code;

-- name: find_versions
-- Give every film version with its film's certificate and titles. Titles are compared by us: what
-- lower case is, is each database's own.
SELECT version.code, film.code AS film, version.language, coalesce(film.certificate, '') AS certificate,
       ARRAY(SELECT value FROM jsonb_each_text(film.titles)) AS titles
  FROM catalog.film_version AS version JOIN catalog.film USING (film_id);

-- name: list_versions
-- Give the film versions shown latest, for whoever looks for one.
SELECT version.code, coalesce(film.titles ->> %(language)s, film.titles ->> 'original',
                              (SELECT value FROM jsonb_each_text(film.titles) LIMIT 1)) AS title,
       version.language
  FROM catalog.film_version AS version JOIN catalog.film USING (film_id)
 ORDER BY version.version_id DESC LIMIT %(limit)s;

-- name: has_version
-- Say whether there is a film version of this code.
SELECT EXISTS (SELECT FROM catalog.film_version WHERE code = %(code)s) AS is_there;

-- name: find_showings
-- Give showings that are there already: by their code, or by hall, start and film version.
SELECT wanted.place, showing.code, showing.state, hall.code AS hall, version.code AS version,
       showing.starts_at
  FROM unnest(%(places)s::integer[], %(venues)s::text[], %(codes)s::text[], %(halls)s::text[],
              %(versions)s::text[], %(starts)s::timestamptz[])
       AS wanted (place, venue, code, hall, version, starts_at)
  JOIN catalog.venue ON venue.code = wanted.venue
  JOIN catalog.showing ON showing.venue_id = venue.venue_id
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film_version AS version USING (version_id)
 WHERE showing.code = wanted.code
    OR (hall.code = wanted.hall AND version.code = wanted.version
        AND showing.starts_at = wanted.starts_at AND showing.state = 'announced')
 ORDER BY wanted.place, showing.code = wanted.code DESC, showing.showing_id;

-- name: find_comparable
-- Give venues that are the source's organisation's own, or for which no other source speaks: what
-- others have sold is no source's to learn.
SELECT venue.code FROM catalog.venue LEFT JOIN catalog.organisation USING (organisation_id)
 WHERE venue.code = ANY (%(venues)s::text[])
   AND (organisation.code = %(organisation)s
        OR NOT EXISTS (SELECT FROM access.source_hall JOIN catalog.hall USING (hall_id)
                        WHERE hall.venue_id = venue.venue_id AND source_hall.source_id <> %(source_id)s));

-- name: sum_scopes
-- Say what showings took, by showing or by venue and day; one row without a place where none did.
WITH wanted AS (
    SELECT place, venue_id, hall, showing, version.film_id, day
      FROM unnest(%(places)s::integer[], %(venues)s::text[], %(halls)s::text[], %(showings)s::text[],
                  %(versions)s::text[], %(days)s::date[])
           AS asked (place, venue, hall, showing, version, day)
      JOIN catalog.venue ON venue.code = asked.venue
      LEFT JOIN catalog.film_version AS version ON version.code = asked.version
), meant AS (
    SELECT wanted.place, showing.showing_id, coalesce(wanted.day <> showing.business_date, false) AS is_other
      FROM wanted JOIN catalog.showing ON showing.venue_id = wanted.venue_id AND showing.code = wanted.showing
     WHERE wanted.showing <> ''
     UNION ALL
    SELECT wanted.place, showing.showing_id, false
      FROM wanted JOIN catalog.showing ON showing.venue_id = wanted.venue_id AND showing.business_date = wanted.day
      JOIN catalog.hall USING (hall_id)
     WHERE wanted.showing = '' AND wanted.hall IN ('', hall.code)
       AND (wanted.film_id IS NULL OR wanted.film_id = showing.film_id)
), summed AS (
    SELECT place, coalesce(sum(total.admissions), 0)::bigint AS tickets,
           coalesce(sum(total.gross_minor), 0)::bigint AS gross_minor, bool_or(is_other) AS is_other
      FROM meant LEFT JOIN totals.showing AS total USING (showing_id)
     GROUP BY place
)
SELECT follower.next_position, summed.place, summed.tickets, summed.gross_minor, summed.is_other
  FROM totals.follower LEFT JOIN summed ON true;

-- name: sum_film_days
-- Say what film versions took on business dates at the halls that a source may speak for; is_mixed:
-- another source may speak for one of these halls too, or its venue takes another currency.
WITH wanted AS (
    SELECT place, version.version_id, version.film_id, day, currency
      FROM unnest(%(places)s::integer[], %(versions)s::text[], %(days)s::date[], %(currencies)s::text[])
           AS asked (place, version, day, currency)
      JOIN catalog.film_version AS version ON version.code = asked.version
), summed AS (
    SELECT wanted.place, coalesce(sum(total.admissions), 0)::bigint AS tickets,
           coalesce(sum(total.gross_minor), 0)::bigint AS gross_minor,
           bool_or(venue.currency <> wanted.currency
                   OR EXISTS (SELECT FROM access.source_hall AS other
                               WHERE other.hall_id = own.hall_id AND other.source_id <> own.source_id)) AS is_mixed
      FROM wanted
      JOIN catalog.showing ON showing.film_id = wanted.film_id AND showing.business_date = wanted.day
                          AND showing.version_id = wanted.version_id
      JOIN access.source_hall AS own ON own.hall_id = showing.hall_id AND own.source_id = %(source_id)s
      JOIN catalog.venue ON venue.venue_id = showing.venue_id
      LEFT JOIN totals.showing AS total USING (showing_id)
     GROUP BY wanted.place
)
SELECT follower.next_position, summed.place, summed.tickets, summed.gross_minor, summed.is_mixed
  FROM totals.follower LEFT JOIN summed ON true;

-- name: lock_numbering
-- Take a source's numbers until the transaction ends: lock first, then look.
SELECT key_id, next_sequence FROM intake.numbering WHERE source_id = %(source_id)s FOR UPDATE;

-- name: begin_numbering
-- Give a source numbers of its own; nothing happens when it has them.
INSERT INTO intake.numbering (source_id, key_id, next_sequence) VALUES (%(source_id)s, %(key_id)s, 1)
    ON CONFLICT DO NOTHING;

-- name: advance_numbering
-- Move on past the numbers that were given, under the key that signs them.
UPDATE intake.numbering SET next_sequence = %(next_sequence)s, key_id = %(key_id)s
 WHERE source_id = %(source_id)s;

-- name: find_upload_again
-- Give the upload of the same bytes, asked the same.
SELECT upload_no FROM intake.upload
 WHERE source_id = %(source_id)s AND file_sha256 = %(file_sha256)s AND asked = %(asked)s;

-- name: sum_handed
-- Count the files that were handed in for a source since an instant, and their bytes as they came.
SELECT count(*), coalesce(sum(file_bytes), 0)::bigint, min(handed_at) FROM intake.upload
 WHERE source_id = %(source_id)s AND handed_at > %(since)s;

-- name: insert_upload
-- Write an upload down.
INSERT INTO intake.upload (reference, source_id, file_name, file_sha256, file_bytes, content, asked,
                           format, version, handed_by, handed_at, state, refusal, counts, judged_at)
VALUES (%(reference)s, %(source_id)s, %(file_name)s, %(file_sha256)s, %(file_bytes)s, %(content)s,
        %(asked)s, %(format)s, %(version)s, %(handed_by)s, %(at)s, %(state)s, %(refusal)s, %(counts)s,
        %(at)s)
RETURNING upload_no;

-- name: judge_again
-- Write down what an upload is after it was judged once more.
UPDATE intake.upload SET state = %(state)s, counts = %(counts)s, judged_at = %(at)s
 WHERE upload_no = %(upload_no)s;

-- name: leave_waiting
-- Have a file wait until another name is mapped: `list_mapped` looks a minute behind the last judgement.
UPDATE intake.upload SET judged_at = %(at)s + interval '1 minute' WHERE upload_no = %(upload_no)s AND state = 'waiting';

-- name: lock_upload
-- Take an upload until the transaction ends.
SELECT source_id, state, counts FROM intake.upload WHERE upload_no = %(upload_no)s FOR UPDATE;

-- name: find_content
-- Give the bytes of an upload and how they were handed in.
SELECT upload.content, upload.asked, upload.file_name, upload.handed_at, source.code
  FROM intake.upload JOIN access.source USING (source_id) WHERE upload_no = %(upload_no)s;

-- name: insert_batch
-- Keep a batch of an upload until it is answered. No COPY: row security holds here.
INSERT INTO intake.batch (upload_no, ordinal, key_id, first_sequence, events, body_sha256, body, places)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s);

-- name: count_batches
-- Say how many batches an upload has, and how many are answered.
SELECT count(*) AS batches, count(answered_at) AS answered,
       coalesce(sum((answer ->> 'entered')::bigint), 0) AS entered,
       coalesce(sum((answer ->> 'already_entered')::bigint), 0) AS already,
       coalesce(sum((answer ->> 'refused')::bigint), 0) AS refused
  FROM intake.batch WHERE upload_no = %(upload_no)s;

-- name: next_batch
-- Give the first batch of an upload that is not answered.
SELECT ordinal, key_id, events, body, places FROM intake.batch
 WHERE upload_no = %(upload_no)s AND answered_at IS NULL ORDER BY ordinal LIMIT 1;

-- name: answer_batch
-- Keep the answer of a batch and let its body go; the first answer stays.
UPDATE intake.batch SET answer = %(answer)s, answered_at = %(at)s, body = NULL, places = NULL
 WHERE upload_no = %(upload_no)s AND ordinal = %(ordinal)s AND answered_at IS NULL
RETURNING ordinal;

-- name: set_state
-- Say how an upload stands.
UPDATE intake.upload SET state = %(state)s, counts = counts || %(counts)s WHERE upload_no = %(upload_no)s;

-- name: list_entering
-- Give uploads that are not all answered, the oldest first.
SELECT upload_no FROM intake.upload
 WHERE state = 'entering' AND judged_at < %(before)s ORDER BY upload_no LIMIT %(limit)s;

-- name: delete_findings
-- Forget what was found in an upload: it is judged again.
DELETE FROM intake.finding WHERE upload_no = %(upload_no)s;

-- name: delete_unknown_names
-- Forget which names of an upload wait.
DELETE FROM intake.unknown_name WHERE upload_no = %(upload_no)s;

-- name: insert_finding
-- Keep what was found in an upload.
INSERT INTO intake.finding (upload_no, ordinal, place, field, code, words, raw)
VALUES (%s, %s, %s, %s, %s, %s, %s);

-- name: next_finding
-- Give the number of the next finding of an upload.
SELECT coalesce(max(ordinal) + 1, 0) AS ordinal FROM intake.finding WHERE upload_no = %(upload_no)s;

-- name: insert_unknown_name
-- Keep that a name of an upload waits.
INSERT INTO intake.unknown_name (upload_no, kind, within, name, rows) VALUES (%s, %s, %s, %s, %s);

-- name: list_uploads
-- Give uploads of sources, the latest first, or the one with a reference.
SELECT upload.upload_no, upload.reference, source.code AS source_code, source.name AS source_name,
       upload.file_name, encode(upload.file_sha256, 'hex') AS file_sha256, upload.file_bytes,
       upload.format, upload.version, upload.handed_by, upload.handed_at, upload.state, upload.refusal,
       upload.counts, made.batches, made.answered
  FROM intake.upload JOIN access.source USING (source_id)
 CROSS JOIN LATERAL (SELECT count(*) AS batches, count(answered_at) AS answered
                       FROM intake.batch WHERE batch.upload_no = upload.upload_no) AS made
 WHERE (%(source_code)s::text IS NULL OR source.code = %(source_code)s)
   AND (%(reference)s::text IS NULL OR upload.reference = %(reference)s)
   AND (%(upload_no)s::bigint IS NULL OR upload.upload_no = %(upload_no)s)
 ORDER BY upload.upload_no DESC LIMIT %(limit)s;

-- name: list_findings
-- Give what was found in an upload, in the order of the file.
SELECT place, field, code, words, raw FROM intake.finding
 WHERE upload_no = %(upload_no)s ORDER BY ordinal LIMIT %(limit)s;

-- name: list_unknown_names
-- Give the names of an upload that wait, those of most rows first.
SELECT kind, within, name, rows FROM intake.unknown_name
 WHERE upload_no = %(upload_no)s ORDER BY kind = 'venue' DESC, kind = 'hall' DESC, rows DESC, name
 LIMIT %(limit)s;

-- name: list_mappings
-- Give what a source's names are mapped to.
SELECT kind, within, name, code FROM intake.mapping WHERE source_id = %(source_id)s;

-- name: put_mapping
-- Map a name to a code, in the place of what it was mapped to.
INSERT INTO intake.mapping (source_id, kind, within, name, code, made_by, made_at)
VALUES (%(source_id)s, %(kind)s, %(within)s, %(name)s, %(code)s, %(made_by)s, %(at)s)
    ON CONFLICT (source_id, kind, within, name) DO UPDATE
   SET code = excluded.code, made_by = excluded.made_by, made_at = excluded.made_at;

-- name: list_mapped
-- Give uploads that wait, by number with their sources, where a name that rows wait for has been mapped since they were
-- judged, or while they were; those of one source, or of all that may speak.
SELECT upload_no, source.code
  FROM intake.upload JOIN access.source USING (source_id)
 WHERE upload.state = 'waiting' AND source.state = 'active'
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND EXISTS (SELECT FROM intake.unknown_name AS unknown JOIN intake.mapping USING (kind, within, name)
                WHERE unknown.upload_no = upload.upload_no AND mapping.source_id = upload.source_id
                  AND mapping.made_at > upload.judged_at - interval '1 minute')
 ORDER BY upload_no LIMIT %(limit)s;
