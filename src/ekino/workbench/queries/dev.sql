-- name: find_organisations
-- Give the codes and names of organisations by their numbers.
SELECT code, name FROM catalog.organisation WHERE organisation_id = ANY(%(organisation_ids)s) ORDER BY code;

-- name: list_sources
-- Give the sources that these organisations made or run.
SELECT source_id, code, name, state FROM access.source
 WHERE vendor_code = ANY(%(codes)s) OR organisation_code = ANY(%(codes)s) ORDER BY code;

-- name: list_keys
-- Give the keys that sign requests for these sources.
SELECT key.key_id, source.code AS source, key.valid_from, key.valid_until, key.revoked_at,
       coalesce((SELECT string_agg(network::text, ', ' ORDER BY network) FROM access.key_network
                  WHERE key_network.key_id = key.key_id), '') AS networks
  FROM access.key JOIN access.source USING (source_id)
 WHERE key.source_id = ANY(%(source_ids)s) AND key.kind = 'batch'
 ORDER BY key.revoked_at IS NOT NULL, key.valid_until DESC, key.key_id LIMIT 500;

-- name: list_events
-- Give what became of the newest events of these sources: entries, and refusals under their names.
WITH recent AS (
    SELECT batch_no, key_id, recorded_at FROM register.batch
     WHERE source_id = ANY(%(source_ids)s)
       AND batch_no >= (SELECT batches - %(back)s FROM register.head)
     ORDER BY batch_no DESC LIMIT %(limit)s
)
SELECT recent.recorded_at, recent.key_id, recent.batch_no, outcome.ordinal, outcome.position, outcome.kind,
       outcome.subject, outcome.outcome, outcome.problem
  FROM recent
  JOIN LATERAL (
        SELECT entry.ordinal, entry.position, entry.kind::text AS kind, entry.subject, 'entered' AS outcome,
               '{}'::jsonb AS problem
          FROM register.entry WHERE entry.batch_no = recent.batch_no
        UNION ALL
        SELECT refusal.ordinal, NULL, coalesce(refusal.problem ->> 'kind', ''),
               coalesce(refusal.problem ->> 'ticket', refusal.problem ->> 'showing', ''), refusal.outcome,
               refusal.problem
          FROM register.refusal WHERE refusal.batch_no = recent.batch_no) AS outcome ON true
 ORDER BY recent.batch_no DESC, outcome.ordinal DESC
 LIMIT %(limit)s;

-- name: count_refused
-- Count the refused events of these sources by cause, the latest first, with the last of each.
SELECT refusal.outcome, count(*) AS events, max(batch.recorded_at) AS last_at,
       (array_agg(refusal.problem ->> 'detail' ORDER BY batch.batch_no DESC))[1] AS detail
  FROM register.batch JOIN register.refusal USING (batch_no)
 WHERE batch.source_id = ANY(%(source_ids)s)
   AND batch.batch_no >= (SELECT batches - %(back)s FROM register.head)
 GROUP BY refusal.outcome
 ORDER BY last_at DESC;

-- name: list_history
-- Give the entries of a ticket or a showing of these sources, in order.
SELECT position, kind::text AS kind, subject, recorded_at, happened_at, gross_minor, admissions
  FROM register.entry
 WHERE source_id = ANY(%(source_ids)s) AND subject = %(subject)s
 ORDER BY position LIMIT 200;

-- name: find_position
-- Give an entry of these sources by its position.
SELECT position, kind::text AS kind, subject, recorded_at, happened_at, gross_minor, admissions
  FROM register.entry
 WHERE position = %(position)s AND source_id = ANY(%(source_ids)s);
