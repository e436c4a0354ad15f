-- name: lock_follower
-- A statement of its own, so that the fold which follows sees everything committed before
-- the lock. In one statement it would see less: two followers that meet would step back.
SELECT next_batch FROM feeds.follower FOR UPDATE;

-- name: read_span
-- Say up to which batch a fold goes: at most so many batches, and no further than with so many events.
SELECT max(batch_no) + 1
  FROM (SELECT batch_no, sum(events) OVER (ORDER BY batch_no) - events AS before
          FROM register.batch
         WHERE batch_no >= %(first)s AND batch_no < %(first)s::bigint + %(batches_max)s::bigint
           AND batch_no < (SELECT batches FROM register.head)) AS counted
 WHERE before < %(events_max)s;

-- name: read_batches
-- Give the batches of a span with what they hold, in order.
SELECT batch_no, source_id, key_id, recorded_at, signed_at, events, entered, first_position, body_encoding, body
  FROM register.batch
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s
 ORDER BY batch_no;

-- name: read_refusals
-- Give which events of a span were refused, and under which name.
SELECT batch_no, ordinal, outcome FROM register.refusal
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s;

-- name: read_ordinals
-- Give which events of batches became entries, where not all or none did.
SELECT batch_no, ordinal FROM register.entry
 WHERE position >= %(first_position)s AND position < %(past_position)s AND batch_no = ANY (%(batch_nos)s);

-- name: read_venues
-- Give every venue by its code, with its zone and the hour in which its day begins.
SELECT code, venue_id, timezone, business_day_starts_hour FROM catalog.venue;

-- name: read_keys
-- Give what is known of these keys.
SELECT key_id, numbers_by, clock_off_words, clock_off_since FROM feeds.key WHERE key_id = ANY (%(key_ids)s);

-- name: read_lines
-- Give the lines of these keys.
SELECT key_id, venue_id, first_sequence, next_sequence FROM feeds.line WHERE key_id = ANY (%(key_ids)s);

-- name: read_holes
-- Give what is missing in the lines of these keys, in order; of a line with too much, the highest.
SELECT key_id, line_venue_id, first_sequence, last_sequence, seen_at, venue_id, gap_id
  FROM (SELECT *, row_number() OVER (PARTITION BY key_id, line_venue_id ORDER BY first_sequence DESC) AS rank
          FROM feeds.gap WHERE key_id = ANY (%(key_ids)s) AND closed_at IS NULL) AS ranked
 WHERE rank <= %(holes_max)s
 ORDER BY key_id, line_venue_id, first_sequence;

-- name: read_unmended
-- Give what was refused of these keys and not mended.
SELECT key_id, sequence, outcome, venue_id, refused_at, batch_no, ordinal
  FROM feeds.unmended WHERE key_id = ANY (%(key_ids)s);

-- name: fold_hours
-- Add a span's batches to the hours in which they were received.
INSERT INTO feeds.hour AS known (source_id, begins_at, first_batch_no, batches, events, entered, refused)
SELECT batch.source_id, date_trunc('hour', batch.recorded_at, 'UTC'), min(batch.batch_no), count(*),
       sum(batch.events), sum(batch.entered), coalesce(sum(refused.events), 0)
  FROM register.batch
  LEFT JOIN (SELECT batch_no, count(*) AS events FROM register.refusal
              WHERE batch_no >= %(first)s AND batch_no < %(past_end)s
              GROUP BY batch_no) AS refused USING (batch_no)
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND batch.source_id <> 0
 GROUP BY 1, 2
    ON CONFLICT (source_id, begins_at) DO UPDATE
   SET first_batch_no = least(known.first_batch_no, excluded.first_batch_no),
       batches = known.batches + excluded.batches, events = known.events + excluded.events,
       entered = known.entered + excluded.entered, refused = known.refused + excluded.refused;

