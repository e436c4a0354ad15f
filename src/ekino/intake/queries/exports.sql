-- name: list_entries_out
-- Give entries of showings of some business dates past a position, in the register's order.
SELECT entry.position, entry.batch_no, entry.ordinal, source.code
  FROM register.entry
  JOIN catalog.showing USING (showing_id)
  JOIN catalog.venue USING (venue_id)
  JOIN access.source ON source.source_id = entry.source_id
 WHERE entry.position > %(after)s
   AND showing.business_date >= %(from_date)s AND showing.business_date < %(to_date)s
   AND (%(venue)s::text IS NULL OR venue.code = %(venue)s)
   AND (%(source)s::text IS NULL OR source.code = %(source)s)
 ORDER BY entry.position LIMIT %(limit)s;

-- name: find_venue_out
-- Give by which money and clock a venue keeps its days.
SELECT currency, timezone, business_day_starts_hour FROM catalog.venue WHERE code = %(venue)s;

-- name: list_showings_out
-- Give a venue's showings of a business date, those that were cancelled among them.
SELECT showing.code, hall.code, (SELECT hall_version.name FROM catalog.hall_version
           WHERE hall_version.hall_id = hall.hall_id AND hall_version.valid_from <= showing.business_date
           ORDER BY hall_version.valid_from DESC LIMIT 1),
       showing.starts_at, showing.state = 'cancelled', showing.format, showing.capacity, showing.prices, showing.language,
       coalesce(film.certificate, ''),
       coalesce(film.titles ->> 'original', film.titles ->> 'kk', (SELECT value FROM jsonb_each_text(film.titles) LIMIT 1)),
       coalesce(distributor.name, '')
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film USING (film_id)
  JOIN catalog.region ON region.code = venue.region_code
  LEFT JOIN catalog.release ON release.film_id = film.film_id AND release.country = region.country
  LEFT JOIN catalog.organisation AS distributor ON distributor.organisation_id = release.distributor_id
 WHERE venue.code = %(venue)s AND showing.business_date = %(day)s
 ORDER BY showing.starts_at, hall.code, showing.code;
