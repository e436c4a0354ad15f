"""The three kinds of error, named by who can put them right."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where it stands, and how to mend it."""

    # JSON Pointer into what was sent (RFC 6901), a header's name, or "" for the whole of it.
    pointer: str
    # Stable, for programs: snake_case.
    code: str
    # A sentence for people that names the value met.
    detail: str
    # What to do about it, as an instruction.
    fix: str


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit on how often something may be asked: so much within so many seconds."""

    # For programs; what is limited and not who.
    name: str
    requests: int
    window_s: int


class EkinoError(Exception):
    """
    Anything the product itself raises.

    `code` is stable and what programs match on; `detail` is a sentence for people. Neither
    ever holds a secret or a person's particulars.
    """

    code = "error"

    def __init__(
        self, detail: str, *, problems: Sequence[Problem] = (), code: str | None = None
    ) -> None:
        """Say what happened in a sentence; `code` replaces that of the class."""
        super().__init__(detail)
        self.detail = detail
        self.problems = tuple(problems)
        if code is not None:
            self.code = code


class Refused(EkinoError):
    """We will not do this, and asking again changes nothing."""

    code = "refused"


class Pushback(EkinoError):
    """We cannot take this now; come back after `retry_after_s`."""

    code = "try_again_later"

    def __init__(
        self,
        detail: str,
        *,
        retry_after_s: int,
        problems: Sequence[Problem] = (),
        code: str | None = None,
    ) -> None:
        """Say what stands in the way and after how many seconds to ask again."""
        super().__init__(detail, problems=problems, code=code)
        self.retry_after_s = retry_after_s


class TooOften(Pushback):
    """You ask oftener than is allowed; come back after `retry_after_s`."""

    code = "too_often"

    def __init__(
        self,
        detail: str,
        *,
        retry_after_s: int,
        quota: Quota,
        code: str | None = None,
    ) -> None:
        """Say what was asked too often, the limit, and when to ask again."""
        super().__init__(detail, retry_after_s=retry_after_s, code=code)
        self.quota = quota


class Broken(EkinoError):
    """Our own books disagree; nobody outside can help."""

    code = "broken"


class NotAllowed(Refused):
    """The asker is known, and may not do this."""

    code = "not_allowed"


class NotAuthenticated(Refused):
    """We do not know who asks."""

    code = "not_authenticated"


class NotFound(Refused):
    """There is no such thing."""

    code = "not_found"


class TooLarge(Refused):
    """What was sent is over a named limit."""

    code = "too_large"


class WrongMediaType(Refused):
    """What was sent is in a form that this address does not read."""

    code = "wrong_media_type"


class Malformed(Refused):
    """What was sent cannot be read at all."""

    code = "malformed"
