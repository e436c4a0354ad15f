"""Facts: the one shape that every foreign format is read into."""

from datetime import UTC, datetime

import pytest

from ekino.ingest.formats.facts import (
    FILE_BYTES_MAX,
    Facts,
    FilmName,
    Reversal,
    ReversalKind,
    Sale,
    code_of,
    fit,
    spread,
    verify_size,
)
from ekino.kernel.errors import Malformed

EVENING = datetime(2026, 11, 26, 19, 30, tzinfo=UTC)


def a_sale(ticket: str, price_minor: int) -> Sale:
    return Sale(
        place="line 2",
        showing="s1",
        ticket=ticket,
        sold_at=EVENING,
        price_minor=price_minor,
        currency="KZT",
    )


@pytest.mark.parametrize(
    ("gross", "tickets"), [(307_500, 27), (0, 5), (5, 7), (9, 3), (1, 1)]
)
def test_a_spread_sum_loses_nothing_and_the_dearer_come_first(
    gross: int, tickets: int
) -> None:
    prices = spread(gross, tickets)

    assert len(prices) == tickets
    assert sum(prices) == gross
    assert prices == sorted(prices, reverse=True)
    assert prices[0] - prices[-1] in (0, 1)


def test_no_tickets_have_no_prices() -> None:
    assert spread(100, 0) == []


def test_codes_tell_words_apart_and_fit_the_register() -> None:
    assert code_of("t-", "ab", "c") != code_of("t-", "a", "bc")
    assert code_of("t-", "ab", "c") == code_of("t-", "ab", "c")
    assert len(code_of("ticket-", "x" * 10_000)) <= 64
    assert fit("Зал 1", "hall-") == "Зал 1"
    assert fit("Зал\t1", "hall-").startswith("hall-")
    assert len(fit("з" * 65, "hall-")) <= 64


def test_what_was_given_back_is_taken_from_the_sums() -> None:
    facts = Facts(format="siae_log", currency="KZT")
    facts.sales += [a_sale("t1", 2500_00), a_sale("t2", 1800_00)]
    facts.reversals.append(
        Reversal(
            place="line 4",
            showing="s1",
            ticket="t2",
            at=EVENING,
            kind=ReversalKind.REFUNDED,
            price_minor=1800_00,
        )
    )

    assert (facts.tickets, facts.gross_minor) == (1, 2500_00)


def test_a_film_is_known_by_the_text_of_what_the_file_says() -> None:
    film = FilmName(certificate="111000126", title="Пример", language="")

    assert film.text == "111000126 | Пример"


def test_a_file_is_refused_one_byte_past_the_limit_and_when_it_is_empty() -> None:
    verify_size(b"x" * FILE_BYTES_MAX)
    with pytest.raises(Malformed) as too_large:
        verify_size(b"x" * (FILE_BYTES_MAX + 1))
    with pytest.raises(Malformed) as empty:
        verify_size(b" \r\n")

    assert (too_large.value.code, empty.value.code) == ("file_too_large", "file_empty")
