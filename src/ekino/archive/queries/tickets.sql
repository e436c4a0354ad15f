-- name: list_blocks
-- Say in which blocks of the register these showings have entries, from one block to another.
SELECT DISTINCT block FROM archive.trail
 WHERE showing_id = ANY (%(showing_ids)s) AND block >= %(first)s AND block <= %(last)s
 ORDER BY block;

-- name: list_entries
-- Give the entries of these showings' tickets in some blocks, in order of position.
SELECT entry.position, entry.kind::text, entry.source_id, entry.subject, entry.showing_id,
       entry.sales_channel::text, entry.admissions, entry.gross_minor, entry.fees_minor,
       entry.batch_no, entry.ordinal, entry.happened_at, entry.is_late
  FROM unnest(%(blocks)s::bigint[]) AS wanted (block)
  JOIN register.entry ON position >= block * %(size)s AND position < (block + 1) * %(size)s
 WHERE position >= %(first)s AND position < %(past_end)s AND showing_id = ANY (%(showing_ids)s)
   AND sales_channel IS NOT NULL AND kind <> 'admitted'
   AND (%(sales_channels)s::text[] IS NULL OR sales_channel::text = ANY (%(sales_channels)s))
 ORDER BY position LIMIT %(limit)s;

-- name: sum_entries
-- Add up all of them.
SELECT count(*), coalesce(sum(admissions), 0)::bigint, coalesce(sum(gross_minor), 0)::bigint,
       coalesce(sum(fees_minor), 0)::bigint, count(*) FILTER (WHERE kind = 'refunded')
  FROM unnest(%(blocks)s::bigint[]) AS wanted (block)
  JOIN register.entry ON position >= block * %(size)s AND position < (block + 1) * %(size)s
 WHERE position < %(past_end)s AND showing_id = ANY (%(showing_ids)s)
   AND sales_channel IS NOT NULL AND kind <> 'admitted'
   AND (%(sales_channels)s::text[] IS NULL OR sales_channel::text = ANY (%(sales_channels)s));

-- name: read_source
-- Say what a source is called.
SELECT name FROM access.source WHERE source_id = %(source_id)s;
