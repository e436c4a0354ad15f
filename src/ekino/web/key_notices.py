"""Who is told of a key that came: whoever made its source, and whoever runs it."""

from typing import Any

from psycopg import Connection

from ekino.access.service.enrolment import Enrolled
from ekino.kernel.moments import to_text
from ekino.notices.service import Kind, tell


def tell_of_key(tx: Connection[Any], enrolled: Enrolled) -> None:
    """
    Tell the owners of a key's source that it was let in, or took another's place.

    A stranger's key would otherwise be seen only by whoever looks at the list. Of the test
    register nobody is told: what is tried there is tried by whoever reads the answer.
    """
    if enrolled.environment != "live":
        return
    data = {
        "key_id": enrolled.key_id,
        "source": enrolled.source.code,
        "valid_until": to_text(enrolled.valid_until),
        "replaces": enrolled.replaces,
        "overlap_until": to_text(enrolled.overlap_until)
        if enrolled.overlap_until
        else None,
    }
    # One organisation may both make a system and run it.
    for code in dict.fromkeys(enrolled.source.owners):
        tell(
            tx,
            organisation_code=code,
            kind=Kind.KEY_REGISTERED.value,
            subject=f"key/{enrolled.key_id}",
            data=data,
        )
