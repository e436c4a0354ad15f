-- From where a key may be used, where its holder said so. A table of its own: cinemas read keys of the
-- sources that speak for them, and nobody else's networks.

CREATE TABLE access.key_network (
    key_id   text COLLATE "C" NOT NULL REFERENCES access.key,
    network  cidr NOT NULL,
    PRIMARY KEY (key_id, network)
);
GRANT SELECT ON access.key_network TO ekino_ingest, ekino_office, ekino_follower;
GRANT INSERT, DELETE ON access.key_network TO ekino_office;
