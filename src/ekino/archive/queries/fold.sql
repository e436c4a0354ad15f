-- name: lock_follower
-- A statement of its own, so that what follows sees everything committed before the lock.
SELECT next_position FROM archive.follower FOR UPDATE;

-- name: read_size
-- Say how far the register reaches now.
SELECT size FROM register.head;

-- name: read_span
-- Give the entries of tickets in a span, in the order of their positions, with where each stands
-- in its batch: the concession is in the batch's body and nowhere else.
SELECT position, kind::text, source_id, subject, showing_id, sales_channel::text, admissions,
       gross_minor, fees_minor, batch_no, ordinal
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
   AND kind <> 'admitted'
 ORDER BY position;

-- name: read_tickets
-- Give every entry of these tickets that may say something of them, in order.
SELECT entry.position, entry.kind::text, entry.source_id, entry.subject, entry.showing_id,
       entry.sales_channel::text, entry.admissions, entry.gross_minor, entry.fees_minor,
       entry.batch_no, entry.ordinal
  FROM unnest(%(source_ids)s::integer[], %(subjects)s::text[]) AS wanted (source_id, subject)
  JOIN register.entry USING (source_id, subject)
 WHERE entry.sales_channel IS NOT NULL AND entry.kind <> 'admitted'
 ORDER BY entry.position;

-- name: add_to_cells
-- Add what a span changes.
INSERT INTO archive.cell AS cell (showing_id, sales_channel, concession, admissions, gross_minor,
                                  fees_minor, refunded)
SELECT * FROM unnest(%(showing_id)s::bigint[], %(sales_channel)s::register.sales_channel[],
                     %(concession)s::text[], %(admissions)s::bigint[], %(gross_minor)s::bigint[],
                     %(fees_minor)s::bigint[], %(refunded)s::bigint[])
    ON CONFLICT (showing_id, sales_channel, concession) DO UPDATE
   SET admissions = cell.admissions + excluded.admissions,
       gross_minor = cell.gross_minor + excluded.gross_minor,
       fees_minor = cell.fees_minor + excluded.fees_minor,
       refunded = cell.refunded + excluded.refunded;

-- name: add_to_trails
-- Note in which blocks of the register the span's showings have entries.
INSERT INTO archive.trail (showing_id, block)
SELECT DISTINCT showing_id, position / %(block)s
  FROM register.entry
 WHERE position >= %(first)s AND position < %(past_end)s AND sales_channel IS NOT NULL
    ON CONFLICT DO NOTHING;

-- name: move_follower
-- Move past what was folded; the last statement before the commit.
UPDATE archive.follower SET next_position = %(past_end)s, folded_at = clock_timestamp();

-- name: forget_cells
-- Begin again from position 0; in one transaction with the lock, so that nobody reads half.
TRUNCATE archive.cell, archive.trail, archive.file;

-- name: rewind_follower
-- The follower has seen nothing.
UPDATE archive.follower SET next_position = 0;

-- name: rewind_head
-- No file is part of the archive.
UPDATE archive.head SET position = 0, revision = 0, filed_at = '1970-01-01T00:00:00Z';
