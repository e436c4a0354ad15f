-- The next number of a shared system tells a cinema how much the others sell.
REVOKE SELECT ON feeds.report FROM ekino_exhibitor;
GRANT SELECT (key_id, source_id, first_recorded_at, recorded_at, reports, product, version, version_since, sent_at,
              clock_ahead_s, clock_off_words, clock_off_since, waiting_events, oldest_waiting_at, resting_until, batches)
    ON feeds.report TO ekino_exhibitor;
