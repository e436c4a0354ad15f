"""The room's pages: the check, the claim, the office's desk."""

from ekino.verify.pages.check import routes as check_routes
from ekino.verify.pages.claims import routes as claim_routes

__all__ = ["check_routes", "claim_routes"]
