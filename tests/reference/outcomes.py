"""docs/reference/outcomes.md: what can become of an event, in order of precedence."""

from ekino.ingest.model import FIX, Outcome
from reference.markdown import code, page, table


def outcomes() -> str:
    """Write the page."""
    rows = [
        (
            number,
            code(outcome.value),
            FIX.get(outcome, "Nothing: the event is in the register."),
        )
        for number, outcome in enumerate(Outcome, start=1)
    ]
    return page(
        "Outcomes",
        "Each event of a batch gets one outcome in the answer.\n"
        "When two apply, the source is told the one that stands earlier here.\n"
        "One refused event never sinks its batch; what was refused is kept as well, with the"
        " bytes in which it came.",
        table(("", "Outcome", "What to do"), rows),
    )
