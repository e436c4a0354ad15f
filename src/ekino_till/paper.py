"""A ticket on paper: 58 mm and 80 mm thermal rolls and A4, drawn in dots of a 203-dpi head."""

from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from ekino_till.qr import DOTS_PER_MM, Code
from ekino_till.token import short_id, token_url

Language = Literal["kk", "ru", "en"]
# What a head can reach of the roll, in dots; A4 prints the ticket as a card of this width.
PAPERS = {"58mm": 384, "80mm": 576, "a4": 720}
# The most whole dots a module that fit the paper with its quiet zone; never fewer than five.
CODE_DOTS = {"58mm": 6, "80mm": 7, "a4": 8}
_A4_DOTS = (210 * DOTS_PER_MM, 297 * DOTS_PER_MM)

# Kazakh and Russian to be confirmed by native speakers, as all words of this release.
WORDS: dict[Language, dict[str, str]] = {
    "kk": {
        "hall": "Зал",
        "row": "Қатар",
        "seat": "Орын",
        "price": "Бағасы",
        "check": "Билетті тексеру: кодты камераға көрсетіңіз",
        "no_camera": "Камера болмаса, мына нөмірді енгізіңіз:",
    },
    "ru": {
        "hall": "Зал",
        "row": "Ряд",
        "seat": "Место",
        "price": "Цена",
        "check": "Проверить билет: наведите камеру на код",
        "no_camera": "Без камеры введите этот номер:",
    },
    "en": {
        "hall": "Hall",
        "row": "Row",
        "seat": "Seat",
        "price": "Price",
        "check": "Check this ticket: point a camera at the code",
        "no_camera": "Without a camera, enter this number:",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Print:
    """What stands on the paper besides the code."""

    token: bytes
    film: str
    venue: str
    hall: str
    # As people of the place write it, such as 26.11.2026 19:30.
    starts: str
    # With its currency, such as 2 500 ₸.
    price: str
    row: str = ""
    seat: str = ""


def draw_ticket(
    ticket: Print,
    paper: str,
    *,
    language: Language = "kk",
    url_prefix: str,
    code_dots: int | None = None,
) -> str:
    """
    Draw a ticket as SVG at the size of its paper (58mm, 80mm, a4).

    Text is text: the printer's or browser's own font is used. `code_dots` is the side of a
    module in dots of a 203-dpi head. Raises ValueError for a code wider than the paper.
    """
    width = PAPERS[paper]
    dots = code_dots or CODE_DOTS[paper]
    code = Code.of(token_url(ticket.token, url_prefix))
    side = code.modules * dots
    if side > width:
        message = f"a code of {side} dots is wider than {paper} paper ({width} dots)"
        raise ValueError(message)
    code.size_mm(dots)
    words = WORDS[language]
    lines = _Lines(width)
    lines.add(ticket.film, 30, bold=True)
    lines.add(ticket.venue, 22)
    lines.add(ticket.starts, 30, bold=True)
    place = [f"{words['hall']} {ticket.hall}"]
    place += [f"{words['row']} {ticket.row}"] if ticket.row else []
    place += [f"{words['seat']} {ticket.seat}"] if ticket.seat else []
    lines.add(" · ".join(place), 30, bold=True)
    lines.add(f"{words['price']} {ticket.price}", 24)
    picture = (
        f'<g transform="translate({(width - side) // 2} {lines.bottom}) scale({dots})" '
        f'shape-rendering="crispEdges" role="img" aria-label="{escape(words["check"])}">'
        f"{code.path()}</g>"
    )
    lines.bottom += side
    lines.add(words["check"], 19)
    lines.add(words["no_camera"], 19)
    lines.add(short_id(ticket.token[5:17]), 26, bold=True)
    return _sheet(lines.text() + picture, width, lines.bottom + 24, paper, language)


class _Lines:
    """Centred lines of text, one under another, broken where the paper ends."""

    def __init__(self, width: int) -> None:
        """Begin at the top."""
        self._width = width
        self._parts: list[str] = []
        self.bottom = 16

    def add(self, words: str, size: int, *, bold: bool = False) -> None:
        """Add words at this size in dots; about this many of the widest letters fit a line."""
        room = max(1, int(self._width / (size * 0.6)))
        weight = ' font-weight="700"' if bold else ""
        for line in _broken(words, room):
            self.bottom += size + 6
            self._parts.append(
                f'<text x="{self._width // 2}" y="{self.bottom}" font-size="{size}"{weight}>'
                f"{escape(line)}</text>"
            )
        self.bottom += 6

    def text(self) -> str:
        """Give the drawn lines."""
        return "".join(self._parts)


def _broken(words: str, room: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _sheet(drawing: str, width: int, height: int, paper: str, language: Language) -> str:
    if paper == "a4":
        sheet_width, sheet_height = _A4_DOTS
        left = (sheet_width - width) // 2
        drawing = f'<g transform="translate({left} 160)">{drawing}</g>'
    else:
        sheet_width, sheet_height = width, height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" lang="{language}" '
        f'width="{sheet_width / DOTS_PER_MM:g}mm" height="{sheet_height / DOTS_PER_MM:g}mm" '
        f'viewBox="0 0 {sheet_width} {sheet_height}" text-anchor="middle" '
        'font-family="Noto Sans, DejaVu Sans, sans-serif">'
        f'<path fill="#fff" d="M0 0h{sheet_width}v{sheet_height}H0z"/>{drawing}</svg>'
    )
