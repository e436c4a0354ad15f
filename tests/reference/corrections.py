"""docs/reference/corrections.md: the way of a request for a correction, from its own tables."""

from ekino.own.model.correction import NEXT, WHO, Mistake, Obstacle, Reason, State, Wanted
from reference.markdown import code, page, table

_BY = {
    "cinema": "whoever runs the cinema",
    "vendor": "whoever makes the ticketing system, with words",
    "register": "the register: the event that was asked for has come",
}


def corrections() -> str:
    """Write the page."""
    return page(
        "Corrections",
        "The register is append-only: what is wrong in it is corrected by a signed event of the"
        " source, and by nothing else.\n"
        "A cinema asks for that event at `/cinema/corrections`, checks its answers, and is given"
        " a reference; the vendor of the source sees the request at `/vendor`, the operator at"
        " `/admin/corrections`.\n"
        "A request changes no figure.\n"
        "It closes by itself: the first entry of the kind asked for, of the same source and"
        " ticket, at or after the register's size when it was asked.",
        table(
            ("State", "Then", "By whom"),
            [
                (
                    code(state.value),
                    ", ".join(code(each.value) for each in State if each in NEXT[state])
                    or "nothing",
                    _BY[WHO[state].value],
                )
                for state in State
            ],
        ),
        "`made` is never written: it is read from the register, and so it wins over `declined`.\n"
        "The tables are `NEXT` and `WHO` in `ekino.own.model.correction`, and `obstacle` there"
        " says what stands in the way of a step; every step is in the audit trail.",
        "## What may be asked\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Wanted)
        + "\n\n## Reasons\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Reason)
        + "\n\n## What a request is held to\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Mistake)
        + "\n\n## What stands in the way of a step\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Obstacle),
    )