-- name: fold_entries
-- Add a span's entries to the hours of their venues, with their lags (bounds: model/lag.py), and to
-- what their sources have said of their showings. What happened before a source had a key is history
-- that it hands in: neither late nor overdue, and without a lag.
WITH connected AS MATERIALIZED (
    SELECT source_id, min(valid_from) AS at FROM access.key WHERE source_id IS NOT NULL GROUP BY source_id
), span AS MATERIALIZED (
    SELECT entry.source_id, entry.showing_id, showing.venue_id, date_trunc('hour', entry.recorded_at, 'UTC') AS begins_at,
           count(*) AS entered, count(*) FILTER (WHERE is_late AND lag.s IS NOT NULL) AS late,
           count(*) FILTER (WHERE lag.s > source.allowed_delay_s) AS overdue,
           max(entry.recorded_at) FILTER (WHERE lag.s > source.allowed_delay_s) AS overdue_at,
           count(*) FILTER (WHERE lag.s <= 1) AS b0,
           count(*) FILTER (WHERE lag.s > 1 AND lag.s <= 5) AS b1,
           count(*) FILTER (WHERE lag.s > 5 AND lag.s <= 15) AS b2,
           count(*) FILTER (WHERE lag.s > 15 AND lag.s <= 60) AS b3,
           count(*) FILTER (WHERE lag.s > 60 AND lag.s <= 300) AS b4,
           count(*) FILTER (WHERE lag.s > 300 AND lag.s <= 900) AS b5,
           count(*) FILTER (WHERE lag.s > 900 AND lag.s <= 3600) AS b6,
           count(*) FILTER (WHERE lag.s > 3600 AND lag.s <= 21600) AS b7,
           count(*) FILTER (WHERE lag.s > 21600 AND lag.s <= 86400) AS b8,
           count(*) FILTER (WHERE lag.s > 86400) AS b9,
           sum(admissions) AS tickets, sum(gross_minor) AS gross_minor,
           count(*) FILTER (WHERE kind = 'sold') AS sold,
           count(*) FILTER (WHERE kind IN ('refunded', 'voided')) AS returned,
           count(*) FILTER (WHERE kind IN ('refunded', 'voided', 'corrected')
                              AND happened_at > showing.starts_at + interval '15 minutes') AS changed_late,
           max(entry.recorded_at) AS changed_at, max(position) + 1 AS as_of
      FROM register.entry
      JOIN access.source USING (source_id)
      JOIN connected USING (source_id)
      JOIN catalog.showing USING (showing_id)
     CROSS JOIN LATERAL (SELECT CASE WHEN happened_at >= connected.at
                                     THEN date_part('epoch', entry.recorded_at - entry.happened_at) END) AS lag (s)
     WHERE position >= %(first_position)s AND position < %(past_position)s
     GROUP BY entry.source_id, entry.showing_id, showing.venue_id, begins_at
), hours AS (
    INSERT INTO feeds.venue_hour AS known (source_id, venue_id, begins_at, events, entered, refused, repeats, duplicates,
                                           late, overdue, lags, overdue_at)
    SELECT source_id, venue_id, begins_at, 0, sum(entered), 0, 0, 0, sum(late), sum(overdue),
           ARRAY[sum(b0), sum(b1), sum(b2), sum(b3), sum(b4), sum(b5), sum(b6), sum(b7), sum(b8), sum(b9)]::bigint[], max(overdue_at)
      FROM span GROUP BY source_id, venue_id, begins_at
        ON CONFLICT (source_id, venue_id, begins_at) DO UPDATE
       SET entered = known.entered + excluded.entered, late = known.late + excluded.late,
           overdue = known.overdue + excluded.overdue, overdue_at = greatest(known.overdue_at, excluded.overdue_at),
           lags = ARRAY(SELECT old + new FROM unnest(known.lags, excluded.lags) WITH ORDINALITY AS each (old, new, place)
                         ORDER BY place)
), touched AS (
    INSERT INTO feeds.touched (business_date, venue_id)
    SELECT DISTINCT showing.business_date, showing.venue_id
      FROM span JOIN catalog.showing USING (showing_id)
     WHERE showing.business_date < span.changed_at::date - 1
        ON CONFLICT DO NOTHING
)
INSERT INTO feeds.sale AS known (showing_id, source_id, sold, tickets, gross_minor, returned, changed_late, changed_at, as_of)
SELECT showing_id, source_id, sum(sold), sum(tickets), sum(gross_minor), sum(returned), sum(changed_late),
       max(changed_at), max(as_of)
  FROM span GROUP BY showing_id, source_id
    ON CONFLICT (showing_id, source_id) DO UPDATE
   SET sold = known.sold + excluded.sold, tickets = known.tickets + excluded.tickets,
       gross_minor = known.gross_minor + excluded.gross_minor, returned = known.returned + excluded.returned,
       changed_late = known.changed_late + excluded.changed_late, changed_at = excluded.changed_at,
       as_of = excluded.as_of;

