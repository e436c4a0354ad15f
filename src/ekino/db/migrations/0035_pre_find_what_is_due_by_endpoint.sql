-- What an endpoint is given next, and what is under way: a round reads a few of each, not its backlog.

CREATE INDEX delivery_waiting ON notices.delivery (endpoint_id, due_at, delivery_no) WHERE state = 'waiting';
CREATE INDEX delivery_held ON notices.delivery (endpoint_id)
 WHERE state = 'waiting' AND held_until > '-infinity';
