-- One look over all feeds: what the rules want to know, and what came of it.

-- name: lock_watch
-- A statement of its own: whoever looks at the same time waits, and sees what was written.
SELECT watched_at FROM feeds.watch FOR UPDATE;

-- name: move_watch
-- Note when the last look was, and how long it took.
UPDATE feeds.watch SET watched_at = %(at)s, took_ms = %(took_ms)s;

-- name: list_watched
-- Give every source at every venue for which it may speak, with whom either belongs to.
SELECT place.source_id, place.venue_id, source.code AS source, venue.code AS venue,
       source.state = 'suspended' AS is_suspended, source.allowed_delay_s, venue.timezone,
       venue.business_day_starts_hour AS day_starts_hour, coalesce(source.organisation_code, '') AS operator_code,
       coalesce(source.vendor_code, '') AS vendor_code, coalesce(exhibitor.code, '') AS exhibitor_code
  FROM (SELECT DISTINCT source_hall.source_id, hall.venue_id
          FROM access.source_hall JOIN catalog.hall USING (hall_id)) AS place
  JOIN access.source USING (source_id)
  JOIN catalog.venue USING (venue_id)
  LEFT JOIN catalog.organisation AS exhibitor USING (organisation_id)
 ORDER BY place.source_id, place.venue_id;

-- name: list_keys_watched
-- Give every key that may send now, with what it sent and reported.
SELECT key.key_id, key.source_id, heard.last_recorded_at AS heard_at, heard.clock_ahead_s, heard.clock_off_words,
       heard.clock_off_since, report.recorded_at AS reported_at, report.clock_ahead_s AS said_ahead_s,
       report.clock_off_words AS said_off_words, report.clock_off_since AS said_off_since,
       CASE WHEN report.waiting_events > 0 THEN coalesce(report.oldest_waiting_at, report.recorded_at) END AS waiting_since,
       report.resting_until,
       CASE WHEN report.waiting_events = 0 AND whole.next_sequence > 0 AND heard.numbers_by = 'key'
                 AND report.batches <= follower.next_batch
            THEN greatest(report.next_sequence - whole.next_sequence, 0) ELSE 0 END AS tail,
       EXISTS (SELECT FROM feeds.line AS other
                WHERE other.source_id = key.source_id AND other.venue_id = 0 AND other.key_id <> key.key_id
                  AND other.first_sequence = whole.next_sequence
                  AND other.first_recorded_at >= heard.last_recorded_at) AS is_continued,
       coalesce(spoken.venues, 0) AS venues, coalesce(spoken.venue_id, 0) AS venue_id,
       spoken.duplicated_at, coalesce(spoken.duplicated, 0) AS duplicated
  FROM access.key
 CROSS JOIN feeds.follower
  LEFT JOIN feeds.key AS heard USING (key_id)
  LEFT JOIN feeds.report USING (key_id)
  LEFT JOIN feeds.line AS whole ON whole.key_id = key.key_id AND whole.venue_id = 0
  LEFT JOIN (SELECT key_id, count(*) FILTER (WHERE venue_id <> 0) AS venues, max(venue_id) AS venue_id,
                    max(duplicated_at) AS duplicated_at, max(duplicated_sequence) AS duplicated
               FROM feeds.line GROUP BY key_id) AS spoken ON spoken.key_id = key.key_id
 WHERE key.kind = 'batch' AND key.revoked_at IS NULL AND key.valid_from <= %(at)s AND key.valid_until > %(at)s
 ORDER BY key.source_id, key.key_id;

-- name: list_open_gaps
-- Give what is missing of each key about each venue: since when, how many numbers, and the lowest.
SELECT key_id, venue_id, min(seen_at) AS seen_at, sum(last_sequence - first_sequence + 1)::bigint AS numbers,
       min(first_sequence) AS first
  FROM feeds.gap WHERE closed_at IS NULL GROUP BY key_id, venue_id;

-- name: list_hours_watched
-- Give what was refused or came too late in this clock hour and the one before.
SELECT source_id, venue_id, events, refused, refused_at, overdue_at
  FROM feeds.venue_hour
 WHERE begins_at >= date_trunc('hour', %(at)s::timestamptz, 'UTC') - interval '1 hour'
   AND (refused > 0 OR overdue_at IS NOT NULL);

-- name: read_watched_revisions
-- Give the revisions of the catalog and of rights: as long as they stay, halls and showings are as they were read.
SELECT catalog.number, access.number FROM catalog.revision AS catalog, access.revision AS access;