-- name: put_keys
-- Note when keys were heard, how they number and how their clocks are.
INSERT INTO feeds.key AS known (key_id, source_id, last_recorded_at, batches, numbers_by, clock_ahead_s,
                                clock_off_words, clock_off_since)
SELECT * FROM unnest(%(key_ids)s::text[], %(source_ids)s::integer[], %(recorded_ats)s::timestamptz[], %(batches)s::bigint[],
                     %(numbers_bys)s::text[], %(clock_aheads)s::integer[], %(clock_off_words)s::integer[],
                     %(clock_off_sinces)s::timestamptz[])
    ON CONFLICT (key_id) DO UPDATE
   SET last_recorded_at = greatest(known.last_recorded_at, excluded.last_recorded_at),
       batches = known.batches + excluded.batches, numbers_by = excluded.numbers_by,
       clock_ahead_s = excluded.clock_ahead_s, clock_off_words = excluded.clock_off_words,
       clock_off_since = excluded.clock_off_since;

-- name: put_lines
-- Note how far lines have come, and add what was counted in them.
INSERT INTO feeds.line AS known (key_id, venue_id, source_id, first_sequence, next_sequence, events, repeats, duplicates,
                                 duplicated_at, duplicated_sequence, first_recorded_at, last_recorded_at)
SELECT key_id, venue_id, source_id, first_sequence, next_sequence, events, repeats, duplicates,
       duplicated_at, nullif(duplicated_sequence, 0), first_recorded_at, last_recorded_at
  FROM unnest(%(key_ids)s::text[], %(venue_ids)s::integer[], %(source_ids)s::integer[], %(firsts)s::bigint[],
              %(nexts)s::bigint[], %(events)s::bigint[], %(repeats)s::bigint[], %(duplicates)s::bigint[],
              %(duplicated_ats)s::timestamptz[], %(duplicated_sequences)s::bigint[], %(first_ats)s::timestamptz[],
              %(last_ats)s::timestamptz[])
       AS line (key_id, venue_id, source_id, first_sequence, next_sequence, events, repeats, duplicates, duplicated_at,
                duplicated_sequence, first_recorded_at, last_recorded_at)
    ON CONFLICT (key_id, venue_id) DO UPDATE
   SET first_sequence = excluded.first_sequence, next_sequence = excluded.next_sequence,
       events = known.events + excluded.events, repeats = known.repeats + excluded.repeats,
       duplicates = known.duplicates + excluded.duplicates,
       duplicated_at = coalesce(excluded.duplicated_at, known.duplicated_at),
       duplicated_sequence = coalesce(excluded.duplicated_sequence, known.duplicated_sequence),
       last_recorded_at = greatest(known.last_recorded_at, excluded.last_recorded_at);

-- name: add_hours
-- Add what batches held about venues, by the hour in which they came.
INSERT INTO feeds.venue_hour AS known (source_id, venue_id, begins_at, events, entered, refused, repeats, duplicates,
                                       late, overdue, lags, refused_at)
