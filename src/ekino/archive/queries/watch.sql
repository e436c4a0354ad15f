-- name: read_lags
-- Say how many entries each follower has not seen yet.
SELECT head.size, head.size - totals.next_position AS totals, head.size - tickets.next_position AS tickets,
       head.size - archive.next_position AS archive, head.size - log.size AS log
  FROM register.head, totals.follower AS totals, verify.follower AS tickets,
       archive.follower AS archive, proofs.head AS log;
