"""
Checks across SIAE's documents: six questions whose answers are lists of what needs explanation.

Source: wire formats, §3.7. A check compares what two parties said of the same titles; it changes
nothing, and an empty list is the good answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ekino.ingest.formats.siae import log, lta, rca, summaries
from ekino.ingest.formats.siae.aggregates import FIGURES, of_log, of_summary
from ekino.ingest.formats.siae.codes import Entry, entry_of

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """Something on which two documents do not agree."""

    # Which of the six checks found it.
    check: int
    # Stable, for programs.
    code: str
    # What it is about: a title's system, card and number, a seal, an event.
    subject: str
    # A sentence for people.
    words: str


def _name(key: Key) -> str:
    return " ".join(str(part) for part in key)


def check_all(
    *,
    logs: Sequence[log.Document],
    lists: Sequence[lta.Document],
    access: Sequence[rca.Document] = (),
    summaries_: Sequence[summaries.Document] = (),
) -> list[Discrepancy]:
    """Ask all six questions of the documents of one span of days, in their order."""
    return [
        *issues_are_listed(logs, lists),
        *prices_agree(logs, lists),
        *annulments_have_originals(logs, lists),
        *(each for document in access for each in entries_agree(lists, document)),
        *(each for document in summaries_ for each in summary_agrees(logs, document)),
        *seals_are_single(logs, lists),
    ]


def _issues(logs: Iterable[log.Document]) -> Iterator[log.Issue]:
    return (issue for document in logs for issue in document.issues)


def _titles(lists: Iterable[lta.Document]) -> Iterator[lta.Title]:
    return (
        title for document in lists for event in document.events for title in event.titles
    )


def issues_are_listed(
    logs: Sequence[log.Document], lists: Sequence[lta.Document]
) -> list[Discrepancy]:
    """
    1: each issue in LOG has exactly one row in LTA, by system, card, number and seal.

    An annulment has no row of its own: the row of its original names it.
    """
    issued = {(issue.key, issue.seal.upper()) for issue in _issues(logs)}
    titles = list(_titles(lists))
    listed = Counter((title.key, title.seal.upper()) for title in titles)
    named = {
        (
            (title.system, title.annulled_card, title.annulled_number),
            title.annulled_seal.upper(),
        )
        for title in titles
        if title.annulled_number is not None
    }
    found = [
        _unlisted("missing_in_list", key, seal, "It stands in LOG and in no LTA.")
        for key, seal in sorted(issued - listed.keys() - named)
    ]
    for (key, seal), count in sorted(listed.items()):
        if (key, seal) not in issued:
            words = "It stands in LTA and in no LOG."
            found.append(_unlisted("missing_in_log", key, seal, words))
        if count > 1:
            found.append(
                _unlisted("listed_twice", key, seal, f"It stands in LTA {count} times.")
            )
    return found


def _unlisted(code: str, key: Key, seal: str, words: str) -> Discrepancy:
    return Discrepancy(check=1, code=code, subject=f"{_name(key)} {seal}", words=words)


def prices_agree(
    logs: Sequence[log.Document], lists: Sequence[lta.Document]
) -> list[Discrepancy]:
    """2: the price in LTA is that in LOG together with the presale fee."""
    listed = {title.key: title for title in _titles(lists)}
    found = []
    for issue in _issues(logs):
        title = listed.get(issue.key)
        priced = issue.access
        if title is None or priced is None or issue.is_annulment:
            continue
        said = (priced.gross_minor or 0) + (priced.presale_minor or 0)
        if said != title.gross_minor:
            found.append(
                Discrepancy(
                    check=2,
                    code="price_differs",
                    subject=_name(issue.key),
                    words=f"LOG says {said} cents with the presale fee, LTA {title.gross_minor}.",
                )
            )
    return found


def annulments_have_originals(
    logs: Sequence[log.Document], lists: Sequence[lta.Document]
) -> list[Discrepancy]:
    """3: each annulment points to an existing original, and the original is marked in LTA."""
    issued = {issue.key: issue for issue in _issues(logs)}
    listed = {title.key: title for title in _titles(lists)}
    found: list[Discrepancy] = []
    for issue in issued.values():
        if issue.is_annulment:
            found.extend(_original(issue, issued, listed))
    for title in listed.values():
        if title.annulled_number is None:
            if entry_of(title.state) is Entry.ANNULLED:
                found.append(_annulment(title, "annulment_not_named", "names no annulment"))
            continue
        key = (title.system, title.annulled_card or title.card, title.annulled_number)
        if key not in issued:
            words = f"is annulled by {_name(key)}, which stands in no LOG"
            found.append(_annulment(title, "annulment_missing", words))
    return found


def _annulment(title: lta.Title, code: str, words: str) -> Discrepancy:
    return Discrepancy(
        check=3, code=code, subject=_name(title.key), words=f"The title {words}."
    )


def _original(
    issue: log.Issue, issued: Mapping[Key, log.Issue], listed: Mapping[Key, lta.Title]
) -> Iterator[Discrepancy]:
    key, code, words = issue.original, "", ""
    if key is None:
        code, words = "original_not_named", "The annulment does not say of what."
    elif key not in issued and key not in listed:
        code = "original_missing"
        words = f"The annulment is of {_name(key)}, which stands nowhere."
    elif key in issued and issued[key].is_annulment:
        code = "original_is_annulment"
        words = f"The annulment is of {_name(key)}, an annulment itself."
    elif key in listed and not _is_marked(listed[key]):
        code = "original_not_marked"
        words = f"The annulled title {_name(key)} is not marked in LTA."
    if code:
        yield Discrepancy(check=3, code=code, subject=_name(issue.key), words=words)


def _is_marked(title: lta.Title) -> bool:
    return title.is_annulled == "S" or entry_of(title.state) is Entry.ANNULLED


def entries_agree(lists: Sequence[lta.Document], access: rca.Document) -> list[Discrepancy]:
    """4: titles counted by state in LTA are those of RCA, by event, system, section and kind."""
    listed: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for document in lists:
        if (document.system, document.day) != (access.licensee.system, access.licensee.day):
            continue
        for event in document.events:
            for title in event.titles:
                group = "passes" if title.for_season_ticket == "S" else "tickets"
                place = _event(event.venue, event)
                key = (place, title.system, group, title.seat_order, title.title_class)
                listed[key][title.state] += 1
    told = _told(access)
    return [
        Discrepancy(
            check=4,
            code="entries_differ",
            subject=" ".join(key),
            words=f"State {state}: LTA has {listed[key][state]} titles, RCA {told[key][state]}.",
        )
        for key in sorted(listed.keys() | told.keys())
        for state in sorted(listed[key].keys() | told[key].keys())
        if listed[key][state] != told[key][state]
    ]


def _event(venue: str, event: lta.Event | rca.Event) -> str:
    return f"{venue} {event.day:%Y%m%d} {event.clock:%H%M}"


def _told(access: rca.Document) -> dict[tuple[str, ...], Counter[str]]:
    """Count RCA's titles by state; `TotaleTitoliLTA` beside them is the total it declares."""
    told: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for event in access.events:
        place = _event(event.venue, event)
        for issuer in event.issuers:
            groups: tuple[tuple[str, Sequence[rca.TicketOrder | rca.PassOrder]], ...] = (
                ("tickets", issuer.tickets),
                ("passes", issuer.passes),
            )
            for group, orders in groups:
                for order in orders:
                    for ends in order.ends:
                        key = (place, issuer.system, group, order.code, ends.title_class)
                        told[key].update(ends.by_state)
                        missing = ends.listed - sum(ends.by_state.values())
                        if missing:
                            told[key]["total"] += missing
    return told


