-- Ticketing systems, read as their vendor or as the exhibitor that runs them.

-- name: list_sources
-- The sources that the reader may see, with what each sent since an instant. What a shared source sends for others
-- is not an exhibitor's to know, and is NULL.
SELECT source.source_id, source.code, source.name, source.state = 'active' AS is_active, source.may_announce,
       source.allowed_delay_s,
       (SELECT count(*) FROM access.source_hall WHERE source_hall.source_id = source.source_id) AS halls,
       (SELECT count(DISTINCT hall.venue_id) FROM access.source_hall JOIN catalog.hall USING (hall_id)
         WHERE source_hall.source_id = source.source_id) AS venues,
       (SELECT max(key.last_recorded_at) FROM feeds.key WHERE key.source_id = source.source_id) AS heard_at,
       sent.batches, sent.events, sent.entered, sent.refused
  FROM access.source
  LEFT JOIN (SELECT source_id, sum(batches)::bigint AS batches, sum(events)::bigint AS events,
                    sum(entered)::bigint AS entered, sum(refused)::bigint AS refused
               FROM feeds.hour WHERE begins_at >= %(since)s GROUP BY source_id) AS sent USING (source_id)
 ORDER BY source.code;

-- name: list_source_keys
-- Their keys with when each was last heard, those that end first before the others.
SELECT source.code AS source, source.state = 'active' AS is_active, key.key_id, key.kind, key.valid_from,
       key.valid_until, key.revoked_at, heard.last_recorded_at AS heard_at, heard.batches
  FROM access.key JOIN access.source USING (source_id)
  LEFT JOIN feeds.key AS heard USING (key_id)
 ORDER BY key.revoked_at IS NOT NULL, key.kind, key.valid_until, key.key_id
 LIMIT %(limit)s;

-- name: list_source_keys_of_exhibitor
-- The same for an exhibitor, who may know when a key was heard and not how much it sent: the
-- source may speak for other cinemas too.
SELECT source.code AS source, source.state = 'active' AS is_active, key.key_id, key.kind, key.valid_from,
       key.valid_until, key.revoked_at, heard.last_recorded_at AS heard_at, NULL::bigint AS batches
  FROM access.key JOIN access.source USING (source_id)
  LEFT JOIN feeds.key AS heard USING (key_id)
 ORDER BY key.revoked_at IS NOT NULL, key.kind, key.valid_until, key.key_id
 LIMIT %(limit)s;

-- name: list_source_days
-- What each of them sent, day by day of a zone.
SELECT source_id, (begins_at AT TIME ZONE %(timezone)s)::date AS day, sum(batches)::bigint AS batches,
       sum(events)::bigint AS events, sum(entered)::bigint AS entered, sum(refused)::bigint AS refused
  FROM feeds.hour WHERE begins_at >= %(since)s
 GROUP BY 1, 2 ORDER BY 2 DESC, 1;

-- name: count_refusals_as_vendor
-- What was not entered since an instant, by source and cause, the most first, with the last one's words.
SELECT source.code AS source, refusal.outcome, count(*) AS events, max(refusal.recorded_at) AS last_at,
       (array_agg(refusal.problem ->> 'detail' ORDER BY refusal.batch_no DESC, refusal.ordinal DESC))[1] AS detail
  FROM register.vendor_refusal AS refusal JOIN access.source USING (source_id)
 WHERE refusal.batch_no >= %(first_batch)s AND refusal.recorded_at >= %(since)s
 GROUP BY source.code, refusal.outcome ORDER BY events DESC, source.code, refusal.outcome;

-- name: count_refusals_as_exhibitor
-- The same of the sources that an exhibitor runs.
SELECT source.code AS source, refusal.outcome, count(*) AS events, max(refusal.recorded_at) AS last_at,
       (array_agg(refusal.problem ->> 'detail' ORDER BY refusal.batch_no DESC, refusal.ordinal DESC))[1] AS detail
  FROM register.exhibitor_refusal AS refusal JOIN access.source USING (source_id)
 WHERE refusal.batch_no >= %(first_batch)s AND refusal.recorded_at >= %(since)s
 GROUP BY source.code, refusal.outcome ORDER BY events DESC, source.code, refusal.outcome;
