-- name: list_saved
-- Give the questions that a person keeps, by name.
SELECT saved_id, name, question, saved_at FROM archive.saved
 WHERE person_id = %(person_id)s ORDER BY name, saved_id;

-- name: count_saved
-- Say how many questions a person keeps.
SELECT count(*) FROM archive.saved WHERE person_id = %(person_id)s;

-- name: put_saved
-- Keep a question under a name; the same name again keeps the newer question.
INSERT INTO archive.saved (person_id, name, question)
VALUES (%(person_id)s, %(name)s, %(question)s)
    ON CONFLICT (person_id, name) DO UPDATE
   SET question = excluded.question, saved_at = clock_timestamp();

-- name: forget_saved
-- Forget one of a person's own questions.
DELETE FROM archive.saved WHERE person_id = %(person_id)s AND saved_id = %(saved_id)s;
