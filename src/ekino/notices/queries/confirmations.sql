-- name: ask_confirmation
-- Let a link be sent; an older one is worthless from now on.
INSERT INTO notices.confirmation (endpoint_id, asked_at) VALUES (%(endpoint_id)s, %(at)s)
    ON CONFLICT (endpoint_id) DO UPDATE SET asked_at = excluded.asked_at, secret_digest = NULL, ends_at = NULL;

-- name: take_asked
-- Give the addresses to which a link is to be sent; several may ask at once.
SELECT endpoint_id, address, language FROM notices.confirmation JOIN notices.endpoint USING (endpoint_id)
 WHERE secret_digest IS NULL AND state = 'unconfirmed'
 ORDER BY asked_at LIMIT %(limit)s
   FOR UPDATE OF confirmation SKIP LOCKED;

-- name: set_secret
-- Note what a link holds, and until when it is good.
UPDATE notices.confirmation SET secret_digest = %(digest)s, ends_at = %(ends_at)s WHERE endpoint_id = %(endpoint_id)s;

-- name: note_sent
-- Take back that a link is not sent.
UPDATE notices.endpoint SET state_reason = '' WHERE endpoint_id = %(endpoint_id)s AND state = 'unconfirmed';

-- name: note_not_sent
-- Say that a link is not sent, or not yet.
UPDATE notices.endpoint SET state_reason = 'not_sent' WHERE endpoint_id = %(endpoint_id)s AND state = 'unconfirmed';

-- name: find_confirmation
-- Give the address that a link is for, while it is good.
SELECT endpoint_id, address, organisation_code FROM notices.confirmation JOIN notices.endpoint USING (endpoint_id)
 WHERE secret_digest = %(digest)s AND ends_at > %(at)s AND state = 'unconfirmed';

-- name: confirm_endpoint
-- Let an address be told from now on; nothing when somebody else just did.
UPDATE notices.endpoint SET state = 'active', state_reason = ''
 WHERE endpoint_id = %(endpoint_id)s AND state = 'unconfirmed';

-- name: lock_efforts
-- A statement of its own: who asks at the same time waits, and then sees what was counted.
SELECT pg_advisory_xact_lock(hashtextextended('notices effort ' || coalesce(%(organisation_code)s, ''), 0));

-- name: sum_efforts
-- Say how much an organisation had sent since an instant.
SELECT coalesce(sum(amount), 0) FROM notices.effort
 WHERE (organisation_code = %(organisation_code)s::text
        OR (%(organisation_code)s::text IS NULL AND organisation_code IS NULL))
   AND kind = %(kind)s AND made_at > %(since)s;

-- name: insert_effort
-- Count what an organisation has sent.
INSERT INTO notices.effort (organisation_code, kind, made_at, amount)
VALUES (%(organisation_code)s, %(kind)s, %(at)s, %(amount)s);
