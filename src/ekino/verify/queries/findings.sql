-- name: find_seq_gaps
-- Give the numbers a till's key left out, once the ticket after the gap is older than its source's
-- allowed delay: the missing ticket was issued before that one, so its sale is late for certain.
SELECT key_id, source_id, before + 1 AS first_seq, seq AS past_last_seq, position
  FROM (SELECT token.key_id, token.source_id, token.seq, token.position, token.issued_at,
               lag(token.seq, 1, 0::bigint) OVER (PARTITION BY token.key_id ORDER BY token.seq) AS before
          FROM verify.token WHERE token.seq IS NOT NULL) AS numbered
  JOIN access.source USING (source_id)
 WHERE seq > before + 1
   AND issued_at + allowed_delay_s * INTERVAL '1 second' < (SELECT read_until FROM verify.follower)
 ORDER BY key_id, seq LIMIT %(limit)s;

-- name: find_seq_twice
-- Give the numbers that a key has used for more than one ticket.
SELECT key_id, min(source_id) AS source_id, seq, array_agg(position ORDER BY position) AS positions
  FROM verify.token WHERE seq IS NOT NULL
 GROUP BY key_id, seq HAVING count(*) > 1
 ORDER BY key_id, seq LIMIT %(limit)s;

-- name: find_places_twice
-- Give the places sold to two visitors at once: tickets given back do not count.
SELECT showing_id, place, array_agg(position ORDER BY position) AS positions
  FROM verify.token WHERE place > 0 AND ended_position IS NULL
 GROUP BY showing_id, place HAVING count(*) > 1
 ORDER BY showing_id, place LIMIT %(limit)s;

-- name: find_late_ends
-- Give the tickets that were given back or undone after their showing had begun.
SELECT token.source_id, token.position, token.ended_position, token.end_kind, token.ended_at, showing.starts_at
  FROM verify.token JOIN catalog.showing USING (showing_id)
 WHERE token.ended_at >= showing.starts_at
 ORDER BY token.position LIMIT %(limit)s;

-- name: find_return_series
-- Give the showings most of whose tickets were sold and given back again.
SELECT showing_id, count(*) AS sold, count(ended_position) AS ended
  FROM verify.token
 GROUP BY showing_id
HAVING count(ended_position) >= %(ended_min)s AND count(ended_position) * 2 > count(*)
 ORDER BY showing_id LIMIT %(limit)s;

-- name: find_unfit
-- Give the sales whose token does not prove them.
SELECT position, source_id, reason FROM verify.unfit ORDER BY position LIMIT %(limit)s;

-- name: find_contradictions
-- Give the sales whose entry and token say other things.
SELECT position, source_id, differs FROM verify.token
 WHERE cardinality(differs) > 0
 ORDER BY position LIMIT %(limit)s;