SELECT source_id, venue_id, begins_at, events, 0, refused, repeats, duplicates, 0, 0, %(no_lags)s::bigint[], refused_at
  FROM unnest(%(source_ids)s::integer[], %(venue_ids)s::integer[], %(begins_ats)s::timestamptz[], %(events)s::bigint[],
              %(refused)s::bigint[], %(repeats)s::bigint[], %(duplicates)s::bigint[], %(refused_ats)s::timestamptz[])
       AS each (source_id, venue_id, begins_at, events, refused, repeats, duplicates, refused_at)
    ON CONFLICT (source_id, venue_id, begins_at) DO UPDATE
   SET events = known.events + excluded.events, refused = known.refused + excluded.refused,
       repeats = known.repeats + excluded.repeats, duplicates = known.duplicates + excluded.duplicates,
       refused_at = greatest(known.refused_at, excluded.refused_at);

-- name: add_refused
-- Add refused events by cause.
INSERT INTO feeds.refused AS known (source_id, venue_id, begins_at, outcome, events)
SELECT * FROM unnest(%(source_ids)s::integer[], %(venue_ids)s::integer[], %(begins_ats)s::timestamptz[],
                     %(outcomes)s::text[], %(events)s::bigint[])
    ON CONFLICT (source_id, venue_id, begins_at, outcome) DO UPDATE SET events = known.events + excluded.events;

-- name: delete_gaps
-- Take out gaps that are no more as they were.
DELETE FROM feeds.gap WHERE gap_id = ANY (%(gap_ids)s);

-- name: insert_gaps
-- Write down numbers that are missing, and those that came too late.
INSERT INTO feeds.gap (key_id, line_venue_id, source_id, venue_id, business_date, first_sequence, last_sequence,
                       seen_at, closed_at)
SELECT * FROM unnest(%(key_ids)s::text[], %(lines)s::integer[], %(source_ids)s::integer[], %(venue_ids)s::integer[],
                     %(dates)s::date[], %(firsts)s::bigint[], %(lasts)s::bigint[], %(seen_ats)s::timestamptz[],
                     %(closed_ats)s::timestamptz[]);

-- name: delete_unmended
-- Take out refused events that were mended.
DELETE FROM feeds.unmended
 USING unnest(%(key_ids)s::text[], %(venue_ids)s::integer[], %(sequences)s::bigint[]) AS mended (key_id, venue_id, sequence)
 WHERE (unmended.key_id, unmended.venue_id, unmended.sequence) = (mended.key_id, mended.venue_id, mended.sequence);

-- name: insert_unmended
-- Write down refused events.
INSERT INTO feeds.unmended AS known (key_id, venue_id, sequence, source_id, business_date, outcome, refused_at, batch_no, ordinal)
SELECT * FROM unnest(%(key_ids)s::text[], %(venue_ids)s::integer[], %(sequences)s::bigint[], %(source_ids)s::integer[],
                     %(dates)s::date[], %(outcomes)s::text[], %(refused_ats)s::timestamptz[], %(batch_nos)s::bigint[],
                     %(ordinals)s::smallint[])
    ON CONFLICT (key_id, venue_id, sequence) DO UPDATE
   SET outcome = excluded.outcome, refused_at = excluded.refused_at, business_date = excluded.business_date,
       batch_no = excluded.batch_no, ordinal = excluded.ordinal;

-- name: move_follower
-- Move past what was folded; the last statement before the commit.
UPDATE feeds.follower SET next_batch = %(past_end)s;

-- name: forget_feeds
-- Begin again from batch 0; in one transaction with the lock, so that nobody reads half. Days are
-- computed again by the watch; what keys reported and declared, and alarms, nobody can be asked for.
TRUNCATE feeds.key, feeds.hour, feeds.line, feeds.gap, feeds.unmended, feeds.venue_hour, feeds.refused, feeds.sale,
         feeds.venue_day, feeds.touched;
