-- name: list_venues
-- Give the codes of the venues that have halls.
SELECT venue.code FROM catalog.venue
 WHERE EXISTS (SELECT FROM catalog.hall WHERE hall.venue_id = venue.venue_id)
 ORDER BY venue.code LIMIT 2000;
