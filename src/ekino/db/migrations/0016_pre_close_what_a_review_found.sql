-- One identity of a provider for each person: an address that it gives to somebody else later lets
-- nobody in as whoever had it.
ALTER TABLE access.outside_identity
  ADD CONSTRAINT outside_identity_is_one_of_a_person UNIQUE (issuer, person_id);
-- An exhibitor may know when a key was heard, and not how much it sent.
REVOKE SELECT ON feeds.key FROM ekino_exhibitor;
GRANT SELECT (key_id, source_id, last_recorded_at) ON feeds.key TO ekino_exhibitor;
