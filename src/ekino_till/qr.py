"""The QR code of a ticket: level M, whole printer dots for each module, a quiet zone of four."""

import io
from dataclasses import dataclass
from typing import Literal

import segno

from ekino_till.token import TicketMalformed

# Below five dots of a 203-dpi head a faded code is not read often enough (measured).
DOTS_PER_MODULE_MIN = 5
DOTS_PER_MODULE_MAX = 32
# The standard's own: less of it and cameras take the text around for a part of the code.
QUIET_MODULES = 4
DOTS_PER_MM = 8
_LEVEL: Literal["m"] = "m"


@dataclass(frozen=True, slots=True)
class Code:
    """A ticket's address as a QR code."""

    symbol: segno.QRCode

    @classmethod
    def of(cls, url: str) -> "Code":
        """
        Make the code of an address, upper case and at most 221 characters.

        Raises `TicketMalformed` for one that would need more than version 8-M.
        """
        symbol = segno.make_qr(url, error=_LEVEL, boost_error=False)
        if symbol.mode != "alphanumeric" or int(symbol.version) > 8:  # noqa: PLR2004 - 8-M
            message = f"{url!r} is no upper-case address that fits a code of version 8-M"
            raise TicketMalformed(message)
        return cls(symbol)

    @property
    def modules(self) -> int:
        """How many modules a side has, quiet zone included."""
        return int(self.symbol.symbol_size(border=QUIET_MODULES)[0])

    def size_mm(self, dots: int) -> float:
        """Give the printed side at so many dots a module on a 203-dpi head."""
        return self.modules * dots / DOTS_PER_MM

    def png(self, dots: int = DOTS_PER_MODULE_MIN) -> bytes:
        """Draw it dot by dot for a printer; ValueError for fewer dots than can be read."""
        return self._save("png", dots)

    def svg(self, dots: int = DOTS_PER_MODULE_MIN) -> str:
        """Draw it as a picture whose side is given in millimetres."""
        mm = self.size_mm(_checked(dots))
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{mm:g}mm" height="{mm:g}mm" '
            f'viewBox="0 0 {self.modules} {self.modules}" shape-rendering="crispEdges">'
        )
        ground = f'<path fill="#fff" d="M0 0h{self.modules}v{self.modules}H0z"/>'
        return f"{head}{ground}{self.path()}</svg>"

    def path(self) -> str:
        """Give the dark modules as one path, in modules, for a drawing of one's own."""
        strokes = []
        for row, modules in enumerate(self.symbol.matrix):
            column = 0
            while column < len(modules):
                run = 0
                while column + run < len(modules) and modules[column + run]:
                    run += 1
                if run:
                    strokes.append(
                        f"M{column + QUIET_MODULES} {row + QUIET_MODULES}h{run}v1h-{run}z"
                    )
                column += run or 1
        return f'<path d="{"".join(strokes)}"/>'

    def pdf(self, dots: int = DOTS_PER_MODULE_MIN) -> bytes:
        """Draw it as a page of its own, one PostScript point a dot of 1/72 inch."""
        return self._save("pdf", dots)

    def _save(self, kind: str, dots: int) -> bytes:
        out = io.BytesIO()
        self.symbol.save(out, kind=kind, scale=_checked(dots), border=QUIET_MODULES)
        return out.getvalue()


def _checked(dots: int) -> int:
    if not DOTS_PER_MODULE_MIN <= dots <= DOTS_PER_MODULE_MAX:
        message = (
            f"{dots} dots a module are not {DOTS_PER_MODULE_MIN} … {DOTS_PER_MODULE_MAX}"
        )
        raise ValueError(message)
    return dots
