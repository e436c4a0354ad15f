"""How periods are called, in each language."""

from ekino.totals.model.periods import Period, PeriodKind
from ekino.ui import formats
from ekino.ui.languages import Language


def name_period(period: Period, language: Language) -> str:
    """Name a period for a heading: 2026 ж. 24 қараша, сейсенбі; 19–22 Nov 2026; 2026."""
    match period.kind:
        case PeriodKind.DAY:
            return formats.day_full(period.first, language)
        case PeriodKind.WEEKEND:
            return formats.days_between(period.first, period.last, language)
        case PeriodKind.MONTH:
            return formats.month_and_year(period.first, language)
        case PeriodKind.YEAR:
            return str(period.first.year)
