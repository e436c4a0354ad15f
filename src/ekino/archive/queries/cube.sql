-- DuckDB's: how the cube is asked. One question is put together from these pieces by store/cube.py,
-- by name and from nothing else; values go in as parameters. Whole sums only: shares, averages and
-- the order of names are worked out in Python.

-- name: prepare
-- The tables that one process holds in memory: what changed since the files, and what is sliced by.
CREATE SCHEMA archive;
CREATE TABLE archive.live (
    showing_id BIGINT, business_date DATE, start_hour UTINYINT, venue_id INTEGER, hall_id INTEGER,
    film_id INTEGER, language VARCHAR, sales_channel VARCHAR, concession VARCHAR, showings UTINYINT,
    capacity INTEGER, admissions INTEGER, gross_minor BIGINT, fees_minor BIGINT, refunded INTEGER);
CREATE TABLE archive.film (
    film_id INTEGER, genre VARCHAR, country VARCHAR, original_language VARCHAR, origin VARCHAR,
    distributor_id INTEGER);
CREATE TABLE archive.venue (venue_id INTEGER, region VARCHAR, chain_id INTEGER);

-- name: remember_footers
-- Files never change under their name, so what they say of themselves is read once.
SET parquet_metadata_cache = true;

-- name: forget_live
-- Nothing has changed since the files.
DELETE FROM archive.live;

-- name: take_rows
-- Read rows that PostgreSQL has written.
SELECT * FROM read_csv($path, header = false, auto_detect = false, delim = ',', quote = '"', escape = '"', nullstr = '',
    allow_quoted_nulls = false, columns = {
    'showing_id': 'BIGINT', 'business_date': 'DATE', 'start_hour': 'UTINYINT', 'venue_id': 'INTEGER',
    'hall_id': 'INTEGER', 'film_id': 'INTEGER', 'language': 'VARCHAR', 'sales_channel': 'VARCHAR',
    'concession': 'VARCHAR', 'showings': 'UTINYINT', 'capacity': 'INTEGER', 'admissions': 'INTEGER',
    'gross_minor': 'BIGINT', 'fees_minor': 'BIGINT', 'refunded': 'INTEGER'})

-- name: forget_changed
-- Forget the showings of which newer rows have come.
DELETE FROM archive.live WHERE showing_id IN (SELECT showing_id FROM ({take_rows}))

-- name: put_changed
-- Put the newer rows in their place.
INSERT INTO archive.live {take_rows}

-- name: write_month
-- Write a month's rows of one kind as a file, neighbours in time and place together.
COPY (SELECT * FROM ({take_rows}) WHERE {kind}
       ORDER BY business_date, venue_id, showing_id, sales_channel, concession)
  TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)

-- name: count_month
-- Say how many rows a file has.
SELECT count(*) FROM read_parquet($path)

-- name: find_months
-- Say in which months' files these showings stand.
SELECT DISTINCT date_trunc('month', business_date)::DATE FROM read_parquet($paths)
 WHERE showing_id IN (SELECT unnest($showing_ids))

-- name: forget_films
-- Make room for films as the catalog has them now.
DELETE FROM archive.film

-- name: put_films
-- Films as the catalog has them now.
INSERT INTO archive.film
SELECT unnest($film_id), unnest($genre), unnest($country), unnest($original_language),
       unnest($origin), unnest($distributor_id)

-- name: forget_venues
-- Make room for venues as the catalog has them now.
DELETE FROM archive.venue

-- name: put_venues
-- Venues as the catalog has them now.
INSERT INTO archive.venue SELECT unnest($venue_id), unnest($region), unnest($chain_id)

-- name: begin_reading
-- The first statement of a reading transaction: from here on it sees one state.
SELECT count(*) FROM archive.live

-- name: side_filed
-- One period's rows: those of the files whose showings have not changed since, and those that have.
SELECT {side} AS side, {day} AS day, fact.* FROM (
    SELECT * FROM read_parquet($paths)
      ANTI JOIN (SELECT showing_id FROM archive.live WHERE sales_channel IS NULL) USING (showing_id)
     WHERE business_date >= ${first} AND business_date < ${past_end}
     UNION ALL
    SELECT * FROM archive.live
     WHERE business_date >= ${first} AND business_date < ${past_end} AND {kind}
) AS fact

-- name: side_unfiled
-- The same while there is no file.
SELECT {side} AS side, {day} AS day, fact.* FROM archive.live AS fact
 WHERE business_date >= ${first} AND business_date < ${past_end} AND {kind}

-- name: kind_showings
-- Each showing once, with all it sold.
sales_channel IS NULL

-- name: kind_cells
-- Each showing by sales channel and concession.
sales_channel IS NOT NULL