-- name: list_showings_watched
-- Give each source's showings that start in [since, until], and whether it sold any ticket.
SELECT source_hall.source_id, showing.venue_id, hall.code AS hall, showing.showing_id, showing.starts_at,
       coalesce(sale.sold, 0) > 0 AS is_sold, true AS is_on
  FROM catalog.showing
  JOIN access.source_hall USING (hall_id)
  JOIN catalog.hall USING (hall_id)
  LEFT JOIN feeds.sale ON sale.showing_id = showing.showing_id AND sale.source_id = source_hall.source_id
 WHERE showing.business_date >= %(since)s::date - 1 AND showing.business_date <= %(until)s::date + 1
   AND showing.starts_at >= %(since)s AND showing.starts_at <= %(until)s AND showing.state = 'announced'
 ORDER BY showing.starts_at;

-- name: list_showings_changed
-- Give showings that changed after a revision of the catalog, for each source that may sell them, or once without any;
-- `is_on` says whether they are among those of [since, until].
SELECT source_hall.source_id, showing.venue_id, hall.code AS hall, showing.showing_id, showing.starts_at,
       coalesce(sale.sold, 0) > 0 AS is_sold,
       showing.starts_at >= %(since)s AND showing.starts_at <= %(until)s AND showing.state = 'announced'
       AND source_hall.source_id IS NOT NULL AS is_on
  FROM catalog.showing
  JOIN catalog.hall USING (hall_id)
  LEFT JOIN access.source_hall USING (hall_id)
  LEFT JOIN feeds.sale ON sale.showing_id = showing.showing_id AND sale.source_id = source_hall.source_id
 WHERE showing.revision > %(revision)s
 ORDER BY showing.revision LIMIT %(limit)s;

-- name: list_sold
-- Give which of these showings a source has sold any ticket of.
SELECT showing_id, source_id
  FROM unnest(%(showing_ids)s::bigint[], %(source_ids)s::integer[]) AS asked (showing_id, source_id)
  JOIN feeds.sale USING (showing_id, source_id)
 WHERE sold > 0;

-- name: list_quiet
-- Give each source's halls with the showings of [since, until): how many, how many it sold nothing for, and the starts
-- of those after the last that it did.
SELECT source_id, venue_id, hall, count(*) AS showings, count(*) FILTER (WHERE NOT is_sold) AS unsold,
       coalesce(array_agg(starts_at ORDER BY starts_at, showing_id)
                FILTER (WHERE last_sold_at IS NULL OR starts_at > last_sold_at), '{}') AS quiet
  FROM (SELECT source_hall.source_id, showing.venue_id, hall.code AS hall, showing.starts_at, showing.showing_id,
               coalesce(sale.sold, 0) > 0 AS is_sold,
               max(showing.starts_at) FILTER (WHERE sale.sold > 0)
                   OVER (PARTITION BY source_hall.source_id, showing.venue_id, hall.code) AS last_sold_at
          FROM catalog.showing
          JOIN access.source_hall USING (hall_id)
          JOIN catalog.hall USING (hall_id)
          LEFT JOIN feeds.sale ON sale.showing_id = showing.showing_id AND sale.source_id = source_hall.source_id
         WHERE showing.business_date >= %(since)s::date - 1 AND showing.business_date <= %(until)s::date + 1
           AND showing.starts_at >= %(since)s AND showing.starts_at < %(until)s
           AND showing.state = 'announced') AS each
 GROUP BY source_id, venue_id, hall;

-- name: list_excused
-- Give the spans of accepted excuses that reach into [since, until).
SELECT source_id, venue_id, begins_at, ends_at FROM feeds.excused
 WHERE ends_at > %(since)s AND begins_at < %(until)s
 ORDER BY source_id, venue_id, begins_at;

