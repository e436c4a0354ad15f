-- How uploads are doing, for whoever asks: everybody's for the office, an organisation's own in its role.

-- name: list_feeds
-- Give every source at every venue that it may speak for, as it is now. One of which nothing was ever entered, and of
-- which nothing is asked, is not connected yet; the way in (onboarding.sql) says the same of it.
WITH open_gap AS (
    SELECT source_id, venue_id, sum(numbers)::bigint AS missing
      FROM feeds.gap WHERE closed_at IS NULL GROUP BY source_id, venue_id
), open_alarm AS (
    SELECT source_id, venue_id, count(*) AS alarms FROM feeds.alarm WHERE closed_at IS NULL GROUP BY source_id, venue_id
)
SELECT source.source_id, source.code AS source, source.name AS source_name, coalesce(source.vendor, '') AS vendor,
       coalesce(source.vendor_code, '') AS vendor_code, coalesce(source.organisation_code, '') AS operator_code,
       source.allowed_delay_s,
       venue.venue_id, venue.code AS venue, venue.name AS venue_name, venue.city, venue.region_code AS region,
       venue.timezone,
       CASE WHEN coalesce(known.state, 'on_line') <> 'on_line' THEN known.state
            WHEN source.state = 'suspended' THEN 'suspended'
            WHEN EXISTS (SELECT FROM feeds.venue_hour AS hour
                          WHERE hour.source_id = source.source_id AND hour.venue_id = venue.venue_id
                            AND hour.entered > 0) THEN 'on_line'
            ELSE 'not_connected' END AS state,
       known.since, coalesce(known.reason, '') AS reason,
       (SELECT max(line.last_recorded_at) FROM feeds.line
         WHERE line.source_id = source.source_id AND line.venue_id = venue.venue_id) AS heard_at,
       said.recorded_at AS reported_at, coalesce(said.product, '') AS product, coalesce(said.version, '') AS version,
       coalesce(open_gap.missing, 0) AS missing, coalesce(own.alarms, 0) + coalesce(its.alarms, 0) AS alarms
  FROM (SELECT DISTINCT source_hall.source_id, hall.venue_id
          FROM access.source_hall JOIN catalog.hall USING (hall_id)) AS place
  JOIN access.source USING (source_id)
  JOIN catalog.venue USING (venue_id)
  LEFT JOIN feeds.status AS known USING (source_id, venue_id)
  LEFT JOIN open_gap USING (source_id, venue_id)
  LEFT JOIN open_alarm AS own USING (source_id, venue_id)
  LEFT JOIN open_alarm AS its ON its.source_id = place.source_id AND its.venue_id = 0
  LEFT JOIN LATERAL (SELECT recorded_at, product, version FROM feeds.report
                      WHERE report.source_id = source.source_id ORDER BY recorded_at DESC LIMIT 1) AS said ON true
 WHERE (%(source_id)s::integer IS NULL OR source.source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue.venue_id = %(venue_id)s)
 ORDER BY source.code, venue.code;

-- name: list_marks
-- Give of the days of feeds in [first, past_end) what the field of days shows, as `list_days` has it; `venue_ids` says
-- of which venues, null of all.
SELECT source_id, venue_id, business_date,
       CASE WHEN state = 'on_line' AND entered = 0 AND registered_at IS NULL AND declared_tickets IS NULL
             AND NOT EXISTS (SELECT FROM feeds.venue_hour AS hour
                              WHERE hour.source_id = day.source_id AND hour.venue_id = day.venue_id AND hour.entered > 0
                                AND hour.begins_at < (business_date + 1 + make_interval(hours => business_day_starts_hour))
                                                     AT TIME ZONE timezone)
            THEN '' ELSE state END AS state,
       completeness_ppm, is_excused, is_closed
  FROM feeds.venue_day AS day
  JOIN catalog.venue USING (venue_id)
 WHERE business_date >= %(first)s AND business_date < %(past_end)s
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_ids)s::integer[] IS NULL OR venue_id = ANY (%(venue_ids)s))
 ORDER BY source_id, venue_id, business_date;

