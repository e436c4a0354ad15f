-- name: insert_request
-- Keep a request.
INSERT INTO workbench.request (request_id, at, took_ms, key_id, is_verified, method, path, answer, code,
                               agent, headers, body, body_bytes, body_sha256, answer_body, answer_bytes)
VALUES (%(request_id)s, %(at)s, %(took_ms)s, %(key_id)s, %(is_verified)s, %(method)s, %(path)s, %(answer)s, %(code)s,
        %(agent)s, %(headers)s, %(body)s, %(body_bytes)s, %(body_sha256)s, %(answer_body)s,
        %(answer_bytes)s)
    ON CONFLICT (request_id) DO NOTHING;

-- name: add_hour
-- Add requests to an hour of a key and a program.
INSERT INTO workbench.hour AS known (key_id, agent, begins_at, requests, failed, took)
VALUES (%(key_id)s, %(agent)s, %(begins_at)s, %(requests)s, %(failed)s, %(took)s::bigint[])
    ON CONFLICT (key_id, begins_at, agent) DO UPDATE
   SET requests = known.requests + excluded.requests, failed = known.failed + excluded.failed,
       took = (SELECT array_agg(ours + theirs ORDER BY place)
                 FROM unnest(known.took, excluded.took) WITH ORDINALITY AS both_took (ours, theirs, place));

-- name: list_agents
-- Give the programs that are told apart in these hours of keys.
SELECT key_id, begins_at, agent
  FROM workbench.hour
  JOIN unnest(%(key_ids)s::text[], %(hours)s::timestamptz[]) AS named (key_id, begins_at)
 USING (key_id, begins_at);

-- name: list_requests
-- Give what a key's holder sent since an instant, in the order in which it came.
SELECT request_id, at, took_ms, key_id, is_verified, method, path, answer, code, agent, headers, body, body_bytes,
       body_sha256, answer_body, answer_bytes
  FROM workbench.request
 WHERE key_id = %(key_id)s AND at >= %(since)s AND is_verified
 ORDER BY at, request_no
 LIMIT %(limit)s;

-- name: find_request
-- Give a request of one of these keys by its id; what came in a key's name before the key was, is not its
-- holder's, and a body that was not verified is shown to nobody.
SELECT request_id, at, took_ms, key_id, is_verified, method, path, answer, code, agent, headers,
       CASE WHEN is_verified THEN body ELSE '' END AS body, body_bytes, body_sha256,
       CASE WHEN is_verified THEN answer_body ELSE '' END AS answer_body, answer_bytes
  FROM workbench.request JOIN access.key USING (key_id)
 WHERE request_id = %(request_id)s AND key_id = ANY(%(key_ids)s) AND at >= key.valid_from;

-- name: search_requests
-- Give requests of these keys without their bodies, the newest first.
SELECT request_id, at, took_ms, key_id, is_verified, method, path, answer, code, agent, headers, '' AS body,
       body_bytes, body_sha256, '' AS answer_body, answer_bytes
  FROM workbench.request JOIN access.key USING (key_id)
 WHERE key_id = ANY(%(key_ids)s) AND at >= key.valid_from
   AND (%(path)s::text IS NULL OR starts_with(path, %(path)s))
   AND (NOT %(failed)s OR answer NOT BETWEEN 200 AND 399)
   AND (%(code)s::text IS NULL OR code = %(code)s)
   AND (%(words)s::text IS NULL OR (is_verified AND strpos(body, %(words)s) > 0) OR request_id = %(words)s)
 ORDER BY request_no DESC
 LIMIT %(limit)s;

-- name: group_failures
-- Count what failed as a whole, by address and code, the newest first.
SELECT method, split_part(path, '?', 1) AS path, code, answer, count(*) AS requests, max(at) AS last_at,
       (array_agg(request_id ORDER BY request_no DESC))[1] AS last_request_id
  FROM workbench.request JOIN access.key USING (key_id)
 WHERE key_id = ANY(%(key_ids)s) AND at >= greatest(key.valid_from, %(since)s) AND answer NOT BETWEEN 200 AND 399
 GROUP BY 1, 2, 3, 4
 ORDER BY last_at DESC
 LIMIT %(limit)s;

-- name: sum_hours
-- Add up how it went by key and program since an instant: each hour is read once. Every hour has a count for
-- each of TOOK_MS, so that any one of them stands for all its requests.
SELECT key_id, agent, max(requests)::bigint AS requests, max(failed)::bigint AS failed, max(last_at) AS last_at,
       array_agg(took::bigint ORDER BY place) AS took
  FROM (SELECT key_id, agent, place, sum(requests) AS requests, sum(failed) AS failed,
               max(begins_at) AS last_at, sum(each.count) AS took
          FROM workbench.hour, unnest(took) WITH ORDINALITY AS each (count, place)
         WHERE key_id = ANY(%(key_ids)s) AND begins_at >= %(since)s
         GROUP BY key_id, agent, place) AS by_place
 GROUP BY key_id, agent
 ORDER BY requests DESC, key_id, agent;

-- name: forget_requests
-- Throw away a bounded number of requests from before an instant.
DELETE FROM workbench.request
 WHERE request_no IN (SELECT request_no FROM workbench.request WHERE at < %(before)s
                       ORDER BY at LIMIT %(limit)s);

-- name: forget_hours
-- Throw away the hours from before an instant.
DELETE FROM workbench.hour WHERE begins_at < %(before)s;

-- name: forget_surplus
-- Throw away the oldest of those requests that are too many, or take too much on the disk. What is packed
-- away is measured without being unpacked.
DELETE FROM workbench.request
 WHERE request_no IN (
        SELECT request_no
          FROM (SELECT request_no, row_number() OVER newest AS place,
                       sum(pg_column_size(body) + pg_column_size(answer_body) + pg_column_size(headers)
                           + pg_column_size(path)) OVER newest AS bytes
                  FROM workbench.request
                 WHERE is_verified = %(is_verified)s
                WINDOW newest AS (ORDER BY request_no DESC ROWS UNBOUNDED PRECEDING)) AS placed
         WHERE place > %(rows)s OR bytes > %(bytes)s
         ORDER BY request_no LIMIT %(limit)s);
