-- The way of venues into the register.

-- name: list_onboarding
-- Every venue of a country with what it has reached; `whole_ppm` is the share of a whole day.
WITH place AS (
    SELECT DISTINCT hall.venue_id, source.source_id, source.name, source.vendor_code
      FROM access.source JOIN access.source_hall USING (source_id) JOIN catalog.hall USING (hall_id)
     WHERE source.state = 'active'
), of_place AS (
    SELECT place.*,
           (SELECT min(key.valid_from) FROM access.key
             WHERE key.source_id = place.source_id AND key.kind = 'batch' AND key.revoked_at IS NULL
               AND key.valid_until > %(at)s) AS keyed_since,
           (SELECT hour.begins_at FROM feeds.venue_hour AS hour
             WHERE hour.source_id = place.source_id AND hour.venue_id = place.venue_id AND hour.entered > 0
             ORDER BY hour.begins_at LIMIT 1) AS heard_since,
           (SELECT day.business_date FROM feeds.venue_day AS day
             WHERE day.source_id = place.source_id AND day.venue_id = place.venue_id
               AND day.is_closed AND day.completeness_ppm >= %(whole_ppm)s
             ORDER BY day.business_date LIMIT 1) AS whole_day
      FROM place
)
SELECT venue.venue_id, venue.code AS venue, venue.name AS venue_name, venue.city, venue.region_code AS region,
       coalesce(organisation.name, '') AS organisation,
       coalesce(array_agg(DISTINCT of_place.name) FILTER (WHERE of_place.source_id IS NOT NULL), '{}') AS sources,
       coalesce(array_agg(DISTINCT of_place.vendor_code) FILTER (WHERE of_place.vendor_code IS NOT NULL), '{}') AS vendors,
       min(of_place.keyed_since) AS keyed_since, min(of_place.heard_since) AS heard_since,
       min(of_place.whole_day) AS whole_day
  FROM catalog.venue
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN catalog.organisation USING (organisation_id)
  LEFT JOIN of_place USING (venue_id)
 WHERE region.country = %(country)s
 GROUP BY venue.venue_id, organisation.name
 ORDER BY venue.name, venue.code;