-- name: sum_days
-- Give how whole the closed days in [first, past_end) of each feed were: the last of them, and the mean of those that
-- are not excused.
SELECT source_id, venue_id, (array_agg(completeness_ppm ORDER BY business_date DESC))[1] AS day_ppm,
       floor(avg(completeness_ppm) FILTER (WHERE NOT is_excused))::integer AS days_ppm
  FROM feeds.venue_day
 WHERE business_date >= %(first)s AND business_date < %(past_end)s AND is_closed AND completeness_ppm IS NOT NULL
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
 GROUP BY source_id, venue_id;

-- name: list_days
-- Give the days of feeds in [first, past_end). Of a day that was over before anything of the feed was entered nothing is
-- known, whatever was announced: "".
SELECT source_id, venue_id, business_date, entered, refused, unmended, late, duplicates, declared_tickets,
       declared_gross_minor, registered_tickets, registered_gross_minor, registered_at, showings_announced,
       showings_with_sales, gaps,
       CASE WHEN state = 'on_line' AND entered = 0 AND registered_at IS NULL AND declared_tickets IS NULL
             AND NOT EXISTS (SELECT FROM feeds.venue_hour AS hour
                              WHERE hour.source_id = day.source_id AND hour.venue_id = day.venue_id AND hour.entered > 0
                                AND hour.begins_at < (business_date + 1 + make_interval(hours => business_day_starts_hour))
                                                     AT TIME ZONE timezone)
            THEN '' ELSE state END AS state,
       completeness_ppm, is_excused, is_closed, as_of
  FROM feeds.venue_day AS day
  JOIN catalog.venue USING (venue_id)
 WHERE business_date >= %(first)s AND business_date < %(past_end)s
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
 ORDER BY source_id, venue_id, business_date;

