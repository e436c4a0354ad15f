"""The country is the one we say it is."""

from collections import Counter
from datetime import date

import pytest

from ekino.kernel.identifiers import is_bin
from ekino_demo.country.films import film_of_version, films
from ekino_demo.country.places import cinemas, connecting, organisations, sources
from ekino_demo.country.programme import programme_of
from ekino_demo.office import catalog_document

TUESDAY = date(2026, 11, 24)
# Titles that ship come from Wikidata (CC0) and are spelt exactly as there.
FROM_WIKIDATA = {
    "3 Idiots", "Chouga", "Conquest 1453", "Despicable Me 2", "Edge of Tomorrow", "Frozen",
    "How to Train Your Dragon 2", "Inception", "Interstellar", "Nomad",
    "The Admiral: Roaring Currents", "The Conjuring", "The Intouchables", "The Snow Queen",
    "The Tale of the Princess Kaguya", "Tulpan",
}  # fmt: skip


def test_103_cinemas_have_404_halls_in_20_regions_and_68_are_connected() -> None:
    found = (
        len(cinemas()),
        sum(len(each.halls) for each in cinemas()),
        len({each.region for each in cinemas()}),
        sum(each.is_connected for each in cinemas()),
    )
    assert found == (103, 404, 20, 68)


def test_the_three_cities_have_the_cinemas_that_the_press_counts() -> None:
    by_region = Counter(each.region for each in cinemas())
    assert (by_region["KZ-75"], by_region["KZ-71"], by_region["KZ-79"]) == (22, 11, 7)


def test_every_hall_holds_40_to_400() -> None:
    capacities = [hall.capacity for each in cinemas() for hall in each.halls]
    assert 40 <= min(capacities) <= max(capacities) <= 400


def test_every_connected_cinema_has_one_source_and_no_source_is_idle() -> None:
    spoken_for = [each.code for source in sources() for each in source.cinemas]
    assert sorted(spoken_for) == sorted(
        each.code for each in cinemas() if each.is_connected
    )
    assert all(source.cinemas for source in sources())


def test_those_that_have_begun_to_connect_are_not_connected() -> None:
    begun = {each.cinema for each in connecting()}
    connected = {each.code for each in cinemas() if each.is_connected}
    vendors = {each.vendor_code for each in sources()}

    assert begun & connected == set()
    assert len(begun) == len(connecting()) == 14
    assert sum(each.has_key for each in connecting()) == 6
    assert {each.vendor_code for each in connecting()} <= vendors
    codes = [each.source for each in connecting()] + [each.code for each in sources()]
    assert len(set(codes)) == len(codes)


def test_every_bin_has_its_check_digit_and_belongs_to_nobody_yet() -> None:
    bins = [each.bin for each in organisations()]
    assert [each for each in bins if not is_bin(each)] == []
    assert [each for each in bins if not each.startswith("35")] == []
    assert len(set(bins)) == len(bins)


def test_every_reference_of_the_catalog_is_in_it() -> None:
    document = catalog_document(TUESDAY)
    known = {each["code"] for each in document["organisations"]}
    named = {each["organisation"] for each in document["venues"]} | {
        each["distributor"] for each in document["releases"]
    }
    assert named - known == set()
    assert {each.producer for each in films() if each.producer} - known == set()


def test_every_title_is_wikidatas_or_marked_as_invented() -> None:
    real = {
        title for each in films() if not each.invented for title in each.titles.values()
    }
    assert real == FROM_WIKIDATA


def test_invented_films_are_domestic_and_have_titles_in_three_languages() -> None:
    invented = [each for each in films() if each.invented]
    assert {each.countries[0] for each in invented} == {"KZ"}
    assert {frozenset(each.titles) for each in invented} == {frozenset(("kk", "ru", "en"))}


def test_a_days_programme_uses_every_hall_and_no_showing_twice() -> None:
    programme = programme_of(TUESDAY, 1)
    assert len({(each.venue, each.hall) for each in programme}) == 404
    assert len({(each.venue, each.code) for each in programme}) == len(programme)
    assert 1_000 <= len(programme) <= 5_000


def test_the_same_day_and_seed_give_the_same_programme() -> None:
    first = programme_of(TUESDAY, 1)
    programme_of.cache_clear()
    assert programme_of(TUESDAY, 1) == first
    assert programme_of(TUESDAY, 2) != first


def test_no_hall_shows_two_films_at_once() -> None:
    films_of = film_of_version()
    by_hall: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for each in programme_of(TUESDAY, 1):
        begins = each.starts_at.timestamp()
        ends = begins + films_of[each.version].running_time_min * 60
        by_hall.setdefault((each.venue, each.hall), []).append((begins, ends))
    overlaps = [
        key
        for key, spans in by_hall.items()
        if any(
            later[0] < earlier[1]
            for earlier, later in zip(sorted(spans), sorted(spans)[1:], strict=False)
        )
    ]
    assert overlaps == []


def test_films_for_adults_are_never_shown_before_the_evening() -> None:
    films_of = film_of_version()
    hours = {
        each.starts_at.hour
        for each in programme_of(TUESDAY, 1)
        if films_of[each.version].age_mark == "18+"
    }
    assert hours & set(range(6, 17)) == set()


@pytest.mark.parametrize("seed", [1, 7])
def test_every_price_is_a_whole_number_of_tenge(seed: int) -> None:
    prices = [
        price for each in programme_of(TUESDAY, seed) for price in each.prices.values()
    ]
    assert [price for price in prices if price % 100 or price <= 0] == []
