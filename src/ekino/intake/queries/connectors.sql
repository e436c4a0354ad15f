-- name: add_connector
-- Write down another system that is read; nothing when its code is taken.
INSERT INTO intake.connector (code, system, url, account, events, source_code, secret_file, hook_sha256,
                              added_by, next_attempt_at)
VALUES (%(code)s, %(system)s, %(url)s, %(account)s, %(events)s, %(source_code)s, %(secret_file)s,
        %(hook_sha256)s, %(added_by)s, %(at)s)
    ON CONFLICT (code) DO NOTHING
RETURNING connector_id;

-- name: count_connectors
-- Say how many systems are read or paused.
SELECT count(*) AS connectors FROM intake.connector;

-- name: list_connectors
-- Give every connector with how it goes, or the one of a code.
SELECT connector.connector_id, connector.code, connector.system, connector.url, connector.account,
       connector.events, connector.source_code, connector.secret_file, connector.state,
       connector.cursor, connector.failures, connector.lease_no, connector.added_at,
       connector.next_attempt_at, connector.last_read_at, connector.read_until, connector.last_error_code,
       connector.last_error, connector.last_error_at, connector.last_hook_at, connector.counts,
       (SELECT count(*) FROM intake.connector_ticket AS ticket
         WHERE ticket.connector_id = connector.connector_id AND ticket.is_sold) AS tickets,
       (SELECT count(*) FROM intake.connector_hint AS hint
         WHERE hint.connector_id = connector.connector_id) AS hints,
       (SELECT count(*) FROM intake.connector_outbox AS outbox
         WHERE outbox.connector_id = connector.connector_id) AS waiting,
       (SELECT count(*) FROM intake.connector_unmapped AS unmapped
         WHERE unmapped.connector_id = connector.connector_id) AS unmapped
  FROM intake.connector
 WHERE %(code)s::text IS NULL OR connector.code = %(code)s
 ORDER BY connector.code;

-- name: set_connector_state
-- Pause a connector, or let it run again at once.
UPDATE intake.connector SET state = %(state)s, next_attempt_at = %(at)s, failures = 0
 WHERE code = %(code)s
RETURNING connector_id;