-- name: list_days_watched
-- Give everything that is counted of the days in [first, past_end), by source and venue: of one share of the venues,
-- or of these alone.
WITH day AS MATERIALIZED (
    -- A venue's day as instants, once for each and not for every hour of it.
    SELECT venue_id, business_date::date,
           (business_date + make_interval(hours => business_day_starts_hour)) AT TIME ZONE timezone AS begins_at,
           (business_date + make_interval(days => 1, hours => business_day_starts_hour)) AT TIME ZONE timezone AS ends_at
      FROM catalog.venue
     CROSS JOIN generate_series(%(first)s::date, %(past_end)s::date - 1, interval '1 day') AS business_date
     WHERE venue_id %% %(shares)s = %(share)s
       AND (%(venue_ids)s::integer[] IS NULL OR venue_id = ANY (%(venue_ids)s))
), came AS (
    SELECT hour.source_id, hour.venue_id, day.business_date, sum(entered)::bigint AS entered,
           sum(refused)::bigint AS refused, sum(late)::bigint AS late, sum(duplicates)::bigint AS duplicates
      FROM feeds.venue_hour AS hour
      JOIN day ON day.venue_id = hour.venue_id AND hour.begins_at >= day.begins_at AND hour.begins_at < day.ends_at
     WHERE hour.begins_at >= %(first)s::date - interval '14 hours'
       AND hour.begins_at < %(past_end)s::date + interval '24 hours'
     GROUP BY 1, 2, 3
), sold AS (
    -- By each showing's own row: sales of years stand beside those of a day.
    SELECT sale.source_id, showing.venue_id, showing.business_date, sum(sale.tickets)::bigint AS tickets,
           sum(sale.gross_minor)::bigint AS gross_minor, max(sale.changed_at) AS registered_at,
           count(*) FILTER (WHERE sale.sold > 0) AS with_sales
      FROM catalog.showing
     CROSS JOIN LATERAL (SELECT * FROM feeds.sale WHERE sale.showing_id = showing.showing_id OFFSET 0) AS sale
     WHERE showing.business_date >= %(first)s AND showing.business_date < %(past_end)s
       AND showing.venue_id %% %(shares)s = %(share)s
       AND (%(venue_ids)s::integer[] IS NULL OR showing.venue_id = ANY (%(venue_ids)s))
     GROUP BY 1, 2, 3
), announced AS (
    SELECT source_hall.source_id, showing.venue_id, showing.business_date, count(*) AS showings
      FROM catalog.showing JOIN access.source_hall USING (hall_id)
     WHERE showing.business_date >= %(first)s AND showing.business_date < %(past_end)s AND showing.state = 'announced'
       AND showing.venue_id %% %(shares)s = %(share)s
       AND (%(venue_ids)s::integer[] IS NULL OR showing.venue_id = ANY (%(venue_ids)s))
     GROUP BY 1, 2, 3
), missing AS (
    SELECT source_id, venue_id, business_date, sum(last_sequence - first_sequence + 1)::bigint AS missing
      FROM feeds.gap
     WHERE closed_at IS NULL AND seen_at <= %(at)s::timestamptz - interval '15 minutes'
       AND business_date >= %(first)s AND business_date < %(past_end)s
     GROUP BY 1, 2, 3
), unmended AS (
    SELECT source_id, venue_id, business_date, count(*) AS unmended
      FROM feeds.unmended WHERE business_date >= %(first)s AND business_date < %(past_end)s
     GROUP BY 1, 2, 3
), said AS (
    SELECT DISTINCT source_id, venue_id, business_date
      FROM feeds.declared WHERE business_date >= %(first)s AND business_date < %(past_end)s
)
SELECT source_id, venue_id, business_date, coalesce(entered, 0) AS entered, coalesce(refused, 0) AS refused,
       coalesce(late, 0) AS late, coalesce(duplicates, 0) AS duplicates, coalesce(tickets, 0) AS tickets,
       coalesce(gross_minor, 0) AS gross_minor, registered_at, coalesce(with_sales, 0) AS with_sales,
       coalesce(showings, 0) AS showings, coalesce(missing, 0) AS missing, coalesce(unmended, 0) AS unmended
  FROM came
  FULL JOIN sold USING (source_id, venue_id, business_date)
  FULL JOIN announced USING (source_id, venue_id, business_date)
  FULL JOIN missing USING (source_id, venue_id, business_date)
  FULL JOIN unmended USING (source_id, venue_id, business_date)
  FULL JOIN said USING (source_id, venue_id, business_date)
 WHERE venue_id <> 0 AND venue_id %% %(shares)s = %(share)s
   AND (%(venue_ids)s::integer[] IS NULL OR venue_id = ANY (%(venue_ids)s))
   AND business_date >= %(first)s AND business_date < %(past_end)s;

-- name: list_declared
-- Give what keys declared of days in [first, past_end) that the fold has caught up with.
SELECT source_id, venue_id, business_date, key_id, tickets, gross_minor, is_final, declared_at
  FROM feeds.declared CROSS JOIN feeds.follower
 WHERE business_date >= %(first)s AND business_date < %(past_end)s AND declared.batches <= follower.next_batch
 ORDER BY key_id;

-- name: list_continued
-- Give which key of a source goes on with which other's numbers: that one was rotated.
SELECT old.key_id, new.key_id
  FROM feeds.line AS new
  JOIN feeds.line AS old ON old.source_id = new.source_id AND old.venue_id = 0 AND old.key_id <> new.key_id
                        AND old.next_sequence = new.first_sequence AND old.last_recorded_at <= new.first_recorded_at
 WHERE new.venue_id = 0;

-- name: list_spoken
-- Give which keys spoke of which venue, from when to when.
SELECT source_id, venue_id, key_id, first_recorded_at, last_recorded_at
  FROM feeds.line WHERE venue_id <> 0 AND last_recorded_at >= %(since)s;

-- name: list_first_heard
-- Give since when each source has spoken of each venue.
SELECT source_id, venue_id, min(first_recorded_at) FROM feeds.line WHERE venue_id <> 0 GROUP BY source_id, venue_id;

