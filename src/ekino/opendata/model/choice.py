"""Which figures below the nation are published, so that no other can be worked out."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from ekino.opendata.model.bridges import Edge, find_bridges, join
from ekino.opendata.model.group import Group, Part, gather, hides, may_show, together
from ekino.opendata.model.limits import Limits

# Where sums end that nobody is told.
_OUTSIDE = "outside"

Key = TypeVar("Key", bound=Hashable)


class Sold(NamedTuple):
    """What one venue took for one film in one language."""

    region: str
    venue_id: int
    film_id: int
    language: str
    is_domestic: bool
    admissions: int
    gross_minor: int

    @property
    def part(self) -> Part:
        """The venue's contribution."""
        return Part(self.venue_id, self.admissions, self.gross_minor)


@dataclass(frozen=True, slots=True)
class DayChoice:
    """What is published of one day's regions."""

    groups: Mapping[str, Group]
    # Each region's piece of the country: regions are of one piece when films, whose figures
    # the nation publishes, were shown in both.
    pieces: Mapping[str, int]
    # Whose figures would give nobody away if they stood alone.
    passes: frozenset[str]
    # Whose figures are published, and of those, whose domestic share is.
    shown: frozenset[str]
    shares: frozenset[str]


def choose_day(
    sold: Iterable[Sold], limits: Limits, *, by_month: AbstractSet[str] = frozenset()
) -> DayChoice:
    """
    Choose the regions whose figures of a day are published.

    `by_month` are the regions that are published by whole months only. What is not chosen
    hides behind its sum, which the nation's exact figures give to anybody; where a region
    alone would be left, the smallest other one is withheld with it.
    """
    rows = [each for each in sold if each.admissions or each.gross_minor]
    groups = _grouped(rows, lambda each: each.region)
    pieces = _pieces(rows)
    passes = frozenset(r for r, group in groups.items() if may_show(group, limits))
    shown = set(_pick(groups, pieces, passes - by_month, limits))
    inherent = _told(rows, shown=set(), shares=set())
    while True:
        shares = _pick_shares(rows, shown, limits)
        told = _told(rows, shown, shares) - inherent
        if not told:
            break
        shown.discard(_cheapest(shown, groups))
    return DayChoice(groups, pieces, passes, frozenset(shown), frozenset(shares))


def _pick(
    groups: Mapping[str, Group],
    pieces: Mapping[str, int],
    candidates: Iterable[str],
    limits: Limits,
) -> frozenset[str]:
    """Give the candidates that may be shown while the others hide, piece by piece."""
    shown = {r for r in candidates if r in groups and may_show(groups[r], limits)}
    by_piece: defaultdict[int, set[str]] = defaultdict(set)
    for region in groups:
        by_piece[pieces[region]].add(region)
    for members in by_piece.values():
        while members & shown:
            hidden = members - shown
            if not hidden or hides((groups[r] for r in hidden), limits):
                break
            shown.discard(_cheapest(members & shown, groups))
    return frozenset(shown)


def _pick_shares(
    rows: Sequence[Sold], shown: AbstractSet[str], limits: Limits
) -> frozenset[str]:
    """Give the regions whose takings may be parted into domestic and other ones."""
    parts = [
        [row for row in rows if row.is_domestic is is_domestic]
        for is_domestic in (True, False)
    ]
    regions = [{row.region for row in part} for part in parts]
    candidates = frozenset(shown) & regions[0] & regions[1]
    while True:
        left = candidates
        for part in parts:
            groups = _grouped(part, lambda each: each.region)
            left &= _pick(groups, _pieces(part), left, limits)
        if left == candidates:
            return candidates
        # Whoever is withheld in one part is hidden in the other too: look again.
        candidates = left


