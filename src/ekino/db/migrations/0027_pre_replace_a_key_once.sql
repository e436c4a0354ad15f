-- Which key took a key's place: it is replaced once, and whoever revokes it finds what came of it.
ALTER TABLE access.key ADD COLUMN replaced_by text COLLATE "C" REFERENCES access.key;
UPDATE access.key SET replaced_by = rotation.new
  FROM (SELECT detail ->> 'replaces' AS old, max(detail ->> 'key') AS new
          FROM access.audit
         WHERE action = 'key_rotated' AND EXISTS (SELECT FROM access.key WHERE key_id = detail ->> 'key')
         GROUP BY 1) AS rotation
 WHERE key.key_id = rotation.old;
