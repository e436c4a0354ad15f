-- E-mail goes to whoever confirmed the address, and what people may have sent is counted by the hour.

ALTER TABLE notices.endpoint DROP CONSTRAINT endpoint_state_is_known;
ALTER TABLE notices.endpoint ADD CONSTRAINT endpoint_state_is_known CHECK (state IN ('unconfirmed', 'active', 'disabled', 'removed'));

-- Whether the reader of an e-mail address wants to be told: asked by a link that is good once.
CREATE TABLE notices.confirmation (
    endpoint_id    integer PRIMARY KEY REFERENCES notices.endpoint,
    asked_at       timestamptz NOT NULL,
    secret_digest  bytea UNIQUE,                 -- SHA-256 of what the link holds; null: not sent yet
    ends_at        timestamptz
);

-- What people had the register send, by organisation: counted within the hour.
CREATE TABLE notices.effort (
    organisation_code  text COLLATE "C",         -- null: the register's own people
    kind               text COLLATE "C" NOT NULL,
    made_at            timestamptz NOT NULL,
    amount             integer NOT NULL,
    CONSTRAINT effort_kind_is_known CHECK (kind IN ('ping', 'replay', 'confirmation'))
);
CREATE INDEX effort_organisation ON notices.effort (organisation_code, kind, made_at);

-- Nobody has confirmed those that are there: whoever is told now is asked by a link.
INSERT INTO notices.confirmation (endpoint_id, asked_at)
SELECT endpoint_id, clock_timestamp() FROM notices.endpoint WHERE way = 'email' AND state = 'active';
UPDATE notices.endpoint SET state = 'unconfirmed', state_reason = '' WHERE way = 'email' AND state <> 'removed';

GRANT SELECT, INSERT, UPDATE ON notices.confirmation TO ekino_office;
GRANT SELECT, UPDATE ON notices.confirmation TO ekino_follower;
GRANT SELECT, INSERT ON notices.effort TO ekino_office;
GRANT SELECT, DELETE ON notices.effort TO ekino_follower;
