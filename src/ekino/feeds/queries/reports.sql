-- What a source says of itself: its heartbeat and what its days came to.

-- name: read_head_now
-- Say how large the register is, and up to which entry feeds have counted.
SELECT head.size, head.batches,
       coalesce((SELECT first_position + entered FROM register.batch WHERE batch_no = follower.next_batch - 1), 0) AS as_of
  FROM register.head, feeds.follower;

-- name: read_report_clock
-- Give what the reports of a key have said of its clock.
SELECT clock_ahead_s, clock_off_words, clock_off_since FROM feeds.report WHERE key_id = %(key_id)s FOR UPDATE;

-- name: put_report
-- Keep what a key says of itself; the latest word of each is kept.
INSERT INTO feeds.report AS known (
    key_id, source_id, first_recorded_at, recorded_at, reports, product, version, version_since, sent_at, clock_ahead_s,
    clock_off_words, clock_off_since, waiting_events, oldest_waiting_at, next_sequence, resting_until, batches)
VALUES (%(key_id)s, %(source_id)s, %(at)s, %(at)s, 1, %(product)s, %(version)s, %(at)s, %(sent_at)s, %(clock_ahead_s)s,
        %(clock_off_words)s, %(clock_off_since)s, %(waiting_events)s, %(oldest_waiting_at)s, %(next_sequence)s,
        %(resting_until)s, %(batches)s)
    ON CONFLICT (key_id) DO UPDATE
   SET recorded_at = greatest(known.recorded_at, excluded.recorded_at), reports = known.reports + 1,
       version_since = CASE WHEN (known.product, known.version) = (excluded.product, excluded.version)
                            THEN known.version_since ELSE excluded.version_since END,
       product = excluded.product, version = excluded.version, sent_at = excluded.sent_at,
       clock_ahead_s = excluded.clock_ahead_s, clock_off_words = excluded.clock_off_words,
       clock_off_since = excluded.clock_off_since, waiting_events = excluded.waiting_events,
       oldest_waiting_at = excluded.oldest_waiting_at, next_sequence = excluded.next_sequence,
       resting_until = excluded.resting_until, batches = excluded.batches;

-- name: list_venues_of_source
-- Give the venues that a source may speak for, by their codes.
SELECT DISTINCT venue.code, venue.venue_id
  FROM access.source_hall JOIN catalog.hall USING (hall_id) JOIN catalog.venue USING (venue_id)
 WHERE source_hall.source_id = %(source_id)s;

-- name: put_declared
-- Keep what a key says a day came to. When the figures are those it said before, they are as old as they were.
INSERT INTO feeds.declared AS known (source_id, venue_id, business_date, key_id, is_final, tickets, gross_minor, refunds,
                                     declared_at, batches)
VALUES (%(source_id)s, %(venue_id)s, %(business_date)s, %(key_id)s, %(is_final)s, %(tickets)s, %(gross_minor)s, %(refunds)s,
        %(at)s, %(batches)s)
    ON CONFLICT (source_id, venue_id, business_date, key_id) DO UPDATE
   SET is_final = excluded.is_final, tickets = excluded.tickets, gross_minor = excluded.gross_minor,
       refunds = excluded.refunds, declared_at = excluded.declared_at, batches = excluded.batches
 WHERE (known.is_final, known.tickets, known.gross_minor, known.refunds)
       IS DISTINCT FROM (excluded.is_final, excluded.tickets, excluded.gross_minor, excluded.refunds);

-- name: touch_day
-- Have a venue's day computed anew.
INSERT INTO feeds.touched (business_date, venue_id) VALUES (%(business_date)s, %(venue_id)s) ON CONFLICT DO NOTHING;

-- name: sum_registered
-- Give what is registered of a source's day: good tickets and takings.
SELECT coalesce(sum(sale.tickets), 0)::bigint, coalesce(sum(sale.gross_minor), 0)::bigint
  FROM catalog.showing JOIN feeds.sale USING (showing_id)
 WHERE showing.venue_id = %(venue_id)s AND showing.business_date = %(business_date)s
   AND sale.source_id = %(source_id)s;

-- name: list_declared_of_day
-- Give what keys of a source declared of a day.
SELECT key_id, tickets, gross_minor, is_final, declared_at
  FROM feeds.declared
 WHERE source_id = %(source_id)s AND venue_id = %(venue_id)s AND business_date = %(business_date)s
 ORDER BY key_id;

-- name: list_spoken_of_day
-- Give the keys of a source that spoke of a venue while a day could hear them; rounds.sql asks the same for all.
SELECT line.key_id
  FROM feeds.line JOIN catalog.venue USING (venue_id)
 WHERE line.source_id = %(source_id)s AND line.venue_id = %(venue_id)s
   AND line.first_recorded_at < (%(business_date)s::date + 1 + make_interval(hours => business_day_starts_hour))
                                AT TIME ZONE timezone
   AND line.last_recorded_at >= (%(business_date)s::date + make_interval(hours => business_day_starts_hour))
                                AT TIME ZONE timezone;

-- name: list_continued_of_source
-- Give which key of a source goes on with which other's numbers: that one was rotated; rounds.sql asks the same for all.
SELECT old.key_id, new.key_id
  FROM feeds.line AS new
  JOIN feeds.line AS old ON old.source_id = new.source_id AND old.venue_id = 0 AND old.key_id <> new.key_id
                        AND old.next_sequence = new.first_sequence AND old.last_recorded_at <= new.first_recorded_at
 WHERE new.source_id = %(source_id)s AND new.venue_id = 0;

-- name: list_missing_of_key
-- Give what is missing of a key, the lowest first.
SELECT gap.first_sequence, gap.last_sequence, coalesce(venue.code, '') AS venue
  FROM feeds.gap LEFT JOIN catalog.venue USING (venue_id)
 WHERE gap.key_id = %(key_id)s AND gap.closed_at IS NULL
 ORDER BY gap.first_sequence LIMIT %(limit)s;