-- name: list_silences
-- Give when sources were asked about silence.
SELECT source_id, venue_id, opened_at, closed_at FROM feeds.alarm
 WHERE kind = 'silent' AND (closed_at IS NULL OR closed_at >= %(since)s);

-- name: first_day
-- Give the first day of which anything is counted. Reads every sale: for whoever begins again.
SELECT least((SELECT min(business_date) FROM feeds.sale JOIN catalog.showing USING (showing_id)),
             (SELECT min(begins_at)::date FROM feeds.venue_hour));

-- name: next_batch
-- Give how far the fold has come.
SELECT next_batch FROM feeds.follower;

-- name: take_touched
-- Take the days of venues that something was said about since the last look.
DELETE FROM feeds.touched RETURNING business_date, venue_id;

-- name: put_days
-- Write days, where anything of them moved.
INSERT INTO feeds.venue_day AS known (
    source_id, venue_id, business_date, entered, refused, unmended, late, duplicates, declared_tickets,
    declared_gross_minor, registered_tickets, registered_gross_minor, registered_at, showings_announced,
    showings_with_sales, gaps, state, completeness_ppm, is_excused, is_closed, as_of)
VALUES (%(source_id)s, %(venue_id)s, %(business_date)s, %(entered)s, %(refused)s, %(unmended)s, %(late)s, %(duplicates)s,
        %(declared_tickets)s, %(declared_gross_minor)s, %(registered_tickets)s, %(registered_gross_minor)s,
        %(registered_at)s, %(showings_announced)s, %(showings_with_sales)s, %(gaps)s, %(state)s, %(completeness_ppm)s,
        %(is_excused)s, %(is_closed)s, %(as_of)s)
    ON CONFLICT (source_id, venue_id, business_date) DO UPDATE
   SET entered = excluded.entered, refused = excluded.refused, unmended = excluded.unmended, late = excluded.late,
       duplicates = excluded.duplicates, declared_tickets = excluded.declared_tickets,
       declared_gross_minor = excluded.declared_gross_minor, registered_tickets = excluded.registered_tickets,
       registered_gross_minor = excluded.registered_gross_minor, registered_at = excluded.registered_at,
       showings_announced = excluded.showings_announced, showings_with_sales = excluded.showings_with_sales,
       gaps = excluded.gaps, state = excluded.state, completeness_ppm = excluded.completeness_ppm,
       is_excused = excluded.is_excused, is_closed = excluded.is_closed, as_of = excluded.as_of;

-- name: list_states
-- Give the states that were written last.
SELECT source_id, venue_id, state, since, reason FROM feeds.status;

-- name: put_states
-- Write states that changed.
INSERT INTO feeds.status (source_id, venue_id, state, since, reason)
SELECT * FROM unnest(%(source_ids)s::integer[], %(venue_ids)s::integer[], %(states)s::text[], %(sinces)s::timestamptz[],
                     %(reasons)s::text[])
    ON CONFLICT (source_id, venue_id) DO UPDATE
   SET state = excluded.state, since = excluded.since, reason = excluded.reason;

-- name: delete_states
-- Take out states of feeds that are no more.
DELETE FROM feeds.status
 USING unnest(%(source_ids)s::integer[], %(venue_ids)s::integer[]) AS gone (source_id, venue_id)
 WHERE (status.source_id, status.venue_id) = (gone.source_id, gone.venue_id);

-- name: list_alarms_known
-- Give the alarms that are open, and those that closed lately: the last of each name.
SELECT DISTINCT ON (kind, source_id, venue_id, subject)
       alarm_id, kind, source_id, venue_id, subject, last_seen_at, closed_at
  FROM feeds.alarm
 WHERE closed_at IS NULL OR closed_at >= %(since)s
 ORDER BY kind, source_id, venue_id, subject, closed_at DESC NULLS FIRST;

-- name: open_alarm
-- Ask.
INSERT INTO feeds.alarm (kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, times, facts)
VALUES (%(kind)s, %(source_id)s, %(venue_id)s, %(subject)s, %(known_at)s, %(at)s, %(at)s, 1, %(facts)s)
RETURNING alarm_id;

-- name: reopen_alarms
-- Ask again what was thought to be over.
UPDATE feeds.alarm SET closed_at = NULL, last_seen_at = %(at)s, times = times + 1 WHERE alarm_id = ANY (%(alarm_ids)s);

-- name: see_alarms
-- Note that these are still asked.
UPDATE feeds.alarm SET last_seen_at = %(at)s WHERE alarm_id = ANY (%(alarm_ids)s);

-- name: close_alarms
-- Ask no more.
UPDATE feeds.alarm SET closed_at = %(at)s WHERE alarm_id = ANY (%(alarm_ids)s);