-- name: claim_connector
-- Take the connector that has waited longest beyond its time; whoever held it before has lost it.
UPDATE intake.connector SET lease_no = lease_no + 1, lease_until = %(until)s
 WHERE connector_id = (SELECT connector_id FROM intake.connector
                        WHERE state = 'running' AND next_attempt_at <= %(at)s AND lease_until <= %(at)s
                        ORDER BY next_attempt_at, connector_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING connector_id, code, system, url, account, events, source_code, secret_file, state, cursor,
          failures, lease_no;

-- name: lock_connector
-- Take a connector until the transaction ends, if it is still ours: lock first, then look.
SELECT connector_id FROM intake.connector
 WHERE connector_id = %(connector_id)s AND lease_no = %(lease_no)s FOR UPDATE;

-- name: note_look
-- Move a connector past what was read; counts add up. The last statement before the commit.
UPDATE intake.connector
   SET cursor = %(cursor)s, failures = 0, last_read_at = %(at)s,
       read_until = coalesce(%(read_until)s, read_until), last_error_code = '', last_error = '',
       next_attempt_at = %(next_attempt_at)s, lease_until = %(at)s,
       counts = (SELECT coalesce(jsonb_object_agg(name, total), '{}')
                   FROM (SELECT name, sum(value::bigint) AS total
                           FROM (SELECT * FROM jsonb_each_text(counts)
                                 UNION ALL SELECT * FROM jsonb_each_text(%(counts)s)) AS counted (name, value)
                          GROUP BY name) AS sums)
 WHERE connector_id = %(connector_id)s AND lease_no = %(lease_no)s;

-- name: note_hint_read
-- Keep a connector's place: an order that a hint named was read, and no page.
UPDATE intake.connector
   SET failures = 0, last_read_at = %(at)s, last_error_code = '', last_error = '', lease_until = %(at)s,
       counts = (SELECT coalesce(jsonb_object_agg(name, total), '{}')
                   FROM (SELECT name, sum(value::bigint) AS total
                           FROM (SELECT * FROM jsonb_each_text(counts)
                                 UNION ALL SELECT * FROM jsonb_each_text(%(counts)s)) AS counted (name, value)
                          GROUP BY name) AS sums)
 WHERE connector_id = %(connector_id)s AND lease_no = %(lease_no)s;

-- name: note_failure
-- Say what went wrong and when to try again.
UPDATE intake.connector
   SET failures = failures + 1, last_error_code = %(error_code)s, last_error = %(error)s,
       last_error_at = %(at)s, next_attempt_at = %(next_attempt_at)s, lease_until = %(at)s
 WHERE connector_id = %(connector_id)s AND lease_no = %(lease_no)s;

-- name: find_hook
-- Give the connector whose secret path this is.
SELECT connector_id, code, system, url, account, events, source_code, secret_file, state, cursor, failures,
       lease_no
  FROM intake.connector WHERE hook_sha256 = %(hook_sha256)s;

-- name: keep_hint
-- Keep what a webhook named until it was read; the same again waits once.
INSERT INTO intake.connector_hint (connector_id, subject, heard_at)
SELECT %(connector_id)s, %(subject)s, %(at)s
 WHERE (SELECT count(*) FROM intake.connector_hint WHERE connector_id = %(connector_id)s) < %(most)s
    ON CONFLICT (connector_id, subject) DO UPDATE SET heard_at = excluded.heard_at;

-- name: wake_connector
-- Have a connector look at once, unless its other system asked to be left alone.
UPDATE intake.connector
   SET last_hook_at = %(at)s,
       next_attempt_at = CASE WHEN failures = 0 THEN least(next_attempt_at, %(at)s) ELSE next_attempt_at END
 WHERE connector_id = %(connector_id)s;

-- name: next_hint
-- Give the oldest hint of a connector.
SELECT subject, heard_at FROM intake.connector_hint
 WHERE connector_id = %(connector_id)s ORDER BY heard_at, subject LIMIT 1;

-- name: drop_hint
-- Forget a hint that was followed; one that was heard again meanwhile stays.
DELETE FROM intake.connector_hint
 WHERE connector_id = %(connector_id)s AND subject = %(subject)s AND heard_at <= %(heard_at)s;

-- name: find_tickets
-- Give what is known of these tickets.
SELECT ticket, showing, edition, is_sold, price_minor, fee_minor, discount_minor, section, row, seat,
       scans, encode(secret_sha256, 'hex') AS secret_sha256
  FROM intake.connector_ticket
 WHERE connector_id = %(connector_id)s AND ticket = ANY (%(tickets)s::text[]);

-- name: keep_ticket
-- Keep what is known of a ticket now.
INSERT INTO intake.connector_ticket AS known
       (connector_id, ticket, showing, edition, is_sold, price_minor, fee_minor, discount_minor, section,
        row, seat, scans, secret_sha256)
VALUES (%(connector_id)s, %(ticket)s, %(showing)s, %(edition)s, %(is_sold)s, %(price_minor)s, %(fee_minor)s,
        %(discount_minor)s, %(section)s, %(row)s, %(seat)s, %(scans)s, decode(%(secret_sha256)s, 'hex'))
    ON CONFLICT (connector_id, ticket) DO UPDATE
   SET showing = excluded.showing, edition = excluded.edition, is_sold = excluded.is_sold,
       price_minor = excluded.price_minor, fee_minor = excluded.fee_minor,
       discount_minor = excluded.discount_minor, section = excluded.section, row = excluded.row,
       seat = excluded.seat, scans = excluded.scans, secret_sha256 = excluded.secret_sha256;

-- name: keep_told_showing
-- Keep what was said of a showing last.
INSERT INTO intake.connector_showing AS known (connector_id, code, showing)
VALUES (%(connector_id)s, %(code)s, %(showing)s)
    ON CONFLICT (connector_id, code) DO UPDATE SET showing = excluded.showing
 WHERE known.showing <> excluded.showing;

-- name: find_told_showings
-- Give what was said of these showings last.
SELECT showing FROM intake.connector_showing
 WHERE connector_id = %(connector_id)s AND code = ANY (%(codes)s::text[]) ORDER BY code;

-- name: keep_unmapped
-- Keep what cannot be mapped, once, and count how often it was met.
INSERT INTO intake.connector_unmapped AS known
       (connector_id, sha256, place, raw, reason, words, first_seen_at, last_seen_at, times)
SELECT %(connector_id)s, %(sha256)s, %(place)s, %(raw)s, %(reason)s, %(words)s, %(at)s, %(at)s, 1
 WHERE EXISTS (SELECT FROM intake.connector_unmapped
                WHERE connector_id = %(connector_id)s AND sha256 = %(sha256)s)
    OR (SELECT count(*) FROM intake.connector_unmapped WHERE connector_id = %(connector_id)s) < %(most)s
    ON CONFLICT (connector_id, sha256) DO UPDATE
   SET last_seen_at = excluded.last_seen_at, times = known.times + 1;

-- name: list_unmapped
-- Give what could not be mapped, the latest first.
SELECT connector.code, unmapped.place, unmapped.raw, unmapped.reason, unmapped.words, unmapped.first_seen_at,
       unmapped.last_seen_at, unmapped.times
  FROM intake.connector_unmapped AS unmapped JOIN intake.connector USING (connector_id)
 WHERE %(code)s::text IS NULL OR connector.code = %(code)s
 ORDER BY unmapped.last_seen_at DESC, connector.code, unmapped.place LIMIT %(limit)s;

-- name: keep_outgoing
-- Keep news until they are handed in.
INSERT INTO intake.connector_outbox (connector_id, content) VALUES (%(connector_id)s, %(content)s)
RETURNING outgoing_no;

-- name: list_outgoing
-- Give the oldest news that are not handed in, of connectors whose news are not held.
SELECT outbox.outgoing_no, connector.connector_id, connector.code, connector.source_code, outbox.content
  FROM intake.connector_outbox AS outbox JOIN intake.connector USING (connector_id)
 WHERE connector.held_until <= %(at)s
 ORDER BY outbox.outgoing_no LIMIT %(limit)s;

-- name: drop_outgoing
-- Forget news that were handed in: they are an upload now.
DELETE FROM intake.connector_outbox WHERE outgoing_no = %(outgoing_no)s;

-- name: hold_outgoing
-- Leave a connector's news where they are until an instant, and say why.
UPDATE intake.connector
   SET held_until = %(until)s, last_error_code = %(error_code)s, last_error = %(error)s,
       last_error_at = clock_timestamp()
 WHERE connector_id = %(connector_id)s;
