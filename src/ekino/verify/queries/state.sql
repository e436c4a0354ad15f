-- name: list_statements
-- Give what was stated about a token, in order.
SELECT number, position, tree_size, stated_at, verdict, receipt
  FROM verify.statement WHERE token_sha256 = %(token_sha256)s ORDER BY number;

-- name: count_statements
-- Say how many statements were made since an instant.
SELECT count(*) FROM verify.statement WHERE stated_at >= %(since)s;

-- name: insert_statement
-- Keep what was stated, in the transaction that gave it its position.
INSERT INTO verify.statement (token_sha256, number, position, tree_size, stated_at, verdict, receipt)
VALUES (%(token_sha256)s, %(number)s, %(position)s, %(tree_size)s, %(stated_at)s, %(verdict)s, %(receipt)s);
