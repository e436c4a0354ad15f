-- name: lock_follower
-- A statement of its own, so that what follows sees everything committed before the lock.
SELECT next_position FROM verify.follower FOR UPDATE;

-- name: read_size
-- Say how far the register reaches now.
SELECT size FROM register.head;

-- name: list_batches
-- Name the batches that the span's sales came in.
SELECT DISTINCT batch_no
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND kind = 'sold';

-- name: read_span
-- Give the span's ends of tickets, and those of its sales that may have a token: their batch names
-- one, or their own name can be a ticket's id, which has twenty letters and none of these digits.
SELECT entry.position, entry.batch_no, entry.ordinal, entry.source_id, entry.kind::text AS kind,
       entry.subject, entry.showing_id, entry.gross_minor, entry.happened_at, entry.recorded_at,
       showing.hall_id, showing.starts_at
  FROM register.entry JOIN catalog.showing USING (showing_id)
 WHERE entry.position >= %(first)s AND entry.position < %(past_end)s
   AND (entry.kind IN ('refunded', 'voided')
        OR entry.kind = 'sold' AND (entry.batch_no = ANY (%(with_tokens)s)
                                    OR length(entry.subject) >= %(id_characters)s
                                       AND entry.subject !~ '[0189]'))
 ORDER BY entry.position;

-- name: insert_tokens
-- Enter the span's tickets; one that is there already stays as it is and is not given back.
INSERT INTO verify.token (ticket_id, source_id, position, token, key_id, seq, showing_id, place,
                          issued_at, recorded_at, price_minor, subject, section, row, seat, differs)
SELECT ticket_id, source_id, position, token, key_id, seq, showing_id, place, issued_at,
       recorded_at, price_minor, subject, section, row, seat,
       CASE differs WHEN '' THEN '{}' ELSE string_to_array(differs, ',') END
  FROM unnest(%(ticket_id)s::bytea[], %(source_id)s::integer[], %(position)s::bigint[],
              %(token)s::bytea[], %(key_id)s::text[], %(seq)s::bigint[], %(showing_id)s::bigint[],
              %(place)s::integer[], %(issued_at)s::timestamptz[], %(recorded_at)s::timestamptz[],
              %(price_minor)s::bigint[], %(subject)s::text[], %(section)s::text[], %(row)s::text[],
              %(seat)s::text[], %(differs)s::text[])
       AS given (ticket_id, source_id, position, token, key_id, seq, showing_id, place, issued_at,
                 recorded_at, price_minor, subject, section, row, seat, differs)
    ON CONFLICT (ticket_id, source_id) DO NOTHING
RETURNING position;

-- name: insert_unfit
-- Note sales whose token does not prove them.
INSERT INTO verify.unfit (position, source_id, reason)
SELECT position, source_id, reason
  FROM unnest(%(position)s::bigint[], %(source_id)s::integer[], %(reason)s::text[]) AS given (position, source_id, reason)
    ON CONFLICT (position) DO NOTHING;

-- name: end_tokens
-- Note the tickets that were given back or undone; the first end counts.
UPDATE verify.token
   SET end_kind = given.kind, ended_position = given.position, ended_at = given.happened_at
  FROM unnest(%(source_id)s::integer[], %(subject)s::text[], %(kind)s::text[], %(position)s::bigint[],
              %(happened_at)s::timestamptz[]) AS given (source_id, subject, kind, position, happened_at)
 WHERE token.source_id = given.source_id AND token.subject = given.subject
   AND token.ended_position IS NULL;

-- name: move_follower
-- Move past what was read; the last statement before the commit.
UPDATE verify.follower
   SET next_position = %(past_end)s, read_until = greatest(read_until, %(read_until)s);

-- name: forget_tokens
-- Begin again from position 0; in one transaction with the lock, so that nobody reads half.
TRUNCATE verify.token, verify.unfit;

-- name: rewind_follower
-- The follower has seen nothing.
UPDATE verify.follower SET next_position = 0, read_until = '1970-01-01T00:00:00Z';
