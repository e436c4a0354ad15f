"""Numbers, money, shares, dates and ages: the exact characters, in three languages."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from ekino.ui import formats
from ekino.ui.languages import Language

KK, RU, EN = Language.KK, Language.RU, Language.EN
# As Python writes them, so that a reader of this table sees which space it is.
NB = "\u00a0"
NNB = "\u202f"
MINUS = "\u2212"
TUESDAY = date(2026, 11, 24)
EVENING = datetime(2026, 11, 24, 14, 42, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kk", "ru", "en"),
    [
        (0, "0", "0", "0"),
        (999, "999", "999", "999"),
        (1_000, f"1{NB}000", f"1{NB}000", f"1{NB}000"),
        (20_310, f"20{NB}310", f"20{NB}310", f"20{NB}310"),
        (1_234_567, f"1{NB}234{NB}567", f"1{NB}234{NB}567", f"1{NB}234{NB}567"),
        (-1_170, f"{MINUS}1{NB}170", f"{MINUS}1{NB}170", f"{MINUS}1{NB}170"),
        (
            Decimal("1234567.5"),
            f"1{NB}234{NB}567,5",
            f"1{NB}234{NB}567,5",
            f"1{NB}234{NB}567.5",
        ),
    ],
)
def test_thousands_are_parted_by_a_space_in_all_three(
    value: int | Decimal, kk: str, ru: str, en: str
) -> None:
    assert [formats.number(value, each) for each in (KK, RU, EN)] == [kk, ru, en]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("amount_minor", "currency", "text"),
    [
        (3_041_250_000, "KZT", f"30{NB}412{NB}500{NB}₸"),
        (0, "KZT", f"0{NB}₸"),
        (149, "KZT", f"1{NB}₸"),
        (150, "KZT", f"2{NB}₸"),
        (-301_190_000, "KZT", f"{MINUS}3{NB}011{NB}900{NB}₸"),
        (Fraction(3_041_250_000, 20_310), "KZT", f"1{NB}497{NB}₸"),
        (1_500, "JPY", None),
        (125_000, "INR", f"1{NB}250{NB}₹"),
        (1_250_000, "KWD", None),
        (None, "KZT", "\u2013"),
    ],
)
def test_the_sign_of_money_follows_the_amount(
    amount_minor: int | Fraction | None, currency: str, text: str | None, language: Language
) -> None:
    written = formats.money(amount_minor, currency, language)

    if text is None:
        # Yen has no minor unit and the dinar has a thousandth: the digits are ISO 4217's.
        assert written.startswith(
            {"JPY": f"1{NB}500{NB}", "KWD": f"1{NB}250{NB}"}[currency]
        )
    else:
        assert written == text


@pytest.mark.parametrize(
    ("share", "kk", "ru", "en"),
    [
        (Fraction(1, 3), "33,3%", f"33,3{NB}%", "33.3%"),
        (Fraction(1, 20), "5,0%", f"5,0{NB}%", "5.0%"),
        (1, "100,0%", f"100,0{NB}%", "100.0%"),
        (0.6205, "62,1%", f"62,1{NB}%", "62.1%"),
        (None, "\u2013", "\u2013", "\u2013"),
    ],
)
def test_shares_have_one_digit_and_the_space_of_their_language(
    share: Fraction | float | None, kk: str, ru: str, en: str
) -> None:
    assert [formats.percent(share, each) for each in (KK, RU, EN)] == [kk, ru, en]


def test_whole_percent_has_no_digit_after_the_point() -> None:
    written = [formats.percent_whole(Fraction(165, 1000), each) for each in (KK, RU, EN)]

    assert written == ["17%", f"17{NB}%", "17%"]


def test_a_change_always_has_its_sign() -> None:
    assert formats.signed_percent(Fraction(84, 1000), RU) == f"+8,4{NB}%"
    assert formats.signed_percent(Fraction(-84, 1000), KK) == f"{MINUS}8,4%"
    assert formats.signed_points(Fraction(21, 1000), EN) == "+2.1"
    assert formats.signed_number(-1_170, EN) == f"{MINUS}1{NB}170"
    assert formats.signed_money(235_000_000, "KZT", KK) == f"+2{NB}350{NB}000{NB}₸"


@pytest.mark.parametrize(
    ("units", "kk", "ru", "en"),
    [
        (0, "0", "0", "0"),
        (950, "950", "950", "950"),
        (15_000, f"15{NB}мың", f"15{NB}тыс.", "15K"),
        (305_200, f"305{NB}мың", f"305{NB}тыс.", "305K"),
        (1_249_000, f"1,2{NB}млн", f"1,2{NB}млн", "1.2M"),
        (14_500_000, f"14,5{NB}млн", f"14,5{NB}млн", "14.5M"),
        (2_100_000_000, f"2,1{NB}млрд", f"2,1{NB}млрд", "2.1B"),
    ],
)
def test_amounts_of_an_axis_are_short(units: int, kk: str, ru: str, en: str) -> None:
    written = [formats.compact_money(units * 100, "KZT", each) for each in (KK, RU, EN)]

    assert written == [kk, ru, en]


@pytest.mark.parametrize(
    ("language", "full", "short"),
    [
        (KK, f"2026{NNB}ж. 24 қараша, сейсенбі", "24 қараша, сейсенбі"),
        (RU, f"вторник, 24 ноября 2026{NNB}г.", "вторник, 24 ноября"),
        (EN, "Tuesday, 24 November 2026", "Tuesday 24 November"),
    ],
)
def test_dates_are_written_as_each_language_writes_them(
    language: Language, full: str, short: str
) -> None:
    assert formats.day_full(TUESDAY, language) == full
    assert formats.day_and_weekday(TUESDAY, language) == short


@pytest.mark.parametrize("language", list(Language))
def test_the_clock_is_the_countrys_and_has_24_hours(language: Language) -> None:
    assert formats.clock(EVENING, "Asia/Almaty", language) == "19:42"
    assert formats.clock_seconds(EVENING, "Asia/Almaty", language) == "19:42:07"
    # Before 1 March 2024 Almaty was UTC+6: zones go by name, never by an offset.
    before = EVENING.replace(year=2023)
    assert formats.clock(before, "Asia/Almaty", language) == "20:42"


@pytest.mark.parametrize(
    ("seconds", "kk", "ru", "en"),
    [
        (0, "1 секунд бұрын", "1 секунду назад", "1 second ago"),
        (2, "2 секунд бұрын", "2 секунды назад", "2 seconds ago"),
        (14.9, "14 секунд бұрын", "14 секунд назад", "14 seconds ago"),
        (21, "21 секунд бұрын", "21 секунду назад", "21 seconds ago"),
        (300, "5 минут бұрын", "5 минут назад", "5 minutes ago"),
        (7_200, "2 сағат бұрын", "2 часа назад", "2 hours ago"),
        (172_800, "2 күн бұрын", "2 дня назад", "2 days ago"),
    ],
)
def test_an_age_is_in_the_form_its_number_asks_for(
    seconds: float, kk: str, ru: str, en: str
) -> None:
    assert [formats.age(seconds, each) for each in (KK, RU, EN)] == [kk, ru, en]


def test_countries_have_names_in_every_language_and_codes_where_there_is_none() -> None:
    written = [formats.country_name("KZ", each) for each in (KK, RU, EN)]

    assert written == ["Қазақстан", "Казахстан", "Kazakhstan"]
    assert formats.country_name("ZX", KK) == "ZX"


def test_a_long_country_is_written_short_beside_a_film() -> None:
    assert [formats.country_short("US", each) for each in (KK, RU, EN)] == [
        "АҚШ",
        "США",
        "USA",
    ]
    assert formats.country_short("KZ", RU) == "Казахстан"
    assert formats.country_short("ZX", KK) == "ZX"