def _told(
    rows: Sequence[Sold], shown: AbstractSet[str], shares: AbstractSet[str]
) -> set[Edge]:
    """
    Give the withheld figures of a day that the published ones give away.

    The network: what a region took for a film stands in the film's sum, which the nation
    publishes, and in the region's domestic or other part; the parts stand in the region's
    total, the total in the nation's.
    """
    edges: dict[Edge, None] = {}
    origins: defaultdict[str, set[bool]] = defaultdict(set)
    for row in rows:
        origins[row.region].add(row.is_domestic)
    for row in rows:
        part = ("part", row.region, row.is_domestic)
        edges[("film", row.film_id, row.language), part] = None
        # The only part of a published total is the total, and no secret.
        is_total = row.region in shown and len(origins[row.region]) == 1
        if row.region not in shares and not is_total:
            edges[part, ("region", row.region)] = None
        if row.region not in shown:
            edges[("region", row.region), _OUTSIDE] = None
    return _given_away(list(edges), lambda edge: edge[0][0] != "film")


def _given_away(edges: Sequence[Edge], concerns: Callable[[Edge], bool]) -> set[Edge]:
    return {edges[place] for place in find_bridges(edges) if concerns(edges[place])}


def known_rows(
    sold: Mapping[date, Iterable[Sold]], days: Mapping[date, DayChoice]
) -> dict[str, bool]:
    """
    Give the regions whose films of these days may be published, and what is known of them.

    Every day of theirs is published. True: so is every day's domestic part; False: that of
    no day, and two days at least share the secret. A region between the two publishes no
    films: the week's films less the other days' parts would be the withheld day's part.
    """
    parted: defaultdict[str, int] = defaultdict(int)
    secret: defaultdict[str, int] = defaultdict(int)
    out: set[str] = set()
    for day, choice in days.items():
        origins: defaultdict[str, set[bool]] = defaultdict(set)
        for row in sold.get(day, ()):
            origins[row.region].add(row.is_domestic)
        for region in choice.groups:
            if region not in choice.shown:
                out.add(region)
            elif region in choice.shares:
                parted[region] += 1
            elif len(origins[region]) > 1:
                secret[region] += 1
    regions = {region for choice in days.values() for region in choice.groups} - out
    known = {region: not secret[region] for region in regions}
    return {
        region: is_parted
        for region, is_parted in known.items()
        if is_parted or (secret[region] > 1 and not parted[region])
    }


def choose_films(
    sold: Iterable[Sold], limits: Limits, *, known: Mapping[str, bool]
) -> frozenset[tuple[str, int]]:
    """
    Choose the (region, film) pairs whose figures of a week are published.

    `known` says whose sums are known, as `known_rows` gives it. In each region, or each part
    of it that is known, and for each film, what is withheld hides behind its sum.
    """
    rows = [each for each in sold if each.admissions or each.gross_minor]
    groups = _grouped(rows, lambda each: (each.region, each.film_id))
    domestic = {row.film_id for row in rows if row.is_domestic}
    # A film that only one region showed is that region's figure, and the nation's.
    regions_of: defaultdict[int, set[str]] = defaultdict(set)
    for region, film in groups:
        regions_of[film].add(region)
    secret = {pair for pair in groups if len(regions_of[pair[1]]) > 1}
    shown = {p for p in secret if p[0] in known and may_show(groups[p], limits)}
    lines: defaultdict[Hashable, set[tuple[str, int]]] = defaultdict(set)
    for region, film in secret:
        lines[film].add((region, film))
        if region in known:
            part = film in domestic if known[region] else None
            lines[region, part].add((region, film))
    inherent = _told_of_films(rows, set(), known={})
    while True:
        _hide_lines(groups, shown, lines.values(), limits)
        told = _told_of_films(rows, shown, known) - inherent
        if not told or not shown:
            return frozenset(shown)
        region, film = min(told)
        beside = {pair for pair in shown if region == pair[0] or film == pair[1]}
        shown.discard(_cheapest(beside or shown, groups))


def _hide_lines(
    groups: Mapping[tuple[str, int], Group],
    shown: set[tuple[str, int]],
    lines: Iterable[AbstractSet[tuple[str, int]]],
    limits: Limits,
) -> None:
    """Withhold more until what is withheld of each line hides behind its sum."""
    lines = list(lines)
    is_settled = False
    while not is_settled:
        is_settled = True
        for line in lines:
            hidden = line - shown
            if hidden and line & shown and not hides((groups[p] for p in hidden), limits):
                shown.discard(_cheapest(line & shown, groups))
                is_settled = False


