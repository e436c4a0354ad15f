"""What others may ask of the room: follow the register, check a ticket, state, claim."""

from ekino.verify.service.allowance import Allowance
from ekino.verify.service.check import Checked, Checker
from ekino.verify.service.findings import list_findings
from ekino.verify.service.follow import follow, rebuild
from ekino.verify.service.state import Sign, find_statement, state_absence

__all__ = [
    "Allowance",
    "Checked",
    "Checker",
    "Sign",
    "find_statement",
    "follow",
    "list_findings",
    "rebuild",
    "state_absence",
]
