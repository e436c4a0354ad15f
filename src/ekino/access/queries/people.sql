-- name: insert_person
-- Add a person; nothing happens when the address is somebody's.
INSERT INTO access.person (name, email, email_folded, language)
VALUES (%(name)s, %(email)s, %(email_folded)s, %(language)s)
    ON CONFLICT (email_folded) DO NOTHING
RETURNING person_id;

-- name: find_people
-- Give people with their roles' names, in the order of their names: all, one, or by address.
SELECT person.person_id, person.name, person.email, person.language, person.state, person.added_at,
       coalesce(password.person_id IS NOT NULL, false) AS has_password,
       coalesce(totp.person_id IS NOT NULL, false) AS has_totp,
       (SELECT count(*) FROM access.passkey WHERE passkey.person_id = person.person_id) AS passkeys,
       (SELECT count(*) FROM access.outside_identity AS outside
         WHERE outside.person_id = person.person_id) AS outside_identities,
       (SELECT max(sign_in.began_at) FROM access.sign_in
         WHERE sign_in.person_id = person.person_id) AS signed_in_at
  FROM access.person
  LEFT JOIN access.password USING (person_id)
  LEFT JOIN access.totp USING (person_id)
 WHERE (%(person_id)s::integer IS NULL OR person.person_id = %(person_id)s)
   AND (%(email_folded)s::text IS NULL OR person.email_folded = %(email_folded)s)
 ORDER BY person.name, person.person_id LIMIT %(limit)s;

-- name: list_grants
-- Give the roles of people, in the order in which pages offer them; `person_ids` names whose.
SELECT role.person_id, role.role, role.organisation_id, coalesce(organisation.name, '') AS organisation
  FROM access.person_role AS role
  LEFT JOIN catalog.organisation ON organisation.organisation_id = role.organisation_id
 WHERE role.person_id = ANY(%(person_ids)s::integer[])
 ORDER BY role.person_id, role.granted_at, role.role, role.organisation_id;

-- name: lock_person
-- Take a person until the transaction ends: lock first, then look.
SELECT person_id FROM access.person WHERE person_id = %(person_id)s FOR UPDATE;

-- name: insert_grant
-- Grant a role, for an organisation when it is of one.
INSERT INTO access.person_role (person_id, role, organisation_id)
VALUES (%(person_id)s, %(role)s, %(organisation_id)s) ON CONFLICT DO NOTHING
RETURNING person_id;

-- name: delete_grant
-- Take a role away.
DELETE FROM access.person_role
 WHERE person_id = %(person_id)s AND role = %(role)s
   AND organisation_id IS NOT DISTINCT FROM %(organisation_id)s
RETURNING person_id;

-- name: lock_operators
-- Let one transaction at a time judge whether an operator is left. A statement of its own: the
-- count that follows sees what was committed before the lock.
SELECT pg_advisory_xact_lock(hashtext('access operators'));

-- name: count_operators
-- Say how many people who are not blocked may let others in.
SELECT count(*) FROM access.person_role JOIN access.person USING (person_id)
 WHERE person_role.role = 'operator' AND person.state = 'active';

-- name: set_person_state
-- Block a person, or let them in again.
UPDATE access.person SET state = %(state)s WHERE person_id = %(person_id)s AND state <> %(state)s
RETURNING person_id;

-- name: set_person_language
-- Keep the language in which a person reads.
UPDATE access.person SET language = %(language)s WHERE person_id = %(person_id)s;

-- name: list_organisations
-- Give the organisations of the catalog by name: those of a kind, or all.
SELECT organisation_id, code, name FROM catalog.organisation
 WHERE %(kind)s::text IS NULL OR %(kind)s = ANY(kinds)
 ORDER BY name, organisation_id LIMIT %(limit)s;

-- name: find_organisation
-- Give an organisation by its code in the catalog.
SELECT organisation_id, code, name FROM catalog.organisation WHERE code = %(code)s;

-- name: insert_audit
-- Write down who did what.
INSERT INTO access.audit (actor, action, subject, detail, person_id)
VALUES (%(actor)s, %(action)s, %(subject)s, %(detail)s, %(person_id)s);

-- name: list_audit
-- Give what was seen and done, the latest first: of a person, of one action, of one span of time.
SELECT audit.audit_id, audit.at, audit.actor, person.name AS person, audit.person_id, audit.action,
       audit.subject, audit.detail
  FROM access.audit LEFT JOIN access.person USING (person_id)
 WHERE (%(person_id)s::integer IS NULL OR audit.person_id = %(person_id)s)
   AND (%(action)s::text IS NULL OR audit.action = %(action)s)
   AND (%(since)s::timestamptz IS NULL OR audit.at >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR audit.at < %(until)s)
 ORDER BY audit.audit_id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: list_audit_actions
-- Give every action that was ever written down.
SELECT DISTINCT action FROM access.audit ORDER BY action;