-- name: list_gaps
-- Give what is or was missing of keys, the open ones first, then the latest.
SELECT key_id, source_id, venue_id, business_date, first_sequence, last_sequence, numbers, seen_at, closed_at
  FROM feeds.gap
 WHERE (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
   AND (%(business_date)s::date IS NULL OR business_date = %(business_date)s)
   AND (closed_at IS NULL OR NOT %(is_open)s)
 ORDER BY closed_at IS NOT NULL, seen_at DESC, first_sequence LIMIT %(limit)s;

-- name: list_gaps_as_exhibitor
-- The same for an exhibitor: without the numbers of systems that others use too.
SELECT key_id, source_id, venue_id, business_date, first_sequence, last_sequence, numbers, seen_at, closed_at
  FROM feeds.exhibitor_gap
 WHERE (%(key_id)s::text IS NULL OR key_id = %(key_id)s)
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
   AND (%(business_date)s::date IS NULL OR business_date = %(business_date)s)
   AND (closed_at IS NULL OR NOT %(is_open)s)
 ORDER BY closed_at IS NOT NULL, seen_at DESC, first_sequence LIMIT %(limit)s;

-- name: list_unmended
-- Give refused events that have not been entered since, the latest first.
SELECT key_id, source_id, venue_id, sequence, outcome, refused_at, batch_no, ordinal
  FROM feeds.unmended
 WHERE (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
   AND (%(business_date)s::date IS NULL OR business_date = %(business_date)s)
 ORDER BY refused_at DESC, sequence LIMIT %(limit)s;

-- name: list_unmended_as_exhibitor
-- The same for an exhibitor: without the numbers of systems that others use too.
SELECT key_id, source_id, venue_id, sequence, outcome, refused_at, batch_no, ordinal
  FROM feeds.exhibitor_unmended
 WHERE (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
   AND (%(business_date)s::date IS NULL OR business_date = %(business_date)s)
 ORDER BY refused_at DESC, sequence LIMIT %(limit)s;

-- name: list_hours
-- Give what came in by the hour in [since, until).
SELECT source_id, venue_id, begins_at, events, entered, refused, repeats, duplicates, late, overdue, lags
  FROM feeds.venue_hour
 WHERE begins_at >= %(since)s AND begins_at < %(until)s
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
 ORDER BY source_id, venue_id, begins_at;

-- name: sum_hours
-- Give what came in about each feed in [since, until), all together.
SELECT source_id, venue_id, sum(events)::bigint AS events, sum(refused)::bigint AS refused, sum(late)::bigint AS late,
       ARRAY[sum(lags[1]), sum(lags[2]), sum(lags[3]), sum(lags[4]), sum(lags[5]), sum(lags[6]), sum(lags[7]),
             sum(lags[8]), sum(lags[9]), sum(lags[10])]::bigint[] AS lags
  FROM feeds.venue_hour
 WHERE begins_at >= %(since)s AND begins_at < %(until)s
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
 GROUP BY source_id, venue_id;

-- name: sum_refused
-- Give refused events of [since, until) by cause, the most first.
SELECT source_id, venue_id, outcome, sum(events)::bigint AS events, max(begins_at) AS last_hour
  FROM feeds.refused
 WHERE begins_at >= %(since)s AND begins_at < %(until)s
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id = %(venue_id)s)
 GROUP BY source_id, venue_id, outcome
 ORDER BY events DESC, source_id, venue_id, outcome;

-- name: list_senders
-- Give what each key that may send says of itself.
SELECT key.key_id, key.source_id, key.valid_until, key.revoked_at IS NOT NULL AS is_revoked,
       heard.last_recorded_at AS heard_at, report.recorded_at AS reported_at,
       coalesce(report.product, '') AS product, coalesce(report.version, '') AS version, report.version_since,
       report.clock_ahead_s, coalesce(report.waiting_events, 0) AS waiting_events, report.oldest_waiting_at,
       report.resting_until
  FROM access.key
  LEFT JOIN feeds.key AS heard USING (key_id)
  LEFT JOIN feeds.report USING (key_id)
 WHERE key.kind = 'batch'
   AND (%(source_id)s::integer IS NULL OR key.source_id = %(source_id)s)
 ORDER BY key.source_id, key.key_id;

-- name: list_senders_as_exhibitor
-- The same for an exhibitor, who reads what waits in its own systems: in a shared one others' sales wait too.
SELECT key.key_id, key.source_id, key.valid_until, key.revoked_at IS NOT NULL AS is_revoked,
       heard.last_recorded_at AS heard_at, report.recorded_at AS reported_at,
       coalesce(report.product, '') AS product, coalesce(report.version, '') AS version, report.version_since,
       report.clock_ahead_s, CASE WHEN report.key_id IS NULL THEN 0 ELSE own.waiting_events END AS waiting_events,
       report.oldest_waiting_at, report.resting_until
  FROM access.key
  LEFT JOIN feeds.key AS heard USING (key_id)
  LEFT JOIN feeds.report USING (key_id)
  LEFT JOIN feeds.exhibitor_waiting AS own USING (key_id)
 WHERE key.kind = 'batch'
   AND (%(source_id)s::integer IS NULL OR key.source_id = %(source_id)s)
 ORDER BY key.source_id, key.key_id;

-- name: list_alarms
-- Give alarms, the open ones first, then the latest.
SELECT alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, closed_at, times, facts
  FROM feeds.alarm
 WHERE (closed_at IS NULL OR NOT %(is_open)s)
   AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s OR closed_at IS NULL)
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id IN (0, %(venue_id)s))
   AND (%(alarm_id)s::bigint IS NULL OR alarm_id = %(alarm_id)s)
 ORDER BY closed_at IS NOT NULL, opened_at DESC, alarm_id DESC LIMIT %(limit)s;

-- name: list_alarms_as_exhibitor
-- The same for an exhibitor: without the numbers of systems that others use too.
SELECT alarm_id, kind, source_id, venue_id, subject, known_at, opened_at, last_seen_at, closed_at, times, facts
  FROM feeds.exhibitor_alarm
 WHERE (closed_at IS NULL OR NOT %(is_open)s)
   AND (%(since)s::timestamptz IS NULL OR opened_at >= %(since)s OR closed_at IS NULL)
   AND (%(source_id)s::integer IS NULL OR source_id = %(source_id)s)
   AND (%(venue_id)s::integer IS NULL OR venue_id IN (0, %(venue_id)s))
   AND (%(alarm_id)s::bigint IS NULL OR alarm_id = %(alarm_id)s)
 ORDER BY closed_at IS NOT NULL, opened_at DESC, alarm_id DESC LIMIT %(limit)s;
