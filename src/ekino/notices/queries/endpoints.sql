-- name: insert_endpoint
-- Enter where somebody wants to be told.
INSERT INTO notices.endpoint (organisation_code, way, address, kinds, language, contact, state, added_by, is_operators)
VALUES (%(organisation_code)s, %(way)s, %(address)s, %(kinds)s, %(language)s, %(contact)s, %(state)s, %(added_by)s,
        %(is_operators)s)
RETURNING endpoint_id;

-- name: count_endpoints
-- Say how many endpoints an organisation has.
SELECT count(*) FROM notices.endpoint
 WHERE organisation_code IS NOT DISTINCT FROM %(organisation_code)s AND state <> 'removed';

-- name: list_endpoints
-- Give the endpoints of these organisations, and whether the newest signing key is of v1 or v1a.
SELECT endpoint.endpoint_id, endpoint.organisation_code, endpoint.way, endpoint.address, endpoint.kinds,
       endpoint.language, endpoint.contact, endpoint.state, endpoint.state_reason, endpoint.added_by,
       endpoint.added_at, signing_key.version, signing_key.public_key
  FROM notices.endpoint
  LEFT JOIN LATERAL (SELECT version, public_key FROM notices.signing_key
                      WHERE signing_key.endpoint_id = endpoint.endpoint_id
                      ORDER BY signing_key_id DESC LIMIT 1) AS signing_key ON true
 WHERE (endpoint.organisation_code = ANY(%(organisations)s)
        OR (%(is_ministry)s AND endpoint.organisation_code IS NULL))
   AND endpoint.state <> 'removed'
 ORDER BY endpoint.endpoint_id;

-- name: set_endpoint_state
-- Let an endpoint be told again, or take it away.
UPDATE notices.endpoint SET state = %(state)s, state_reason = ''
 WHERE endpoint_id = %(endpoint_id)s AND state <> 'removed' AND (state <> 'unconfirmed' OR %(state)s = 'removed');

-- name: insert_signing_key
-- Enter a key that signs for an endpoint from now on.
INSERT INTO notices.signing_key (endpoint_id, version, sealed, public_key, added_at)
VALUES (%(endpoint_id)s, %(version)s, %(sealed)s, %(public_key)s, %(at)s);

-- name: end_signing_keys
-- Let the keys that sign for an endpoint end, unless they end sooner.
UPDATE notices.signing_key SET ends_at = %(ends_at)s
 WHERE endpoint_id = %(endpoint_id)s AND (ends_at IS NULL OR ends_at > %(ends_at)s);

-- name: list_deliveries
-- Give the delivery log of an endpoint, the newest first.
SELECT delivery.delivery_no, notice.notice_id, notice.kind, notice.subject, notice.told_at, delivery.state,
       delivery.attempts, delivery.due_at, delivery.is_replay, attempt.began_at, attempt.took_ms, attempt.answer,
       attempt.reason, attempt.said
  FROM notices.delivery
  JOIN notices.notice USING (notice_no)
  LEFT JOIN LATERAL (SELECT * FROM notices.attempt WHERE attempt.delivery_no = delivery.delivery_no
                      ORDER BY began_at DESC LIMIT 1) AS attempt ON true
 WHERE delivery.endpoint_id = %(endpoint_id)s
 ORDER BY delivery.delivery_no DESC
 LIMIT %(limit)s;

-- name: list_attempts
-- Give every attempt of a delivery, in order.
SELECT began_at, took_ms, answer, reason, said FROM notices.attempt
 WHERE delivery_no = %(delivery_no)s ORDER BY began_at;

-- name: replay_deliveries
-- Deliver again what an endpoint was to be told from one instant to another, or one notice of it.
WITH again AS (
    SELECT DISTINCT notice.notice_no
      FROM notices.notice JOIN notices.delivery USING (notice_no)
     WHERE delivery.endpoint_id = %(endpoint_id)s
       AND (%(notice_id)s::text IS NULL OR notice.notice_id = %(notice_id)s)
       AND (%(since)s::timestamptz IS NULL OR notice.told_at >= %(since)s)
       AND (%(until)s::timestamptz IS NULL OR notice.told_at < %(until)s)
     ORDER BY notice.notice_no LIMIT %(limit)s
), waiting AS (
    UPDATE notices.delivery SET attempts = 0, due_at = %(at)s
      FROM again
     WHERE delivery.notice_no = again.notice_no AND delivery.endpoint_id = %(endpoint_id)s
       AND delivery.state = 'waiting'
 RETURNING delivery.notice_no
)
INSERT INTO notices.delivery (notice_no, endpoint_id, due_at, is_replay)
SELECT notice_no, %(endpoint_id)s, %(at)s, true FROM again
 WHERE notice_no NOT IN (SELECT notice_no FROM waiting);

-- name: list_notices
-- Give what an organisation was told, the oldest first, after a number.
SELECT notice_no, notice_id, kind, subject, facts, told_at FROM notices.notice
 WHERE organisation_code = ANY(%(organisations)s) AND notice_no > %(after)s
 ORDER BY notice_no LIMIT %(limit)s;
