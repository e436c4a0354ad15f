"""Maps of countries: outlines of their regions and a grid of equal tiles."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

# Our own file, shipped in the package: nobody outside can put an entity bomb into it.
from xml.etree import ElementTree as ET

_SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True, slots=True)
class Place:
    """One region on the map and in the grid."""

    # ISO 3166-2, such as KZ-75.
    code: str
    is_city: bool
    # Path data in the map's coordinates.
    outline: str
    # The middle of the outline, in the map's coordinates: where a city's bubble stands.
    x: int
    y: int
    # Place in the tile grid, from 0.
    row: int
    column: int
    # Three letters, by language.
    abbreviations: dict[str, str]


@dataclass(frozen=True, slots=True)
class CountryMap:
    """A country's regions as shapes and as tiles, north-west first."""

    country: str
    width: int
    height: int
    places: tuple[Place, ...]


@cache
def find_map(country: str) -> CountryMap | None:
    """Give the map of a country (ISO 3166-1); None when none is shipped."""
    folder = files("ekino.ui") / "maps"
    drawing, grid = folder / f"{country}.svg", folder / f"{country}.json"
    if not (drawing.is_file() and grid.is_file()):
        return None
    root = ET.fromstring(drawing.read_text("utf-8"))  # noqa: S314 - see the import
    tiles: dict[str, dict[str, Any]] = json.loads(grid.read_text("utf-8"))
    places = [
        _place(path.get("id", ""), path.get("d", ""), tiles)
        for path in root.iter(f"{_SVG}path")
    ]
    places.sort(key=lambda place: (place.row, place.column))
    _, _, width, height = (int(float(part)) for part in root.get("viewBox", "").split())
    return CountryMap(country, width, height, tuple(places))


def _place(code: str, path: str, tiles: dict[str, dict[str, Any]]) -> Place:
    rings = _rings(path)
    xs = [x for ring in rings for x, _ in ring]
    ys = [y for ring in rings for _, y in ring]
    tile = tiles[code]
    return Place(
        code=code,
        is_city=tile["is_city"],
        outline="".join(_relative(ring) for ring in rings),
        x=(min(xs) + max(xs)) // 2,
        y=(min(ys) + max(ys)) // 2,
        row=tile["row"],
        column=tile["column"],
        abbreviations=tile["abbreviations"],
    )


def _rings(path: str) -> list[list[tuple[int, int]]]:
    """
    Read closed rings of absolute coordinates, rounded to whole units.

    A whole unit is half a pixel at the size the page shows. Neighbours share their border
    points to the digit, so both sides round alike and no gap opens.
    """
    rings: list[list[tuple[int, int]]] = []
    for part in path.replace("M", " ").split("Z"):
        numbers = [round(float(each)) for each in part.replace("L", " ").split()]
        if numbers:
            rings.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return rings


def _relative(ring: list[tuple[int, int]]) -> str:
    """Write a ring as steps from point to point: less than half of the absolute form."""
    steps = [
        (x - before_x, y - before_y)
        for (before_x, before_y), (x, y) in pairwise(ring)
        if (x, y) != (before_x, before_y)
    ]
    (x, y), moves = ring[0], " ".join(f"{dx} {dy}" for dx, dy in steps)
    return f"M{x} {y}l{moves.replace(' -', '-')}z"
