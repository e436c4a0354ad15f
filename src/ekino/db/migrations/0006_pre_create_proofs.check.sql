-- Every key has its kind and its id of four bytes.
SELECT key_id FROM access.key
 WHERE (kind = 'operator') <> (source_id IS NULL)
    OR note_id <> substr(sha256(convert_to(key_id, 'UTF8') || '\x0a01'::bytea || public_key), 1, 4);
