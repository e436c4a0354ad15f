-- The public log: the tree head. Everything else of it is files under EKINO_DATA_DIR/log.

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
