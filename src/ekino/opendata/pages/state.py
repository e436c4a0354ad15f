"""The state of the system: components, lags, vendors, interruptions; as a page and as JSON."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ekino.kernel.moments import to_text
from ekino.opendata import service
from ekino.opendata.pages.words import Site
from ekino.opendata.service import SystemState
from ekino.ui.navigation import Step


def routes(site: Site) -> list[BaseRoute]:
    """Give the page `/status` and the same as `/status.json`; public."""

    def state(request: Request) -> Response:
        """Show how each component is and was."""
        return site.templates.respond(
            request,
            "opendata/state.html",
            trail=(Step("/", key="nav.today"),),
            state=service.read_state(site.db, site.country, at=site.clock()),
            country=site.country,
        )

    def state_json(_request: Request) -> Response:
        """Give the same for programs."""
        state = service.read_state(site.db, site.country, at=site.clock())
        body = msgspec.json.encode(written(state))
        return Response(body, media_type="application/json")

    return [
        Route("/status", state, name="state"),
        Route("/status.json", state_json, name="state_json"),
    ]


def written(state: SystemState) -> dict[str, Any]:
    """Give the state as programs read it."""
    return {
        "at": to_text(state.at),
        "is_all_up": state.is_all_up,
        "components": [
            {
                "component": each.component.value,
                "state": each.state.value,
                "lag_s": each.lag_s,
                "measured_at": to_text(each.measured_at) if each.measured_at else None,
                "share_up": each.share_up,
                "days": [
                    {"day": bar.day, "measured_minutes": bar.measured, "up_minutes": bar.up}
                    for bar in each.bars
                    if bar.measured
                ],
            }
            for each in state.components
        ],
        "vendors": [
            {
                "vendor": each.vendor,
                "venues": each.venues,
                "last_recorded_at": to_text(each.last_recorded_at)
                if each.last_recorded_at
                else None,
            }
            for each in state.vendors
        ],
        "incidents": [
            {
                "component": each.component,
                "begins_at": to_text(each.begins_at),
                "ends_at": to_text(each.ends_at) if each.ends_at else None,
                "words": each.words,
            }
            for each in state.incidents
        ],
    }
