"""The words of sheets: heads of columns, and what people write in them, in three languages."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A column: its name for programs, its heads in the template, and other spellings met."""

    name: str
    kk: str
    ru: str
    en: str
    also: tuple[str, ...] = ()
    is_required: bool = False
    # What the template shows in it, one example a language where they differ.
    example: str = ""


# In the order of the template.
HEADS = (
    Head(name="date", kk="Күні", ru="Дата", en="Date", also=("дата сеанса", "day"),
         is_required=True, example="26.11.2026"),
    Head(name="time", kk="Басталуы", ru="Начало", en="Start",
         also=("время", "время начала", "уақыты", "time", "start time"),
         is_required=True, example="19:30"),
    Head(name="venue", kk="Кинотеатр", ru="Кинотеатр", en="Venue",
         also=("площадка", "cinema", "алаң")),
    Head(name="hall", kk="Зал", ru="Зал", en="Hall", also=("кинозал", "сцена", "screen"),
         example="1"),
    Head(name="film", kk="Фильм", ru="Фильм", en="Film",
         also=("название", "спектакль", "концерт", "событие", "атауы", "title", "show"),
         is_required=True, example="Дала"),
    Head(name="language", kk="Тілі", ru="Язык", en="Language", also=("тіл",), example="kk"),
    Head(name="certificate", kk="Прокаттау куәлігі", ru="Прокатное удостоверение",
         en="Certificate", also=("номер пу", "пу")),
    Head(name="format", kk="Пішімі", ru="Формат", en="Format", example="2D"),
    Head(name="capacity", kk="Орын саны", ru="Мест", en="Places",
         also=("вместимость", "сыйымдылығы", "capacity"), example="120"),
    Head(name="happening", kk="Не болды", ru="Что произошло", en="What happened",
         also=("операция", "әрекет", "operation")),
    Head(name="ticket", kk="Билет нөмірі", ru="Номер билета", en="Ticket number",
         also=("билет", "ticket", "билет №"), example="A-000123"),
    Head(name="section", kk="Сектор", ru="Сектор", en="Section", also=("секция", "зона")),
    Head(name="row", kk="Қатар", ru="Ряд", en="Row", example="5"),
    Head(name="seat", kk="Орын", ru="Место", en="Seat", example="7"),
    Head(name="count", kk="Билет саны", ru="Билетов", en="Tickets",
         also=("количество", "кол-во", "саны", "count", "quantity"), example="1"),
    Head(name="price", kk="Бағасы", ru="Цена", en="Price",
         also=("цена билета", "баға", "билет бағасы"), example="2500"),
    Head(name="takings", kk="Түсім", ru="Сумма", en="Takings",
         also=("сбор", "выручка", "сомасы", "amount", "gross")),
    Head(name="fee", kk="Қызмет алымы", ru="Сервисный сбор", en="Fee"),
    Head(name="discount", kk="Жеңілдік сомасы", ru="Скидка", en="Discount"),
    Head(name="concession", kk="Жеңілдік", ru="Льгота", en="Concession",
         also=("тип билета", "билет түрі", "ticket type")),
    Head(name="channel", kk="Сату арнасы", ru="Канал продажи", en="Sales channel",
         also=("канал", "арна", "channel"), example="касса"),
    Head(name="payment", kk="Төлем", ru="Оплата", en="Payment", also=("способ оплаты",),
         example="наличные"),
    Head(name="sold_at", kk="Сатылған уақыты", ru="Продан", en="Sold at",
         also=("дата продажи", "время продажи"), example="26.11.2026 18:05"),
    Head(name="season_ticket", kk="Абонемент", ru="Абонемент", en="Season ticket"),
    Head(name="reason", kk="Себебі", ru="Причина", en="Reason"),
)  # fmt: skip

_NOISE = re.compile(r"[\s\u00a0№#*:.,()«»\"]+")


def fold(text: str) -> str:
    """Fold what differs between spellings of one word: case, blanks, points, ё and е."""
    return _NOISE.sub(" ", text.casefold().replace("ё", "е")).strip()


def _by_spelling() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for head in HEADS:
        for text in (head.name, head.kk, head.ru, head.en, *head.also):
            found.setdefault(fold(text), head.name)
    return MappingProxyType(found)


BY_SPELLING = _by_spelling()
HEAD_OF: Mapping[str, Head] = MappingProxyType({head.name: head for head in HEADS})


def _spelled(words: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(
        {fold(word): value for value, all_ in words.items() for word in all_.split("|")}
    )


HAPPENINGS = _spelled(
    {
        "sold": "sold|sale|продажа|продан|сату|сатылды",
        "refunded": "refunded|refund|return|возврат|возвращен|қайтару|қайтарылды",
        "voided": "voided|void|cancelled|аннулирован|аннулирование|отмена|күшін жою",
    }
)
CHANNELS = _spelled(
    {
        "box_office": "box_office|box office|касса|кассада|в кассе",
        "web": "web|site|online|сайт|онлайн|интернет",
        "app": "app|mobile app|приложение|қолданба",
        "kiosk": "kiosk|terminal|киоск|терминал|автомат",
        "agent": "agent|агент|билетный агент",
    }
)
PAYMENTS = _spelled(
    {
        "cash": "cash|наличные|нал|наличными|қолма-қол|қолма қол",
        "card": "card|карта|картой|банковская карта|карточка|банк картасы",
        "transfer": "transfer|перевод|безнал|безналичный|аударым",
        "voucher": "voucher|ваучер|сертификат|ваучермен",
        "mobile": "mobile|qr|kaspi|kaspi qr|мобильный|телефон",
        "other": "other|другое|прочее|басқа",
    }
)
LANGUAGES = _spelled(
    {
        "kk": "kk|kaz|kazakh|қаз|қазақ|қазақша|каз|казахский|на казахском|қазақ тілінде",
        "ru": "ru|rus|russian|рус|русский|на русском|орысша|орыс|орыс тілінде",
        "en": "en|eng|english|англ|английский|на английском|ағылшынша",
    }
)
# How a row of sums begins.
TOTALS = frozenset(map(fold, ("итого", "всего", "total", "totals", "барлығы", "жиыны")))
MONTHS: Mapping[str, int] = MappingProxyType(
    {
        fold(word): number
        for number, words in enumerate(
            (
                "января|янв|январь|қаңтар|қаң|january|jan",
                "февраля|фев|февраль|ақпан|ақп|february|feb",
                "марта|мар|март|наурыз|нау|march|mar",
                "апреля|апр|апрель|сәуір|сәу|april|apr",
                "мая|май|мамыр|мам|may",
                "июня|июн|июнь|маусым|мау|june|jun",
                "июля|июл|июль|шілде|шіл|july|jul",
                "августа|авг|август|тамыз|там|august|aug",
                "сентября|сен|сент|сентябрь|қыркүйек|қыр|september|sep|sept",
                "октября|окт|октябрь|қазан|october|oct",
                "ноября|ноя|нояб|ноябрь|қараша|қар|november|nov",
                "декабря|дек|декабрь|желтоқсан|жел|december|dec",
            ),
            start=1,
        )
        for word in words.split("|")
    }
)
