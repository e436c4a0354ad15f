-- name: lock_head
-- Take the head. It stays locked until commit, so entries become visible in the order of their
-- positions, and a rollback gives the positions back.
SELECT size, batches FROM register.lock_head();

-- name: advance_head
-- Move the head past what was just entered; the last statement before the commit.
SELECT register.advance_head(%(entries)s, %(batches)s) AS size;

-- name: read_head
-- Say how many entries there are, without waiting for anybody.
SELECT size, batches FROM register.head;

-- name: copy_entries
-- The usual way in: everything is new. One known identity and the whole group rolls back. First
-- the columns that a batch's entries share: register/rows.py encodes them once.
COPY register.entry (batch_no, recorded_at, identity_no, source_id, admissions, kind,
                     position, is_late, showing_id,
                     happened_at, gross_minor, fees_minor, ordinal, sales_channel, subject)
FROM STDIN (FORMAT binary);

-- name: copy_batches
-- Keep what was received, to the byte, with what proves who sent it.
COPY register.batch (batch_no, source_id, key_id, recorded_at, events, entered, first_position,
                     body_sha256, body_encoding, body, signed_uri, signed_at, nonce, signature,
                     salt)
FROM STDIN (FORMAT binary);

-- name: insert_refusal
-- Keep an event that was not entered, under the name of its refusal.
INSERT INTO register.refusal (batch_no, ordinal, outcome, problem)
VALUES (%(batch_no)s, %(ordinal)s, %(outcome)s, %(problem)s);

-- name: find_entries_of_subjects
-- Give every entry of these tickets (or showings), in order. Runs after `lock_head`, in a
-- statement of its own, so it sees everything committed before the lock.
SELECT entry.source_id, entry.subject, entry.identity_no, entry.position, entry.batch_no,
       entry.ordinal, entry.kind::text AS kind, entry.showing_id,
       entry.sales_channel::text AS sales_channel, entry.gross_minor, entry.fees_minor
  FROM unnest(%(source_ids)s::integer[], %(subjects)s::text[]) AS wanted (source_id, subject)
  JOIN register.entry USING (source_id, subject)
 ORDER BY entry.position;

-- name: find_batches_again
-- Say which of these batches of sales were entered whole before, and from which position on: by the
-- first ticket's sale, which leads to its batch, which must have the same bytes.
SELECT wanted.place, batch.first_position, batch.entered
  FROM unnest(%(places)s::integer[], %(source_ids)s::integer[], %(subjects)s::text[],
              %(digests)s::bytea[]) AS wanted (place, source_id, subject, body_sha256)
  JOIN register.entry ON entry.source_id = wanted.source_id AND entry.subject = wanted.subject
                     AND entry.identity_no = 0
  JOIN register.batch USING (batch_no)
 WHERE batch.body_sha256 = wanted.body_sha256 AND batch.entered = batch.events;

-- name: read_bodies
-- Give the received bodies of these batches.
SELECT batch_no, body_encoding, body FROM register.batch WHERE batch_no = ANY (%(batch_nos)s);

-- name: read_entries
-- Give the entries from `first` up to `past_end`, in order.
SELECT position, batch_no, ordinal, source_id, kind::text AS kind, subject, identity_no,
       showing_id, sales_channel::text AS sales_channel, admissions, gross_minor, fees_minor,
       happened_at, recorded_at, is_late
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s
 ORDER BY position;

-- name: read_batch
-- Give what is known of one batch, but its body.
SELECT batch_no, source_id, key_id, recorded_at, events, entered, first_position, body_sha256,
       signed_uri, signed_at, nonce, signature
  FROM register.batch WHERE batch_no = %(batch_no)s;

-- name: check_gapless
-- Count what is there and compare it with what the head promises: the first two are equal to
-- the third, or the register is broken.
SELECT count(*) AS entries, coalesce(max(position) + 1, 0) AS past_last,
       (SELECT size FROM register.head) AS size
  FROM register.entry;

-- name: read_span
-- Give every column of the entries from `first` up to before `past_end`, by name, with instants
-- in microseconds since 1970 and no NULL: what the public log commits to.
SELECT admissions, batch_no, fees_minor, gross_minor,
       (extract(epoch FROM happened_at) * 1000000)::bigint AS happened_at_us, identity_no,
       is_late::integer, kind::text AS kind, ordinal, position,
       (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at_us,
       coalesce(sales_channel::text, '') AS sales_channel, showing_id, source_id, subject
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s
 ORDER BY position;

-- name: read_received
-- Give what was received in these batches, to the byte, with all that came with it; not those
-- of which nothing was entered.
SELECT batch_no, source_id, key_id,
       (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_at_us, events, entered,
       first_position, body_sha256, body_encoding, body, signed_uri,
       (extract(epoch FROM signed_at) * 1000000)::bigint AS signed_at_us, nonce, signature, salt
  FROM register.batch
 WHERE batch_no >= %(first)s AND batch_no <= %(last)s AND entered > 0
 ORDER BY batch_no;

-- name: find_statements
-- Say at which positions the register itself has stated anything about these subjects.
SELECT entry.subject, entry.identity_no, entry.position
  FROM unnest(%(subjects)s::text[]) AS wanted (subject)
  JOIN register.entry ON entry.source_id = 0 AND entry.subject = wanted.subject;
