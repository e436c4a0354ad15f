"""Numbers, money, shares, dates and ages as readers of each language write them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.core import Locale
from babel.dates import (
    format_date,
    format_interval,
    format_skeleton,
    format_time,
    format_timedelta,
    get_day_names,
    get_month_names,
)
from babel.numbers import format_compact_decimal, format_decimal, get_currency_symbol

from ekino.kernel.moments import zone
from ekino.kernel.money import minor_digits
from ekino.ui.languages import Language

# Plain "en" is American: 8:32 AM and 11/24/2026.
_LOCALES = {
    Language.KK: Locale("kk"),
    Language.RU: Locale("ru"),
    Language.EN: Locale("en", "GB"),
}
# Thousands are parted by a space in all three languages, the sign of money follows it.
NO_BREAK_SPACE = "\u00a0"
# U+2212, as wide as the plus: a column of signed figures stays a column.
MINUS = "\u2212"
# What stands where there is nothing to say.
NOTHING = "\u2013"

# CLDR knows the tenge's sign in Kazakh only.
_SIGNS = {"KZT": "₸"}
# CLDR's short names of countries, which Babel leaves out; only where the full one is long.
_SHORT_COUNTRIES = {
    "US": {Language.KK: "АҚШ", Language.RU: "США", Language.EN: "USA"},
    "GB": {Language.EN: "UK"},
}
# A pattern loses the space CLDR puts before Russian percent signs, so it is written here.
_PERCENT = {Language.KK: "%", Language.RU: f"{NO_BREAK_SPACE}%", Language.EN: "%"}
_DAY_AND_WEEKDAY = {
    Language.KK: "d MMMM, EEEE",
    Language.RU: "EEEE, d MMMM",
    Language.EN: "EEEE d MMMM",
}

_NUMERIC_DAYS = {
    Language.KK: "dd.MM.y",
    Language.RU: "dd.MM.y",
    Language.EN: "dd/MM/y",
}

Share = Fraction | float


def number(value: int | Decimal, language: Language) -> str:
    """Write a number: 1 234 567 or 1 234 567,5."""
    magnitude = -value if value < 0 else value
    text = format_decimal(magnitude, locale=_LOCALES[language])
    if language is Language.EN:
        # The only comma of an English number parts its thousands.
        text = text.replace(",", NO_BREAK_SPACE)
    return MINUS + text if value < 0 else text


def money(amount_minor: int | Fraction | None, currency: str, language: Language) -> str:
    """Write an amount in whole units, half a unit rounded up: 30 412 500 ₸."""
    if amount_minor is None:
        return NOTHING
    units = _whole_units(amount_minor, currency)
    return f"{number(units, language)}{NO_BREAK_SPACE}{currency_sign(currency, language)}"


def signed_money(amount_minor: int | Fraction, currency: str, language: Language) -> str:
    """Write a change of an amount, with its sign: +2 350 000 ₸."""
    return _signed(money(amount_minor, currency, language))


def signed_number(value: int, language: Language) -> str:
    """Write a change of a number, with its sign: +1 170."""
    return _signed(number(value, language))


def compact_money(amount_minor: int, currency: str, language: Language) -> str:
    """Write an amount for an axis or a legend: 14,5 млн."""
    units = _whole_units(amount_minor, currency)
    # 1,2 млн and 14,5 млн, but 305 тыс.: three digits say enough. The thousand that a
    # rounding would reach is nobody's concern here.
    digits = 0 if len(str(abs(units))) % 3 == 0 else 1
    text = format_compact_decimal(units, locale=_LOCALES[language], fraction_digits=digits)
    # CLDR's Kazakh shortens the thousand to «м.» from 100 000 on, and to «мың» below it.
    return text.replace("м.", "мың") if language is Language.KK else text


def percent(share: Share | None, language: Language) -> str:
    """Write a share in percent, one digit after the point: 33,4% (ru: 33,4 %)."""
    if share is None:
        return NOTHING
    return _points(share, language) + _PERCENT[language]


def percent_whole(share: Share | None, language: Language) -> str:
    """Write a share in whole percent, where a digit more would be false precision."""
    if share is None:
        return NOTHING
    return number(_rounded(share * 100, 0), language) + _PERCENT[language]


def signed_percent(share: Share, language: Language) -> str:
    """Write a relative change, with its sign: +8,4%."""
    return _signed(percent(share, language))


def signed_points(share: Share, language: Language) -> str:
    """Write the difference of two shares in percentage points, with its sign: +2,1."""
    return _signed(_points(share, language))


def day_full(day: date, language: Language) -> str:
    """Write a date with its weekday and year: 2026 ж. 24 қараша, сейсенбі."""
    return format_date(day, "full", locale=_LOCALES[language])


def day_and_weekday(day: date, language: Language) -> str:
    """Write a date of this year with its weekday: 17 қараша, сейсенбі."""
    return format_date(day, _DAY_AND_WEEKDAY[language], locale=_LOCALES[language])


def day_of(instant: datetime, timezone: str, language: Language) -> str:
    """Write the day of an instant in a zone, with its weekday: 24 қараша, сейсенбі."""
    return day_and_weekday(instant.astimezone(zone(timezone)).date(), language)


def day_numeric(day: date, language: Language) -> str:
    """Write a date in digits, for a column: 24.11.2026, 24/11/2026."""
    return format_date(day, _NUMERIC_DAYS[language], locale=_LOCALES[language])


def day_long(day: date, language: Language) -> str:
    """Write a date with its year: 2026 ж. 24 қараша."""
    return format_date(day, "long", locale=_LOCALES[language])


def month_and_year(day: date, language: Language) -> str:
    """Name the month of a date with its year: 2026 ж. қараша, ноябрь 2026 г."""
    return format_skeleton("yMMMM", day, locale=_LOCALES[language])


def days_between(first: date, last: date, language: Language) -> str:
    """Write a span of days as one: 19–22 нояб. 2026 г."""
    return format_interval(first, last, "yMMMd", locale=_LOCALES[language])


def month_name(month: int, language: Language) -> str:
    """Name a month, 1 … 12, as a heading: Қараша, Ноябрь, November."""
    name = str(get_month_names("wide", "stand-alone", locale=_LOCALES[language])[month])
    return name[0].upper() + name[1:]


def weekday(day: date, language: Language) -> str:
    """Name the weekday of a date: жексенбі, воскресенье, Sunday."""
    names = get_day_names("wide", "stand-alone", locale=_LOCALES[language])
    return str(names[day.weekday()])


def weekday_letters(language: Language) -> list[tuple[str, str]]:
    """Give the weekdays from Monday on, each as two letters or so and whole."""
    whole = get_day_names("wide", "stand-alone", locale=_LOCALES[language])
    short = get_day_names("short", "stand-alone", locale=_LOCALES[language])
    return [(str(short[place]), str(whole[place])) for place in range(7)]


def day_short(instant: datetime, timezone: str, language: Language) -> str:
    """Write the day of an instant in a zone, in digits: 24.11.2026."""
    return day_numeric(instant.astimezone(zone(timezone)).date(), language)


def one_digit(value: Share | int, language: Language) -> str:
    """Write a number with one digit after the point, so that a column stays a column."""
    text = number(_rounded(Fraction(value), 1), language)
    decimal_point = "." if language is Language.EN else ","
    return text if decimal_point in text else f"{text}{decimal_point}0"


def clock(instant: datetime, timezone: str, language: Language) -> str:
    """Write the time of an instant in a zone: 19:42."""
    return format_time(instant, "HH:mm", tzinfo=zone(timezone), locale=_LOCALES[language])


def clock_seconds(instant: datetime, timezone: str, language: Language) -> str:
    """Write the time of an instant in a zone, to the second: 19:42:07."""
    local = zone(timezone)
    return format_time(instant, "HH:mm:ss", tzinfo=local, locale=_LOCALES[language])


def age(seconds: float, language: Language) -> str:
    """Write how long ago something was: 14 секунд бұрын. Never less than a second."""
    # Beyond a minute and a half the seconds only twitch; Babel then rounds to minutes.
    past = timedelta(seconds=-max(1, int(seconds)))
    return format_timedelta(
        past, threshold=1.5, add_direction=True, locale=_LOCALES[language]
    )


def country_name(code: str, language: Language) -> str:
    """Name a country (ISO 3166-1) in the reader's language; the code where CLDR has none."""
    return str(_LOCALES[language].territories.get(code, code))


