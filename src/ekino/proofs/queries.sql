-- name: read_head
-- Say which entries are in bundles and tiles, and their root.
SELECT size, root FROM proofs.head;

-- name: swap_head
-- Move the tree head, if it still is what the mover believes: of two sequencers one wins.
UPDATE proofs.head
   SET size = %(size)s, root = %(root)s, integrated_at = clock_timestamp()
 WHERE size = %(old_size)s AND root = %(old_root)s
RETURNING size;