def summary_agrees(
    logs: Sequence[log.Document], summary: summaries.Document
) -> list[Discrepancy]:
    """5: LOG added up is RPM (or RMG): by organiser, event, section, kind of row and of title."""
    ours = of_log(_issues(logs), summary)
    theirs = of_summary(summary)
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        for name, logged, told in zip(FIGURES, ours[key], theirs[key], strict=True):
            if logged != told:
                found.append(
                    Discrepancy(
                        check=5,
                        code=f"{name}_differs",
                        subject=" ".join(part for part in key if part),
                        words=f"LOG adds up to {logged}, the summary says {told}.",
                    )
                )
    return found


def seals_are_single(
    logs: Sequence[log.Document], lists: Sequence[lta.Document]
) -> list[Discrepancy]:
    """6: no seal occurs twice among the issues, nor among the listed titles."""
    found = []
    for words, seals in (
        ("LOG", Counter(issue.seal.upper() for issue in _issues(logs))),
        ("LTA", Counter(title.seal.upper() for title in _titles(lists))),
    ):
        found += [
            Discrepancy(
                check=6,
                code="seal_twice",
                subject=seal,
                words=f"The seal stands in {words} {count} times.",
            )
            for seal, count in sorted(seals.items())
            if count > 1
        ]
    return found
