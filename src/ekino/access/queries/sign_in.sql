-- name: insert_sign_in
-- Begin a sign-in; only the hash of its cookie is kept.
INSERT INTO access.sign_in (secret_sha256, person_id, way, agent, began_at, seen_at, ends_at)
VALUES (%(secret_sha256)s, %(person_id)s, %(way)s, %(agent)s, %(at)s, %(at)s, %(ends_at)s)
RETURNING sign_in_id;

-- name: find_sign_in
-- Give the person whose cookie this is, if the sign-in lives and the person is not blocked.
SELECT sign_in.sign_in_id, sign_in.seen_at, person.person_id, person.name
  FROM access.sign_in JOIN access.person USING (person_id)
 WHERE sign_in.secret_sha256 = %(secret_sha256)s AND sign_in.ended_at IS NULL
   AND sign_in.ends_at > %(at)s AND sign_in.seen_at > %(idle_since)s AND person.state = 'active';

-- name: see_sign_in
-- Remember that a sign-in was used.
UPDATE access.sign_in SET seen_at = greatest(seen_at, %(at)s) WHERE sign_in_id = %(sign_in_id)s;

-- name: list_sign_ins
-- Give a person's sign-ins that live, the latest first.
SELECT sign_in_id, way, agent, began_at, seen_at FROM access.sign_in
 WHERE person_id = %(person_id)s AND ended_at IS NULL AND ends_at > %(at)s AND seen_at > %(idle_since)s
 ORDER BY sign_in_id DESC;

-- name: count_sign_ins
-- Say how many sign-ins live.
SELECT count(*) FROM access.sign_in
 WHERE ended_at IS NULL AND ends_at > %(at)s AND seen_at > %(idle_since)s;

-- name: end_sign_ins
-- End a person's sign-ins: one, all but one, or all.
UPDATE access.sign_in SET ended_at = %(at)s
 WHERE person_id = %(person_id)s AND ended_at IS NULL
   AND (%(only)s::bigint IS NULL OR sign_in_id = %(only)s)
   AND (%(but)s::bigint IS NULL OR sign_in_id <> %(but)s)
RETURNING sign_in_id;

-- name: put_step
-- Keep what a sign-in under way needs, in the place of what this cookie had begun before.
INSERT INTO access.sign_in_step (secret_sha256, kind, person_id, holds, ends_at)
VALUES (%(secret_sha256)s, %(kind)s, %(person_id)s, %(holds)s, %(ends_at)s)
    ON CONFLICT (secret_sha256) DO UPDATE
   SET kind = excluded.kind, person_id = excluded.person_id, holds = excluded.holds, tries = 0,
       ends_at = excluded.ends_at;

-- name: try_step
-- Count a try at a step and give the step; tries of one step wait for each other here.
UPDATE access.sign_in_step SET tries = tries + 1
 WHERE secret_sha256 = %(secret_sha256)s AND kind = %(kind)s AND ends_at > %(at)s
RETURNING person_id, holds, tries;

-- name: find_step
-- Say whether a step is awaited.
SELECT person_id, holds, tries FROM access.sign_in_step
 WHERE secret_sha256 = %(secret_sha256)s AND kind = %(kind)s AND ends_at > %(at)s;

-- name: drop_step
-- Forget a step.
DELETE FROM access.sign_in_step WHERE secret_sha256 = %(secret_sha256)s;

-- name: sweep_steps
-- Forget steps whose time is over.
DELETE FROM access.sign_in_step WHERE ends_at <= %(at)s;

-- name: sweep_links
-- Forget links whose time is over.
DELETE FROM access.link WHERE ends_at <= %(at)s;

-- name: sweep_attempts
-- Forget counts that hold nobody up any more.
DELETE FROM access.attempt WHERE began_at <= %(before)s;

-- name: insert_link
-- Keep a link by its hash.
INSERT INTO access.link (secret_sha256, kind, person_id, ends_at)
VALUES (%(secret_sha256)s, %(kind)s, %(person_id)s, %(ends_at)s);

-- name: find_link
-- Give a link that is still good, without using it up.
SELECT link.kind, link.person_id, person.name, person.email
  FROM access.link JOIN access.person USING (person_id)
 WHERE link.secret_sha256 = %(secret_sha256)s AND link.ends_at > %(at)s AND person.state = 'active';

-- name: take_link
-- Use a link up; whoever comes second finds none.
DELETE FROM access.link USING access.person
 WHERE link.secret_sha256 = %(secret_sha256)s AND link.ends_at > %(at)s
   AND person.person_id = link.person_id AND person.state = 'active'
RETURNING link.kind, link.person_id, person.name, person.email;

