-- Whether a request that names a key was sent by its holder. Of those kept so far nobody knows.
ALTER TABLE workbench.request ADD COLUMN is_verified boolean NOT NULL DEFAULT false;
