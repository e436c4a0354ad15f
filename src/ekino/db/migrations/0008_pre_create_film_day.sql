-- What tables of a year are read from. Filled by the first fold of a release that knows it:
-- a follower of the last release may go on meanwhile.

ALTER TABLE totals.follower
    ADD COLUMN film_days_position bigint NOT NULL DEFAULT 0,
    ADD COLUMN film_days_revision bigint NOT NULL DEFAULT 0;
ALTER TABLE totals.placement
    ADD COLUMN capacity integer NOT NULL DEFAULT 0,
    ADD COLUMN is_announced boolean NOT NULL DEFAULT false;
CREATE INDEX placement_film ON totals.placement (film_id, business_date);

CREATE TABLE totals.film_day (
    business_date  date NOT NULL,
    film_id        integer NOT NULL,
    country        text COLLATE "C" NOT NULL,   -- ISO 3166-1, of the venues
    currency       text COLLATE "C" NOT NULL,   -- ISO 4217, of the venues
    admissions     bigint NOT NULL DEFAULT 0,
    gross_minor    bigint NOT NULL DEFAULT 0,
    fees_minor     bigint NOT NULL DEFAULT 0,
    showings       bigint NOT NULL DEFAULT 0,   -- announced, not cancelled
    capacity       bigint NOT NULL DEFAULT 0,   -- places on sale for them
    venues         bigint NOT NULL DEFAULT 0,   -- that announce at least one of them
    PRIMARY KEY (business_date, film_id, country, currency)
) WITH (fillfactor = 60);
CREATE INDEX film_day_film ON totals.film_day (film_id, business_date);

CREATE INDEX day_venue ON totals.day (venue_id, business_date);

GRANT SELECT ON totals.film_day TO ekino_follower, ekino_reader, ekino_office;
GRANT INSERT, UPDATE, DELETE, TRUNCATE ON totals.film_day TO ekino_follower;
