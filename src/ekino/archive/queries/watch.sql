-- name: list_silent
-- Give the connected venues that have a showing on just now, or about to begin, and of which nothing
-- was recorded since a moment; the longest unheard of first.
SELECT venue.code, venue.name, venue.region_code, heard.last_recorded_at, on_now.showings
  FROM (SELECT venue_id, count(*) AS showings FROM catalog.showing
         WHERE business_date >= %(business_date)s::date - 1 AND business_date <= %(business_date)s
           AND state = 'announced' AND starts_at >= %(on_since)s AND starts_at < %(on_until)s
         GROUP BY venue_id) AS on_now
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN totals.venue AS heard USING (venue_id)
 WHERE region.country = %(country)s AND venue.currency = %(currency)s
   AND (%(region)s::text IS NULL OR venue.region_code = %(region)s)
   AND coalesce(heard.last_recorded_at, '-infinity') < %(heard_since)s
   AND EXISTS (SELECT FROM catalog.hall JOIN access.source_hall USING (hall_id)
                 JOIN access.source USING (source_id)
                WHERE hall.venue_id = venue.venue_id AND source.state = 'active')
 ORDER BY heard.last_recorded_at NULLS FIRST, venue.code
 LIMIT %(limit)s;

-- name: read_lags
-- Say how many entries each follower has not seen yet.
SELECT head.size, head.size - totals.next_position AS totals, head.size - tickets.next_position AS tickets,
       head.size - archive.next_position AS archive, head.size - log.size AS log
  FROM register.head, totals.follower AS totals, verify.follower AS tickets,
       archive.follower AS archive, proofs.head AS log;
