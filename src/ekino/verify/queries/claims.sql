-- name: insert_claim
-- Open a claim; one ticket is claimed once, and whoever comes second is given the first one.
INSERT INTO verify.claim (reference, token, token_sha256, source_id, verdict, statement_position,
                          opened_at, answer_due_at, state, fiscal_receipt)
VALUES (%(reference)s, %(token)s, %(token_sha256)s, %(source_id)s, %(verdict)s, %(statement_position)s,
        %(opened_at)s, %(answer_due_at)s, 'claimed', %(fiscal_receipt)s)
    ON CONFLICT (token_sha256) DO NOTHING
RETURNING claim_no;

-- name: insert_step
-- Write a step down, after those before it; the claim's row is locked.
INSERT INTO verify.claim_step (claim_no, number, at, actor, state, words)
SELECT %(claim_no)s, coalesce(max(number), 0) + 1, %(at)s, %(actor)s, %(state)s, %(words)s
  FROM verify.claim_step WHERE claim_no = %(claim_no)s;

-- name: move_claim
-- Move a claim on, with the penalty if the step sets one.
UPDATE verify.claim
   SET state = %(state)s, penalty_minor = coalesce(%(penalty_minor)s, penalty_minor),
       penalty_rule = coalesce(%(penalty_rule)s, penalty_rule)
 WHERE claim_no = %(claim_no)s;

-- name: lock_claim
-- Take a claim until the transaction ends: lock first, then look.
SELECT claim_no FROM verify.claim WHERE reference = %(reference)s FOR UPDATE;

-- name: find_claims
-- Give claims with their evidence, the newest first: one by its reference or its ticket, those of
-- a source, or all.
SELECT claim.claim_no, claim.reference, claim.token, claim.token_sha256, claim.source_id,
       source.code AS source_code, source.name AS source_name, claim.verdict,
       claim.statement_position, statement.tree_size, statement.stated_at, statement.receipt,
       claim.opened_at, claim.answer_due_at, claim.state, claim.fiscal_receipt,
       claim.penalty_minor, claim.penalty_rule, token.position AS sale_position,
       token.recorded_at AS sale_recorded_at, token.token AS sale_token
  FROM verify.claim JOIN access.source USING (source_id)
  LEFT JOIN verify.statement ON statement.position = claim.statement_position
  LEFT JOIN verify.token ON token.ticket_id = substr(claim.token, 6, 12) AND token.source_id = claim.source_id
 WHERE (%(reference)s::text IS NULL OR claim.reference = %(reference)s)
   AND (%(token_sha256)s::bytea IS NULL OR claim.token_sha256 = %(token_sha256)s)
   AND (%(source_id)s::integer IS NULL OR claim.source_id = %(source_id)s)
 ORDER BY claim.claim_no DESC LIMIT %(limit)s;

-- name: list_steps
-- Give a claim's steps in order.
SELECT at, actor, state, words FROM verify.claim_step WHERE claim_no = %(claim_no)s ORDER BY number;

-- name: insert_contact
-- Keep, sealed, whom to tell about a claim.
INSERT INTO claims.contact (reference, sealed, kept_until)
VALUES (%(reference)s, %(sealed)s, %(kept_until)s) ON CONFLICT (reference) DO NOTHING;

-- name: find_contact
-- Give the sealed contact of a claim.
SELECT sealed FROM claims.contact WHERE reference = %(reference)s;

-- name: forget_contacts
-- Delete the contacts whose time is over.
DELETE FROM claims.contact WHERE kept_until < %(today)s;
