-- name: insert_notice
-- Tell something, in the transaction of what it tells of.
INSERT INTO notices.notice (notice_id, organisation_code, kind, subject, facts)
VALUES (%(notice_id)s, %(organisation_code)s, %(kind)s, %(subject)s, %(facts)s);

-- name: insert_told_once
-- Remember that something is told; nothing when it was told before, whoever looked.
INSERT INTO notices.told_once (name, until) VALUES (%(name)s, %(until)s) ON CONFLICT DO NOTHING;

-- name: forget_told_once
-- Forget what nobody looks for any more.
DELETE FROM notices.told_once WHERE until < %(at)s;

-- name: spread_notices
-- Make deliveries of what was told, for everybody who wants it; several may do it at once.
WITH fresh AS (
    SELECT notice_no, organisation_code, kind FROM notices.notice
     WHERE spread_at IS NULL ORDER BY notice_no LIMIT %(limit)s
       FOR UPDATE SKIP LOCKED
), made AS (
    INSERT INTO notices.delivery (notice_no, endpoint_id, due_at)
    SELECT fresh.notice_no, endpoint.endpoint_id, %(at)s
      FROM fresh
      JOIN notices.endpoint ON endpoint.organisation_code IS NOT DISTINCT FROM fresh.organisation_code
                           AND endpoint.state = 'active'
                           AND (cardinality(endpoint.kinds) = 0 OR fresh.kind = ANY(endpoint.kinds)
                                OR fresh.kind = 'test.ping')
)
UPDATE notices.notice SET spread_at = %(at)s FROM fresh WHERE notice.notice_no = fresh.notice_no
RETURNING notice.organisation_code;

-- name: give_up_excess
-- Give up the oldest of what waits for these organisations ("": the register's own people) beyond so many
-- each, and say so in the delivery log.
-- What is under way is left to whoever carries it.
WITH placed AS (
    SELECT delivery_no, row_number() OVER (PARTITION BY organisation_code ORDER BY delivery_no DESC) AS place
      FROM notices.delivery JOIN notices.endpoint USING (endpoint_id)
     WHERE delivery.state = 'waiting' AND endpoint.state <> 'removed'
       AND coalesce(organisation_code, '') = ANY(%(organisations)s)
), given_up AS (
    UPDATE notices.delivery SET state = 'given_up' FROM placed
     WHERE delivery.delivery_no = placed.delivery_no AND place > %(most)s
       AND delivery.state = 'waiting' AND held_until <= %(at)s
 RETURNING delivery.delivery_no
)
INSERT INTO notices.attempt (delivery_no, began_at, took_ms, answer, reason, said)
SELECT delivery_no, %(at)s, 0, NULL, %(reason)s, %(said)s FROM given_up
    ON CONFLICT DO NOTHING;

-- name: take_due
-- Take deliveries whose time has come, a few of each endpoint and of each organisation, and hold them;
-- several may at once. What is held takes a place of its endpoint and organisation, and organisations
-- take turns: nobody's backlog goes before another's first delivery. Each endpoint is asked for its next
-- few by an index: however much waits for one, a round reads no more of it.
WITH waiting AS (
    SELECT next.*, organisation_code,
           row_number() OVER (PARTITION BY endpoint_id ORDER BY NOT is_held, due_at, delivery_no) AS of_endpoint
      FROM notices.endpoint
     CROSS JOIN LATERAL (
           (SELECT delivery_no, due_at, true AS is_held FROM notices.delivery
             WHERE delivery.endpoint_id = endpoint.endpoint_id AND delivery.state = 'waiting'
               AND held_until > '-infinity' AND held_until > %(at)s)
           UNION ALL
           (SELECT delivery_no, due_at, false FROM notices.delivery
             WHERE delivery.endpoint_id = endpoint.endpoint_id AND delivery.state = 'waiting'
               AND held_until <= %(at)s AND due_at <= %(at)s
             ORDER BY due_at, delivery_no LIMIT %(of_endpoint)s)) AS next
     WHERE endpoint.state = 'active'
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY organisation_code
                                 ORDER BY NOT is_held, of_endpoint, due_at, delivery_no) AS of_organisation
      FROM waiting WHERE of_endpoint <= %(of_endpoint)s
), due AS (
    SELECT delivery_no FROM notices.delivery
     WHERE delivery_no IN (
               SELECT delivery_no FROM placed
                WHERE NOT is_held AND of_organisation <= %(of_organisation)s
                ORDER BY of_organisation, due_at, delivery_no LIMIT %(limit)s)
       AND state = 'waiting' AND held_until <= %(at)s
       FOR UPDATE SKIP LOCKED
)
UPDATE notices.delivery SET held_until = %(hold_until)s
  FROM due, notices.notice, notices.endpoint
 WHERE delivery.delivery_no = due.delivery_no AND notice.notice_no = delivery.notice_no
   AND endpoint.endpoint_id = delivery.endpoint_id