def day_with_weekday(day: date, language: Language) -> str:
    """Write a date in digits with its weekday, for a column: 24.11.2026, сс."""
    short = get_day_names("abbreviated", "stand-alone", locale=_LOCALES[language])
    return f"{day_numeric(day, language)}, {short[day.weekday()]}"


def week_of(monday: date, language: Language) -> str:
    """Write a week by its days: 16–22 нояб. 2026 г."""
    return days_between(monday, monday + timedelta(days=6), language)


def quarter_and_year(day: date, language: Language) -> str:
    """Name the quarter of a date with its year: IV тқс. 2026, 4-й кв. 2026 г., Q4 2026."""
    return format_skeleton("yQQQ", day, locale=_LOCALES[language])


def country_short(code: str, language: Language) -> str:
    """Name a country as posters do where its full name is long: АҚШ, США, USA."""
    return _SHORT_COUNTRIES.get(code, {}).get(language) or country_name(code, language)


def language_name(code: str, language: Language) -> str:
    """Name a language (ISO 639) in the reader's own; the code where CLDR has none."""
    return str(_LOCALES[language].languages.get(code, code))


def currency_sign(currency: str, language: Language) -> str:
    """Give the sign that stands after amounts: ₸, ₹, €."""
    return _SIGNS.get(currency) or str(get_currency_symbol(currency, _LOCALES[language]))


def _whole_units(amount_minor: int | Fraction, currency: str) -> int:
    return int(_rounded(Fraction(amount_minor, 10 ** minor_digits(currency)), 0))


def _points(share: Share, language: Language) -> str:
    points = _rounded(share * 100, 1)
    text = number(points, language)
    # A column of shares stays a column: 5,0% stands under 33,4%.
    decimal_point = "." if language is Language.EN else ","
    return text if decimal_point in text else f"{text}{decimal_point}0"


def _rounded(value: Share, digits: int) -> Decimal:
    exact = Fraction(value)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _signed(text: str) -> str:
    return text if text.startswith(MINUS) or text[0] == NOTHING else f"+{text}"


# What templates may call; each takes the reader's language last, bound per language.
FILTERS: dict[str, Callable[..., str]] = {
    each.__name__: each
    for each in (
        age,
        clock,
        clock_seconds,
        compact_money,
        country_name,
        country_short,
        currency_sign,
        language_name,
        day_and_weekday,
        days_between,
        day_full,
        day_long,
        day_numeric,
        day_of,
        day_short,
        money,
        month_and_year,
        number,
        one_digit,
        percent,
        percent_whole,
        signed_money,
        signed_number,
        signed_percent,
        signed_points,
    )
}
