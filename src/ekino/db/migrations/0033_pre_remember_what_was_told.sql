-- What is told once, however often somebody looks: a key that ends soon, an hour's refused events.

CREATE TABLE notices.told_once (
    name   text COLLATE "C" PRIMARY KEY,
    until  timestamptz NOT NULL                 -- nobody looks for it after that
);
CREATE INDEX told_once_until ON notices.told_once (until);
GRANT SELECT, INSERT, DELETE ON notices.told_once TO ekino_follower;