RETURNING delivery.delivery_no, delivery.attempts, notice.notice_id, notice.kind, notice.subject, notice.facts,
          notice.told_at, endpoint.endpoint_id, endpoint.way, endpoint.address, endpoint.language,
          endpoint.is_operators;

-- name: read_signing_keys
-- Give the keys that sign for these endpoints at an instant, the newest first.
SELECT endpoint_id, version, sealed FROM notices.signing_key
 WHERE endpoint_id = ANY(%(endpoint_ids)s) AND (ends_at IS NULL OR ends_at > %(at)s)
 ORDER BY signing_key_id DESC;

-- name: insert_attempt
-- Note what an attempt met.
INSERT INTO notices.attempt (delivery_no, began_at, took_ms, answer, reason, said)
VALUES (%(delivery_no)s, %(began_at)s, %(took_ms)s, %(answer)s, %(reason)s, %(said)s)
    ON CONFLICT DO NOTHING;

-- name: settle_delivery
-- Say what became of a delivery, and when it is tried again.
UPDATE notices.delivery
   SET state = %(state)s, attempts = %(attempts)s, due_at = coalesce(%(due_at)s, due_at), held_until = '-infinity'
 WHERE delivery_no = %(delivery_no)s;

-- name: disable_endpoint
-- Send nothing more to an endpoint; what waits for it waits.
UPDATE notices.endpoint SET state = 'disabled', state_reason = %(reason)s
 WHERE endpoint_id = %(endpoint_id)s AND state = 'active'
RETURNING organisation_code, address, language,
          -- Nobody is written to who has not confirmed the address to this organisation.
          CASE WHEN EXISTS (SELECT FROM notices.endpoint AS its
                             WHERE its.way = 'email' AND its.state = 'active' AND its.address = endpoint.contact
                               AND its.organisation_code IS NOT DISTINCT FROM endpoint.organisation_code)
               THEN contact ELSE '' END AS contact;

-- name: forget_notices
-- Throw away a bounded number of notices, with their deliveries, from before an instant.
DELETE FROM notices.notice
 WHERE notice_no IN (SELECT notice_no FROM notices.notice
                      WHERE told_at < %(before)s
                        AND NOT EXISTS (SELECT FROM notices.delivery
                                         WHERE delivery.notice_no = notice.notice_no AND state = 'waiting'
                                           -- What waits for an endpoint that is disabled or removed does not wait for ever.
                                           AND due_at >= %(before)s)
                      ORDER BY told_at LIMIT %(limit)s);

-- name: forget_attempts
-- Throw away what attempts before an instant met.
DELETE FROM notices.attempt WHERE began_at < %(before)s;

-- name: forget_signing_keys
-- Throw away keys that ended before an instant.
DELETE FROM notices.signing_key WHERE ends_at < %(before)s;

-- name: forget_efforts
-- Throw away what was counted before an instant.
DELETE FROM notices.effort WHERE made_at < %(before)s;
