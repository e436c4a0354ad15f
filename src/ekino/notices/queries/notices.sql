-- name: insert_notice
-- Tell something, in the transaction of what it tells of.
INSERT INTO notices.notice (notice_id, organisation_code, kind, subject, facts)
VALUES (%(notice_id)s, %(organisation_code)s, %(kind)s, %(subject)s, %(facts)s);