-- name: drop_links
-- Make a person's links of a kind worthless; a fresh one replaces them.
DELETE FROM access.link WHERE person_id = %(person_id)s AND (%(kind)s::text IS NULL OR kind = %(kind)s);

-- name: count_attempt
-- Count an attempt in its window, a new one when the last is over, and give the count with the
-- window's beginning. Attempts of one subject wait for each other here.
INSERT INTO access.attempt AS attempt (subject_sha256, began_at, count)
VALUES (%(subject_sha256)s, %(at)s, 1)
    ON CONFLICT (subject_sha256) DO UPDATE
   SET count = CASE WHEN attempt.began_at <= %(before)s THEN 1 ELSE attempt.count + 1 END,
       began_at = CASE WHEN attempt.began_at <= %(before)s THEN excluded.began_at ELSE attempt.began_at END
RETURNING count, began_at;

-- name: forgive_attempt
-- Take one attempt back: it was right.
UPDATE access.attempt SET count = greatest(count - 1, 0) WHERE subject_sha256 = %(subject_sha256)s;

-- name: clear_attempts
-- Forget the attempts of a subject.
DELETE FROM access.attempt WHERE subject_sha256 = %(subject_sha256)s;

-- name: find_password
-- Give the person with this address who is not blocked, and the hash of their password.
SELECT person.person_id, password.hash
  FROM access.person JOIN access.password USING (person_id) JOIN access.totp USING (person_id)
 WHERE person.email_folded = %(email_folded)s AND person.state = 'active';

-- name: find_hash
-- Give the hash of a person's password.
SELECT hash FROM access.password WHERE person_id = %(person_id)s;

-- name: put_password
-- Set a person's password.
INSERT INTO access.password (person_id, hash, changed_at) VALUES (%(person_id)s, %(hash)s, %(at)s)
    ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at;

-- name: find_totp
-- Give the sealed secret of a person's codes.
SELECT sealed, last_step, enrolled_at FROM access.totp WHERE person_id = %(person_id)s;

-- name: put_totp
-- Set the secret of a person's codes.
INSERT INTO access.totp (person_id, sealed, last_step, enrolled_at)
VALUES (%(person_id)s, %(sealed)s, %(last_step)s, %(at)s)
    ON CONFLICT (person_id) DO UPDATE
   SET sealed = excluded.sealed, last_step = excluded.last_step, enrolled_at = excluded.enrolled_at;

-- name: use_totp_step
-- Use a step's code up: it can be used only once, however many ask at once.
UPDATE access.totp SET last_step = %(step)s WHERE person_id = %(person_id)s AND last_step < %(step)s
RETURNING person_id;

-- name: insert_passkey
-- Add a passkey.
INSERT INTO access.passkey (person_id, credential, public_key, sign_count, name, added_at)
VALUES (%(person_id)s, %(credential)s, %(public_key)s, %(sign_count)s, %(name)s, %(at)s)
    ON CONFLICT (credential) DO NOTHING
RETURNING passkey_id;

-- name: list_passkeys
-- Give a person's passkeys.
SELECT passkey_id, credential, name, added_at, last_used_at FROM access.passkey
 WHERE person_id = %(person_id)s ORDER BY passkey_id;

-- name: find_passkey
-- Take a passkey whose person is not blocked; uses of one passkey wait for each other here.
SELECT passkey.passkey_id, passkey.person_id, passkey.public_key, passkey.sign_count
  FROM access.passkey JOIN access.person USING (person_id)
 WHERE passkey.credential = %(credential)s AND person.state = 'active' FOR UPDATE OF passkey;

-- name: use_passkey
-- Remember how often a passkey has signed.
UPDATE access.passkey SET sign_count = %(sign_count)s, last_used_at = %(at)s
 WHERE passkey_id = %(passkey_id)s;

-- name: delete_passkey
-- Take a person's passkey away.
DELETE FROM access.passkey WHERE person_id = %(person_id)s AND passkey_id = %(passkey_id)s
RETURNING name;

-- name: find_outside_identity
-- Give the person whom an identity provider names so, unless blocked.
SELECT person.person_id, person.state
  FROM access.outside_identity AS outside JOIN access.person USING (person_id)
 WHERE outside.issuer = %(issuer)s AND outside.subject = %(subject)s;

-- name: has_outside_identity
-- Say whether an identity provider means this person by some name already.
SELECT 1 FROM access.outside_identity WHERE issuer = %(issuer)s AND person_id = %(person_id)s;

-- name: insert_outside_identity
-- Remember whom an identity provider means.
INSERT INTO access.outside_identity (issuer, subject, person_id, linked_at)
VALUES (%(issuer)s, %(subject)s, %(person_id)s, %(at)s);
