"""The brief: what whoever governs wants to know of a period in half a minute."""

from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ekino.archive.model.answer import Answer, Group
from ekino.archive.model.question import Compare, Dimension, Period, Question
from ekino.archive.service.cube import Cube

# Films named in the brief.
FILMS_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """A period beside the year before, all of it as of one position."""

    whole: Answer
    # By origin: domestic, foreign, unstated.
    origins: Answer
    films: Answer
    regions: Answer

    @property
    def domestic_share(self) -> Fraction | None:
        """The domestic films' share of takings."""
        return _share(self._of("domestic"), self.whole.whole, is_now=True)

    @property
    def domestic_share_before(self) -> Fraction | None:
        """The same of the year before; None while no day has ended."""
        if self.whole.question.has_only_begun:
            return None
        return _share(self._of("domestic"), self.whole.whole, is_now=False)

    def _of(self, origin: str) -> Group | None:
        return next((each for each in self.origins.groups if each.keys[0] == origin), None)


def read_brief(cube: Cube, period: Period, *, today: date) -> Brief:
    """Ask what the brief needs, all of it as of one position."""
    question = Question(period=period, compare=Compare.YEAR, today=today)
    whole, origins, films, regions = cube.ask_all(
        [
            question,
            replace(question, by=(Dimension.ORIGIN,)),
            replace(question, by=(Dimension.FILM,), rows_max=FILMS_MAX),
            replace(question, by=(Dimension.REGION,)),
        ]
    )
    return Brief(whole=whole, origins=origins, films=films, regions=regions)


def _share(part: Group | None, whole: Group, *, is_now: bool) -> Fraction | None:
    of_whole = whole.now if is_now else whole.before
    of_part = None if part is None else part.now if is_now else part.before
    if of_whole is None or not of_whole.gross_minor:
        return None
    return Fraction(of_part.gross_minor if of_part else 0, of_whole.gross_minor)
