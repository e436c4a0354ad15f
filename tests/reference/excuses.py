"""docs/reference/excuses.md: the way of an excuse, from its own tables."""

from ekino.feeds.model.excuse import NEXT, WHO, Kind, Mistake, Obstacle, State
from reference.markdown import code, page, table

_BY = {
    "filer": "whoever filed it: the exhibitor or the vendor",
    "ministry": "the ministry, in words",
}
_KINDS = {
    Kind.MAINTENANCE: "announced before it begins",
    Kind.OUTAGE: "told after it began, with a document or the vendor's name of the incident",
}


def excuses() -> str:
    """Write the page."""
    return page(
        "Excuses",
        "A feed that is late, silent or incomplete needs explanation.\n"
        "Whoever runs or makes its system gives one: a span, the feeds it is about (one source"
        " at one venue each), and words.\n"
        "An accepted excuse takes its span out of what is asked of those feeds, and changes no"
        " figure ([0050](../decisions/0050-an-excuse-takes-a-span-out.md)).",
        table(("Kind", "Is"), [(code(each.value), _KINDS[each]) for each in Kind]),
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
        "The tables are `NEXT` and `WHO` in `ekino.feeds.model.excuse`, and `obstacle` there"
        " says what stands in the way of a step; every step is in the audit trail.",
        "## What an excuse is held to\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Mistake)
        + "\n\n## What stands in the way of a step\n\n"
        + "\n".join(f"- {code(each.value)}" for each in Obstacle),
    )
