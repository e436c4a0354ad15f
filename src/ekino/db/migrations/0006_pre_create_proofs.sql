-- Keys say what they sign; and the tree head of the public log.

ALTER TABLE access.key ADD COLUMN kind text COLLATE "C";
ALTER TABLE access.key ADD COLUMN note_id bytea;
UPDATE access.key
   SET kind = CASE WHEN source_id IS NULL THEN 'operator' ELSE 'batch' END,
       note_id = substr(sha256(convert_to(key_id, 'UTF8') || '\x0a01'::bytea || public_key), 1, 4);
ALTER TABLE access.key
    ALTER COLUMN kind SET NOT NULL,
    ALTER COLUMN note_id SET NOT NULL,
    ADD CONSTRAINT key_kind_is_known
        CHECK (kind IN ('batch', 'till', 'operator', 'register', 'receipt', 'log', 'witness')),
    ADD CONSTRAINT key_of_a_source_says_so
        CHECK ((kind IN ('batch', 'till')) = (source_id IS NOT NULL)),
    ADD CONSTRAINT key_note_id_has_4_bytes CHECK (octet_length(note_id) = 4),
    ADD CONSTRAINT key_note_id_is_its_own UNIQUE (note_id);

CREATE SCHEMA proofs;

-- The tree head: bundles and tiles of all entries below `size` are on disk. It moves only by
-- comparing and swapping, so that of two sequencers one wins and the other stops.
CREATE TABLE proofs.head (
    only_row       boolean PRIMARY KEY DEFAULT true CONSTRAINT head_has_one_row CHECK (only_row),
    size           bigint NOT NULL CONSTRAINT head_size_is_not_negative CHECK (size >= 0),
    root           bytea NOT NULL CONSTRAINT head_root_has_32_bytes CHECK (octet_length(root) = 32),
    integrated_at  timestamptz NOT NULL
);
INSERT INTO proofs.head VALUES (true, 0, sha256(''), '1970-01-01T00:00:00Z');

CREATE FUNCTION proofs.refuse_step_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.size > OLD.size THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the log''s head only moves forward' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER head_only_grows BEFORE UPDATE OR DELETE ON proofs.head
    FOR EACH ROW EXECUTE FUNCTION proofs.refuse_step_back();
ALTER TABLE proofs.head ENABLE ALWAYS TRIGGER head_only_grows;

GRANT USAGE ON SCHEMA proofs TO ekino_follower, ekino_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA proofs TO ekino_follower, ekino_reader;
GRANT UPDATE ON proofs.head TO ekino_follower;
