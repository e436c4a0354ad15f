-- name: read_revisions
-- Say how often the catalog, and keys and rights, have changed; one question for both, because
-- every group asks it while it holds the register's head.
SELECT catalog.number, access.number
  FROM catalog.revision AS catalog, access.revision AS access;
