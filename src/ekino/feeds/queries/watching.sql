-- What people do about alarms, and what stands behind a feed's figures.

-- name: list_acknowledged
-- Who has taken notice of these alarms.
SELECT alarm_id, at, by, words FROM feeds.acknowledgement WHERE alarm_id = ANY (%(alarm_ids)s);

-- name: find_alarm
-- An alarm by its number.
SELECT kind, source_id, venue_id, subject FROM feeds.alarm WHERE alarm_id = %(alarm_id)s;

-- name: acknowledge
-- Take notice of an alarm; the first to do so stays.
INSERT INTO feeds.acknowledgement (alarm_id, at, by, words)
VALUES (%(alarm_id)s, %(at)s, %(by)s, %(words)s)
    ON CONFLICT (alarm_id) DO NOTHING
RETURNING alarm_id;

-- name: list_excused_now
-- The feeds that an accepted excuse holds at an instant, as far as the reader may see them.
SELECT place.source_id, place.venue_id
  FROM feeds.excuse JOIN feeds.excuse_place AS place USING (excuse_no)
 WHERE excuse.state = 'accepted' AND excuse.begins_at <= %(at)s AND excuse.ends_at > %(at)s;

-- name: find_source
-- The number of a source by its code, where the reader may know it.
SELECT source_id FROM access.source WHERE code = %(code)s;

-- name: is_source_ours
-- Whether whoever asks, in the role of an organisation, runs a source or makes it.
SELECT EXISTS (SELECT FROM access.source
                 JOIN catalog.organisation ON organisation.code IN (source.organisation_code, source.vendor_code)
                WHERE source.source_id = %(source_id)s);

-- name: read_batch_span
-- The batches that can have been received in [since, until), the first position that can be theirs, and since when the
-- source has had a key. Asked by whoever sees everything, for numbers say nothing.
WITH span AS (
    SELECT coalesce((SELECT min(first_batch_no) FROM feeds.hour
                      WHERE begins_at >= date_trunc('hour', %(since)s::timestamptz, 'UTC')),
                    follower.next_batch) AS first,
           coalesce((SELECT min(first_batch_no) FROM feeds.hour
                      WHERE begins_at >= %(until)s::timestamptz), head.batches) AS past_end
      FROM feeds.follower, register.head
)
SELECT span.first, span.past_end,
       coalesce((SELECT first_position FROM register.batch WHERE batch_no >= span.first ORDER BY batch_no LIMIT 1),
                (SELECT size FROM register.head)) AS first_position,
       (SELECT min(valid_from) FROM access.key WHERE source_id = %(source_id)s) AS connected_at
  FROM span;

-- name: list_batches
-- A source's batches of a span, the latest first.
SELECT batch_no, key_id, recorded_at, signed_at, events, entered
  FROM register.batch AS batch
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND source_id = %(source_id)s
   AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY batch_no DESC LIMIT %(limit)s;

-- name: list_batches_as_vendor
-- A source's batches of a span, the latest first. As its vendor may see it.
SELECT batch_no, key_id, recorded_at, signed_at, events, entered
  FROM register.vendor_batch AS batch
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND source_id = %(source_id)s
   AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY batch_no DESC LIMIT %(limit)s;

-- name: list_batches_as_exhibitor
-- A source's batches of a span, the latest first. As an exhibitor may see it.
SELECT batch_no, key_id, recorded_at, signed_at, events, entered
  FROM register.exhibitor_batch AS batch
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND source_id = %(source_id)s
   AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY batch_no DESC LIMIT %(limit)s;

-- name: list_late
-- A source's events that were recorded late in a span, the latest first; none from before it had a key.
SELECT position, kind, subject, happened_at, recorded_at
  FROM register.entry AS entry
 WHERE position >= %(first_position)s AND batch_no < %(past_end)s AND source_id = %(source_id)s AND is_late
   AND happened_at >= %(connected_at)s::timestamptz AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY position DESC LIMIT %(limit)s;

-- name: list_late_as_vendor
-- A source's events that were recorded late in a span, the latest first; none from before it had a key.
-- As its vendor may see it.
SELECT position, kind, subject, happened_at, recorded_at
  FROM register.vendor_entry AS entry
 WHERE position >= %(first_position)s AND batch_no < %(past_end)s AND source_id = %(source_id)s AND is_late
   AND happened_at >= %(connected_at)s::timestamptz AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY position DESC LIMIT %(limit)s;

-- name: list_late_as_exhibitor
-- A source's events that were recorded late in a span, the latest first; none from before it had a key.
-- As an exhibitor may see it.
SELECT position, kind, subject, happened_at, recorded_at
  FROM register.exhibitor_entry AS entry
 WHERE position >= %(first_position)s AND batch_no < %(past_end)s AND source_id = %(source_id)s AND is_late
   AND happened_at >= %(connected_at)s::timestamptz AND recorded_at >= %(since)s AND recorded_at < %(until)s
 ORDER BY position DESC LIMIT %(limit)s;

-- name: list_problems
-- What was said of refused events, by batch and place in it.
SELECT refusal.batch_no, refusal.ordinal, coalesce(refusal.problem ->> 'kind', '') AS kind,
       coalesce(refusal.problem ->> 'ticket', '') AS ticket, coalesce(refusal.problem ->> 'showing', '') AS showing,
       coalesce(refusal.problem ->> 'detail', '') AS detail
  FROM unnest(%(batch_nos)s::bigint[], %(ordinals)s::smallint[]) AS asked (batch_no, ordinal)
  JOIN register.refusal AS refusal USING (batch_no, ordinal);

-- name: list_problems_as_vendor
-- What was said of refused events, by batch and place in it. As its vendor may see it.
SELECT refusal.batch_no, refusal.ordinal, coalesce(refusal.problem ->> 'kind', '') AS kind,
       coalesce(refusal.problem ->> 'ticket', '') AS ticket, coalesce(refusal.problem ->> 'showing', '') AS showing,
       coalesce(refusal.problem ->> 'detail', '') AS detail
  FROM unnest(%(batch_nos)s::bigint[], %(ordinals)s::smallint[]) AS asked (batch_no, ordinal)
  JOIN register.vendor_refusal AS refusal USING (batch_no, ordinal);

-- name: list_problems_as_exhibitor
-- What was said of refused events, by batch and place in it. As an exhibitor may see it.
SELECT refusal.batch_no, refusal.ordinal, coalesce(refusal.problem ->> 'kind', '') AS kind,
       coalesce(refusal.problem ->> 'ticket', '') AS ticket, coalesce(refusal.problem ->> 'showing', '') AS showing,
       coalesce(refusal.problem ->> 'detail', '') AS detail
  FROM unnest(%(batch_nos)s::bigint[], %(ordinals)s::smallint[]) AS asked (batch_no, ordinal)
  JOIN register.exhibitor_refusal AS refusal USING (batch_no, ordinal);