def _told_of_films(
    rows: Sequence[Sold], shown: AbstractSet[tuple[str, int]], known: Mapping[str, bool]
) -> set[tuple[str, int]]:
    """Give the withheld pairs of region and film that the published figures give away."""
    edges: dict[Edge, None] = {}
    for row in rows:
        pair = ("pair", row.region, row.film_id)
        part = ("part", row.region, row.is_domestic)
        edges[("film", row.film_id, row.language), pair] = None
        if (row.region, row.film_id) not in shown:
            edges[pair, part] = None
        if not known.get(row.region):
            edges[part, ("region", row.region)] = None
        if row.region not in known:
            edges[("region", row.region), _OUTSIDE] = None
    told = _given_away(list(edges), lambda edge: edge[0][0] == "pair")
    return {(str(pair[1]), int(pair[2])) for pair, _ in told}


@dataclass(frozen=True, slots=True)
class MonthChoice:
    """What is published of one month's regions."""

    # Every day of these is published, and their month is the sum.
    summed: frozenset[str]
    # No day of these is published; their month has a figure of its own.
    own: frozenset[str]


def choose_month(days: Mapping[date, DayChoice], limits: Limits) -> MonthChoice:
    """
    Choose the regions whose figures of a month are published.

    A region some of whose days are published and some are not is never published: the
    month less the days would be the others.
    """
    hidden: dict[str, dict[date, Group]] = {}
    seen: set[str] = set()
    partly: set[str] = set()
    for day, choice in days.items():
        for region, group in choice.groups.items():
            seen.add(region)
            if region in choice.shown:
                partly.add(region)
            else:
                hidden.setdefault(region, {})[day] = group
    wholes = {region: together(each.values()) for region, each in hidden.items()}
    own = {
        region
        for region, group in wholes.items()
        if region not in partly and len(hidden[region]) > 1 and may_show(group, limits)
    }
    inherent = _told_of_month(hidden, days, own=set())
    while own and not _month_hides(hidden, days, own, inherent, limits):
        own.discard(_cheapest(own, wholes))
    return MonthChoice(frozenset(seen - hidden.keys()), frozenset(own))


def _month_hides(
    hidden: Mapping[str, Mapping[date, Group]],
    days: Mapping[date, DayChoice],
    own: AbstractSet[str],
    inherent: AbstractSet[Edge],
    limits: Limits,
) -> bool:
    """Say whether the days' withheld figures still hide when these months are published."""
    for group in (own, *({region} for region in own)):
        over = {day for region in group for day in hidden[region]}
        others = [
            together(figure for day, figure in each.items() if day in over)
            for region, each in hidden.items()
            if region not in group
        ]
        left = [each for each in others if not each.is_empty]
        if left and not hides(left, limits):
            return False
    return not _told_of_month(hidden, days, own) - inherent


def _told_of_month(
    hidden: Mapping[str, Mapping[date, Group]],
    days: Mapping[date, DayChoice],
    own: AbstractSet[str],
) -> set[Edge]:
    edges: list[Edge] = [
        (("day", day, days[day].pieces[region]), ("region", region))
        for region, each in hidden.items()
        for day in each
    ]
    edges += [(("region", r), _OUTSIDE) for r in hidden if r not in own]
    return _given_away(edges, lambda _: True)


def _pieces(rows: Iterable[Sold]) -> dict[str, int]:
    joined = join([(("film", row.film_id, row.language), row.region) for row in rows])
    return {node: piece for node, piece in joined.items() if isinstance(node, str)}


def _grouped(rows: Iterable[Sold], key: Callable[[Sold], Key]) -> dict[Key, Group]:
    parts: defaultdict[Key, list[Part]] = defaultdict(list)
    for row in rows:
        parts[key(row)].append(row.part)
    groups = {each: gather(listed) for each, listed in parts.items()}
    return {each: group for each, group in groups.items() if not group.is_empty}


def _cheapest(of: Iterable[Key], groups: Mapping[Key, Group]) -> Key:
    """Give the one whose withholding costs readers least; ties are broken by name."""
    return min(of, key=lambda each: (groups[each].admissions, str(each)))