-- name: ask
-- The question: rows are added up by number first and named afterwards. The whole comes first, its
-- place is 0; then the groups in their order.
WITH fact AS ({sides}),
cell AS MATERIALIZED (SELECT {columns} FROM fact WHERE {filters} {added_up}),
grouped AS (
    SELECT {first_key} AS first_key, {second_key} AS second_key,
           {sums}
      FROM cell JOIN archive.venue USING (venue_id) {films}
     GROUP BY 1, 2
), told AS (
    SELECT * FROM grouped WHERE {wanted}
), ranked AS (
    SELECT * FROM told ORDER BY {rank}, first_key NULLS LAST, second_key NULLS LAST LIMIT $limit
), whole AS (
    SELECT {sums} FROM cell
)
SELECT 0 AS place, (SELECT count(*) FROM told) AS groups, NULL AS first_key, NULL AS second_key, whole.*
  FROM whole
 UNION ALL
SELECT row_number() OVER (ORDER BY {rank}, first_key NULLS LAST, second_key NULLS LAST), 0, ranked.*
  FROM ranked
 ORDER BY place

-- name: added_up
-- Rows that are alike to the question are one.
GROUP BY ALL

-- name: join_films
-- Where a film's own qualities are asked for.
JOIN archive.film USING (film_id)

-- name: only_venues
-- Venues of the country, and of what is chosen among them.
venue_id IN (SELECT venue_id FROM archive.venue WHERE {conditions})

-- name: only_films
-- Films of what is chosen among them.
film_id IN (SELECT film_id FROM archive.film WHERE {conditions})

-- name: summed
-- A column added up.
sum({name})::BIGINT AS {name}

-- name: sums
-- What is added up, for one side of a comparison.
coalesce(sum({name}) FILTER (WHERE side = {side}), 0)::BIGINT AS {name}_{side}

-- name: count_distinct
-- How many there were that showed something, were shown, or sold.
count(DISTINCT CASE WHEN side = {side} AND (showings > 0 OR admissions <> 0) THEN {name} END)
               AS {measure}_{side}

-- name: find_showings
-- Give the showings behind a figure.
WITH fact AS ({sides})
SELECT DISTINCT showing_id FROM fact WHERE {filters} ORDER BY showing_id LIMIT $limit

-- name: rank_sum
-- The largest first.
{measure}_0 DESC

-- name: rank_average
-- The largest average first, of groups that have one; exact, so that equal ones are equal.
CASE WHEN {whole}_0 > 0 THEN {part}_0 / {whole}_0 END DESC NULLS LAST

-- name: rank_key
-- In the order of the key: time.
first_key

-- name: wanted
-- Groups of which there is something to say.
showings_{side} <> 0 OR admissions_{side} <> 0 OR gross_minor_{side} <> 0 OR fees_minor_{side} <> 0 OR refunded_{side} <> 0

-- name: key_nothing
-- No group.
NULL::INTEGER

-- name: key_day
-- The business date.
day

-- name: key_week
-- The Monday of its week.
date_trunc('week', day)::DATE

-- name: key_month
-- The first of its month.
date_trunc('month', day)::DATE

-- name: key_quarter
-- The first of its quarter.
date_trunc('quarter', day)::DATE

-- name: key_year
-- The first of its year.
date_trunc('year', day)::DATE

-- name: key_weekday
-- Monday is 1; of the day itself, for a year later it is another.
isodow(business_date)

-- name: key_hour
-- The hour at which the showing starts, where it is shown.
start_hour

-- name: key_showing
-- The showing.
showing_id

-- name: key_hall
-- The hall.
hall_id

-- name: key_venue
-- The venue.
venue_id

-- name: key_chain
-- The organisation that runs the venue.
chain_id

-- name: key_region
-- The venue's region.
region

-- name: key_film
-- The film.
film_id

-- name: key_genre
-- The film's principal genre.
genre

-- name: key_original_language
-- The language in which the film was made.
original_language

-- name: key_language
-- The language that the audience hears.
language

-- name: key_country
-- The film's principal country of production.
country

-- name: key_origin
-- Domestic, foreign or unstated.
origin

-- name: key_distributor
-- Who releases the film here.
distributor_id

-- name: key_sales_channel
-- Where the ticket was bought; the schedule's own rows have none.
sales_channel

-- name: key_concession
-- The concession as the seller named it; the schedule's own rows have none.
concession

-- name: shift_days
-- A day of the period that is compared, as many days later.
(business_date + ${days}::INTEGER)

-- name: shift_year
-- A day of the period that is compared, a year later.
(business_date + INTERVAL 1 YEAR)::DATE
