-- name: is_folded_until
-- Say whether every batch that was recorded before an instant is counted.
SELECT NOT EXISTS (SELECT FROM register.batch, feeds.follower
                    WHERE batch_no >= next_batch AND recorded_at < %(until)s);

-- name: list_refused_of_hour
-- Give what was refused in [since, until) by source and cause, with who makes and runs the source.
SELECT source.code AS source, coalesce(source.vendor_code, '') AS vendor_code,
       coalesce(source.organisation_code, '') AS operator_code, refused.outcome, sum(refused.events)::bigint AS events
  FROM feeds.refused JOIN access.source USING (source_id)
 WHERE refused.begins_at >= %(since)s AND refused.begins_at < %(until)s
 GROUP BY source.source_id, refused.outcome
 ORDER BY source.code, refused.outcome;

-- name: list_keys_ending
-- Give keys that hold now and end before an instant, unless another took their place. Those that sign
-- what is handed in are the register's own: it makes another by itself.
SELECT key.key_id, coalesce(source.code, '') AS source, coalesce(source.vendor_code, '') AS vendor_code,
       coalesce(source.organisation_code, '') AS operator_code, key.valid_until
  FROM access.key LEFT JOIN access.source USING (source_id)
 WHERE key.revoked_at IS NULL AND key.replaced_by IS NULL AND key.kind <> 'witness'
   AND key.valid_from <= %(at)s AND key.valid_until > %(at)s AND key.valid_until <= %(until)s
   AND coalesce(source.state, 'active') = 'active' AND NOT starts_with(key.key_id, 'intake/')
 ORDER BY key.valid_until, key.key_id;
