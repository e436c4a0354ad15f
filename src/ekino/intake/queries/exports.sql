-- name: list_entries_out
-- Give entries of showings of some business dates past a position, in the register's order.
SELECT entry.position, entry.batch_no, entry.ordinal
  FROM register.entry
  JOIN catalog.showing USING (showing_id)
  JOIN catalog.venue USING (venue_id)
  JOIN access.source ON source.source_id = entry.source_id
 WHERE entry.position > %(after)s
   AND showing.business_date >= %(from_date)s AND showing.business_date < %(to_date)s
   AND (%(venue)s::text IS NULL OR venue.code = %(venue)s)
   AND (%(source)s::text IS NULL OR source.code = %(source)s)
 ORDER BY entry.position LIMIT %(limit)s;

-- name: find_currency
-- Give a venue's currency.
SELECT currency FROM catalog.venue WHERE code = %(venue)s;

-- name: sum_halls
-- Add up a venue's tickets by business date, hall and title; a showing without tickets counts too.
SELECT showing.business_date, hall.code, coalesce(film.certificate, ''),
       coalesce(film.titles ->> 'original', film.titles ->> 'kk', (SELECT value FROM jsonb_each_text(film.titles) LIMIT 1)),
       count(DISTINCT showing.showing_id), coalesce(sum(entry.admissions), 0), coalesce(sum(entry.gross_minor), 0)
  FROM catalog.showing
  JOIN catalog.venue USING (venue_id)
  JOIN catalog.hall USING (hall_id)
  JOIN catalog.film USING (film_id)
  LEFT JOIN register.entry ON entry.showing_id = showing.showing_id AND entry.sales_channel IS NOT NULL
 WHERE venue.code = %(venue)s AND showing.state = 'announced'
   AND showing.business_date >= %(from_date)s AND showing.business_date < %(to_date)s
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4;
