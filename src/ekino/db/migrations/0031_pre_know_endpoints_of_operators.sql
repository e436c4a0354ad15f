-- Hosts of our own network are called for an endpoint that an operator added, and for nobody else's.

ALTER TABLE notices.endpoint ADD COLUMN is_operators boolean NOT NULL DEFAULT false;
