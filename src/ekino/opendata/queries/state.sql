-- How far the register reaches, what was put right, and how each component was.

-- name: lock_follower
-- A statement of its own, so that the fold which follows sees everything committed before it.
SELECT next_position FROM opendata.follower FOR UPDATE;

-- name: fold_changes
-- Count what was put right among the next entries, by the day on which it was recorded, and move on. What happened
-- before its source had a key is history that was handed in, and not late (feeds counts by the same rule).
WITH span AS (
    SELECT next_position AS first, least(size, next_position + %(entries_max)s) AS past_end
      FROM opendata.follower, register.head
), connected AS MATERIALIZED (
    SELECT source_id, min(valid_from) AS at FROM access.key WHERE source_id IS NOT NULL GROUP BY source_id
), counted AS (
    SELECT (entry.recorded_at AT TIME ZONE %(timezone)s)::date AS recorded_date, count(*) AS entries,
           count(*) FILTER (WHERE kind = 'corrected') AS corrected,
           count(*) FILTER (WHERE is_late AND happened_at >= connected.at) AS late,
           count(*) FILTER (WHERE kind = 'refunded' AND showing.starts_at < entry.happened_at) AS returned_after
      FROM span
      JOIN register.entry ON position >= span.first AND position < span.past_end
      LEFT JOIN connected USING (source_id)
      LEFT JOIN catalog.showing ON showing.showing_id = entry.showing_id AND kind = 'refunded'
     GROUP BY 1
), added AS (
    INSERT INTO opendata.change AS total (recorded_date, entries, corrected, late, returned_after)
    SELECT recorded_date, entries, corrected, late, returned_after FROM counted
        ON CONFLICT (recorded_date) DO UPDATE
       SET entries = total.entries + excluded.entries, corrected = total.corrected + excluded.corrected,
           late = total.late + excluded.late,
           returned_after = total.returned_after + excluded.returned_after
)
UPDATE opendata.follower SET next_position = span.past_end FROM span
RETURNING span.past_end - span.first AS folded;

-- name: put_coverage
-- Note how many venues are known and connected now, and from how many something came today.
INSERT INTO opendata.coverage AS old (business_date, known, connected, reporting)
SELECT %(business_date)s, count(*), count(*) FILTER (WHERE speaking.venue_id IS NOT NULL),
       count(*) FILTER (WHERE heard.last_recorded_at >= %(begins_at)s)
  FROM catalog.venue
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN (SELECT DISTINCT hall.venue_id
               FROM access.source
               JOIN access.key USING (source_id)
               JOIN access.source_hall USING (source_id)
               JOIN catalog.hall USING (hall_id)
              WHERE source.state = 'active' AND key.revoked_at IS NULL
                AND key.valid_from <= %(at)s AND key.valid_until > %(at)s) AS speaking USING (venue_id)
  LEFT JOIN totals.venue AS heard USING (venue_id)
 WHERE region.country = %(country)s AND venue.currency = %(currency)s
    ON CONFLICT (business_date) DO UPDATE
   SET known = excluded.known, connected = excluded.connected,
       reporting = greatest(old.reporting, excluded.reporting);

-- name: read_coverage
-- Coverage and what was put right, by day, newest first.
SELECT coalesce(coverage.business_date, change.recorded_date) AS day, known, connected, reporting,
       coalesce(entries, 0) AS entries, coalesce(corrected, 0) AS corrected, coalesce(late, 0) AS late,
       coalesce(returned_after, 0) AS returned_after
  FROM opendata.coverage
  FULL JOIN opendata.change ON change.recorded_date = coverage.business_date
 ORDER BY 1 DESC
 LIMIT %(days_max)s;

-- name: read_lags
-- How old the newest entry is, and how far each follower is behind it.
SELECT head.size AS register_size, newest.recorded_at AS newest_at,
       head.size - follower.next_position AS totals_lag, follower.folded_at AS totals_at,
       head.size - tickets.next_position AS tickets_lag, tickets.read_until AS tickets_at,
       head.size - tree.size AS log_lag, tree.integrated_at AS log_at
  FROM register.head
 CROSS JOIN totals.follower AS follower
 CROSS JOIN verify.follower AS tickets
 CROSS JOIN proofs.head AS tree
  LEFT JOIN register.entry AS newest ON newest.position = head.size - 1;

-- name: put_measurements
-- Note how each component was in this minute.
INSERT INTO opendata.measurement (component, minute_at, is_up, lag_s)
SELECT component, %(minute_at)s, is_up, lag_s
  FROM jsonb_to_recordset(%(rows)s) AS given (component text, is_up boolean, lag_s real)
    ON CONFLICT (component, minute_at) DO NOTHING;

-- name: forget_measurements
-- Nobody looks at minutes that are older than the bars.
DELETE FROM opendata.measurement WHERE minute_at < %(before)s;

-- name: read_now
-- The last measurement of each component.
SELECT DISTINCT ON (component) component, minute_at, is_up, lag_s
  FROM opendata.measurement
 WHERE minute_at >= %(since)s
 ORDER BY component, minute_at DESC;

-- name: read_bars
-- Minutes measured and minutes up, by component and day of the country's clocks.
SELECT component, (minute_at AT TIME ZONE %(timezone)s)::date AS day, count(*) AS measured,
       count(*) FILTER (WHERE is_up) AS up
  FROM opendata.measurement
 WHERE minute_at >= %(since)s
 GROUP BY 1, 2;

-- name: read_vendors
-- When something came last from the venues that each ticketing system speaks for.
SELECT coalesce(nullif(source.vendor, ''), source.name) AS vendor, count(DISTINCT hall.venue_id) AS venues,
       max(heard.last_recorded_at) AS last_recorded_at
  FROM access.source
  JOIN access.source_hall USING (source_id)
  JOIN catalog.hall USING (hall_id)
  LEFT JOIN totals.venue AS heard USING (venue_id)
 WHERE source.state = 'active'
 GROUP BY 1
 ORDER BY 1;

-- name: insert_incident
-- Note what an operator says about an interruption.
INSERT INTO opendata.incident (component, begins_at, ends_at, words)
VALUES (%(component)s, %(begins_at)s, %(ends_at)s, %(words)s)
RETURNING incident_id;

-- name: end_incident
-- Say when an interruption was over.
UPDATE opendata.incident SET ends_at = %(ends_at)s WHERE incident_id = %(incident_id)s
RETURNING incident_id;

-- name: list_incidents
-- Interruptions, newest first.
SELECT incident_id, component, begins_at, ends_at, words
  FROM opendata.incident WHERE begins_at >= %(since)s ORDER BY begins_at DESC LIMIT %(rows_max)s;
