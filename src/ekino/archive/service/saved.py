"""The questions that people keep under a name: each person their own."""

from ekino.archive.store import saved as store
from ekino.archive.store.saved import Saved
from ekino.db.database import Database, Role
from ekino.kernel.errors import Problem, Refused

# More names than anybody finds again.
SAVED_MAX = 200
# A line of a list.
NAME_CHARACTERS_MAX = 80
QUESTION_CHARACTERS_MAX = 4_000


def list_saved(db: Database, person_id: int) -> list[Saved]:
    """Give a person's questions by name."""
    with db.transaction(Role.OFFICE) as tx:
        return store.list_saved(tx, person_id)


def save(db: Database, person_id: int, *, name: str, question: str) -> None:
    """
    Keep a question under a name; the same name again keeps the newer question.

    Refuses a name that is no line, a question too long to be one, and more than SAVED_MAX.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARACTERS_MAX:
        raise _refused("name", f"a name has 1 … {NAME_CHARACTERS_MAX} characters")
    if len(question) > QUESTION_CHARACTERS_MAX:
        raise _refused("question", "this question is too long to be kept")
    with db.transaction(Role.OFFICE) as tx:
        if store.count_saved(tx, person_id) >= SAVED_MAX:
            raise _refused("name", f"nobody keeps more than {SAVED_MAX} questions")
        store.put_saved(tx, person_id, name, question)


def forget(db: Database, person_id: int, saved_id: int) -> None:
    """Forget a question of the person's own; another's, or none, changes nothing."""
    with db.transaction(Role.OFFICE) as tx:
        store.forget_saved(tx, person_id, saved_id)


def _refused(name: str, detail: str) -> Refused:
    problem = Problem(
        pointer=name, code="saved_question_refused", detail=detail, fix="Remove or shorten."
    )
    return Refused(detail, problems=[problem], code="saved_question_refused")
