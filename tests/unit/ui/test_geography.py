"""The map that ships, and what is said of it."""

import json
from importlib.resources import files

from ekino.ui.geography import find_map
from ekino.ui.languages import Language


def test_kazakhstans_map_has_the_regions_of_the_catalog() -> None:
    shipped = json.loads(
        (files("ekino.catalog") / "regions" / "kz.json").read_text("utf-8")
    )
    country = find_map("KZ")

    assert country is not None
    assert {place.code for place in country.places} == {each["code"] for each in shipped}
    assert sum(place.is_city for place in country.places) == 3


def test_every_tile_has_a_place_of_its_own_and_a_name_in_every_language() -> None:
    country = find_map("KZ")
    assert country is not None

    places = {(place.row, place.column) for place in country.places}
    assert len(places) == len(country.places)
    assert all(set(place.abbreviations) == set(Language) for place in country.places)


def test_a_country_without_a_map_has_none() -> None:
    assert find_map("IN") is None
    assert find_map("../KZ") is None


def test_the_maps_licence_and_origin_ship_with_it() -> None:
    folder = files("ekino.ui") / "maps"

    assert "MIT" in (folder / "NOTICE.md").read_text("utf-8")
    assert "without restriction" in (folder / "LICENSE-KZ.txt").read_text("utf-8")
