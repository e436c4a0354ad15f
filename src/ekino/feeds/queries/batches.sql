-- name: lock_follower
-- A statement of its own, so that the fold which follows sees everything committed before
-- the lock. In one statement it would see less: two followers that meet would step back.
SELECT next_batch FROM feeds.follower FOR UPDATE;

-- name: read_batches
-- Say how many batches there are now.
SELECT batches FROM register.head;

-- name: fold_keys
-- Note when each key of a span was last heard of. Source 0 is the register itself.
INSERT INTO feeds.key AS known (key_id, source_id, last_recorded_at, batches)
SELECT key_id, max(source_id), max(recorded_at), count(*)
  FROM register.batch
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND source_id <> 0
 GROUP BY key_id
    ON CONFLICT (key_id) DO UPDATE
   SET last_recorded_at = greatest(known.last_recorded_at, excluded.last_recorded_at),
       batches = known.batches + excluded.batches;

-- name: fold_hours
-- Add a span's batches to the hours in which they were received.
INSERT INTO feeds.hour AS known (source_id, begins_at, first_batch_no, batches, events, entered, refused)
SELECT batch.source_id, date_trunc('hour', batch.recorded_at, 'UTC'), min(batch.batch_no), count(*),
       sum(batch.events), sum(batch.entered), coalesce(sum(refused.events), 0)
  FROM register.batch
  LEFT JOIN (SELECT batch_no, count(*) AS events FROM register.refusal
              WHERE batch_no >= %(first)s AND batch_no < %(past_end)s
              GROUP BY batch_no) AS refused USING (batch_no)
 WHERE batch_no >= %(first)s AND batch_no < %(past_end)s AND batch.source_id <> 0
 GROUP BY 1, 2
    ON CONFLICT (source_id, begins_at) DO UPDATE
   SET first_batch_no = least(known.first_batch_no, excluded.first_batch_no),
       batches = known.batches + excluded.batches, events = known.events + excluded.events,
       entered = known.entered + excluded.entered, refused = known.refused + excluded.refused;

-- name: move_follower
-- Move past what was folded; the last statement before the commit.
UPDATE feeds.follower SET next_batch = %(past_end)s;

-- name: forget_feeds
-- Begin again from batch 0; in one transaction with the lock, so that nobody reads half.
TRUNCATE feeds.key, feeds.hour;
